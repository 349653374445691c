package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Seeds;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.hubert.Quantizer;

/**
 * Training a quantizer whose units do not change with speed, pitch, room and noise (Gat et al.
 * 2023): from the features of speech that was changed it must give, by CTC, the units that another
 * quantizer, its teacher, gives of the speech as it was. The encoder stays as it is.
 *
 * <p>The teacher is k-means, or in a second round the quantizer of the first.
 */
public final class QuantizerTask implements TrainingTask {
  private static final OptimiserSettings OPTIMISER =
      new OptimiserSettings(
          new LearningRate(5e-4, 200, LearningRate.Schedule.COSINE, 0.05),
          new AdamW.Options(0.9, 0.98, 1e-8, 0.01),
          1);

  /** Purposes of the seeds of a batch. */
  private static final int CHANGES = 1;

  private final SpeechSet training;
  private final SpeechSet validation;
  private final SpeechFeatures features;
  private final Quantizer teacher;
  private final Options options;
  private final Device device;
  private final Draws draws;
  private final Weights weights;
  private final TrainableQuantizer student;
  private final Group group;
  private final int blank;
  private SpeechBatch batch = new SpeechBatch();

  /**
   * How it learns.
   *
   * @param seed of the first values, the order, the crops and the changes
   * @param batchSeconds audio of one batch
   * @param cropSeconds the longest piece of an utterance that is learnt from at once
   * @param augmentation how the speech is changed
   * @param optimiser the optimiser's
   * @param validated utterances at most that validation looks at
   */
  public record Options(
      long seed,
      int batchSeconds,
      int cropSeconds,
      Augmentation augmentation,
      OptimiserSettings optimiser,
      int validated) {
    /**
     * Reads {@code seed}, {@code batch_seconds}, {@code crop_seconds}, {@code validated}, and the
     * sections {@code augmentation} and {@code optimiser}.
     */
    public static Options of(Settings settings) {
      return new Options(
          settings.seed("seed", 1),
          settings.positive("batch_seconds", 60),
          settings.positive("crop_seconds", 10),
          Augmentation.of(settings.below("augmentation"), 0.5),
          OptimiserSettings.of(settings.below("optimiser"), OPTIMISER),
          settings.positive("validated", 100));
    }
  }

  /**
   * A task on a manifest: reads {@link Options}, {@link SpeechSet#read} under {@code data}, and
   * under {@code teacher} its {@code quantizer} (a file), {@code encoder} (a directory) and {@code
   * layer}.
   *
   * @throws InputException if settings, manifest or teacher cannot be used
   */
  public static QuantizerTask of(Settings settings, Device device) {
    Options options = Options.of(settings);
    Settings taught = settings.below("teacher");
    Path file = quantizer(taught);
    SpeechFeatures features = TargetUnits.features(taught, device);
    Quantizer teacher = Quantizer.load(Weights.of(SafetensorsFile.open(file)).on(device));
    return new QuantizerTask(
        SpeechSet.read(settings.below("data")), features, teacher, options, device);
  }

  /** Reads the settings of {@link #of} without opening what they name. */
  public static void check(Settings settings) {
    Options.of(settings);
    quantizer(settings.below("teacher"));
    TargetUnits.Block.of(settings.below("teacher"));
    SpeechSet.check(settings.below("data"));
  }

  private static Path quantizer(Settings taught) {
    String file = taught.text("quantizer", "");
    if (file.isBlank()) {
      throw new InputException("give the quantizer to learn from: teacher.quantizer=FILE");
    }
    return Path.of(file);
  }

  /**
   * A quantizer to be trained.
   *
   * @throws InputException if the teacher is for other features
   */
  public QuantizerTask(
      SpeechSet.Splits splits,
      SpeechFeatures features,
      Quantizer teacher,
      Options options,
      Device device) {
    if (teacher.width() != features.width()) {
      throw new InputException(
          "the teacher is for features of width "
              + teacher.width()
              + ", but these are of width "
              + features.width());
    }
    this.training = splits.training();
    training.readAhead(device);
    this.validation = splits.validation().first(options.validated());
    this.features = features;
    this.teacher = teacher;
    this.options = options;
    this.device = device;
    this.draws = new Draws(training.size(), options.seed());
    this.blank = teacher.units();
    this.weights = Weights.initialise(options.seed()).on(device).trained();
    this.student = new TrainableQuantizer(weights, config());
    this.group = new Group("quantizer", weights.taken(), options.optimiser());
  }

  /** Widths as the released model has them: between those of the features and of the classes. */
  private LinearQuantizer.Config config() {
    int width = features.width();
    int less = width - (blank + 1);
    return new LinearQuantizer.Config(
        width, width - Math.floorDiv(less, 4), width - Math.floorDiv(less, 2), blank);
  }

  @Override
  public List<Group> groups() {
    return List.of(group);
  }

  @Override
  public void draw() {
    draws.begin();
    batch = new SpeechBatch();
    SplittableRandom random = new SplittableRandom(draws.seed(CHANGES));
    for (int i = 0; i < training.size() && batch.seconds() < options.batchSeconds(); i++) {
      SpeechBatch.Item item = item(training, draws.next(), random);
      if (item != null) {
        batch.add(item);
      }
    }
    if (batch.isEmpty()) {
      throw new InputException("all utterances are shorter than a frame of the encoder");
    }
  }

  /**
   * A piece of an utterance, changed, with the units that the teacher gives of it as it was; null
   * where it is too short for them.
   */
  private SpeechBatch.@Nullable Item item(SpeechSet set, int index, SplittableRandom random) {
    float[] samples = set.samples(index);
    int longest = Math.multiplyExact(options.cropSeconds(), Audio.SPEECH_RATE);
    int start = samples.length > longest ? random.nextInt(samples.length - longest + 1) : 0;
    float[] piece = Arrays.copyOfRange(samples, start, Math.min(samples.length, start + longest));
    int[] targets = CtcLoss.deduplicated(units(piece));
    int other = random.nextInt(set.size());
    float[] changed = options.augmentation().apply(piece, random, () -> set.samples(other));
    return targets.length == 0
        ? null
        : new SpeechBatch.Item(index, set.utterance(index).id(), changed, start, targets);
  }

  /** The teacher's units. */
  private int[] units(float[] samples) {
    try (NoGradients none = NoGradients.open();
        Scope scope = Scope.open()) {
      Tensor rows = features.of(samples);
      return rows.size(0) == 0 ? new int[0] : teacher.units(rows);
    }
  }

  @Override
  public Map<String, Double> backward(Group trained, double share) {
    try (Scope scope = Scope.open()) {
      List<Tensor> rows = new ArrayList<>();
      List<int[]> targets = new ArrayList<>();
      int units = 0;
      for (SpeechBatch.Item item : batch.items()) {
        Tensor each = device.place(features.of(item.samples()));
        if (each.size(0) >= CtcLoss.leastFrames(item.targets())) {
          rows.add(each);
          targets.add(item.targets());
          units += item.targets().length;
        }
      }
      Map<String, Double> measured = new LinkedHashMap<>();
      if (rows.isEmpty()) { // all became too short
        measured.put("loss", 0.0);
        return measured;
      }
      long[] frames = rows.stream().mapToLong(each -> each.size(0)).toArray();
      Tensor scores = student.forward(TrainableBlock.joined(rows)).log_softmax(1);
      Tensor losses = CtcLoss.sum(scores, frames, targets, blank);
      losses.mul(Tensors.scalar(share / units)).backward();
      measured.put("loss", losses.item_double() / units);
      return measured;
    }
  }

  @Override
  public long drawn() {
    return Math.round(batch.seconds());
  }

  @Override
  public String unit() {
    return "s of audio";
  }

  /**
   * By unit of the speech as it was: errors of the student in changed speech against the teacher's
   * units ({@code unit_error_rate}); how far the student's own units change with the speech ({@code
   * change}), and the teacher's ({@code teacher_change}). Deduplicated; the same changes each time.
   */
  @Override
  public Map<String, Double> validate(long step) {
    SplittableRandom random = Seeds.random(options.seed(), CHANGES);
    long errors = 0;
    long change = 0;
    long teacherChange = 0;
    long units = 0;
    long studentUnits = 0;
    for (int i = 0; i < validation.size(); i++) {
      float[] samples = validation.samples(i);
      int other = random.nextInt(validation.size());
      float[] changed =
          options.augmentation().apply(samples, random, () -> validation.samples(other));
      int[] wanted = CtcLoss.deduplicated(units(samples));
      int[] student = studentUnits(samples);
      int[] studentChanged = studentUnits(changed);
      errors += EditDistance.of(wanted, studentChanged);
      change += EditDistance.of(student, studentChanged);
      teacherChange += EditDistance.of(wanted, CtcLoss.deduplicated(units(changed)));
      units += wanted.length;
      studentUnits += student.length;
    }
    Map<String, Double> measured = new LinkedHashMap<>();
    if (units > 0) {
      measured.put("unit_error_rate", (double) errors / units);
      measured.put("change", (double) change / Math.max(1, studentUnits));
      measured.put("teacher_change", (double) teacherChange / units);
    }
    return measured;
  }

  /** The student's units by the best path, without blanks and repetitions. */
  private int[] studentUnits(float[] samples) {
    try (NoGradients none = NoGradients.open();
        Scope scope = Scope.open()) {
      Tensor rows = device.place(features.of(samples));
      if (rows.size(0) == 0) {
        return new int[0];
      }
      int[] best = Tensors.ints(torch.argmax(student.forward(rows), new LongOptional(1), false));
      return CtcLoss.collapsed(best, 0, best.length, blank);
    }
  }

  @Override
  public ObjectNode state() {
    return draws.state();
  }

  @Override
  public void restore(ObjectNode state) {
    draws.restore(state);
  }

  @Override
  public void describeBatch(Path file) {
    batch.describe(file);
  }

  /**
   * Writes {@code quantizer.safetensors}, as {@link LinearQuantizer} reads it.
   *
   * @throws InputException if there is one already
   */
  @Override
  public void write(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SafetensorsWriter.write(
        directory.resolve("quantizer.safetensors"), weights.taken(), Map.of("format", "pt"));
  }

  @Override
  public void close() {
    weights.taken().values().forEach(Scope::free);
  }
}
