package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.spiritlm.Generation;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** When each token of a spoken answer is heard. */
final class AnswerTimeline {
  private static final SpeechTokens NOTHING = new SpeechTokens(List.of());

  private final ArrayNode described = Json.object().arrayNode();
  private final SpiritLm model;
  private final VocoderConfig vocoder;
  private long before; // samples of the segments so far

  private AnswerTimeline(SpiritLm model, VocoderConfig vocoder) {
    this.model = model;
    this.vocoder = vocoder;
  }

  /**
   * The tokens of all speech of an answer in their order, as objects with {@code token}, {@code
   * start} and {@code end} (seconds in {@link Generation#audio}). Pitch and style last until the
   * next of their kind. What the audio leaves out, as it is long enough without, begins and ends
   * where that does.
   *
   * @param output what was asked for: speech that goes on with the prompt's is spoken with it where
   *     that is {@link OutputModality#ARBITRARY}
   * @param vocoder of the model
   */
  static ArrayNode of(
      Generation answer, OutputModality output, SpiritLm model, VocoderConfig vocoder) {
    AnswerTimeline timeline = new AnswerTimeline(model, vocoder);
    SpeechTokens last =
        output == OutputModality.ARBITRARY ? new Prompt(answer.prompt()).lastSpeech() : NOTHING;
    for (int i = 0; i < answer.segments().size(); i++) {
      if (answer.segments().get(i) instanceof Segment.Speech speech
          && speech.tokens() != null
          && speech.audio() != null) {
        timeline.add(i == 0 ? last : NOTHING, speech.tokens(), speech.audio().samples().length);
      }
    }
    return timeline.described;
  }

  /** When each HuBERT unit of an utterance ends, in samples. */
  static long[] ends(SpeechTokens tokens, SpiritLm model, VocoderConfig vocoder) {
    int[] frames = model.durations(tokens, VoiceOptions.standard());
    long[] ends = new long[tokens.hubertCount()];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += (long) vocoder.hop() * (frames == null ? 1 : frames[i]);
      ends[i] = end;
    }
    return ends;
  }

  /**
   * Adds what was said in one go.
   *
   * @param prompt speech before it that was spoken with it, and cut off by its share of the units
   * @param samples that were given out
   */
  private void add(SpeechTokens prompt, SpeechTokens tokens, long samples) {
    long[] ends = ends(prompt.plus(tokens), model, vocoder);
    int cut = prompt.hubertCount();
    long length = ends.length == 0 ? 0 : ends[ends.length - 1];
    long first = (long) Math.ceil(length * ((double) cut / (ends.length + 1)));
    long[] starts = new long[tokens.tokens().size()];
    int unit = cut;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = unit == 0 ? 0 : ends[unit - 1];
      unit += tokens.tokens().get(i).kind() == SpeechTokens.Kind.HUBERT ? 1 : 0;
    }
    Map<SpeechTokens.Kind, Long> next = new EnumMap<>(SpeechTokens.Kind.class);
    Deque<Long> stops = new ArrayDeque<>();
    for (int i = starts.length - 1; i >= 0; i--) {
      SpeechTokens.Kind kind = tokens.tokens().get(i).kind();
      stops.push(next.getOrDefault(kind, length));
      next.put(kind, starts[i]);
    }
    for (int i = 0; i < starts.length; i++) {
      described
          .addObject()
          .put("token", tokens.tokens().get(i).toString())
          .put("start", seconds(starts[i] - first, samples))
          .put("end", seconds(stops.pop() - first, samples));
    }
    before += samples;
  }

  private double seconds(long at, long samples) {
    return (before + Math.max(0, Math.min(at, samples))) / (double) vocoder.sampleRate();
  }
}
