package org.spiritlm.recipe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;
import org.spiritlm.training.SplitChoice;
import org.spiritlm.training.TrainingRun;
import org.spiritlm.training.speech.HubertPart;
import org.spiritlm.training.speech.KMeansTraining;
import org.spiritlm.training.speech.SpeechFeatures;
import org.spiritlm.training.speech.SpeechSet;
import org.spiritlm.training.speech.TargetUnits;
import org.spiritlm.training.voice.ManifestVoices;
import org.spiritlm.training.voice.StyleFeatures;
import org.spiritlm.training.voice.StyleTokens;

/**
 * Clusters features by k-means, and makes the part of a model of them, where the features are those
 * of an encoder: units of a speech encoder's block, style tokens of a style encoder.
 *
 * @param block whose output is clustered; without an encoder, MFCC are
 * @param style the style encoder whose features are clustered instead, or null
 * @param options of k-means
 * @param storage how the speech encoder is stored beside the clusters
 * @param use what is asked of style tokens
 */
record ClusterTraining(
    TargetUnits.Block block,
    @Nullable Path style,
    KMeansTraining.Options options,
    Storage storage,
    Use use) {
  /** Its name among the parts. */
  static final String NAME = "clusters";

  /** What k-means writes. */
  static final String QUANTIZER = "quantizer.safetensors";

  /** Memory that sounds may take (bytes). */
  private static final long SOUNDS = 1L << 28;

  /** Recordings whose style tokens are counted. */
  private static final int COUNTED = 1000;

  /** Types in which an encoder may be stored. */
  enum Storage {
    FLOAT32(DType.F32),
    BFLOAT16(DType.BF16);

    private final DType dtype;

    Storage(DType dtype) {
      this.dtype = dtype;
    }
  }

  /**
   * How style tokens must be used.
   *
   * @param least different ones
   * @param largestShare that one may have at most
   */
  record Use(int least, double largestShare) {}

  /**
   * Reads {@code features.encoder}, {@code features.layer} or {@code features.style}, the options
   * of k-means, {@code storage} of the speech encoder, {@code use.least} and {@code
   * use.largest_share}, and those of the recordings under {@code data}.
   *
   * @throws InputException if one is wrong
   */
  static ClusterTraining of(Settings settings) {
    Settings features = settings.below("features");
    TargetUnits.Block block = TargetUnits.Block.of(features);
    String style = features.text("style", "");
    if (!style.isBlank() && !block.encoder().isBlank()) {
      throw new InputException(
          "'features.encoder' and 'features.style' are both there; give one of them");
    }
    Settings use = settings.below("use");
    SpeechSet.check(settings.below("data"));
    return new ClusterTraining(
        block,
        style.isBlank() ? null : Path.of(style),
        KMeansTraining.Options.of(settings),
        settings.choice("storage", Storage.FLOAT32),
        new Use(use.count("least", 2), use.number("largest_share", 0.9)));
  }

  /** The features. */
  SpeechFeatures features(Settings settings, Device device) {
    return style == null
        ? TargetUnits.features(settings.below("features"), device)
        : StyleFeatures.open(style, device);
  }

  /** Clusters to the end, or until the process is asked to end, and writes the part. */
  PartTraining.Outcome run(
      Settings settings, Device device, TrainingRun run, Consumer<String> progress) {
    Path directory = run.directory();
    SpeechSet speech = SpeechSet.read(settings.below("data")).training();
    speech.readAhead(device);
    KMeansTraining training =
        new KMeansTraining(speech, features(settings, device), options, directory, progress);
    KMeansTraining.Result result = run.until(training::stop, training::run);
    if (!result.finished()) {
      return PartTraining.Outcome.stopped();
    }
    progress.accept(
        String.format(
            Locale.ROOT,
            "mean squared distance %.4g, %d of %d clusters in use",
            result.distortion(),
            result.used(),
            options.units()));
    return PartTraining.Outcome.of(options.steps(), part(settings, device, directory));
  }

  private Path part(Settings settings, Device device, Path run) {
    Path clusters = run.resolve(QUANTIZER);
    if (style != null) {
      Path part = run.resolve(Part.STYLE.key());
      if (!Files.exists(part)) {
        Path checked = run.resolve("style.unchecked");
        Directories.remove(checked);
        StyleTokens.write(style, clusters, checked);
        Settings data = settings.below("data");
        Path manifest = Path.of(data.text("manifest", ""));
        Predicate<String> learnt = SplitChoice.of(data)::isLearnt;
        StyleTokens.Use found =
            StyleTokens.use(
                checked, ManifestVoices.withoutUnits(manifest, learnt, SOUNDS), COUNTED, device);
        found.require(use.least(), use.largestShare());
        StyleTokens.name(checked, found.names());
        Directories.move(checked, part);
      }
      return part;
    }
    if (block.encoder().isBlank()) {
      return clusters;
    }
    Path part = run.resolve(Part.HUBERT.key());
    if (!Files.exists(part)) {
      Directories.write(
          part,
          directory ->
              HubertPart.write(
                  Path.of(block.encoder()), block.layer(), clusters, storage.dtype, directory));
    }
    return part;
  }
}
