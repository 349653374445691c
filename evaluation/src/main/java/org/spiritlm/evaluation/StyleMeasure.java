package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.Resampler;
import org.spiritlm.json.Json;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.torch.InputException;

/**
 * Whether resynthesis keeps the style, and whether a text is said in the style that is asked for:
 * what a classifier that has learnt styles from other recordings, and knows nothing of the model,
 * says of the recordings, of their resynthesis, and of their texts, said (the first answer) in the
 * style of that name where the model has one.
 */
final class StyleMeasure extends ItemMeasure {
  private static final double LEAST_KEPT = 0.6;

  /** What is shorter than half a second (samples) says no style. */
  private static final int SHORTEST = Audio.SPEECH_RATE / 2;

  private static final String ORIGINAL = "original";
  private static final String MADE = "resynthesis";
  private static final String ASKED = "asked";

  private final Subject subject;
  private final SpeechFiles files;
  private final SoundStatistics statistics;
  private final Examples examples;

  /** What the classifier learns from: recordings that are not judged. */
  static final class Examples extends ItemMeasure {
    private static final String VALUES = "values";

    private final SoundStatistics statistics;

    Examples(List<Item> items, SoundStatistics statistics) {
      super("style_examples", styled(items));
      this.statistics = statistics;
    }

    @Override
    ObjectNode measure(Item item) {
      ObjectNode found = Json.object();
      found.set(VALUES, Json.array(statistics.of(item.samples())));
      return found;
    }

    /** There are figures of what is judged alone. */
    @Override
    public void conclude(Results results, Quality quality) {}

    private List<StyleClassifier.Example> of(Results results) {
      List<StyleClassifier.Example> all = new ArrayList<>();
      for (Item item : items()) {
        ObjectNode found = results.of(name(), item.id());
        if (!Results.failed(found)) {
          all.add(new StyleClassifier.Example(values(found.path(VALUES)), style(item)));
        }
      }
      return all;
    }
  }

  StyleMeasure(
      Subject subject,
      List<Item> items,
      SpeechFiles files,
      SoundStatistics statistics,
      Examples examples) {
    super("style", styled(items));
    this.subject = subject;
    this.files = files;
    this.statistics = statistics;
    this.examples = examples;
  }

  private static List<Item> styled(List<Item> items) {
    return items.stream().filter(item -> item.utterance().style() != null).toList();
  }

  private static String style(Item item) {
    return Objects.requireNonNull(item.utterance().style());
  }

  @Override
  ObjectNode measure(Item item) {
    subject.spoken(item); // what has no units was not decoded
    ObjectNode found = Json.object();
    found.set(ORIGINAL, Json.array(statistics.of(item.samples())));
    found.set(MADE, Json.array(statistics.of(files.read(SpeechFiles.RESYNTHESIZED, item))));
    if (item.hasText() && subject.model().directory().styles().contains(style(item))) {
      float[] asked = asked(item);
      double[] told = asked.length < SHORTEST ? new double[0] : statistics.of(asked);
      found.set(ASKED, Json.array(told));
    }
    return found;
  }

  /** The text said in its style, at 16 kHz; no samples where the model says nothing. */
  private float[] asked(Item item) {
    SpiritLm model = subject.model();
    GenerationOptions options =
        SpeechSynthesis.standard(model)
            .withAnswers(1)
            .withSeed(item.number())
            .withVoice(subject.voice(item).withStyle(style(item)));
    SpeechSynthesis synthesis =
        new SpeechSynthesis(model, List.of(), SpeechSynthesis.stopOf(model), options);
    return synthesis.speak(item.text()).segments().stream()
        .map(segment -> segment instanceof Segment.Speech speech ? speech.audio() : null)
        .filter(Objects::nonNull)
        .findFirst()
        .map(said -> Resampler.resample(said.samples(), said.sampleRate(), Audio.SPEECH_RATE))
        .orElseGet(() -> new float[0]);
  }

  private static double[] values(JsonNode list) {
    double[] values = new double[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).asDouble();
    }
    return values;
  }

  @Override
  public void conclude(Results results, Quality quality) {
    String heldOut = "style told by the classifier, recordings";
    String kept = "style kept after resynthesis";
    String wanted = "style asked for by its name (TTS), told by the classifier";
    List<Item> told = new ArrayList<>();
    List<double[]> originals = new ArrayList<>();
    List<double[]> made = new ArrayList<>();
    List<Item> saying = new ArrayList<>();
    List<double[]> said = new ArrayList<>();
    int asked = 0;
    for (Item item : items()) {
      ObjectNode found = results.of(name(), item.id());
      if (!Results.failed(found)) {
        told.add(item);
        originals.add(values(found.path(ORIGINAL)));
        made.add(values(found.path(MADE)));
        asked += found.has(ASKED) ? 1 : 0;
        if (!found.path(ASKED).isEmpty()) {
          saying.add(item);
          said.add(values(found.path(ASKED)));
        }
      }
    }
    Figure recordings;
    Figure resynthesis;
    Figure named = null;
    try (StyleClassifier classifier =
        StyleClassifier.learn(examples.of(results), SoundStatistics.blocks())) {
      if (told.isEmpty()) {
        throw new InputException("no recordings with a style");
      }
      List<String> labels = classifier.labels();
      long[][] before = confusion(told, classifier.labels(originals), labels);
      long[][] after = confusion(told, classifier.labels(made), labels);
      recordings = figure("style.recordings", heldOut, before, told.size());
      resynthesis = figure("style.kept", kept, after, told.size());
      ObjectNode detail = Json.object();
      labels.forEach(detail.putArray("labels")::add);
      detail.set("recordings", rows(before));
      detail.set("resynthesis", rows(after));
      if (!said.isEmpty()) {
        long[][] heard = confusion(saying, classifier.labels(said), labels);
        named = figure("style.asked", wanted, heard, asked);
        detail.set(ASKED, rows(heard));
      }
      quality.addDetail("style_confusion", detail);
    } catch (InputException e) {
      String why = String.valueOf(e.getMessage());
      recordings = Figure.missing("style.recordings", heldOut, Figure.Form.SHARE, why);
      resynthesis = Figure.missing("style.kept", kept, Figure.Form.SHARE, why);
    }
    quality.add(recordings.withPaper(0.652));
    quality.add(
        resynthesis
            .withPaper(subject.paper(0.204, 0.414))
            .withBar(subject.isExpressive() ? Bar.atLeast(LEAST_KEPT) : null));
    if (named != null) {
      quality.add(named);
    }
  }

  /** How often each style (row) was taken for each (column); the last row is of unknown styles. */
  static long[][] confusion(List<Item> items, List<String> found, List<String> labels) {
    long[][] counts = new long[labels.size() + 1][labels.size()];
    for (int i = 0; i < found.size(); i++) {
      int row = labels.indexOf(style(items.get(i)));
      counts[row < 0 ? labels.size() : row][labels.indexOf(found.get(i))]++;
    }
    return counts;
  }

  private static Figure figure(String name, String title, long[][] confusion, int all) {
    long right = 0;
    for (int i = 0; i < confusion[0].length; i++) {
      right += confusion[i][i];
    }
    return Figure.of(name, title, Figure.Form.SHARE, (double) right / all, all);
  }

  private static ArrayNode rows(long[][] counts) {
    ArrayNode rows = Json.array(new int[0]);
    for (int i = 0; i < counts[0].length; i++) {
      ArrayNode row = rows.addArray();
      for (long count : counts[i]) {
        row.add(count);
      }
    }
    return rows;
  }
}
