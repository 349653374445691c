import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.lm.Generator;
import org.spiritlm.lm.KvCache;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.lm.Request;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.vocoder.Synthesis;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderStream;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * Compares what each part of a model computes on the CPU and on another device, all in float32, and
 * on that device pieces with wholes and bfloat16 with float32: {@code java -cp CLASSPATH
 * tools/gpu/CompareDevices.java MODEL AUDIO DEVICE [VARIANT]}. Prints a line a comparison and ends
 * with 1 if one is out of its bounds.
 */
final class CompareDevices {
  private static final int PROMPT = 300;
  private static final int NEW_TOKENS = 32;

  /** Units of a piece that a stream is given: none that divides the vocoder's own steps. */
  private static final int CHUNK = 7;

  private final ModelDirectory model;
  private final float[] samples;
  private final Device other;
  private boolean sound = true;

  private CompareDevices(ModelDirectory model, float[] samples, Device other) {
    this.model = model;
    this.samples = samples;
    this.other = other;
  }

  public static void main(String[] args) {
    Device other = Device.parse(args[2]);
    CompareDevices comparison =
        new CompareDevices(
            ModelDirectory.open(Path.of(args[0]), args.length > 3 ? args[3] : null),
            AudioReader.read(Path.of(args[1]), AudioReader.Options.speech()).samples(),
            other);
    System.out.printf("%s: the CPU and %s%n", args[0], other);
    comparison.part("hubert", comparison::hubert);
    if (comparison.model.parts().contains(Part.PITCH)) {
      comparison.part("pitch", comparison::pitch);
      comparison.part("style", comparison::style);
    }
    comparison.part("vocoder", comparison::vocoder);
    comparison.part("language model", comparison::languageModel);
    System.exit(comparison.sound ? 0 : 1);
  }

  /** One part's comparisons; where it throws, the others still come. */
  private void part(String name, Runnable comparisons) {
    try (Scope scope = Scope.open()) {
      comparisons.run();
    } catch (RuntimeException | LinkageError e) {
      sound = false;
      System.out.println("FAILED  " + name + ": " + e);
      e.printStackTrace();
    }
  }

  private void hubert() {
    HubertTokenizer ours = model.hubert(Device.CPU);
    HubertTokenizer theirs = model.hubert(other);
    close("hubert features", ours.features(samples), theirs.features(samples), 1e-3);
    same("hubert units", ours.encode(samples), theirs.encode(samples));
  }

  private void pitch() {
    PitchContour ours = new FcpePitchExtractor(model.pitchNetwork(Device.CPU)).extract(samples);
    PitchContour theirs = new FcpePitchExtractor(model.pitchNetwork(other)).extract(samples);
    same("voiced frames", numbers(ours.voiced()), numbers(theirs.voiced()));
    double hertz = 0;
    for (int t = 0; t < ours.hertz().length; t++) {
      if (ours.voiced()[t] && theirs.voiced()[t]) {
        hertz = Math.max(hertz, Math.abs(ours.hertz()[t] - theirs.hertz()[t]));
      }
    }
    within("fundamental frequency, Hz", hertz, 0.5);
    same(
        "pitch codes",
        model.pitch(Device.CPU).encode(samples),
        model.pitch(other).encode(samples));
  }

  private void style() {
    StyleTokenizer ours = model.style(Device.CPU);
    StyleTokenizer theirs = model.style(other);
    close("style scores", ours.logits(samples), theirs.logits(samples), 1e-3);
    same("style tokens", ours.encode(samples), theirs.encode(samples));
  }

  private void vocoder() {
    SpeechTokenizer tokenizer = model.speechTokenizer(Device.CPU);
    SpeechUnits units = tokenizer.encode(new Audio(samples, Audio.SPEECH_RATE));
    Vocoder ours = model.vocoder(Device.CPU);
    Vocoder theirs = model.vocoder(other);
    VoiceOptions rated = VoiceOptions.standard().withPredictedDurations(false);
    float[] whole = theirs.synthesize(units, rated).audio().samples();
    within("wave", distance(ours.synthesize(units, rated).audio().samples(), whole), 2e-4);
    try (VocoderStream stream = theirs.stream(rated)) {
      List<float[]> pieces = new ArrayList<>();
      for (int from = 0; from < units.hubert().length; from += CHUNK) {
        pieces.add(stream.accept(part(units, from)).samples());
      }
      pieces.add(stream.finish().samples());
      within("wave: streamed and whole", distance(joined(pieces), whole), 1e-4);
    }
    if (units.pitch() == null && theirs.predictsDurations(VoiceOptions.standard())) {
      Synthesis predicted = theirs.synthesize(units, VoiceOptions.standard());
      same(
          "predicted durations",
          ours.synthesize(units, VoiceOptions.standard()).durations(),
          predicted.durations());
    }
  }

  /** The units of one piece; pitch and style come with the first. */
  private static SpeechUnits part(SpeechUnits all, int from) {
    int[] hubert =
        Arrays.copyOfRange(all.hubert(), from, Math.min(from + CHUNK, all.hubert().length));
    return from == 0
        ? new SpeechUnits(hubert, all.pitch(), all.style())
        : new SpeechUnits(hubert, null, null);
  }

  private void languageModel() {
    LlamaModel ours = languageModel(Device.CPU, DType.F32);
    LlamaModel theirs = languageModel(other, DType.F32);
    int vocabulary = theirs.config().vocabulary();
    int length = Math.min(PROMPT, theirs.config().context() / 2);
    int[] prompt = new Random(1).ints(length, 0, vocabulary).toArray();
    Tensor whole = next(theirs, prompt.length, prompt);
    close("logits", next(ours, prompt.length, prompt), whole, 1e-3);
    Request request = Request.greedy(prompt, NEW_TOKENS);
    int[] ids = new Generator(theirs).generate(request).ids();
    same("greedy tokens", new Generator(ours).generate(request).ids(), ids);
    close("logits: read in pieces and whole", next(theirs, CHUNK, prompt), whole, 1e-3);
    int[] shorter = Arrays.copyOf(prompt, prompt.length / 2);
    try (KvCache first = theirs.cache(prompt.length);
        KvCache second = theirs.cache(shorter.length)) {
      Tensor both = theirs.next(List.of(new Piece(prompt, first), new Piece(shorter, second)));
      close("logits: two prompts and one", whole, both.narrow(0, 0, 1), 1e-3);
    }
    Tensor rounded = next(languageModel(other, DType.BF16), prompt.length, prompt);
    close("logits: bfloat16 and float32", whole, rounded, 0.1);
  }

  private LlamaModel languageModel(Device device, DType dtype) {
    ConfigFile config = ConfigFile.read(model.languageModelDirectory().resolve("config.json"));
    return new LlamaModel(
        model.languageModelWeights().as(dtype).on(device), LlamaConfig.read(config));
  }

  /** Logits after a prompt that is read so many tokens at a time, on the CPU. */
  private static Tensor next(LlamaModel model, int atOnce, int... prompt) {
    try (KvCache cache = model.cache(prompt.length);
        Scope scope = Scope.open()) {
      Tensor logits = null;
      for (int from = 0; from < prompt.length; from += atOnce) {
        int[] ids = Arrays.copyOfRange(prompt, from, Math.min(from + atOnce, prompt.length));
        logits = model.next(List.of(new Piece(ids, cache)));
      }
      return scope.keep(Device.CPU.place(logits));
    }
  }

  /** The greatest difference of two tensors, against the greatest value of the first. */
  private void close(String what, Tensor first, Tensor second, double most) {
    float[] expected = Tensors.floats(first);
    float[] found = Tensors.floats(second);
    double greatest = 0;
    for (float value : expected) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    within(what + ", relative", distance(expected, found) / greatest, most);
  }

  private static double distance(float[] expected, float[] found) {
    if (expected.length != found.length) {
      throw new IllegalStateException(expected.length + " values and " + found.length);
    }
    double distance = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - found[i]);
      distance = difference <= distance ? distance : difference; // also what is not a number
    }
    return distance;
  }

  private void within(String what, double found, double most) {
    say(found <= most, what, String.format(Locale.ROOT, "%.1e of %.0e", found, most));
  }

  /** One in a hundred may differ, since the likeliest of nearly equals is a matter of rounding. */
  private void same(String what, int[] expected, int[] found) {
    int equal = 0;
    for (int i = 0; i < Math.min(expected.length, found.length); i++) {
      equal += expected[i] == found[i] ? 1 : 0;
    }
    say(
        expected.length == found.length && expected.length - equal <= expected.length / 100,
        what,
        equal + " of " + expected.length + " equal");
  }

  private void say(boolean good, String what, String result) {
    sound &= good;
    System.out.printf("%-7s %-36s %s%n", good ? "ok" : "FAILED", what, result);
  }

  private static int[] numbers(boolean[] values) {
    int[] numbers = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      numbers[i] = values[i] ? 1 : 0;
    }
    return numbers;
  }

  private static float[] joined(List<float[]> pieces) {
    float[] all = new float[pieces.stream().mapToInt(piece -> piece.length).sum()];
    int at = 0;
    for (float[] piece : pieces) {
      System.arraycopy(piece, 0, all, at, piece.length);
      at += piece.length;
    }
    return all;
  }
}
