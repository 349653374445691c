package org.spiritlm.training.voice;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.units.pitch.PitchExtractor;

/**
 * Training the pitch quantizer (SPIRIT LM, section 3.2): a VQ-VAE on contours of the fundamental
 * frequency (Polyak et al., 2021), whose codebook follows the encoder.
 *
 * <p>Differs from the paper: pitch is FCPE's here as when it is used, not YAAPT's; frequencies and
 * voicing flags are weighed against each other (there a flag counts as much as 1 Hz).
 */
public final class PitchTask implements TrainingTask {
  private final PitchSettings settings;
  private final Weights weights;
  private final TrainablePitchQuantizer quantizer;
  private final Codebook codebook;
  private final PitchContours contours;
  private final PitchContours heldOut;
  private final int validated;
  private final @Nullable ModelDirectory base;
  private final Group group;
  private long drawn;
  private SplittableRandom random = new SplittableRandom(0);
  private List<Places.Place> batch = List.of();

  private PitchTask(
      PitchSettings settings,
      Device device,
      PitchContours contours,
      PitchContours heldOut,
      int validated,
      @Nullable ModelDirectory base) {
    this.settings = settings;
    this.weights = Weights.initialise(settings.seed()).on(device).trained();
    this.quantizer = new TrainablePitchQuantizer(weights, settings.config());
    this.codebook =
        new Codebook(
            settings.config().codes(), settings.config().embedding(), settings.codebook(), device);
    this.contours = contours;
    this.heldOut = heldOut;
    this.validated = validated;
    this.base = base;
    this.group = new Group("pitch", weights.taken(), settings.optimiser());
    contours.requireSome();
  }

  /**
   * A pitch quantizer that knows nothing yet.
   *
   * @param settings {@code batch}, {@code segment} (frames of 5 ms), {@code commitment}, {@code
   *     hertz}, {@code seed}, {@code validate_on} (recordings), and the sections {@code network},
   *     {@code codebook}, {@code optimiser}
   * @param items what is learnt from; their units are not looked at
   * @param heldOut what is not learnt from
   * @param extractor finds the pitch as it will be found when the quantizer is used
   * @param base the model whose pitch network is written beside the quantizer, or null for the
   *     released one
   * @throws InputException if settings do not fit together, or no recording is long enough
   */
  public static PitchTask of(
      Settings settings,
      Device device,
      VoiceItems items,
      VoiceItems heldOut,
      PitchExtractor extractor,
      @Nullable ModelDirectory base) {
    PitchSettings read = PitchSettings.of(settings);
    int validated = validated(settings);
    return new PitchTask(
        read,
        device,
        new PitchContours(read.config(), items, extractor, read.hertz(), read.segment()),
        new PitchContours(read.config(), heldOut, extractor, read.hertz(), read.frames()),
        Math.min(validated, heldOut.count()),
        base);
  }

  /** Reads the settings of {@link #of} alone. */
  public static void check(Settings settings) {
    PitchSettings.of(settings);
    validated(settings);
  }

  private static int validated(Settings settings) {
    return settings.positive("validate_on", 50);
  }

  @Override
  public List<Group> groups() {
    return List.of(group);
  }

  @Override
  public void draw() {
    random = Places.random(settings.seed(), drawn++);
    List<Places.Place> places = new ArrayList<>();
    for (int i = 0; i < settings.batch(); i++) {
      places.add(contours.draw(random));
    }
    batch = places;
    if (codebook.isEmpty()) {
      try (Scope scope = Scope.open();
          NoGradients none = NoGradients.open()) {
        codebook.begin(rows(quantizer.encode(features())), random);
      }
    }
  }

  /** The first batch gives the codes their places, in every process. */
  @Override
  public void skip() {
    if (drawn == 0) {
      draw();
    } else {
      drawn++;
    }
  }

  /** Of the batch, [B, C, T]. */
  private Tensor features() {
    int channels = settings.config().features().size();
    int segment = settings.segment();
    float[] all = new float[batch.size() * channels * segment];
    for (int i = 0; i < batch.size(); i++) {
      contours.copy(batch.get(i), all, i * channels * segment);
    }
    return place(Tensors.of(all, batch.size(), channels, segment));
  }

  @Override
  public Map<String, Double> backward(Group trained, double share) {
    try (Scope scope = Scope.open()) {
      Tensor features = features();
      Tensor latent = quantizer.encode(features); // [B, E, T / 16]
      Tensor rows = rows(latent);
      Tensor codes = codebook.nearest(rows);
      Tensor vectors = spread(codebook.vectors().index_select(0, codes), latent);
      Tensor distance = latent.sub(vectors).square().mean();
      // forwards the codes' vectors, backwards as if they were the latent ones
      Tensor passed = latent.add(vectors.sub(latent.detach()));
      Tensor error = quantizer.decode(passed).sub(features).square().mean();
      Tensor loss = error.add(distance.mul(Tensors.scalar(settings.commitment())));
      loss.mul(Tensors.scalar(share)).backward();
      CodeUse use = new CodeUse(settings.config().codes());
      use.add(Tensors.ints(codes));
      codebook.add(rows, codes, random);
      double[] numbers = Tensors.numbers(loss, error, distance);
      Map<String, Double> measured = new LinkedHashMap<>();
      measured.put("loss", numbers[0]);
      measured.put("reconstruction_loss", numbers[1]);
      measured.put("commitment_loss", numbers[2]);
      measured.put("perplexity", use.perplexity());
      return measured;
    }
  }

  /** [B, E, T] to [B · T, E]. */
  private static Tensor rows(Tensor latent) {
    return latent.transpose(1, 2).reshape(-1, latent.size(1));
  }

  /** [B · T, E] to the shape [B, E, T] of another. */
  private static Tensor spread(Tensor rows, Tensor like) {
    return rows.view(like.size(0), like.size(2), like.size(1)).transpose(1, 2);
  }

  private Tensor place(Tensor tensor) {
    return weights.device().place(tensor);
  }

  @Override
  public long drawn() {
    return (long) settings.batch() * settings.segment();
  }

  @Override
  public String unit() {
    return "frames";
  }

  /** The mean squared error first; then errors in Hz where there is a voice, and of voicing. */
  @Override
  public Map<String, Double> validate(long step) {
    ContourErrors errors = new ContourErrors(settings);
    CodeUse use = new CodeUse(settings.config().codes());
    try (NoGradients none = NoGradients.open()) {
      for (int i = 0; i < validated; i++) {
        try (Scope scope = Scope.open()) {
          Coded coded = coded(i);
          if (coded != null) {
            errors.add(coded.features(), quantizer.decode(coded.vectors()));
            use.add(Tensors.ints(coded.codes()));
          }
        }
      }
    }
    Map<String, Double> measured = errors.measured();
    if (use.all() > 0) {
      measured.put("codes_in_use", (double) use.used());
      measured.put("perplexity", use.perplexity());
    }
    return measured;
  }

  /**
   * A contour that is not learnt from.
   *
   * @param features [1, C, T], as long as its codes last
   * @param codes [T / 16] as released
   * @param vectors theirs, [1, E, T / 16]
   */
  record Coded(Tensor features, Tensor codes, Tensor vectors) {}

  /** That of a held-out recording, or null where it is too short for a code. */
  @Nullable Coded coded(int recording) {
    float[] rows = heldOut.rows(recording);
    int channels = settings.config().features().size();
    int length = rows.length / channels;
    int whole = length / settings.frames() * settings.frames();
    if (whole == 0) {
      return null;
    }
    Tensor features =
        place(Tensors.of(rows, length, channels)).narrow(0, 0, whole).t().unsqueeze(0);
    Tensor latent = quantizer.encode(features);
    Tensor codes = codebook.nearest(rows(latent));
    return new Coded(features, codes, spread(codebook.vectors().index_select(0, codes), latent));
  }

  @Override
  public Map<String, Tensor> buffers() {
    return codebook.buffers();
  }

  @Override
  public List<Tensor> tallies() {
    return codebook.tallies();
  }

  @Override
  public Map<String, Double> follow() {
    return Map.of("restarted", (double) codebook.follow());
  }

  @Override
  public ObjectNode state() {
    return Json.object().put("drawn", drawn).put("recordings", contours.recordings());
  }

  @Override
  public void restore(ObjectNode state) {
    int before = state.path("recordings").asInt();
    if (before != contours.recordings()) {
      throw new InputException(
          "the run learnt from "
              + before
              + " recordings before, now there are "
              + contours.recordings()
              + "; go on with the same corpus, or begin another run");
    }
    drawn = state.path("drawn").asLong();
  }

  @Override
  public void describeBatch(Path file) {
    ObjectNode object = Json.object();
    ArrayNode stretches = object.putArray("stretches");
    for (Places.Place place : batch) {
      stretches.addObject().put("id", contours.id(place.recording())).put("frame", place.from());
    }
    try {
      Files.writeString(file, Json.line(object) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is divided by a number of Hz while it learns is so within the written network. */
  @Override
  public void write(Path directory) {
    try (Scope scope = Scope.open();
        NoGradients none = NoGradients.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(weights.taken());
      int channels = settings.config().features().size();
      Tensor scales =
          place(Tensors.of(PitchContours.scales(settings.config(), settings.hertz()), channels));
      tensors.computeIfPresent(
          "encoder.level_blocks.0.model.0.0.weight",
          (name, weight) -> Scope.detach(weight.div(scales.view(1, channels, 1))));
      tensors.computeIfPresent(
          "decoder.out.weight",
          (name, weight) -> Scope.detach(weight.mul(scales.view(channels, 1, 1))));
      tensors.computeIfPresent("decoder.out.bias", (name, bias) -> Scope.detach(bias.mul(scales)));
      tensors.putAll(codebook.written());
      TrainedParts.writePitch(directory, base, settings.config(), tensors);
    }
  }

  @Override
  public void close() {
    weights.taken().values().forEach(Scope::free);
    codebook.close();
  }
}
