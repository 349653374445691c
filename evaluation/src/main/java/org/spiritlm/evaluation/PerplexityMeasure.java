package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.Score;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.json.Json;
import org.spiritlm.lm.Scorer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.units.SpeechUnits;

/**
 * How well the language model foresees tokens it has not seen, by their kind: text alone, speech
 * alone, the text of speech that it heard, and the speech of text that it read (with the tokens of
 * these tasks where the model has them).
 */
final class PerplexityMeasure implements Measure {
  private static final String SUM = "_sum";
  private static final String TOKENS = "_tokens";
  private static final List<String> KINDS = List.of("text", "hubert", "pitch", "style");

  private final Subject subject;
  private final List<Item> items;
  private final Stretches stretches;

  PerplexityMeasure(Subject subject, List<Item> items, Stretches stretches) {
    this.subject = subject;
    this.items = items.stream().filter(Item::hasText).toList();
    this.stretches = stretches;
  }

  @Override
  public String name() {
    return "perplexity";
  }

  @Override
  public List<Item> items() {
    return items;
  }

  /** What comes before the tokens that are foreseen. */
  private enum Context {
    NOTHING("", ""),
    OTHER("_given_other", " after the other modality");

    private final String key;
    private final String title;

    Context(String key, String title) {
      this.key = key;
      this.title = title;
    }
  }

  @Override
  public List<ObjectNode> measure(List<Item> group) {
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (Item item : group) {
      SpeechUnits units = subject.spoken(item);
      int[] text = stretches.text(item.words(), true);
      int[] speech = stretches.speech(units, 0, units.hubert().length);
      pairs.add(new Scorer.Pair(stretches.start(Modality.TEXT), text));
      pairs.add(new Scorer.Pair(stretches.start(Modality.SPEECH), speech));
      pairs.add(
          new Scorer.Pair(
              Stretches.joined(
                  stretches.question(Modality.SPEECH), speech, stretches.change(Modality.TEXT)),
              text));
      pairs.add(
          new Scorer.Pair(
              Stretches.joined(
                  stretches.question(Modality.TEXT), text, stretches.change(Modality.SPEECH)),
              speech));
    }
    List<Score> scores = subject.model().scoreIds(pairs);
    List<ObjectNode> found = new ArrayList<>();
    for (int at = 0; at < scores.size(); at += 4) {
      ObjectNode object = Json.object();
      put(object, Context.NOTHING, scores.subList(at, at + 2));
      put(object, Context.OTHER, scores.subList(at + 2, at + 4));
      found.add(object);
    }
    return found;
  }

  private void put(ObjectNode object, Context context, List<Score> scores) {
    for (int kind = 0; kind < KINDS.size(); kind++) {
      Perplexity all = Perplexity.NONE;
      for (Score score : scores) {
        for (int i = 0; i < score.ids().length; i++) {
          if (kind(score.ids()[i]) == kind) {
            all = all.plus(new Perplexity(score.logProbabilities()[i], 1));
          }
        }
      }
      if (all.tokens() > 0) {
        String key = KINDS.get(kind) + context.key;
        object.put(key + SUM, all.sum()).put(key + TOKENS, all.tokens());
      }
    }
  }

  private int kind(int id) {
    Vocabulary vocabulary = subject.model().vocabulary();
    return vocabulary.hubert().contains(id)
        ? 1
        : vocabulary.pitch().contains(id) ? 2 : vocabulary.style().contains(id) ? 3 : 0;
  }

  @Override
  public void conclude(Results results, Quality quality) {
    for (Context context : Context.values()) {
      for (String kind : KINDS) {
        String key = kind + context.key;
        Perplexity all = Perplexity.NONE;
        for (Item item : items) {
          ObjectNode found = results.of(name(), item.id());
          if (found.has(key + TOKENS)) {
            all =
                all.plus(
                    new Perplexity(
                        found.path(key + SUM).asDouble(), found.path(key + TOKENS).asLong()));
          }
        }
        if (all.tokens() > 0) {
          quality.add(
              Figure.of(
                  "perplexity." + key,
                  "perplexity of " + kind + " tokens" + context.title,
                  Figure.Form.NUMBER,
                  all.value(),
                  items.size()));
        }
      }
    }
  }
}
