package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Score;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.corpus.WordSpans;
import org.spiritlm.interleaving.Draws;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.json.Json;
import org.spiritlm.lm.Scorer;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * Whether the model finds the second half of an utterance likelier than the second half of another
 * one, after the first half; each half in text or in speech, which makes four directions (the paper
 * does so with stories, section 4.1).
 *
 * <p>An utterance is cut at its middle word. The other one is drawn among those with the same
 * speaker and style, or else the same speaker, or else all, so that the voice does not tell. What
 * is compared is the mean log-likelihood of a token of the second half (its marker belongs to what
 * comes before), and beside it their sum; equal ones count half. The paper prints both, since which
 * is better differs. Chance is one half.
 *
 * <p>Most of what makes one half likelier than another is in neither its words nor what they
 * follow: how long it is, how usual its sounds are. So a third figure compares by how much the
 * first half makes the second likelier than it is alone, {@code log P(second | first) - log
 * P(second)} (the domain-conditional pointwise mutual information of Holtzman et al., 2021,
 * "Surface Form Competition").
 */
final class ContinuationMeasure implements Measure {
  /** Fewer words have no two halves. */
  private static final int LEAST_WORDS = 4;

  private static final String RIGHT = "right";
  private static final String WRONG = "wrong";
  private static final String TOKENS = "_tokens";

  /** The sum where the second half stands alone. */
  private static final String ALONE = "_alone";

  /** What of two second halves is compared. */
  enum Scoring {
    MEAN("", ", by a token's mean"),
    SUM("_sum", ", by sum"),
    GAIN("_gain", ", by what the first half adds");

    private final String suffix;
    private final String title;

    Scoring(String suffix, String title) {
      this.suffix = suffix;
      this.title = title;
    }

    /** Journals of earlier versions lack what a second half has alone. */
    private boolean wasMeasured(JsonNode found) {
      return this != GAIN || found.has(RIGHT + ALONE);
    }

    private double of(JsonNode found, String which) {
      double sum = found.path(which).asDouble();
      return switch (this) {
        case MEAN -> sum / found.path(which + TOKENS).asDouble();
        case SUM -> sum;
        case GAIN -> sum - found.path(which + ALONE).asDouble();
      };
    }
  }

  private final Subject subject;
  private final List<Item> items;
  private final Map<String, Item> others = new HashMap<>();
  private final Stretches stretches;

  /** Directions with the paper's accuracies of topic stories, of mean and sum, by kind of model. */
  private enum Direction {
    TEXT_TEXT(Modality.TEXT, Modality.TEXT, 0.980, 0.979, 0.945, 0.943),
    SPEECH_SPEECH(Modality.SPEECH, Modality.SPEECH, 0.829, 0.754, 0.692, 0.582),
    TEXT_SPEECH(Modality.TEXT, Modality.SPEECH, 0.727, 0.616, 0.666, 0.577),
    SPEECH_TEXT(Modality.SPEECH, Modality.TEXT, 0.886, 0.732, 0.838, 0.813);

    private final Modality from;
    private final Modality to;
    private final double baseMean;
    private final double expressiveMean;
    private final double baseSum;
    private final double expressiveSum;

    Direction(
        Modality from,
        Modality to,
        double baseMean,
        double expressiveMean,
        double baseSum,
        double expressiveSum) {
      this.from = from;
      this.to = to;
      this.baseMean = baseMean;
      this.expressiveMean = expressiveMean;
      this.baseSum = baseSum;
      this.expressiveSum = expressiveSum;
    }

    @Nullable Double paper(Scoring scoring, Subject subject) {
      return switch (scoring) {
        case MEAN -> subject.paper(baseMean, expressiveMean);
        case SUM -> subject.paper(baseSum, expressiveSum);
        case GAIN -> null;
      };
    }

    String key() {
      return letter(from) + "_" + letter(to);
    }

    String arrow() {
      return letter(from).toUpperCase(Locale.ROOT) + "→" + letter(to).toUpperCase(Locale.ROOT);
    }

    private static String letter(Modality modality) {
      return modality == Modality.TEXT ? "t" : "s";
    }
  }

  ContinuationMeasure(Subject subject, List<Item> items, Stretches stretches) {
    this.subject = subject;
    this.items =
        items.stream().filter(item -> item.utterance().words().size() >= LEAST_WORDS).toList();
    this.stretches = stretches;
    for (Item item : this.items) {
      List<Item> candidates = candidates(item);
      if (!candidates.isEmpty()) {
        Draws draws = new Draws(0, 0, Draws.itemKey(item.id()));
        others.put(item.id(), candidates.get(draws.between(0, candidates.size() - 1)));
      }
    }
  }

  private List<Item> candidates(Item item) {
    List<Item> different =
        items.stream().filter(other -> !other.words().equals(item.words())).toList();
    String speaker = item.utterance().speaker();
    String style = item.utterance().style();
    List<Item> voice =
        different.stream()
            .filter(other -> Objects.equals(other.utterance().speaker(), speaker))
            .toList();
    List<Item> manner =
        voice.stream().filter(other -> Objects.equals(other.utterance().style(), style)).toList();
    return !manner.isEmpty() ? manner : !voice.isEmpty() ? voice : different;
  }

  @Override
  public String name() {
    return "continuation";
  }

  @Override
  public List<Item> items() {
    return items;
  }

  /** An utterance cut in two. */
  private record Halves(List<String> words, int word, SpeechUnits units, int unit) {
    List<String> text(boolean isSecond) {
      return isSecond ? words.subList(word, words.size()) : words.subList(0, word);
    }
  }

  private Halves halves(Item item) {
    SpeechUnits units = subject.spoken(item);
    int count = units.hubert().length;
    double rate = subject.model().tokenLayout().hubertRate();
    List<WordFrames> frames = WordSpans.of(item.utterance(), (count + 1) / rate, count, rate);
    int middle = frames.size() / 2;
    int unit = frames.get(middle).start();
    if (unit == 0 || unit == count) {
      throw new InputException("utterance '" + item.id() + "': a half has no units");
    }
    return new Halves(item.words(), middle, units, unit);
  }

  private int[] ids(Halves halves, boolean isSecond, Modality modality, boolean isFirst) {
    return modality == Modality.TEXT
        ? stretches.text(halves.text(isSecond), isFirst)
        : stretches.speech(
            halves.units(),
            isSecond ? halves.unit() : 0,
            isSecond ? halves.units().hubert().length : halves.unit());
  }

  private Scorer.Pair pair(Halves first, Halves second, Direction direction) {
    int[] context =
        Stretches.joined(stretches.start(direction.from), ids(first, false, direction.from, true));
    boolean changes = direction.from != direction.to;
    return new Scorer.Pair(
        changes ? Stretches.joined(context, stretches.change(direction.to)) : context,
        ids(second, true, direction.to, changes));
  }

  /** The second half with nothing before it but what a sequence begins with. */
  private Scorer.Pair alone(Halves second, Modality modality) {
    return new Scorer.Pair(stretches.start(modality), ids(second, true, modality, true));
  }

  @Override
  public List<ObjectNode> measure(List<Item> group) {
    List<Scorer.Pair> pairs = new ArrayList<>();
    for (Item item : group) {
      Item other = others.get(item.id());
      if (other == null) {
        throw new InputException("there is no other utterance to choose from");
      }
      Halves own = halves(item);
      Halves others = halves(other);
      for (Direction direction : Direction.values()) {
        pairs.add(pair(own, own, direction));
        pairs.add(pair(own, others, direction));
      }
      for (Modality modality : Modality.values()) {
        pairs.add(alone(own, modality));
        pairs.add(alone(others, modality));
      }
    }
    List<Score> scores = subject.model().scoreIds(pairs);
    List<ObjectNode> found = new ArrayList<>();
    Iterator<Score> next = scores.iterator();
    for (Item item : group) {
      ObjectNode object = Json.object().put("other", others.get(item.id()).id());
      for (Direction direction : Direction.values()) {
        ObjectNode choice = object.putObject(direction.key());
        put(choice, RIGHT, next.next());
        put(choice, WRONG, next.next());
      }
      for (Modality modality : Modality.values()) {
        double right = next.next().sum();
        double wrong = next.next().sum();
        for (Direction direction : Direction.values()) {
          if (direction.to == modality) {
            ((ObjectNode) object.path(direction.key()))
                .put(RIGHT + ALONE, right)
                .put(WRONG + ALONE, wrong);
          }
        }
      }
      found.add(object);
    }
    return found;
  }

  private static void put(ObjectNode choice, String which, Score score) {
    choice.put(which, score.sum()).put(which + TOKENS, score.ids().length);
  }

  @Override
  public void conclude(Results results, Quality quality) {
    List<ObjectNode> found =
        items.stream()
            .map(item -> results.of(name(), item.id()))
            .filter(each -> !Results.failed(each))
            .toList();
    for (Direction direction : Direction.values()) {
      for (Scoring scoring : Scoring.values()) {
        String name = "continuation." + direction.key() + scoring.suffix;
        String title = "right continuation of two, " + direction.arrow() + scoring.title;
        List<JsonNode> choices =
            found.stream()
                .map(each -> each.path(direction.key()))
                .filter(scoring::wasMeasured)
                .toList();
        Figure figure;
        if (choices.isEmpty()) {
          String reason = found.isEmpty() ? "no times of words" : "measured by an earlier version";
          figure = Figure.missing(name, title, Figure.Form.SHARE, reason);
        } else {
          double right =
              choices.stream().mapToDouble(each -> choice(each, scoring)).sum() / choices.size();
          figure =
              Figure.of(name, title, Figure.Form.SHARE, right, choices.size())
                  .withNote(interval(right, choices.size()));
        }
        quality.add(figure.withPaper(direction.paper(scoring, subject)));
      }
    }
  }

  /** What chance makes of an accuracy: 95 of 100 such sets are this near to it. */
  private static String interval(double accuracy, int items) {
    double deviation = Math.sqrt(accuracy * (1 - accuracy) / items);
    return String.format(Locale.ROOT, "± %.1f points", 100 * 1.96 * deviation);
  }

  /** 1 where the right one is likelier, 0 where it is less likely, a half where it is neither. */
  static double choice(JsonNode found, Scoring scoring) {
    double right = scoring.of(found, RIGHT);
    double wrong = scoring.of(found, WRONG);
    return right > wrong ? 1 : right < wrong ? 0 : 0.5;
  }
}
