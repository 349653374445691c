package org.spiritlm.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.audio.AudioTranscriptionRequest;
import dev.langchain4j.model.audio.TextToSpeechRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.task.Example;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.task.Transcription;
import org.spiritlm.torch.InputException;

final class SpeechModelsTest {
  private static final Segment.Speech SPEECH = Segment.speech(Toy.RECORDING);

  @Test
  void aTranscriptIsTheTasks() {
    assertThat(new SpiritAudioTranscriptionModel(Toy.MODEL).transcribeToText(Toy.recording()))
        .isEqualTo(new Transcription(Toy.MODEL).transcribe(SPEECH));
  }

  @Test
  void examplesAndTemperatureMatter() {
    List<Example> examples = List.of(new Example(List.of(SPEECH), List.of(Segment.text("a cat"))));
    String expected =
        new Transcription(Toy.MODEL, examples, GenerationOptions.text().withTemperature(0.7))
            .transcribe(SPEECH);
    AudioTranscriptionRequest request =
        AudioTranscriptionRequest.builder(Toy.recording()).temperature(0.7).build();
    assertThat(new SpiritAudioTranscriptionModel(Toy.MODEL, examples).transcribe(request).text())
        .isEqualTo(expected)
        .isNotEqualTo(new SpiritAudioTranscriptionModel(Toy.MODEL).transcribe(request).text());
  }

  @Test
  void promptsOfTranscriptsAreRefused() {
    AudioTranscriptionRequest request =
        AudioTranscriptionRequest.builder(Toy.recording()).prompt("Names: Ann").build();
    assertThatThrownBy(() -> new SpiritAudioTranscriptionModel(Toy.MODEL).transcribe(request))
        .isInstanceOf(UnsupportedFeatureException.class);
  }

  @Test
  void aTextIsSaid() {
    GenerationOptions options = GenerationOptions.speech().withSeed(3).withMaxSeconds(2);
    SpeechSynthesis task =
        new SpeechSynthesis(Toy.MODEL, List.of(), SpeechSynthesis.stopOf(Toy.MODEL), options);
    SpiritTextToSpeechModel model = new SpiritTextToSpeechModel(Toy.MODEL, options);
    assertThat(model.synthesize("Say this").audio().binaryData())
        .isEqualTo(AudioWriter.bytes(task.speak("Say this").audio()));
    TextToSpeechRequest unknown = TextToSpeechRequest.builder("Say this").voice("Nobody").build();
    assertThatThrownBy(() -> model.synthesize(unknown))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Nobody");
  }
}
