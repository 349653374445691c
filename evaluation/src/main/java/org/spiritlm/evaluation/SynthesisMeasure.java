package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;
import org.spiritlm.task.SpeechSynthesis;

/**
 * Speech that the language model makes of a text (TTS), without examples and as the task {@link
 * SpeechSynthesis} does by itself, in the voice of the item's speaker; the seed is the item's
 * number.
 */
final class SynthesisMeasure extends HeardMeasure {
  /** How much more than the recordings may be misheard. */
  private static final double MORE = 0.15;

  private final Subject subject;

  SynthesisMeasure(Subject subject, List<Item> items, SpeechFiles files, Hearing hearing) {
    super(SpeechFiles.SPOKEN, "TTS by the language model", withText(items), files, hearing);
    this.subject = subject;
  }

  private static List<Item> withText(List<Item> items) {
    return items.stream().filter(Item::hasText).toList();
  }

  @Override
  ObjectNode measure(Item item) {
    GenerationOptions options =
        SpeechSynthesis.standard(subject.model())
            .withSeed(item.number())
            .withVoice(subject.voice(item));
    Generation answer =
        new SpeechSynthesis(
                subject.model(), List.of(), SpeechSynthesis.stopOf(subject.model()), options)
            .speak(item.text());
    Audio audio = answer.audio();
    keep(item, audio);
    return Json.object().put("seconds", audio.seconds());
  }

  /** The paper has character error rates of LibriSpeech's clean part, with ten examples. */
  @Override
  Figure beside(Figure figure, Quality quality) {
    return figure.name().endsWith(".cer")
        ? figure.withPaper(subject.paper(0.455, 0.520))
        : RecordingMeasure.within(MORE, figure, quality);
  }
}
