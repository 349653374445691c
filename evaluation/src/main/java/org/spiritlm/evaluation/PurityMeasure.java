package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.training.speech.UnitPurity;

/**
 * How well a model's units agree with phones (or letters, see {@link FrameLabels}), beside as many
 * clusters of MFCC, frame by frame at the same moments (Hsu et al. 2021, section 4.3).
 */
final class PurityMeasure extends ItemMeasure {
  private static final String CLUSTERS = "mfcc";

  private final Subject subject;
  private final FrameLabels labels;
  private final @Nullable MfccClusters clusters;

  /**
   * @param clusters null where there is nothing to make them of
   */
  PurityMeasure(
      Subject subject, List<Item> items, FrameLabels labels, @Nullable MfccClusters clusters) {
    super("purity", items.stream().filter(item -> labels.byId().containsKey(item.id())).toList());
    this.subject = subject;
    this.labels = labels;
    this.clusters = clusters;
  }

  private double rate() {
    return subject.model().tokenLayout().hubertRate();
  }

  @Override
  ObjectNode measure(Item item) {
    ObjectNode found = Json.object();
    if (clusters != null) {
      int units = subject.spoken(item).hubert().length;
      found.set(CLUSTERS, Json.array(clusters.at(item.samples(), units, rate())));
    }
    return found;
  }

  @Override
  public void conclude(Results results, Quality quality) {
    UnitPurity own = new UnitPurity();
    UnitPurity baseline = new UnitPurity();
    for (Item item : items()) {
      List<AlignedWord> said = Objects.requireNonNull(labels.byId().get(item.id()));
      Double start = item.utterance().start();
      double centre = (start == null ? 0 : start) + 0.5 / rate();
      own.add(subject.units(item).hubert(), centre, 1 / rate(), said);
      ObjectNode found = results.of(name(), item.id());
      int[] clusters = new JsonLine(item.id(), found).numbers(CLUSTERS);
      if (clusters != null) {
        baseline.add(clusters, centre, 1 / rate(), said);
      }
    }
    add(baseline, "mfcc", "k-means of MFCC", null, quality);
    add(own, "units", "units", baseline.frames() == 0 ? null : baseline, quality);
  }

  private void add(
      UnitPurity purity,
      String name,
      String title,
      @Nullable UnitPurity baseline,
      Quality quality) {
    String[] names = {"phone_purity", "cluster_purity", "information"};
    String[] titles = {"phone purity", "cluster purity", "mutual information (PNMI)"};
    for (int i = 0; i < names.length; i++) {
      String of = titles[i] + " of " + title + ", by " + labels.kind();
      Figure figure =
          purity.frames() == 0
              ? Figure.missing(
                  name + "." + names[i],
                  of,
                  Figure.Form.SHARE,
                  items().isEmpty() ? "no times of phones or words" : "nothing to make them of")
              : Figure.of(
                  name + "." + names[i], of, Figure.Form.SHARE, value(purity, i), items().size());
      boolean isPurity = i < 2;
      quality.add(
          baseline == null || !isPurity ? figure : figure.withBar(Bar.atLeast(value(baseline, i))));
    }
  }

  private static double value(UnitPurity purity, int which) {
    return which == 0
        ? purity.phonePurity()
        : which == 1 ? purity.clusterPurity() : purity.normalizedInformation();
  }
}
