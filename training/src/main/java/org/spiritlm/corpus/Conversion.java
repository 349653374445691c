package org.spiritlm.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/**
 * Writes any corpus as a manifest, and what of it cannot be used as another file, with the reasons.
 *
 * @param corpus the reader
 * @param alignments word times to add, or null; an utterance without any keeps what it has
 * @param opened whether each recording is opened, and measured where times lie in it
 */
public record Conversion(Corpus corpus, @Nullable Alignments alignments, boolean opened) {
  /**
   * What was done.
   *
   * @param utterances written to the manifest
   * @param rejected left out
   * @param transcribed utterances with a transcript
   * @param aligned utterances with word times
   * @param words that have times
   * @param firstRejection the first item that was left out, or null
   */
  public record Summary(
      long utterances,
      long rejected,
      long transcribed,
      long aligned,
      long words,
      @Nullable Rejection firstRejection) {}

  /**
   * Converts.
   *
   * @param source what the corpus reads
   * @param directory where the manifest will lie; recordings are written relative to it
   * @param manifest the file that is written, replaced if it exists
   * @param rejected the same, a JSON object a line: {@code id}, {@code audio}, {@code reason}
   * @throws InputException if there is nothing that the corpus can read
   * @throws UncheckedIOException if a file cannot be read or written
   */
  public Summary run(Path source, Path directory, Path manifest, Path rejected) {
    try (Manifest.Writer writer = new Manifest.Writer(manifest);
        BufferedWriter reasons = Files.newBufferedWriter(rejected, StandardCharsets.UTF_8)) {
      Path base = directory.toRealPath();
      Run run = new Run(base, writer, reasons);
      corpus.read(source.toRealPath(), run);
      return run.summary();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One conversion. */
  private final class Run implements CorpusListener {
    private final Path base;
    private final Manifest.Writer writer;
    private final BufferedWriter reasons;
    private final UtteranceChecks checks = new UtteranceChecks();
    private final RecordingCheck recordings = new RecordingCheck();
    private long utterances;
    private long rejections;
    private long transcribed;
    private long aligned;
    private long words;
    private @Nullable Rejection firstRejection;

    Run(Path base, Manifest.Writer writer, BufferedWriter reasons) {
      this.base = base;
      this.writer = writer;
      this.reasons = reasons;
    }

    @Override
    public void accept(Utterance found) {
      Utterance utterance = found;
      try {
        utterance = align(found);
        checks.check(utterance);
        if (opened) {
          recordings.check(utterance);
        }
      } catch (InputException e) {
        reject(new Rejection(utterance.id(), utterance.audio(), String.valueOf(e.getMessage())));
        return;
      }
      writer.write(utterance.withAudio(relative(utterance.audio())));
      utterances++;
      transcribed += utterance.text() == null ? 0 : 1;
      aligned += utterance.words().isEmpty() ? 0 : 1;
      words += utterance.words().size();
    }

    private Utterance align(Utterance utterance) {
      @Nullable List<AlignedWord> times = alignments == null ? null : alignments.find(utterance);
      if (times == null) {
        return utterance;
      }
      String text = utterance.text();
      if (text != null) {
        return utterance.withWords(TranscriptWords.fit(text, times));
      }
      String said = String.join(" ", times.stream().map(AlignedWord::word).toList());
      return new Utterance(
          utterance.id(),
          utterance.audio(),
          utterance.start(),
          utterance.end(),
          said.isEmpty() ? null : said,
          times,
          utterance.speaker(),
          utterance.style(),
          utterance.split());
    }

    @Override
    public void reject(Rejection rejection) {
      rejections++;
      firstRejection = firstRejection == null ? rejection : firstRejection;
      ObjectNode object = Json.object();
      object.put("id", rejection.id());
      AudioLocation audio = rejection.audio();
      object.put("audio", audio == null ? null : relative(audio).toString());
      object.put("reason", rejection.reason());
      try {
        reasons.write(Json.line(object));
        reasons.write('\n');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private AudioLocation relative(AudioLocation audio) {
      if (UtteranceAudio.isUri(audio.file())) {
        return audio;
      }
      try {
        Path file = Path.of(audio.file());
        if (!file.isAbsolute() || !Objects.equals(file.getRoot(), base.getRoot())) {
          return audio;
        }
        return audio.withFile(AudioFiles.written(base.relativize(file)));
      } catch (InvalidPathException e) {
        return audio;
      }
    }

    Summary summary() {
      return new Summary(utterances, rejections, transcribed, aligned, words, firstRejection);
    }
  }
}
