package org.spiritlm.corpus;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * One file with the alignments of all utterances: CTM, whose lines of one recording stand together,
 * or JSON, an object a line with an {@code id} and what {@link AlignmentFile} reads. Memory holds
 * the names and where each begins; the words are read when they are asked for.
 */
final class AlignmentTable implements Alignments {
  /** Lines of one name (bytes); more is no utterance's alignment. */
  private static final int LONGEST_BLOCK = 1 << 26;

  private final Path file;
  private final boolean ctm;
  private final RandomAccessFile random;
  private final Map<String, long[]> blocks = new HashMap<>(); // first byte, and the one after

  /**
   * Reads through the file once to find the names.
   *
   * @throws InputException if a line is wrong, or a name comes back after another
   */
  AlignmentTable(Path file) {
    this.file = file;
    this.ctm = AudioFiles.name(file).toLowerCase(Locale.ROOT).endsWith(".ctm");
    try (TextLines lines = TextLines.open(file)) {
      String last = "";
      while (true) {
        long start = lines.position();
        String line = lines.next();
        if (line == null) {
          break;
        }
        String name = name(line, lines.where());
        if (name == null) {
          continue;
        }
        long[] block = blocks.get(name);
        if (block == null) {
          blocks.put(name, new long[] {start, lines.position()});
        } else if (ctm && name.equals(last)) {
          block[1] = lines.position();
        } else {
          throw new InputException(
              lines.where() + ": '" + name + "' was there before; sort the file by name");
        }
        last = name;
      }
    }
    try {
      this.random = new RandomAccessFile(file.toFile(), "r");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable String name(String line, String where) {
    if (line.isBlank()) {
      return null;
    }
    if (ctm) {
      CtmLine parsed = CtmLine.parse(line, where);
      return parsed == null ? null : parsed.recording();
    }
    return new JsonLine(where, Json.parse(line, where)).text("id");
  }

  @Override
  public @Nullable List<AlignedWord> find(Utterance utterance) {
    String id = utterance.id();
    if (blocks.containsKey(id)) {
      return words(id, utterance.audio().channel());
    }
    String recording = utterance.audio().file();
    String stem = AudioFiles.stem(Path.of(recording.substring(recording.lastIndexOf('/') + 1)));
    if (utterance.audio().bytes() != null || !blocks.containsKey(stem)) {
      return null;
    }
    List<AlignedWord> inside = new ArrayList<>();
    Double start = utterance.start();
    Double end = utterance.end();
    for (AlignedWord word : words(stem, utterance.audio().channel())) {
      double middle = (word.start() + word.end()) / 2;
      if ((start == null || middle >= start) && (end == null || middle < end)) {
        inside.add(word);
      }
    }
    return inside;
  }

  private List<AlignedWord> words(String name, int channel) {
    long[] block = blocks.get(name);
    if (block == null || block[1] - block[0] > LONGEST_BLOCK) {
      throw new InputException(file + ": the lines of '" + name + "' are too many");
    }
    byte[] bytes = new byte[(int) (block[1] - block[0])];
    try {
      random.seek(block[0]);
      random.readFully(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String where = file + ", '" + name + "'";
    if (!ctm) {
      return AlignmentFile.words(
          new JsonLine(where, Json.parse(new String(bytes, StandardCharsets.UTF_8), where)));
    }
    List<AlignedWord> words = new ArrayList<>();
    try (TextLines lines = new TextLines(where, new ByteArrayInputStream(bytes))) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        CtmLine parsed = CtmLine.parse(line, where);
        if (parsed != null
            && (channel == 0 || parsed.channel() == channel)
            && !TextGrid.isSilence(parsed.word().word())) {
          words.add(parsed.word());
        }
      }
    }
    return words;
  }

  @Override
  public void close() {
    try {
      random.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
