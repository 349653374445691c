package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Synthesis;
import org.spiritlm.vocoder.VoiceOptions;

/** Speech that is given away while it is made is that which is made as a whole. */
class LongSpeechTest {
  @ParameterizedTest
  @CsvSource({"base,true", "base,false", "expressive,true", "expressive,false"})
  void inPiecesIsWhole(String variant, boolean predicted) {
    SpiritLm model = FacadeModels.parity(variant);
    VoiceOptions voice = VoiceOptions.standard().withPredictedDurations(predicted);
    Audio speech = AudioReader.read(Golden.path("audio/7143-88743-0029.flac"));
    SpeechUnits units = model.encode(Sounds.joined(List.of(speech, speech)));
    assertThat(units.hubert()).hasSizeGreaterThan(300);
    List<Audio> chunks = new ArrayList<>();
    int[] durations = model.decode(units, voice, chunks::add);
    check(chunks, durations, model.decode(units, voice));
    assertThat(chunks).hasSizeGreaterThan(2);
    chunks.clear();
    SpeechTokens tokens = new SpeechTokens(model.tokens(units).tokens().subList(0, 60));
    durations = model.decode(tokens, voice, chunks::add);
    check(chunks, durations, model.decode(tokens, voice));
  }

  private static void check(List<Audio> chunks, int[] durations, Synthesis whole) {
    assertThat(chunks)
        .allMatch(chunk -> chunk.samples().length > 0)
        .allMatch(chunk -> chunk.seconds() < 5);
    assertThat(Sounds.joined(chunks).samples()).isEqualTo(whole.audio().samples());
    assertThat(durations).isEqualTo(whole.durations());
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void withoutUnitsThereIsNothingToSay(String variant) {
    SpiritLm model = FacadeModels.parity(variant);
    SpeechUnits none = new SpeechUnits(new int[0], new int[0], new int[0]);
    assertThatThrownBy(() -> model.decode(none, VoiceOptions.standard(), chunk -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no units");
  }

  @ParameterizedTest
  @ValueSource(strings = {"7143-88743-0029.flac", "sr8000.wav", "n1279.wav"})
  void aReaderTellsHowLongItsAudioWas(String name) {
    Path file = Golden.path("audio/" + name);
    try (AudioReader reader = AudioReader.open(file)) {
      SpeechUnits units = FacadeModels.parity("base").encode(reader);
      assertThat(reader.seconds()).isEqualTo(AudioReader.read(file).seconds());
      assertThat(units.hubert()).isEqualTo(FacadeModels.parity("base").encode(file).hubert());
    }
  }
}
