package org.spiritlm.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.torch.CheckpointException;

/**
 * What a {@code tokenizer.model} says: the pieces in the order of their ids and how blanks are
 * treated. The file is a protocol buffer, {@code sentencepiece_model.proto}.
 *
 * @param file where it came from
 * @param bytes the whole file
 * @param leadingBlank whether a blank is put before a text ({@code add_dummy_prefix})
 * @param dropsBlanks whether blanks at the ends and repeated ones are dropped ({@code
 *     remove_extra_whitespaces})
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never changed
record SentencePieceModel(
    Path file, byte[] bytes, List<Piece> pieces, boolean leadingBlank, boolean dropsBlanks) {
  static final int MODEL_PIECES = 1;
  private static final int MODEL_NORMALIZER = 3;
  static final int PIECE_TEXT = 1;
  static final int PIECE_TYPE = 3;
  static final int NORMALIZER_LEADING_BLANK = 3;
  static final int NORMALIZER_DROPS_BLANKS = 4;

  /** No vocabulary needs more bytes; one of a million pieces has 20 million. */
  private static final long LONGEST = 1L << 28;

  static final int VARINT = 0;
  private static final int FIXED64 = 1;
  static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /** The kinds of pieces, with the format's numbers. */
  enum PieceType {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    USER_DEFINED(4),
    UNUSED(5),
    BYTE(6);

    private final int number;

    PieceType(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }

    static PieceType of(long number) {
      return Arrays.stream(values())
          .filter(type -> type.number == number)
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("a piece of type " + number));
    }
  }

  record Piece(String text, PieceType type) {
    /** The byte that {@code <0x0A>} stands for. */
    byte value() {
      return (byte) Integer.parseInt(text.substring(3, 5), 16);
    }
  }

  /**
   * @throws CheckpointException if the file is missing or no SentencePiece model
   */
  static SentencePieceModel read(Path file) {
    byte[] bytes;
    try {
      if (Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > LONGEST)) {
        throw new CheckpointException(
            file + ": expected a SentencePiece model, a file of at most " + LONGEST + " bytes");
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new CheckpointException(file + ": no such file", e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
    try {
      return parse(file, bytes);
    } catch (RuntimeException e) {
      throw new CheckpointException(
          file
              + ": expected a SentencePiece model, found "
              + bytes.length
              + " bytes of something else or a damaged one ("
              + e.getMessage()
              + "); copy the file again",
          e);
    }
  }

  /** The same model, but no blank is put before a text. */
  SentencePieceModel withoutLeadingBlank() {
    // A later field of a protocol buffer overrides an earlier one.
    byte[] field = {
      MODEL_NORMALIZER << 3 | BYTES, 2, NORMALIZER_LEADING_BLANK << 3 | VARINT, 0 /* false */
    };
    byte[] changed = Arrays.copyOf(bytes, bytes.length + field.length);
    System.arraycopy(field, 0, changed, bytes.length, field.length);
    return new SentencePieceModel(file, changed, pieces, false, dropsBlanks);
  }

  private static SentencePieceModel parse(Path file, byte[] bytes) {
    List<Piece> pieces = new ArrayList<>();
    boolean leadingBlank = true;
    boolean dropsBlanks = true;
    ByteBuffer model = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (model.hasRemaining()) {
      int key = (int) varint(model);
      if (key == (MODEL_PIECES << 3 | BYTES)) {
        pieces.add(piece(message(model)));
      } else if (key == (MODEL_NORMALIZER << 3 | BYTES)) {
        ByteBuffer normalizer = message(model);
        while (normalizer.hasRemaining()) {
          int field = (int) varint(normalizer);
          if (field == (NORMALIZER_LEADING_BLANK << 3 | VARINT)) {
            leadingBlank = varint(normalizer) != 0;
          } else if (field == (NORMALIZER_DROPS_BLANKS << 3 | VARINT)) {
            dropsBlanks = varint(normalizer) != 0;
          } else {
            skip(normalizer, field);
          }
        }
      } else {
        skip(model, key);
      }
    }
    if (pieces.stream().noneMatch(piece -> piece.type() == PieceType.UNKNOWN)) {
      throw new IllegalArgumentException(
          "it has " + pieces.size() + " pieces, none of which is the one for unknown text");
    }
    return new SentencePieceModel(file, bytes, List.copyOf(pieces), leadingBlank, dropsBlanks);
  }

  private static Piece piece(ByteBuffer message) {
    String text = "";
    PieceType type = PieceType.NORMAL;
    while (message.hasRemaining()) {
      int field = (int) varint(message);
      if (field == (PIECE_TEXT << 3 | BYTES)) {
        text = StandardCharsets.UTF_8.decode(message(message)).toString();
      } else if (field == (PIECE_TYPE << 3 | VARINT)) {
        type = PieceType.of(varint(message));
      } else {
        skip(message, field);
      }
    }
    if (type == PieceType.BYTE && !text.matches("<0x[0-9A-F]{2}>")) {
      throw new IllegalArgumentException("a byte written as " + text);
    }
    return new Piece(text, type);
  }

  private static ByteBuffer message(ByteBuffer buffer) {
    long length = varint(buffer);
    if (length < 0 || length > buffer.remaining()) {
      throw new IllegalArgumentException(
          length + " bytes announced where " + buffer.remaining() + " are left");
    }
    ByteBuffer message = buffer.slice(buffer.position(), (int) length);
    buffer.position(buffer.position() + (int) length);
    return message.order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long varint(ByteBuffer buffer) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!buffer.hasRemaining()) {
        throw new IllegalArgumentException("it ends within a number");
      }
      byte part = buffer.get();
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }

  private static void skip(ByteBuffer buffer, int key) {
    int length =
        switch (key & 7) {
          case VARINT -> {
            varint(buffer);
            yield 0;
          }
          case FIXED64 -> 8;
          case BYTES -> {
            message(buffer);
            yield 0;
          }
          case FIXED32 -> 4;
          default -> throw new IllegalArgumentException("a field of kind " + (key & 7));
        };
    if (length > buffer.remaining()) {
      throw new IllegalArgumentException("it ends within a field");
    }
    buffer.position(buffer.position() + length);
  }
}
