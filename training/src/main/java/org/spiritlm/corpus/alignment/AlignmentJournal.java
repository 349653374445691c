package org.spiritlm.corpus.alignment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.spiritlm.alignment.AlignedTranscript;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.LineJournal;
import org.spiritlm.torch.InputException;

/**
 * What a run has done so far, in a file beside its output: killed and started again, it goes on
 * there.
 *
 * <p>The first line says which run it is. Then come groups of items, each ended by a line with the
 * totals up to there; what stands behind the last such line is of a group that was interrupted, and
 * is dropped.
 */
final class AlignmentJournal implements AutoCloseable {
  private static final String RUN = "#";
  private static final String ALIGNED = "+";
  private static final String REJECTED = "-";
  private static final String END = "=";

  private final Path file;
  private final LineJournal journal;
  private final StringBuilder group = new StringBuilder();
  private Totals totals = Totals.NONE;
  private String lastEnd = ""; // the totals of what was resumed

  /**
   * What was done up to some place.
   *
   * @param items of the manifest
   * @param aligned of these, with times
   * @param words of these
   * @param wildcards words of these without a score
   * @param seconds of audio of these
   * @param scores the sum of their scores
   */
  record Totals(
      long items, long aligned, long words, long wildcards, double seconds, double scores) {
    static final Totals NONE = new Totals(0, 0, 0, 0, 0, 0);

    Totals plus(AlignedTranscript transcript) {
      long unscored = transcript.words().stream().filter(word -> word.score() == null).count();
      return new Totals(
          items + 1,
          aligned + 1,
          words + transcript.words().size(),
          wildcards + unscored,
          seconds + transcript.seconds(),
          scores + transcript.score());
    }

    Totals plusRejection() {
      return new Totals(items + 1, aligned, words, wildcards, seconds, scores);
    }

    private ObjectNode json() {
      return Json.object()
          .put("items", items)
          .put("aligned", aligned)
          .put("words", words)
          .put("wildcards", wildcards)
          .put("seconds", seconds)
          .put("scores", scores);
    }

    private static Totals of(JsonLine line) {
      return new Totals(
          (long) line.number("items"),
          (long) line.number("aligned"),
          (long) line.number("words"),
          (long) line.number("wildcards"),
          line.number("seconds"),
          line.number("scores"));
    }
  }

  /**
   * Begins a journal, or goes on with the one that is there.
   *
   * @param run what the result depends on
   * @throws InputException if another process writes it, or it is of another run
   * @throws java.io.UncheckedIOException if it cannot be read or written
   */
  AlignmentJournal(Path file, ObjectNode run) {
    this.file = file;
    String first = RUN + Json.line(run);
    this.journal =
        LineJournal.open(
            file,
            first,
            "another process is aligning to the same output (" + file + " is in use); wait for it",
            (line, number) -> {
              if (number == 1 && !line.equals(first)) {
                throw new InputException(
                    file
                        + " holds what another run left, with another manifest, aligner or"
                        + " --min-score; go on with those, or remove the file to begin anew");
              }
              if (line.startsWith(END)) {
                lastEnd = line.substring(1);
              }
              return number == 1 || line.startsWith(END);
            });
    if (!lastEnd.isEmpty()) {
      totals = Totals.of(new JsonLine(file.toString(), Json.parse(lastEnd, file.toString())));
    }
  }

  /** What was done so far, with the group that is not ended yet. */
  Totals totals() {
    return totals;
  }

  /** Notes an utterance with its times. */
  void aligned(Utterance utterance, AlignedTranscript transcript) {
    group.append(ALIGNED).append(Manifest.line(utterance)).append('\n');
    totals = totals.plus(transcript);
  }

  /** Notes an item that cannot be used. */
  void rejected(Rejection rejection) {
    AudioLocation audio = rejection.audio();
    ObjectNode object = Json.object();
    object.put("id", rejection.id());
    object.put("audio", audio == null ? null : audio.toString());
    object.put("reason", rejection.reason());
    group.append(REJECTED).append(Json.line(object)).append('\n');
    totals = totals.plusRejection();
  }

  /**
   * Writes what was noted since the last time.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  void endGroup() {
    journal.write(group + END + Json.line(totals.json()) + "\n");
    group.setLength(0);
  }

  /**
   * Writes the two results of all groups.
   *
   * @throws IOException if they cannot be written
   */
  void writeTo(Path manifest, Path rejections) throws IOException {
    try (BufferedWriter aligned = Files.newBufferedWriter(manifest, StandardCharsets.UTF_8);
        BufferedWriter rejected = Files.newBufferedWriter(rejections, StandardCharsets.UTF_8)) {
      BufferedReader lines = journal.reread();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        BufferedWriter writer =
            line.startsWith(ALIGNED) ? aligned : line.startsWith(REJECTED) ? rejected : null;
        if (writer != null) {
          writer.write(line, 1, line.length() - 1);
          writer.write('\n');
        }
      }
    }
  }

  /** Removes the file. */
  void delete() throws IOException {
    close();
    Files.delete(file);
  }

  @Override
  public void close() {
    journal.close();
  }
}
