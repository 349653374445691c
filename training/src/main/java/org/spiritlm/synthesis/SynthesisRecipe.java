package org.spiritlm.synthesis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/**
 * How a text becomes a corpus: in which voices and styles it is spoken.
 *
 * <p>Each sentence is spoken by as many pairs of a voice and a style as there are takes. The pairs
 * are put in an order that the seed draws, and taken in turns from sentence to sentence, so that
 * each is heard as often as every other.
 *
 * @param voices who speaks
 * @param styles how
 * @param takes how often a sentence is spoken, each time in another voice or style
 * @param seed chooses the order of voices and styles, and the differences between utterances
 */
public record SynthesisRecipe(
    List<VoiceProfile> voices, List<SpeakingStyle> styles, int takes, long seed) {
  /** Changes when the same recipe gives other bytes. */
  private static final int VERSION = 1;

  /**
   * @throws InputException if there are more takes than pairs of a voice and a style, or none
   */
  public SynthesisRecipe {
    voices = List.copyOf(voices);
    styles = List.copyOf(styles);
    int pairs = voices.size() * styles.size();
    if (takes < 1 || takes > pairs) {
      throw new InputException(
          "the number of takes is "
              + takes
              + ", expected 1 to "
              + pairs
              + ", the number of voices times that of styles");
    }
  }

  /** A voice and a style. */
  record Pair(VoiceProfile voice, SpeakingStyle style) {}

  /** All pairs, in the order in which they are taken. */
  List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    for (VoiceProfile voice : voices) {
      for (SpeakingStyle style : styles) {
        pairs.add(new Pair(voice, style));
      }
    }
    Collections.shuffle(pairs, new Random(seed));
    return pairs;
  }

  /** The seed of one utterance, which no other is likely to have. */
  long seedOf(long utterance) {
    return mixed(mixed(seed) + utterance);
  }

  /** Spreads close numbers over all (the finalizer of SplitMix64). */
  private static long mixed(long value) {
    long mixed = value + 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /** As it is written beside a corpus, with the text that it was made of. */
  ObjectNode describe(Sentences.Content text) {
    ObjectNode object = Json.object();
    object.put("version", VERSION);
    object.put("synthesizer", "FreeTTS 1.2.2, kevin16");
    object.put("text_sha256", text.sha256());
    object.put("sentences", text.count());
    object.put("takes", takes);
    object.put("seed", seed);
    ArrayNode speakers = object.putArray("voices");
    for (VoiceProfile voice : voices) {
      speakers
          .addObject()
          .put("name", voice.name())
          .put("pitch", voice.pitch())
          .put("formants", voice.formants());
    }
    ArrayNode ways = object.putArray("styles");
    styles.forEach(style -> ways.add(style.name()));
    return object;
  }
}
