package org.spiritlm.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.JsonLines;
import org.spiritlm.torch.InputException;

/**
 * The form in which commands exchange utterances: a text file with one JSON object a line.
 *
 * <pre>{@code
 * {"id":"a1","audio":"a1.flac","start":0.0,"end":2.5,"text":"the cat",
 *  "words":[{"w":"the","start":0.3,"end":0.45},{"w":"cat","start":0.45,"end":0.9}],
 *  "speaker":"7143","style":"neutral","split":"train"}
 * }</pre>
 *
 * <p>(On one line in the file.) Only {@code id} and {@code audio} must be there. A word may have a
 * {@code score}.
 */
public final class Manifest {
  private Manifest() {}

  /**
   * Reads a manifest item by item; a line that is none, or an utterance that {@link
   * UtteranceChecks} refuses, is a rejection.
   *
   * @throws UncheckedIOException if the file cannot be read
   */
  public static void read(Path file, CorpusListener listener) {
    read(file, utterance -> utterance, listener);
  }

  /**
   * Reads a manifest as {@link #read} does, in order to give its transcripts new word times: those
   * that are there are passed over, right or wrong, but where they stand for the transcript.
   *
   * @throws UncheckedIOException if the file cannot be read
   */
  public static void readUntimed(Path file, CorpusListener listener) {
    read(
        file,
        utterance -> utterance.text() == null ? utterance : utterance.withWords(List.of()),
        listener);
  }

  private static void read(Path file, UnaryOperator<Utterance> seen, CorpusListener listener) {
    try (JsonLines lines = JsonLines.open(file)) {
      UtteranceChecks checks = new UtteranceChecks();
      for (Iterator<JsonLine> each = lines.iterator(); each.hasNext(); ) {
        @Nullable Utterance read = null;
        try {
          read = seen.apply(parse(each.next()));
          checks.check(read);
          listener.accept(read);
        } catch (InputException e) {
          listener.reject(
              read == null
                  ? new Rejection("line " + lines.line(), null, String.valueOf(e.getMessage()))
                  : new Rejection(read.id(), read.audio(), String.valueOf(e.getMessage())));
        }
      }
    }
  }

  /**
   * Reads a manifest of which nothing may be refused, such as one that this program wrote.
   *
   * @throws InputException if a line is none, or an utterance cannot be used
   * @throws UncheckedIOException if the file cannot be read
   */
  public static void readWhole(Path file, Consumer<Utterance> taker) {
    read(
        file,
        new CorpusListener() {
          @Override
          public void accept(Utterance utterance) {
            taker.accept(utterance);
          }

          @Override
          public void reject(Rejection rejection) {
            throw new InputException(
                file + ": '" + rejection.id() + "' cannot be used: " + rejection.reason());
          }
        });
  }

  /**
   * The utterance of one line.
   *
   * @throws InputException if a key is missing, unknown or of another type
   */
  public static Utterance parse(JsonLine line) {
    line.only("id", "audio", "start", "end", "text", "words", "speaker", "style", "split");
    List<AlignedWord> words = new ArrayList<>();
    JsonNode list = line.object().get("words");
    if (list != null && !list.isNull()) {
      if (!list.isArray()) {
        throw line.wrong("words", "a list of words");
      }
      for (JsonNode word : list) {
        words.add(word(line, word));
      }
    }
    return new Utterance(
        line.text("id"),
        AudioLocation.parse(line.text("audio")),
        line.optionalNumber("start"),
        line.optionalNumber("end"),
        line.optionalText("text"),
        words,
        line.optionalText("speaker"),
        line.optionalText("style"),
        line.optionalText("split"));
  }

  private static AlignedWord word(JsonLine line, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw line.wrong("words", "objects such as {\"w\":\"cat\",\"start\":0.45,\"end\":0.9}");
    }
    JsonLine word =
        new JsonLine(line.where() + ", a word", object).only("w", "start", "end", "score");
    return new AlignedWord(
        word.text("w"), word.number("start"), word.number("end"), word.optionalNumber("score"));
  }

  /** The line of an utterance, without its end. */
  public static String line(Utterance utterance) {
    ObjectNode object = Json.object();
    object.put("id", utterance.id());
    object.put("audio", utterance.audio().toString());
    putNumber(object, "start", utterance.start());
    putNumber(object, "end", utterance.end());
    putText(object, "text", utterance.text());
    if (!utterance.words().isEmpty()) {
      ArrayNode words = object.putArray("words");
      for (AlignedWord word : utterance.words()) {
        ObjectNode node = words.addObject();
        node.put("w", word.word()).put("start", word.start()).put("end", word.end());
        putNumber(node, "score", word.score());
      }
    }
    putText(object, "speaker", utterance.speaker());
    putText(object, "style", utterance.style());
    putText(object, "split", utterance.split());
    return Json.line(object);
  }

  private static void putNumber(ObjectNode object, String key, @Nullable Double value) {
    if (value != null) {
      object.put(key, value);
    }
  }

  private static void putText(ObjectNode object, String key, @Nullable String value) {
    if (value != null) {
      object.put(key, value);
    }
  }

  /** Writes utterances to a file one by one. Not thread-safe. */
  public static final class Writer implements AutoCloseable {
    private final Path file;
    private final BufferedWriter writer;

    /**
     * Begins a file, which is replaced where it exists.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public Writer(Path file) {
      this.file = file;
      try {
        this.writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /**
     * Writes one.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public void write(Utterance utterance) {
      try {
        writer.write(line(utterance));
        writer.write('\n');
      } catch (IOException e) {
        throw unwritable(e);
      }
    }

    @Override
    public void close() {
      try {
        writer.close();
      } catch (IOException e) {
        throw unwritable(e);
      }
    }

    /** The system says why, but not where. */
    private UncheckedIOException unwritable(IOException e) {
      return new UncheckedIOException(
          new IOException("cannot write " + file + ": " + e.getMessage(), e));
    }
  }
}
