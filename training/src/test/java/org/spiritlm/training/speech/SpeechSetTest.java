package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/** What is learnt from is read once, and is the same each time. */
final class SpeechSetTest {
  @TempDir private Path directory;

  @Test
  void keptIsRead() throws IOException {
    Path manifest = ToneCorpus.write(directory, 9);
    Settings data = Settings.none().with("data.manifest=" + manifest).below("data");
    SpeechSet learnt = SpeechSet.read(data).training();
    List<Utterance> utterances = new ArrayList<>();
    for (int i = 0; i < learnt.size(); i++) {
      utterances.add(learnt.utterance(i));
    }
    SpeechSet readAnew = SpeechSet.of(utterances, directory, 30 * Audio.SPEECH_RATE);
    for (int i = 0; i < learnt.size(); i++) {
      assertThat(learnt.samples(i)).isEqualTo(readAnew.samples(i)).isNotEmpty();
    }
    for (Utterance utterance : utterances) {
      Files.delete(directory.resolve(utterance.id() + ".wav"));
    }
    float[] first = learnt.samples(0);
    assertThat(first).isSameAs(learnt.transcribed().first(1).samples(0));
    assertThat(first).isNotEqualTo(learnt.samples(1));
    assertThatThrownBy(() -> readAnew.samples(0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("utterance '" + utterances.get(0).id() + "'");
  }
}
