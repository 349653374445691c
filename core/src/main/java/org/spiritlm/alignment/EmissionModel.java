package org.spiritlm.alignment;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/**
 * Speech to emissions, of any length in bounded memory: short recordings together, long ones in
 * windows.
 *
 * <p>Safe for use by several threads.
 */
final class EmissionModel {
  private static final String CONFIG = "config.json";
  private static final String PREPROCESSOR = "preprocessor_config.json";

  /** The most that a frame of any use sees. */
  private static final double MOST_SECONDS = 1;

  /** Added to the variance, as in Hugging Face's feature extractor. */
  private static final double EPSILON = 1e-7;

  private final CtcModel model;
  private final Device device;
  private final boolean standardises;
  private final Windows windows;

  EmissionModel(CtcModel model, Device device, boolean standardises, Windows windows) {
    this.model = model;
    this.device = device;
    this.standardises = standardises;
    this.windows = windows;
  }

  /**
   * Opens the network of a directory.
   *
   * @throws CheckpointException if files are missing, damaged or of another kind of model
   */
  static EmissionModel open(Path directory, Device device) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(
          directory
              + ": no such directory; expected the directory of a CTC model, with config.json,"
              + " weights, vocab.json and preprocessor_config.json");
    }
    ConfigFile file = ConfigFile.read(directory.resolve(CONFIG));
    CtcConfig config = CtcConfig.read(file);
    if (secondsSeen(config.encoder()) > MOST_SECONDS) {
      throw file.wrong("conv_stride", "such that a frame sees at most " + MOST_SECONDS + " s");
    }
    ConfigFile preprocessor = ConfigFile.read(directory.resolve(PREPROCESSOR));
    if (preprocessor.integer("sampling_rate", Audio.SPEECH_RATE) != Audio.SPEECH_RATE) {
      throw preprocessor.wrong("sampling_rate", Integer.toString(Audio.SPEECH_RATE));
    }
    Weights weights = Weights.of(TensorFiles.open(directory)).as(DType.F32).on(device);
    return new EmissionModel(
        new CtcModel(weights, config),
        device,
        preprocessor.flag("do_normalize", true),
        Windows.of(config.encoder()));
  }

  /** What one frame sees, or is away from the next (seconds); infinite where that overflows. */
  private static double secondsSeen(Wav2Vec2Config encoder) {
    try {
      double samples = encoder.stride();
      double seen = 1;
      for (int i = encoder.convolutions().size() - 1; i >= 0; i--) {
        Wav2Vec2Config.ConvolutionLayer layer = encoder.convolutions().get(i);
        seen = (seen - 1) * layer.stride() + layer.kernel();
      }
      return Math.max(samples, seen) / Audio.SPEECH_RATE;
    } catch (ArithmeticException e) {
      return Double.POSITIVE_INFINITY;
    }
  }

  /** The same with other windows. */
  EmissionModel with(Windows others) {
    return new EmissionModel(model, device, standardises, others);
  }

  /** Network and labels. */
  CtcConfig config() {
    return model.config();
  }

  /** How long recordings are cut. */
  Windows windows() {
    return windows;
  }

  /**
   * Emissions of whole recordings that go together.
   *
   * @param recordings mono samples at 16 kHz
   * @param columns the labels that each needs
   */
  List<Emissions> whole(List<float[]> recordings, List<LabelColumns> columns) {
    try (Scope scope = Scope.open()) {
      Tensor all = model.logProbabilities(recordings.stream().map(this::shown).toList()); // [ΣT, V]
      List<Emissions> emissions = new ArrayList<>();
      long start = 0;
      for (int i = 0; i < recordings.size(); i++) {
        long steps = config().steps(recordings.get(i).length);
        LabelColumns labels = columns.get(i);
        float[] values = Tensors.floats(labels.select(all.narrow(0, start, steps), device));
        emissions.add(new Emissions(values, Math.toIntExact(steps), labels.count()));
        start += steps;
      }
      return emissions;
    }
  }

  private float[] shown(float[] samples) {
    return standardises ? Wav2Vec2Encoder.standardised(samples, EPSILON) : samples;
  }

  /**
   * Emissions of a recording of any length, window by window.
   *
   * @param emissions of all frames
   * @param samples number of samples at 16 kHz
   */
  record Windowed(Emissions emissions, long samples) {}

  /**
   * Emissions of a long recording: those of its windows, joined.
   *
   * @throws InputException if the audio is damaged, or too long for an array
   */
  Windowed windowed(SpeechSource source, LabelColumns columns) {
    Wav2Vec2Config encoder = config().encoder();
    float[] values = new float[0];
    int filled = 0;
    try (Speech speech =
        standardises ? Speech.standardised(source, EPSILON) : new Speech(source.open())) {
      boolean last = false;
      for (long core = 0; !last; core += windows.frames()) {
        long first = Math.max(0, core - windows.context());
        long end = core + windows.frames() + windows.context(); // of what it sees, in frames
        long to = (end - 1) * encoder.stride() + encoder.receptiveField();
        last = speech.endsBefore(to + encoder.stride()); // nothing that this window does not see
        float[] seen = speech.read(first * encoder.stride(), to);
        float[] given = window(seen, columns, core - first, last);
        if (filled > Integer.MAX_VALUE - 8 - given.length) {
          throw new InputException("the audio is too long to be aligned as a whole; split it");
        }
        if (filled + given.length > values.length) {
          values =
              Arrays.copyOf(
                  values, (int) Math.min(Integer.MAX_VALUE - 8, 2L * filled + given.length));
        }
        System.arraycopy(given, 0, values, filled, given.length);
        filled += given.length;
      }
      int steps = filled / columns.count();
      return new Windowed(
          new Emissions(Arrays.copyOf(values, filled), steps, columns.count()), speech.length());
    }
  }

  /** Emissions of the frames that a window gives: from its first on, all of them in the last. */
  private float[] window(float[] seen, LabelColumns columns, long first, boolean last) {
    try (Scope scope = Scope.open()) {
      Tensor all = model.logProbabilities(List.of(seen)); // [T, V]
      long each = config().labelsPerFrame();
      long count = all.size(0) - first * each;
      long given = last ? count : Math.min(count, windows.frames() * each);
      return Tensors.floats(columns.select(all.narrow(0, first * each, given), device));
    }
  }
}
