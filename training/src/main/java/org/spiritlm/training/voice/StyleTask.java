package org.spiritlm.training.voice;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.audio.Audio;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.json.Json;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.speech.EncoderSource;
import org.spiritlm.training.speech.Noise;
import org.spiritlm.training.speech.TrainableEncoder;
import org.spiritlm.training.speech.TrainableEncoder.Disturbance;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.units.style.StyleTokenizer;

/**
 * Training the style encoder: it tells of each second in which of the corpus's styles it is said
 * (SPIRIT LM, section 3.2). Its mean features are clustered then ({@link StyleFeatures}), and
 * {@link StyleTokens} makes a tokenizer of encoder and clusters.
 *
 * <p>Differs from the paper: the encoder is wav2vec 2.0's throughout, as in the released tokenizer;
 * the paper fine-tunes another one and distils it.
 */
public final class StyleTask implements TrainingTask {
  /** Samples of a frame: the tokenizer takes 50 a second. */
  private static final int STRIDE = Audio.SPEECH_RATE / StyleTokenizer.FRAMES;

  private static final OptimiserSettings OPTIMISER =
      new OptimiserSettings(
          new LearningRate(5e-4, 100, LearningRate.Schedule.COSINE, 0.01),
          new AdamW.Options(0.9, 0.98, 1e-8, 0.01),
          1);

  /** What is longer is cut where it only measures. */
  private static final int LONGEST = 10 * Audio.SPEECH_RATE;

  private final Weights weights;
  private final StyleConfig config;
  private final TrainableStyle network;
  private final StyleItems items;
  private final StyleItems heldOut;
  private final Options options;
  private final Group group;
  private long drawn;
  private List<StyleItems.Piece> batch = List.of();

  /**
   * How it learns.
   *
   * @param batch pieces of a step
   * @param samples of a piece
   * @param lengthStep frames of whose multiples pieces are lengthened by silence, so that more of a
   *     batch have one length; 1 leaves them as they are
   * @param noise what the encoder is disturbed by
   * @param featureGradient what the gradients of the convolutions are multiplied by
   * @param validated recordings to validate on
   * @param seed of first values and of what is drawn
   */
  private record Options(
      int batch,
      int samples,
      int lengthStep,
      Noise.Rates noise,
      double featureGradient,
      int validated,
      long seed) {}

  private StyleTask(
      EncoderSource source,
      Device device,
      int projection,
      StyleItems items,
      StyleItems heldOut,
      OptimiserSettings optimiser,
      Options options) {
    this.config = new StyleConfig(source.config(), projection, StyleNames.of(items.labels()));
    this.options = options;
    this.weights =
        source.weights(
            options.seed(),
            device,
            "wav2vec2",
            fresh -> new TrainableStyle(fresh, config, options.featureGradient()));
    this.network = new TrainableStyle(weights, config, options.featureGradient());
    this.items = items;
    this.heldOut = heldOut;
    this.group = new Group("style", weights.taken(), optimiser);
  }

  /**
   * A style encoder that begins with what its source has learnt.
   *
   * @param settings {@code batch}, {@code piece_seconds}, {@code length_step}, {@code projection},
   *     {@code feature_gradient}, {@code validate_on} (recordings), {@code seed}, and the sections
   *     {@code encoder} (see {@link EncoderSource#of(Settings)}), {@code noise}, {@code optimiser}
   * @param items what is learnt from; their styles are the classes
   * @param heldOut what is not learnt from
   * @throws InputException if settings do not fit together, or there are fewer than two styles
   */
  public static StyleTask of(
      Settings settings, Device device, VoiceItems items, VoiceItems heldOut) {
    Plan plan = Plan.of(settings);
    int shortest = Math.toIntExact(plan.source().config().receptiveField());
    StyleItems learnt = StyleItems.of(items, shortest);
    return new StyleTask(
        plan.source(),
        device,
        plan.projection(),
        learnt,
        StyleItems.of(heldOut, learnt.labels(), shortest),
        plan.optimiser(),
        plan.options());
  }

  /** Reads the settings of {@link #of} alone. */
  public static void check(Settings settings) {
    Plan.of(settings);
  }

  /** What the settings say. */
  private record Plan(
      EncoderSource source, int projection, OptimiserSettings optimiser, Options options) {
    static Plan of(Settings settings) {
      EncoderSource source = EncoderSource.of(settings.below("encoder"), STRIDE);
      if (source.config().stride() != STRIDE) {
        throw new InputException(
            "'encoder.stride' must be "
                + STRIDE
                + " samples for style tokens, 50 frames a second; found "
                + source.config().stride());
      }
      int lengthStep = settings.positive("length_step", 1);
      if (StyleTokenizer.FRAMES % lengthStep != 0) { // no second of silence alone
        throw new InputException(
            "'length_step' must divide the "
                + StyleTokenizer.FRAMES
                + " frames of a second, found "
                + lengthStep);
      }
      Options options =
          new Options(
              settings.positive("batch", 16),
              settings.positive("piece_seconds", 3) * Audio.SPEECH_RATE,
              lengthStep,
              Noise.Rates.of(settings.below("noise"), new Noise.Rates(0.1, 0)),
              settings.number("feature_gradient", 1),
              settings.positive("validate_on", 100),
              settings.seed("seed", 0));
      return new Plan(
          source,
          settings.positive("projection", 256),
          OptimiserSettings.of(settings.below("optimiser"), OPTIMISER),
          options);
    }
  }

  @Override
  public List<Group> groups() {
    return List.of(group);
  }

  @Override
  public void draw() {
    SplittableRandom random = Places.random(options.seed(), drawn++);
    List<StyleItems.Piece> pieces = new ArrayList<>();
    for (int i = 0; i < options.batch(); i++) {
      StyleItems.Piece piece = items.draw(random, options.samples());
      pieces.add(options.lengthStep() == 1 ? piece : lengthened(piece));
    }
    pieces.sort(Comparator.comparingInt(piece -> piece.samples().length));
    batch = pieces;
  }

  private StyleItems.Piece lengthened(StyleItems.Piece piece) {
    return new StyleItems.Piece(
        piece.recording(),
        piece.from(),
        piece.label(),
        TrainableEncoder.lengthened(piece.samples(), options.lengthStep(), config.encoder()));
  }

  @Override
  public void skip() {
    drawn++;
  }

  @Override
  public Map<String, Double> backward(Group trained, double share) {
    try (Scope scope = Scope.open()) {
      Noise noise =
          Noise.of(
              options.noise(),
              network.device(),
              Places.random(options.seed() + 1, drawn).nextLong());
      Tensor logits = network.logits(waveforms(batch), new Disturbance(noise, null));
      Tensor targets = network.device().place(Tensors.of(targets(batch)));
      Tensor loss = torch.cross_entropy_loss(logits, targets);
      loss.mul(Tensors.scalar(share)).backward();
      double[] numbers = Tensors.numbers(loss, right(logits, targets));
      Map<String, Double> measured = new LinkedHashMap<>();
      measured.put("loss", numbers[0]);
      measured.put("accuracy", numbers[1]);
      return measured;
    }
  }

  /** Pieces of one length beside each other, [B, N] each. */
  private static List<Tensor> waveforms(List<StyleItems.Piece> pieces) {
    List<Tensor> waveforms = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= pieces.size(); to++) {
      int length = pieces.get(from).samples().length;
      if (to == pieces.size() || pieces.get(to).samples().length != length) {
        float[] all = new float[(to - from) * length];
        for (int i = from; i < to; i++) {
          System.arraycopy(pieces.get(i).samples(), 0, all, (i - from) * length, length);
        }
        waveforms.add(Tensors.of(all, to - from, length));
        from = to;
      }
    }
    return waveforms;
  }

  /** The label of each second begun. */
  private int[] targets(List<StyleItems.Piece> pieces) {
    return pieces.stream()
        .flatMapToInt(
            piece ->
                IntStream.range(0, network.seconds(piece.samples().length))
                    .map(second -> piece.label()))
        .toArray();
  }

  /** The share of rows whose highest score is that of their target, a scalar. */
  private static Tensor right(Tensor logits, Tensor targets) {
    return torch
        .argmax(logits, new LongOptional(1), false)
        .eq(targets)
        .to(torch.ScalarType.Float)
        .mean();
  }

  @Override
  public long drawn() {
    return batch.stream().mapToLong(piece -> piece.samples().length).sum();
  }

  @Override
  public String unit() {
    return "samples";
  }

  /** The loss first, and the share of seconds and of recordings that are told right. */
  @Override
  public Map<String, Double> validate(long step) {
    double loss = 0;
    double seconds = 0;
    int rightRecordings = 0;
    List<StyleItems.Piece> pieces = heldOut.first(options.validated(), LONGEST);
    try (NoGradients none = NoGradients.open()) {
      for (StyleItems.Piece piece : pieces) {
        try (Scope scope = Scope.open()) {
          Tensor logits = network.logits(waveforms(List.of(piece)), Disturbance.none());
          Tensor targets = network.device().place(Tensors.of(targets(List.of(piece))));
          double[] numbers =
              Tensors.numbers(torch.cross_entropy_loss(logits, targets), right(logits, targets));
          loss += numbers[0];
          seconds += numbers[1];
          Tensor whole = logits.log_softmax(1).sum(0).argmax();
          rightRecordings += whole.item_long() == piece.label() ? 1 : 0;
        }
      }
    }
    Map<String, Double> measured = new LinkedHashMap<>();
    if (!pieces.isEmpty()) {
      measured.put("loss", loss / pieces.size());
      measured.put("accuracy", seconds / pieces.size());
      measured.put("recording_accuracy", (double) rightRecordings / pieces.size());
    }
    return measured;
  }

  @Override
  public ObjectNode state() {
    return Json.object().put("drawn", drawn).put("recordings", items.count());
  }

  @Override
  public void restore(ObjectNode state) {
    int before = state.path("recordings").asInt();
    if (before != items.count()) {
      throw new InputException(
          "the run learnt from "
              + before
              + " recordings before, now there are "
              + items.count()
              + "; go on with the same corpus, or begin another run");
    }
    drawn = state.path("drawn").asLong();
  }

  @Override
  public void describeBatch(Path file) {
    ObjectNode object = Json.object();
    ArrayNode pieces = object.putArray("pieces");
    for (StyleItems.Piece piece : batch) {
      pieces
          .addObject()
          .put("id", items.id(piece.recording()))
          .put("start", (double) piece.from() / Audio.SPEECH_RATE)
          .put("seconds", (double) piece.samples().length / Audio.SPEECH_RATE)
          .put("style", items.labels().get(piece.label()));
    }
    try {
      Files.writeString(file, Json.line(object) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the encoder with its classes, whose names are in {@code labels.txt}. */
  @Override
  public void write(Path directory) {
    TrainedParts.writeStyle(directory, config, weights.taken());
    try {
      Files.write(directory.resolve("labels.txt"), items.labels());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    weights.taken().values().forEach(Scope::free);
  }
}
