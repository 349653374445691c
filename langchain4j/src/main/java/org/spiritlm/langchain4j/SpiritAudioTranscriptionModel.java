package org.spiritlm.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.audio.AudioTranscriptionModel;
import dev.langchain4j.model.audio.AudioTranscriptionRequest;
import dev.langchain4j.model.audio.AudioTranscriptionResponse;
import java.util.List;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.task.Example;
import org.spiritlm.task.Transcription;

/** Writes down what is said, as {@link Transcription} does; the language has no effect. */
public final class SpiritAudioTranscriptionModel implements AudioTranscriptionModel {
  private final SpiritLm model;
  private final Transcription standard;
  private final List<Example> examples;

  /** Without examples. */
  public SpiritAudioTranscriptionModel(SpiritLm model) {
    this(model, List.of());
  }

  /**
   * @param examples speech in, text out
   */
  public SpiritAudioTranscriptionModel(SpiritLm model, List<Example> examples) {
    this.model = model;
    this.examples = List.copyOf(examples);
    this.standard = new Transcription(model, examples);
  }

  /**
   * @throws UnsupportedFeatureException if there is a prompt
   * @throws org.spiritlm.torch.InputException if the audio cannot be read
   */
  @Override
  public AudioTranscriptionResponse transcribe(AudioTranscriptionRequest request) {
    if (request.prompt() != null && !request.prompt().isEmpty()) {
      throw ChatPrompt.unsupported("prompts of transcripts");
    }
    Double temperature = request.temperature();
    Transcription task =
        temperature == null || temperature == 0
            ? standard
            : new Transcription(
                model, examples, GenerationOptions.text().withTemperature(temperature));
    return AudioTranscriptionResponse.from(
        task.transcribe(Recordings.read(request.audio(), model)));
  }
}
