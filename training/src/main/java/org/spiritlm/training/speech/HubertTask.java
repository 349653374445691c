package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Seeds;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.speech.TrainableEncoder.Disturbance;
import org.spiritlm.units.hubert.HubertConfig;

/**
 * Training HuBERT (Hsu et al. 2021): the encoder predicts the units of frames that it does not get
 * to hear. The score of a unit is the cosine of a projection of the encoder's state and the unit's
 * embedding, divided by the temperature 0.1; only masked frames count.
 *
 * <p>In a first run the units are clusters of MFCC, in a second one those of a middle block of the
 * first run's encoder.
 *
 * <p>Differs from fairseq: there is no penalty on the size of the convolutions' output, and mask
 * spans begin anywhere with equal probability, each utterance having as many as its length asks
 * for.
 */
public final class HubertTask implements TrainingTask {
  private static final double TEMPERATURE = 0.1;
  private static final String ENCODER = "hubert";
  private static final String PROJECTION = "final_proj";
  private static final String EMBEDDINGS = "label_embs_concat";
  private static final OptimiserSettings OPTIMISER =
      new OptimiserSettings(
          new LearningRate(5e-4, 1000, LearningRate.Schedule.LINEAR, 0),
          new AdamW.Options(0.9, 0.98, 1e-6, 0.01),
          10);

  /** Purposes of the seeds of a batch. */
  private static final int NOISE = 1;

  private static final int MASKS = 2;
  private static final int CROPS = 3;

  private final SpeechSet training;
  private final SpeechSet validation;
  private final TargetUnits targets;
  private final Options options;
  private final Draws draws;
  private final Weights weights;
  private final TrainableEncoder encoder;
  private final Linear projection;
  private final Tensor embeddings; // [V, P]
  private final Group group;
  private SpeechBatch batch = new SpeechBatch();

  /**
   * How it learns.
   *
   * @param seed of the first values, the order, crops, masks and noise
   * @param batchSeconds audio of one batch
   * @param lengthStep frames of whose multiples utterances are lengthened by silence, so that more
   *     of a batch have one length; 1 leaves them as they are
   * @param cropSeconds the longest piece of an utterance that is learnt from at once
   * @param projected width P of the space in which units are compared
   * @param layer the block, counted from 1, that {@link #write} names as the one to quantize
   * @param noise dropout and left-out blocks
   * @param masks frames that are not heard
   * @param featureGradient what the convolutions' gradients are multiplied by
   * @param optimiser the optimiser's
   * @param validated utterances at most that validation looks at
   */
  public record Options(
      long seed,
      int batchSeconds,
      int lengthStep,
      int cropSeconds,
      int projected,
      int layer,
      Noise.Rates noise,
      SpanMasks masks,
      double featureGradient,
      OptimiserSettings optimiser,
      int validated) {
    public Options {
      if (!masks.isActive()) {
        throw new InputException("'mask.share' must be above 0: masked frames are what is learnt");
      }
    }

    /**
     * Reads {@code seed}, {@code batch_seconds}, {@code length_step}, {@code crop_seconds}, {@code
     * projected}, {@code layer}, {@code feature_gradient}, {@code validated}, and the sections
     * {@code noise}, {@code mask} and {@code optimiser}.
     *
     * @param layers blocks of the encoder
     */
    public static Options of(Settings settings, int layers) {
      int layer = settings.positive("layer", Math.max(1, layers * 2 / 3));
      if (layer > layers) {
        throw new InputException(
            "'layer' must be one of the encoder's " + layers + " blocks, found " + layer);
      }
      return new Options(
          settings.seed("seed", 1),
          settings.positive("batch_seconds", 80),
          settings.positive("length_step", 1),
          settings.positive("crop_seconds", 8),
          settings.positive("projected", 128),
          layer,
          Noise.Rates.of(settings.below("noise"), new Noise.Rates(0.1, 0.05)),
          SpanMasks.of(settings.below("mask"), new SpanMasks(0.13, 5)),
          settings.number("feature_gradient", 0.1),
          OptimiserSettings.of(settings.below("optimiser"), OPTIMISER),
          settings.positive("validated", 200));
    }
  }

  /**
   * A task on a manifest: reads {@link Options}, {@link EncoderSource#of} under {@code encoder},
   * {@link TargetUnits#of} under {@code targets} and {@link SpeechSet#read} under {@code data}.
   *
   * @throws InputException if settings, manifest or clusters cannot be used
   */
  public static HubertTask of(Settings settings, Device device) {
    EncoderSource source = EncoderSource.of(settings.below("encoder"));
    Options options = Options.of(settings, source.config().layers());
    TargetUnits targets = TargetUnits.of(settings.below("targets"), device);
    return new HubertTask(source, SpeechSet.read(settings.below("data")), targets, options, device);
  }

  /** Reads the settings of {@link #of} without opening what they name. */
  public static void check(Settings settings) {
    Options.of(settings, EncoderSource.of(settings.below("encoder")).config().layers());
    TargetUnits.check(settings.below("targets"));
    SpeechSet.check(settings.below("data"));
  }

  /** An encoder to be trained. */
  public HubertTask(
      EncoderSource source,
      SpeechSet.Splits splits,
      TargetUnits targets,
      Options options,
      Device device) {
    this.training = splits.training();
    training.readAhead(device);
    this.validation = splits.validation().first(options.validated());
    this.targets = targets;
    this.options = options;
    this.draws = new Draws(training.size(), options.seed());
    this.weights =
        source.weights(
            options.seed(),
            device,
            ENCODER,
            fresh -> {
              embeddings(fresh);
              projection(fresh, source);
              return encoder(fresh, source);
            });
    this.encoder = encoder(weights, source);
    this.projection = projection(weights, source);
    this.embeddings = embeddings(weights);
    this.group = new Group("hubert", weights.taken(), options.optimiser());
  }

  private TrainableEncoder encoder(Weights from, EncoderSource source) {
    return new TrainableEncoder(from.at(ENCODER), source.config(), options.featureGradient(), true);
  }

  private Linear projection(Weights from, EncoderSource source) {
    return new Linear(from.at(PROJECTION), source.config().width(), options.projected());
  }

  private Tensor embeddings(Weights from) {
    return from.tensor(EMBEDDINGS, Initializer.normal(1), targets.units(), options.projected());
  }

  @Override
  public List<Group> groups() {
    return List.of(group);
  }

  @Override
  public void draw() {
    draws.begin();
    batch = new SpeechBatch();
    SplittableRandom crops = new SplittableRandom(draws.seed(CROPS));
    for (int i = 0; i < training.size() && batch.seconds() < options.batchSeconds(); i++) {
      SpeechBatch.Item item = item(training, draws.next(), crops);
      if (item != null) {
        batch.add(item);
      }
    }
    if (batch.isEmpty()) {
      throw new InputException("all utterances are shorter than a frame of the encoder");
    }
    batch.arrange();
  }

  /**
   * A piece of an utterance that begins anywhere, or null where there is no frame in it.
   *
   * @param crops decides, or null for the beginning
   */
  private SpeechBatch.@Nullable Item item(
      SpeechSet set, int index, @Nullable SplittableRandom crops) {
    float[] samples = set.samples(index);
    if (options.lengthStep() > 1) {
      samples = TrainableEncoder.lengthened(samples, options.lengthStep(), encoder.config());
    }
    String id = set.utterance(index).id();
    int longest = Math.multiplyExact(options.cropSeconds(), Audio.SPEECH_RATE);
    int start = 0;
    int[] all = targets.all(id, samples);
    if (samples.length > longest) {
      start = crops == null ? 0 : crops.nextInt(samples.length - longest + 1);
      samples = Arrays.copyOfRange(samples, start, start + longest);
    }
    int frames = (int) encoder.config().frames(samples.length);
    return frames == 0 || all.length == 0
        ? null
        : new SpeechBatch.Item(
            index, id, samples, start, targets.at(all, start, frames, encoder.config()));
  }

  /** The masked frames' losses, their number, and how many of them are predicted. */
  private record Outcome(Tensor losses, int masked, Tensor right) {}

  private Outcome predict(SpeechBatch of, Noise noise, SplittableRandom random) {
    int rows = of.items().stream().mapToInt(item -> item.targets().length).sum();
    boolean[] marks = new boolean[rows];
    int[] wanted = new int[rows];
    int from = 0;
    for (SpeechBatch.Item item : of.items()) {
      int frames = item.targets().length;
      options.masks().mark(marks, from, frames, random);
      System.arraycopy(item.targets(), 0, wanted, from, frames);
      from += frames;
    }
    int count = 0;
    for (boolean mark : marks) {
      count += mark ? 1 : 0;
    }
    if (count == 0) { // as may be where all are very short
      marks[0] = true;
      count = 1;
    }
    int[] places = new int[count];
    int[] units = new int[count];
    int next = 0;
    for (int i = 0; i < rows; i++) {
      if (marks[i]) {
        places[next] = i;
        units[next++] = wanted[i];
      }
    }
    Device device = encoder.device();
    Tensor states =
        encoder.forward(of.waveforms(), new Disturbance(noise, SpanMasks.tensor(marks)));
    Tensor masked = states.index_select(0, device.place(Tensors.of(places))); // [M, D]
    Tensor scores =
        unit(projection.forward(masked))
            .mm(unit(embeddings).t())
            .div(Tensors.scalar(TEMPERATURE)); // [M, V]
    Tensor truth = device.place(Tensors.of(units));
    Tensor losses = scores.log_softmax(1).gather(1, truth.unsqueeze(1)).sum().neg();
    Tensor right = torch.argmax(scores, new LongOptional(1), false).eq(truth).sum();
    return new Outcome(losses, count, right);
  }

  /** Rows of length 1. */
  private static Tensor unit(Tensor rows) {
    Tensor lengths = rows.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true);
    return rows.div(lengths.clamp_min(Tensors.scalar(1e-8)));
  }

  @Override
  public Map<String, Double> backward(Group trained, double share) {
    try (Scope scope = Scope.open()) {
      Noise noise = Noise.of(options.noise(), encoder.device(), draws.seed(NOISE));
      Outcome outcome = predict(batch, noise, new SplittableRandom(draws.seed(MASKS)));
      outcome.losses().mul(Tensors.scalar(share / outcome.masked())).backward();
      double[] numbers = Tensors.numbers(outcome.losses(), outcome.right());
      return measures(numbers[0], numbers[1], outcome.masked());
    }
  }

  private static Map<String, Double> measures(double losses, double right, double masked) {
    Map<String, Double> measured = new LinkedHashMap<>();
    measured.put("loss", losses / masked);
    measured.put("masked_accuracy", right / masked);
    return measured;
  }

  @Override
  public long drawn() {
    return Math.round(batch.seconds());
  }

  @Override
  public String unit() {
    return "s of audio";
  }

  /** Loss and accuracy on masked frames, with the same masks each time. */
  @Override
  public Map<String, Double> validate(long step) {
    double losses = 0;
    double right = 0;
    double masked = 0;
    SplittableRandom masks = Seeds.random(options.seed(), MASKS);
    SpeechBatch next = new SpeechBatch();
    for (int i = 0; i < validation.size(); i++) {
      SpeechBatch.Item item = item(validation, i, null);
      if (item != null) {
        next.add(item);
      }
      boolean full = next.seconds() >= options.batchSeconds() || i == validation.size() - 1;
      if (full && !next.isEmpty()) {
        try (NoGradients none = NoGradients.open();
            Scope scope = Scope.open()) {
          Outcome outcome = predict(next, Noise.none(), masks);
          double[] numbers = Tensors.numbers(outcome.losses(), outcome.right());
          losses += numbers[0];
          right += numbers[1];
          masked += outcome.masked();
        }
        next = new SpeechBatch();
      }
    }
    return masked == 0 ? Map.of() : measures(losses, right, masked);
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
   * Writes {@code HubertModel}, with the block to quantize, and without what only training needs.
   *
   * @throws InputException if the directory has a model already
   */
  @Override
  public void write(Path directory) {
    HubertConfig config = new HubertConfig(encoder.config(), options.layer(), false);
    SpeechDirectories.write(
        directory,
        config.json(),
        encoder.config(),
        SpeechDirectories.below(ENCODER, weights.taken()));
  }

  @Override
  public void close() {
    weights.taken().values().forEach(Scope::free);
  }
}
