package org.spiritlm.synthesis;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * A text file with one sentence a line, read while it is asked for; blank lines are skipped.
 *
 * <p>Of a line that is too long to be spoken only the beginning is kept. Not thread-safe.
 */
final class Sentences implements AutoCloseable {
  private static final char BYTE_ORDER_MARK = '\ufeff';

  /** A longer line is too long in characters, too (bytes). */
  private static final int LONGEST_LINE = 4 * (SpokenText.LONGEST + 1);

  private final Path file;
  private final InputStream bytes;
  private int line;

  /**
   * One sentence.
   *
   * @param line where it stands, counted from 1
   * @param text as it stands there, without blanks around it
   */
  record Sentence(int line, String text) {}

  /**
   * What is in a file.
   *
   * @param count how many sentences
   * @param sha256 of the whole file, in hexadecimal digits
   */
  record Content(long count, String sha256) {}

  private Sentences(Path file, InputStream stream) {
    this.file = file;
    this.bytes = new BufferedInputStream(stream);
  }

  /**
   * Opens a file.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  static Sentences open(Path file) {
    try {
      return new Sentences(file, Files.newInputStream(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a whole file.
   *
   * @throws InputException if it is no text in UTF-8, or there is no sentence in it
   */
  static Content scan(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InputException(file + " is no file; give a text with one sentence a line");
    }
    MessageDigest digest = sha256();
    long count = 0;
    try (InputStream bytes = new DigestInputStream(Files.newInputStream(file), digest);
        Sentences sentences = new Sentences(file, bytes)) {
      while (sentences.next() != null) {
        count++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (count == 0) {
      throw new InputException(file + " is empty; expected a text with one sentence a line");
    }
    return new Content(count, HexFormat.of().formatHex(digest.digest()));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The next sentence, or null after the last.
   *
   * @throws InputException if the file is no text in UTF-8
   */
  @Nullable Sentence next() {
    try {
      while (true) {
        String text = nextLine();
        if (text == null) {
          return null;
        }
        if (line == 1 && text.indexOf(BYTE_ORDER_MARK) == 0) {
          text = text.substring(1);
        }
        if (!text.isBlank()) {
          return new Sentence(line, text.strip());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable String nextLine() throws IOException {
    int read = bytes.read();
    if (read < 0) {
      return null;
    }
    line++;
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (read >= 0 && read != '\n') {
      if (text.size() < LONGEST_LINE) {
        text.write(read);
      }
      read = bytes.read();
    }
    if (text.size() == LONGEST_LINE) { // it is refused, and its last character may be cut
      return text.toString(StandardCharsets.UTF_8);
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(text.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InputException(
          file + ", line " + line + ": not a text in UTF-8; convert it first", e);
    }
  }

  @Override
  public void close() {
    try {
      bytes.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
