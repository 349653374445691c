package org.spiritlm.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.spiritlm.text.SentencePieceModel.PieceType;

/**
 * Writes {@code tokenizer.model}, a protocol buffer ({@code sentencepiece_model.proto}), field by
 * field.
 */
final class SentencePieceWriter {
  private static final int MODEL_TRAINER = 2;
  private static final int MODEL_NORMALIZER = 3;
  private static final int PIECE_SCORE = 2;
  private static final int TRAINER_MODEL_TYPE = 3;
  private static final int TRAINER_VOCABULARY = 4;
  private static final int TRAINER_BYTE_FALLBACK = 35;
  private static final int TRAINER_UNKNOWN = 40;
  private static final int NORMALIZER_NAME = 1;
  private static final int NORMALIZER_ESCAPES_BLANKS = 5;

  private static final int BYTE_PAIR_ENCODING = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private int size;

  /** Begins with the pieces that are there, if any, in a model's bytes. */
  SentencePieceWriter(byte[] model, int pieces) {
    bytes.writeBytes(model);
    size = pieces;
  }

  /**
   * The next piece.
   *
   * @param score pairs that make a piece of a higher score are merged first
   */
  void piece(String text, PieceType type, float score) {
    SentencePieceWriter piece = new SentencePieceWriter(new byte[0], 0);
    piece.text(SentencePieceModel.PIECE_TEXT, text);
    piece.key(PIECE_SCORE, FIXED32);
    piece.bytes.writeBytes(
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(score).array());
    piece.number(SentencePieceModel.PIECE_TYPE, type.number());
    message(SentencePieceModel.MODEL_PIECES, piece);
    size++;
  }

  /** The next pieces, each of which is cut out of a text before anything else. */
  void userDefined(List<String> pieces) {
    pieces.forEach(piece -> piece(piece, PieceType.USER_DEFINED, 0));
  }

  /**
   * How Llama's text tokenizer works: pairs are merged, what no piece has becomes bytes, a text
   * keeps all its blanks and gets one before it. {@code <unk>}, {@code <s>} and {@code </s>} are
   * the first three pieces.
   */
  void llama() {
    SentencePieceWriter trainer = new SentencePieceWriter(new byte[0], 0);
    trainer.number(TRAINER_MODEL_TYPE, BYTE_PAIR_ENCODING);
    trainer.number(TRAINER_BYTE_FALLBACK, 1);
    for (int special = 0; special < 3; special++) { // unknown, start and end
      trainer.number(TRAINER_UNKNOWN + special, special);
    }
    trainer.number(TRAINER_UNKNOWN + 3, -1); // no padding
    message(MODEL_TRAINER, trainer);
    SentencePieceWriter normalizer = new SentencePieceWriter(new byte[0], 0);
    normalizer.text(NORMALIZER_NAME, "identity");
    normalizer.number(SentencePieceModel.NORMALIZER_LEADING_BLANK, 1);
    normalizer.number(SentencePieceModel.NORMALIZER_DROPS_BLANKS, 0);
    normalizer.number(NORMALIZER_ESCAPES_BLANKS, 1);
    message(MODEL_NORMALIZER, normalizer);
  }

  /** The whole file. */
  byte[] finish() {
    // A later field of a protocol buffer overrides an earlier one.
    SentencePieceWriter trainer = new SentencePieceWriter(new byte[0], 0);
    trainer.number(TRAINER_VOCABULARY, size);
    message(MODEL_TRAINER, trainer);
    return bytes.toByteArray();
  }

  private void message(int field, SentencePieceWriter content) {
    key(field, SentencePieceModel.BYTES);
    varint(content.bytes.size());
    bytes.writeBytes(content.bytes.toByteArray());
  }

  private void text(int field, String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    key(field, SentencePieceModel.BYTES);
    varint(encoded.length);
    bytes.writeBytes(encoded);
  }

  private void number(int field, long value) {
    key(field, SentencePieceModel.VARINT);
    varint(value);
  }

  private void key(int field, int kind) {
    varint(field << 3 | kind);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }
}
