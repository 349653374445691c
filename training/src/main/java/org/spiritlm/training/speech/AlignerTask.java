package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedTranscript;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.alignment.CtcConfig;
import org.spiritlm.alignment.WordMargins;
import org.spiritlm.audio.Audio;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.speech.TrainableEncoder.Disturbance;

/**
 * Training an aligner: CTC over the characters of transcripts on the speech encoder (Graves et al.
 * 2006; Baevski et al. 2020), all parameters alike.
 *
 * <p>It learns from whole utterances, and leaves out those whose audio is cut off. What it writes
 * is Hugging Face's {@code HubertForCTC}.
 */
public final class AlignerTask implements TrainingTask {
  private static final String ENCODER = "hubert";
  private static final String HEAD = "lm_head";
  private static final OptimiserSettings OPTIMISER =
      new OptimiserSettings(
          new LearningRate(5e-4, 500, LearningRate.Schedule.COSINE, 0.05),
          new AdamW.Options(0.9, 0.98, 1e-8, 0.01),
          1);

  private final SpeechSet training;
  private final SpeechSet validation;
  private final List<String> notes;
  private final Options options;
  private final Characters characters;
  private final BatchDraws draws;
  private final Weights weights;
  private final TrainableEncoder encoder;
  private final Linear head;
  private final Group group;
  private SpeechBatch batch = new SpeechBatch();

  /**
   * How it learns.
   *
   * @param seed of the first values, the order and the noise
   * @param batchSeconds audio of one batch
   * @param lengthStep frames of whose multiples utterances are lengthened by silence. With more
   *     than the usual 8, those of one length go together: fewer and larger operations
   * @param noise dropout and left-out blocks
   * @param labelsPerFrame see {@link CtcConfig#labelsPerFrame}
   * @param augmentation how recordings are changed before they are learnt from
   * @param masks frames that are not heard
   * @param optimiser the optimiser's
   * @param validated utterances at most that validation looks at
   */
  public record Options(
      long seed,
      int batchSeconds,
      int lengthStep,
      int labelsPerFrame,
      Noise.Rates noise,
      Augmentation augmentation,
      SpanMasks masks,
      OptimiserSettings optimiser,
      int validated) {
    /**
     * Reads {@code seed}, {@code batch_seconds}, {@code length_step}, {@code labels_per_frame},
     * {@code validated}, and the sections {@code noise}, {@code augmentation}, {@code mask} and
     * {@code optimiser}.
     */
    public static Options of(Settings settings) {
      return new Options(
          settings.seed("seed", 1),
          settings.positive("batch_seconds", 60),
          settings.positive("length_step", TrainableEncoder.LENGTH_STEP),
          settings.positive("labels_per_frame", 1),
          Noise.Rates.of(settings.below("noise"), new Noise.Rates(0.1, 0.05)),
          Augmentation.of(settings.below("augmentation"), 0),
          SpanMasks.of(settings.below("mask"), new SpanMasks(0.02, 5)),
          OptimiserSettings.of(settings.below("optimiser"), OPTIMISER),
          settings.positive("validated", 200));
    }
  }

  /**
   * A task on a manifest: reads {@link Options}, {@link EncoderSource#of} under {@code encoder} and
   * {@link SpeechSet#read} under {@code data}.
   *
   * @throws InputException if settings or manifest cannot be used
   */
  public static AlignerTask of(Settings settings, Device device) {
    Options options = Options.of(settings);
    EncoderSource source = EncoderSource.of(settings.below("encoder"));
    SpeechSet.Splits splits = SpeechSet.read(settings.below("data"));
    return new AlignerTask(source, splits, options, device);
  }

  /** Reads the settings of {@link #of} without opening the manifest. */
  public static void check(Settings settings) {
    Options.of(settings);
    EncoderSource.of(settings.below("encoder"));
    SpeechSet.check(settings.below("data"));
  }

  /**
   * An aligner to be trained.
   *
   * @throws InputException if no utterance has a transcript
   */
  public AlignerTask(
      EncoderSource source, SpeechSet.Splits splits, Options options, Device device) {
    SpeechSet transcribed = splits.training().transcribed();
    SpeechSet held = splits.validation().transcribed();
    Set<String> cut = transcribed.cut();
    Set<String> heldCut = held.cut();
    this.notes = notes(cut.size(), heldCut.size(), transcribed.longestSeconds());
    this.training = transcribed.without(cut);
    training.readAhead(device);
    this.validation = held.without(heldCut).first(options.validated());
    this.options = options;
    List<String> transcripts = new ArrayList<>();
    for (int i = 0; i < training.size(); i++) {
      transcripts.add(String.valueOf(training.utterance(i).text()));
    }
    if (transcripts.isEmpty()) {
      throw new InputException(
          transcribed.size() == 0
              ? "no utterance has a transcript to learn from"
              : "all utterances with transcripts are longer than 'data.longest_seconds'; give more,"
                  + " or a manifest of shorter ones");
    }
    this.characters = Characters.of(transcripts);
    boolean masks = options.masks().isActive();
    this.weights =
        source.weights(
            options.seed(),
            device,
            ENCODER,
            fresh -> {
              new Linear(fresh.at(HEAD), source.config().width(), outputs());
              return new TrainableEncoder(fresh.at(ENCODER), source.config(), 1, masks);
            });
    this.encoder = new TrainableEncoder(weights.at(ENCODER), source.config(), 1, masks);
    this.head = new Linear(weights.at(HEAD), source.config().width(), outputs());
    this.group = new Group("aligner", weights.taken(), options.optimiser());
    this.draws =
        new BatchDraws(
            training, options.seed(), options.batchSeconds(), device.callers() > 1, this::changed);
  }

  private static List<String> notes(int cut, int heldCut, double seconds) {
    return cut + heldCut == 0
        ? List.of()
        : List.of(
            String.format(
                Locale.ROOT,
                "left out %d utterance(s) to learn from and %d to validate with, which are longer"
                    + " than data.longest_seconds=%.0f: nobody would hear all of what they say",
                cut,
                heldCut,
                seconds));
  }

  @Override
  public List<String> notes() {
    return notes;
  }

  @Override
  public List<Group> groups() {
    return List.of(group);
  }

  @Override
  public void draw() {
    batch = draws.draw();
    arrange(batch);
    if (batch.isEmpty()) {
      throw new InputException(
          "no utterance can be learnt from: all are shorter than their transcripts, which need "
              + encoder.config().stride()
              + " samples for each "
              + options.labelsPerFrame()
              + " characters; give transcripts that are those of the audio, more"
              + " 'labels_per_frame', or a smaller 'encoder.stride'");
    }
  }

  /** An utterance as it might have been recorded, or null where it cannot be learnt from. */
  private SpeechBatch.@Nullable Item changed(int index, SplittableRandom random) {
    int other = random.nextInt(training.size());
    float[] changed =
        options
            .augmentation()
            .apply(training.samples(index), random, () -> training.samples(other));
    return item(training, index, changed);
  }

  private void arrange(SpeechBatch items) {
    if (options.lengthStep() > TrainableEncoder.LENGTH_STEP) {
      items.arrange();
    }
  }

  /** An utterance, or null where its transcript does not fit into its frames. */
  private SpeechBatch.@Nullable Item item(SpeechSet set, int index, float[] heard) {
    int[] targets = characters.labels(String.valueOf(set.utterance(index).text()));
    if (targets.length == 0) {
      return null;
    }
    float[] samples = TrainableEncoder.lengthened(heard, options.lengthStep(), encoder.config());
    return steps(samples) < CtcLoss.leastFrames(targets)
        ? null
        : new SpeechBatch.Item(index, set.utterance(index).id(), samples, 0, targets);
  }

  @Override
  public Map<String, Double> backward(Group trained, double share) {
    try (Scope scope = Scope.open()) {
      Noise noise = Noise.of(options.noise(), encoder.device(), draws.seed(1));
      Tensor losses = loss(batch, new Disturbance(noise, masks()));
      double characterCount = batch.items().stream().mapToInt(item -> item.targets().length).sum();
      losses.mul(Tensors.scalar(share / characterCount)).backward();
      Map<String, Double> measured = new LinkedHashMap<>();
      measured.put("loss", losses.item_double() / characterCount);
      return measured;
    }
  }

  private @Nullable Tensor masks() {
    if (!options.masks().isActive()) {
      return null;
    }
    long[] frames = frames(batch);
    boolean[] marks = new boolean[(int) Arrays.stream(frames).sum()];
    SplittableRandom random = new SplittableRandom(draws.seed(2));
    int from = 0;
    for (long each : frames) {
      options.masks().mark(marks, from, (int) each, random);
      from += (int) each;
    }
    return SpanMasks.tensor(marks);
  }

  /** What the head gives for a frame. */
  private long outputs() {
    return (long) options.labelsPerFrame() * characters.size();
  }

  /** How many labels are asked for. */
  private long steps(float[] samples) {
    return encoder.config().frames(samples.length) * options.labelsPerFrame();
  }

  private long[] steps(SpeechBatch of) {
    return of.items().stream().mapToLong(item -> steps(item.samples())).toArray();
  }

  private long[] frames(SpeechBatch of) {
    return of.items().stream()
        .mapToLong(item -> encoder.config().frames(item.samples().length))
        .toArray();
  }

  private Tensor loss(SpeechBatch of, Disturbance disturbance) {
    List<int[]> targets = of.items().stream().map(SpeechBatch.Item::targets).toList();
    return CtcLoss.sum(logProbabilities(of, disturbance), steps(of), targets, Characters.BLANK);
  }

  /** Of all characters in all steps, [ΣT, V]. */
  private Tensor logProbabilities(SpeechBatch of, Disturbance disturbance) {
    Tensor scores = head.forward(encoder.forward(of.waveforms(), disturbance));
    return scores.view(-1, characters.size()).log_softmax(1);
  }

  @Override
  public long drawn() {
    return Math.round(batch.seconds());
  }

  @Override
  public String unit() {
    return "s of audio";
  }

  /** Errors of the best paths by character of the transcripts, and the loss by character. */
  @Override
  public Map<String, Double> validate(long step) {
    long errors = 0;
    long length = 0;
    double loss = 0;
    SpeechBatch next = new SpeechBatch();
    for (int i = 0; i <= validation.size(); i++) {
      if (!next.isEmpty() && (i == validation.size() || next.seconds() >= options.batchSeconds())) {
        arrange(next);
        try (NoGradients none = NoGradients.open();
            Scope scope = Scope.open()) {
          Tensor scores = logProbabilities(next, Disturbance.none());
          int[] best = Tensors.ints(torch.argmax(scores, new LongOptional(1), false));
          int from = 0;
          for (SpeechBatch.Item item : next.items()) {
            int to = from + (int) steps(item.samples());
            errors +=
                EditDistance.of(
                    item.targets(), CtcLoss.collapsed(best, from, to, Characters.BLANK));
            length += item.targets().length;
            from = to;
          }
          List<int[]> targets = next.items().stream().map(SpeechBatch.Item::targets).toList();
          loss += CtcLoss.sum(scores, steps(next), targets, Characters.BLANK).item_double();
        }
        next = new SpeechBatch();
      }
      SpeechBatch.Item item =
          i == validation.size() ? null : item(validation, i, validation.samples(i));
      if (item != null) {
        next.add(item);
      }
    }
    Map<String, Double> measured = new LinkedHashMap<>();
    if (length > 0) {
      measured.put("character_error_rate", (double) errors / length);
      measured.put("loss", loss / length);
    }
    return measured;
  }

  /** What the model hears in speech at 16 kHz: the best path. */
  public String transcribe(float[] samples) {
    Audio.requireFinite(samples, 0, Audio.SPEECH_RATE);
    int steps = (int) steps(samples);
    if (steps == 0) {
      return "";
    }
    SpeechBatch one = new SpeechBatch();
    one.add(new SpeechBatch.Item(0, "", samples, 0, new int[0]));
    try (NoGradients none = NoGradients.open();
        Scope scope = Scope.open()) {
      Tensor scores = logProbabilities(one, Disturbance.none());
      int[] best = Tensors.ints(torch.argmax(scores, new LongOptional(1), false));
      return characters.text(CtcLoss.collapsed(best, 0, steps, Characters.BLANK)).strip();
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
   * Writes {@code HubertForCTC} with its characters.
   *
   * @throws InputException if the directory has a model already
   */
  @Override
  public void write(Path directory) {
    ObjectNode config = config(WordMargins.NONE).json(); // by which the margins are measured
    config.put("ctc_loss_reduction", "mean");
    SpeechDirectories.write(directory, config, encoder.config(), weights.taken());
    SpeechDirectories.json(directory.resolve("vocab.json"), characters.vocabulary());
    ObjectNode tokenizer = Json.object();
    tokenizer.put("tokenizer_class", "Wav2Vec2CTCTokenizer");
    tokenizer.put("pad_token", Characters.BLANK_NAME);
    tokenizer.put("unk_token", Characters.UNKNOWN_NAME);
    tokenizer.putNull("bos_token").putNull("eos_token");
    tokenizer.put("word_delimiter_token", Characters.DELIMITER_NAME);
    tokenizer.put("do_lower_case", false);
    SpeechDirectories.json(directory.resolve("tokenizer_config.json"), tokenizer);
    margins(Aligner.open(directory, encoder.device())).write(config);
    SpeechDirectories.json(directory.resolve("config.json"), config);
  }

  private CtcConfig config(WordMargins margins) {
    return new CtcConfig(
        CtcConfig.Family.HUBERT,
        encoder.config(),
        characters.size(),
        options.labelsPerFrame(),
        Characters.BLANK,
        margins);
  }

  /** What words reach further than this aligner finds them, where the times of some are known. */
  private WordMargins margins(Aligner aligner) {
    List<AlignedWord> right = new ArrayList<>();
    List<AlignedWord> found = new ArrayList<>();
    for (int i = 0; i < validation.size(); i++) {
      Utterance utterance = validation.utterance(i);
      List<AlignedWord> known = utterance.words();
      if (known.isEmpty()) {
        continue;
      }
      String text = known.stream().map(AlignedWord::word).collect(Collectors.joining(" "));
      Aligner.Outcome outcome =
          aligner.align(List.of(new Aligner.Task(validation.source(i), text))).get(0);
      AlignedTranscript aligned = outcome.aligned();
      if (aligned != null && aligned.words().size() == known.size()) {
        double start = utterance.start() == null ? 0 : utterance.start();
        for (AlignedWord word : known) {
          right.add(new AlignedWord(word.word(), word.start() - start, word.end() - start, null));
        }
        found.addAll(aligned.words());
      }
    }
    return right.isEmpty() ? WordMargins.USUAL : WordMargins.between(right, found);
  }

  @Override
  public void close() {
    draws.close();
    weights.taken().values().forEach(Scope::free);
  }
}
