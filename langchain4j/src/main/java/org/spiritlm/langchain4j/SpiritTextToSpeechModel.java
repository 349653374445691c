package org.spiritlm.langchain4j;

import dev.langchain4j.model.audio.TextToSpeechModel;
import dev.langchain4j.model.audio.TextToSpeechRequest;
import dev.langchain4j.model.audio.TextToSpeechResponse;
import java.util.List;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.task.SpeechSynthesis;

/** Says a text, as {@link SpeechSynthesis} does; the audio is a WAV file. */
public final class SpiritTextToSpeechModel implements TextToSpeechModel {
  private final SpiritLm model;
  private final GenerationOptions options;

  /** Speaks in the vocoder's default voice where a request names none. */
  public SpiritTextToSpeechModel(SpiritLm model) {
    this(model, SpeechSynthesis.standard(model));
  }

  /**
   * @param options how speech is made, but for the voice of a request
   */
  public SpiritTextToSpeechModel(SpiritLm model, GenerationOptions options) {
    this.model = model;
    this.options = options;
  }

  /**
   * @throws org.spiritlm.torch.InputException if there is nothing to say, the vocoder has no such
   *     voice, or the model gave nothing that can be spoken
   */
  @Override
  public TextToSpeechResponse synthesize(TextToSpeechRequest request) {
    GenerationOptions asked =
        request.voice() == null
            ? options
            : options.withVoice(options.voice().withSpeaker(request.voice()));
    SpeechSynthesis task =
        new SpeechSynthesis(model, List.of(), SpeechSynthesis.stopOf(model), asked);
    return TextToSpeechResponse.from(Recordings.wav(task.speak(request.text()).audio()));
  }
}
