package org.spiritlm.training.voice;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.units.pitch.PitchExtractor;

/**
 * Training a vocoder (SPIRIT LM, section 3.2): HiFi-GAN (Kong et al., 2020) on duplicated units,
 * jointly with the predictor of their durations (Lee et al., 2022).
 *
 * <p>Each step changes the discriminators first, on what the generator made, then the generator,
 * whose sound is made once for both. The first steps may do without discriminators ({@code
 * discriminators.from}): spectra alone are learnt in a fraction of the time.
 */
public final class VocoderTask implements TrainingTask {
  private final VocoderSettings settings;
  private final Weights weights;
  private final TrainableVocoder vocoder;
  private final Discriminators discriminators;
  private final MelDistance mel;
  private final SegmentSampler sampler;
  private final SpokenSamples validation;
  private final Group judges;
  private final Group speaker;
  private long drawn;
  private @Nullable VoiceBatch batch;
  private @Nullable Tensor given; // [B, C, T], what the generator's network gives for the batch
  private @Nullable Tensor spoken; // [B, N], its sound

  private VocoderTask(
      VocoderSettings settings,
      Device device,
      VoiceItems items,
      VoiceItems heldOut,
      int samples,
      Path run,
      Supplier<PitchExtractor> extractor) {
    this.settings = settings;
    this.weights = settings.weights(device);
    this.vocoder = new TrainableVocoder(weights, settings.config());
    this.discriminators =
        new Discriminators(
            Weights.initialise(settings.seed() + 1).on(device).trained(),
            settings.discriminators());
    this.mel = new MelDistance(settings.mels());
    this.sampler =
        new SegmentSampler(
            settings.config(),
            items,
            settings.batch(),
            settings.segment(),
            settings.seed(),
            extractor);
    this.validation =
        new SpokenSamples(
            new VoiceFrames(settings.config(), heldOut),
            heldOut,
            mel,
            samples,
            run.resolve("samples"));
    this.judges = new Group("discriminators", discriminators.parameters(), settings.optimiser());
    this.speaker = new Group("generator", weights.taken(), settings.optimiser());
  }

  /**
   * A vocoder that knows nothing yet, or learns on.
   *
   * @param settings {@code start} (the directory of a vocoder that learns on: its sizes are those
   *     not given in {@code network}, and speakers and styles of its names keep what is known of
   *     them), {@code conditions} (base or expressive), {@code batch}, {@code segment} (frames),
   *     {@code seed}, {@code samples} (recordings spoken at each validation), and the sections
   *     {@code network}, {@code discriminators} (whose {@code from} is the number of batches before
   *     they are heard), {@code mel}, {@code losses}, {@code optimiser}
   * @param items what is learnt from; their speakers and styles are the vocoder's
   * @param heldOut what is not learnt from, and spoken to validate
   * @param run the run's directory, in which {@code samples} are written
   * @param extractor finds the pitch of recordings, for a generator with a source ({@code
   *     network.source_bands})
   * @throws InputException if settings or items do not fit together
   */
  public static VocoderTask of(
      Settings settings,
      Device device,
      VoiceItems items,
      VoiceItems heldOut,
      Path run,
      Supplier<PitchExtractor> extractor) {
    VocoderSettings read = VocoderSettings.of(settings, items);
    return new VocoderTask(read, device, items, heldOut, samples(settings), run, extractor);
  }

  /** Reads the settings of {@link #of} alone. */
  public static void check(Settings settings) {
    VocoderSettings.of(settings, VoiceItems.none());
    samples(settings);
  }

  private static int samples(Settings settings) {
    return settings.count("samples", 4);
  }

  @Override
  public List<Group> groups() {
    return List.of(judges, speaker);
  }

  @Override
  public void draw() {
    forget();
    batch = sampler.draw(drawn++);
  }

  @Override
  public void skip() {
    drawn++;
  }

  private VoiceBatch batch() {
    VoiceBatch current = batch;
    if (current == null) {
      throw new IllegalStateException("nothing was drawn");
    }
    return current;
  }

  /** Made when first asked for; belongs to no scope. */
  private Tensor given() {
    Tensor made = given;
    if (made == null) {
      made = Scope.detach(vocoder.drive(batch().frames()));
      given = made;
    }
    return made;
  }

  /** Made when first asked for; belongs to no scope. */
  private Tensor spoken() {
    Tensor made = spoken;
    if (made == null) {
      made = Scope.detach(vocoder.sound(given(), batch().contours()));
      spoken = made;
    }
    return made;
  }

  private void forget() {
    if (spoken != null) {
      Scope.free(spoken);
      spoken = null;
    }
    if (given != null) {
      Scope.free(given);
      given = null;
    }
  }

  @Override
  public Map<String, Double> backward(Group group, double share) {
    try (Scope scope = Scope.open()) {
      return group.equals(judges) ? judge(share) : speak(share);
    }
  }

  /** Whether the drawn batch is one that the discriminators hear; all measures are there anyhow. */
  private boolean isJudged() {
    return drawn > settings.judgedFrom();
  }

  private Map<String, Double> judge(double share) {
    if (!isJudged()) {
      return Map.of("discriminator_loss", 0.0);
    }
    Tensor loss = discriminators.loss(real(), spoken().detach());
    loss.mul(Tensors.scalar(share)).backward();
    return Map.of("discriminator_loss", loss.item_double());
  }

  private Map<String, Double> speak(double share) {
    Tensor made = spoken();
    Tensor real = real();
    Tensor distance = mel.forward(made, real);
    Discriminators.Opinion opinion =
        isJudged()
            ? discriminators.opinion(real, made)
            : Discriminators.Opinion.none(distance.detach());
    Tensor loss =
        distance
            .mul(Tensors.scalar(settings.melWeight()))
            .add(opinion.adversarial())
            .add(opinion.features().mul(Tensors.scalar(settings.featureWeight())));
    Map<String, Tensor> losses = new LinkedHashMap<>();
    losses.put("loss", loss);
    losses.put("mel_loss", distance);
    losses.put("adversarial_loss", opinion.adversarial());
    losses.put("feature_loss", opinion.features());
    if (!batch().contours().isEmpty()) {
      Tensor contour = vocoder.contourLoss(given(), batch().contours());
      loss = loss.add(contour.mul(Tensors.scalar(settings.contourWeight())));
      losses.put("loss", loss);
      losses.put("contour_loss", contour);
    }
    if (vocoder.predictsDurations()) {
      Tensor durations = vocoder.durationLoss(batch().durations());
      loss = loss.add(durations.mul(Tensors.scalar(settings.durationWeight())));
      losses.put("loss", loss);
      losses.put("duration_loss", durations);
    }
    loss.mul(Tensors.scalar(share)).backward();
    double[] numbers = Tensors.numbers(losses.values().toArray(Tensor[]::new));
    Map<String, Double> measured = new LinkedHashMap<>();
    for (String name : losses.keySet()) {
      measured.put(name, numbers[measured.size()]);
    }
    forget();
    return measured;
  }

  /** The recordings' samples, [B, N]. */
  private Tensor real() {
    float[][] samples = batch().samples();
    int length = samples[0].length;
    float[] all = new float[samples.length * length];
    for (int i = 0; i < samples.length; i++) {
      System.arraycopy(samples[i], 0, all, i * length, length);
    }
    return vocoder.device().place(Tensors.of(all, samples.length, length));
  }

  @Override
  public long drawn() {
    return (long) settings.batch() * settings.segment() * settings.config().hop();
  }

  @Override
  public String unit() {
    return "samples";
  }

  @Override
  public Map<String, Double> validate(long step) {
    return validation.measure(vocoder, step);
  }

  @Override
  public ObjectNode state() {
    return Json.object().put("drawn", drawn).put("recordings", sampler.recordings());
  }

  @Override
  public void restore(ObjectNode state) {
    int before = state.path("recordings").asInt();
    if (before != sampler.recordings()) {
      throw new InputException(
          "the run learnt from "
              + before
              + " recordings before, now there are "
              + sampler.recordings()
              + "; go on with the same corpus, or begin another run");
    }
    drawn = state.path("drawn").asLong();
  }

  @Override
  public void describeBatch(Path file) {
    ObjectNode object = Json.object();
    ArrayNode stretches = object.putArray("stretches");
    VoiceBatch current = batch();
    for (int i = 0; i < current.ids().size(); i++) {
      stretches.addObject().put("id", current.ids().get(i)).put("frame", current.from()[i]);
    }
    try {
      Files.writeString(file, Json.line(object) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void write(Path directory) {
    TrainedParts.writeVocoder(directory, settings.config(), weights.taken());
  }

  @Override
  public void close() {
    forget();
    weights.taken().values().forEach(Scope::free);
    discriminators.parameters().values().forEach(Scope::free);
  }
}
