package org.spiritlm.evaluation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.synthesis.Phone;
import org.spiritlm.synthesis.SpeakingStyle;
import org.spiritlm.synthesis.Speech;
import org.spiritlm.synthesis.Talker;
import org.spiritlm.synthesis.VoiceProfile;

/** A few spoken sentences in two voices and two styles, with the times of words and phones. */
final class SmallCorpus {
  static final int JUDGED = 6;

  private static final List<String> SENTENCES =
      List.of("We saw 2 cats.", "The dog sat down.", "You and I go.", "It was so cold.");

  private SmallCorpus() {}

  static Path write(Path directory) {
    Talker talker = new Talker();
    List<VoiceProfile> voices = VoiceProfile.first(2);
    List<SpeakingStyle> styles = SpeakingStyle.of(List.of("neutral", "whisper"));
    List<String> phones = new ArrayList<>();
    Path manifest = directory.resolve("manifest.jsonl");
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      for (int i = 0; i < 18; i++) {
        VoiceProfile voice = voices.get(i / 2 % 2);
        SpeakingStyle style = styles.get(i % 2);
        String text = SENTENCES.get(i % SENTENCES.size());
        Speech speech = talker.speak(text, voice, style, i);
        AudioWriter.write(directory.resolve(i + ".wav"), speech.audio());
        for (Phone phone : speech.phones()) {
          phones.add(line(i, phone));
        }
        writer.write(
            new Utterance(
                "u" + i,
                AudioLocation.of(i + ".wav"),
                null,
                null,
                text,
                speech.words(),
                voice.name(),
                style.name(),
                i < JUDGED ? "test" : "train"));
      }
      Files.write(directory.resolve("phones.ctm"), phones);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return manifest;
  }

  private static String line(int utterance, Phone phone) {
    double rate = Audio.SPEECH_RATE;
    return "u"
        + utterance
        + " 1 "
        + phone.start() / rate
        + " "
        + (phone.end() - phone.start()) / rate
        + " "
        + phone.name();
  }
}
