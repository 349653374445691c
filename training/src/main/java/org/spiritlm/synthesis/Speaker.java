package org.spiritlm.synthesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Split;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.synthesis.Sentences.Sentence;
import org.spiritlm.synthesis.SynthesisRecipe.Pair;
import org.spiritlm.torch.InputException;

/** Speaks blocks of sentences for a {@link SyntheticCorpus}; one for each thread. */
final class Speaker {
  private final SynthesisRecipe recipe;
  private final List<Pair> pairs;
  private final CorpusFiles files;
  private final Talker talker = new Talker();

  Speaker(SynthesisRecipe recipe, CorpusFiles files) {
    this.recipe = recipe;
    this.pairs = recipe.pairs();
    this.files = files;
  }

  /**
   * Speaks a block and leaves it whole.
   *
   * @return how much audio it is (seconds)
   */
  double speak(int block, List<Sentence> sentences) throws IOException {
    CorpusFiles.Part part = files.start(block);
    double seconds = 0;
    try (Manifest.Writer manifest = new Manifest.Writer(part.manifest());
        BufferedWriter phones = writer(part.phones());
        BufferedWriter rejected = writer(part.rejected())) {
      for (int i = 0; i < sentences.size(); i++) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted");
        }
        long number = (long) block * SyntheticCorpus.BLOCK + i;
        for (int take = 0; take < recipe.takes(); take++) {
          long utterance = number * recipe.takes() + take;
          Pair pair = pairs.get((int) (utterance % pairs.size()));
          String id =
              String.format(
                  Locale.ROOT, "%07d-%s-%s", number + 1, pair.voice().name(), pair.style().name());
          Sentence sentence = sentences.get(i);
          try {
            Speech speech =
                talker.speak(sentence.text(), pair.voice(), pair.style(), recipe.seedOf(utterance));
            Path file = part.audio().resolve(id + ".wav");
            AudioWriter.write(file, speech.audio());
            manifest.write(utterance(id, files.relative(file), sentence.text(), pair, speech));
            for (Phone phone : speech.phones()) {
              phones.write(line(id, phone));
            }
            seconds += speech.audio().seconds();
          } catch (InputException e) {
            rejected.write(rejection(id, sentence, String.valueOf(e.getMessage())));
          }
        }
      }
    }
    files.end(part);
    return seconds;
  }

  private static BufferedWriter writer(Path file) throws IOException {
    return Files.newBufferedWriter(file, StandardCharsets.UTF_8);
  }

  private static Utterance utterance(
      String id, String audio, String text, Pair pair, Speech speech) {
    return new Utterance(
        id,
        AudioLocation.of(audio),
        0.0,
        speech.audio().seconds(),
        text,
        speech.words(),
        pair.voice().name(),
        pair.style().name(),
        Split.of(text));
  }

  /** A line of a CTM file: recording, channel, start and length in seconds, phone. */
  private static String line(String id, Phone phone) {
    return id
        + " 1 "
        + (double) phone.start() / Audio.SPEECH_RATE
        + " "
        + (double) (phone.end() - phone.start()) / Audio.SPEECH_RATE
        + " "
        + phone.name()
        + "\n";
  }

  private static String rejection(String id, Sentence sentence, String reason) {
    ObjectNode object = Json.object();
    object.put("id", id).put("line", sentence.line()).put("text", sentence.text());
    return Json.line(object.put("reason", reason)) + "\n";
  }
}
