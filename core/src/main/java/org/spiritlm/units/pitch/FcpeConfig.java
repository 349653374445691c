package org.spiritlm.units.pitch;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.CheckpointException;

/**
 * Sizes of an FCPE pitch network, as the maps {@code mel} and {@code model} of its file's {@code
 * config_dict} give them.
 *
 * @param mel settings of the spectrogram
 * @param bins pitch bins (P)
 * @param width of the network (D)
 * @param layers number of layers
 * @param heads attention heads (H); without meaning where {@code attention} is false
 * @param attention whether layers attend before they convolve
 * @param normalisedAttention whether queries and keys are scaled to unit length
 * @param harmonics whether the network was trained with embeddings of harmonics
 * @param lowest pitch of the first bin (Hz)
 * @param highest pitch of the last bin (Hz)
 */
public record FcpeConfig(
    MelSpectrogram.Config mel,
    int bins,
    int width,
    int layers,
    int heads,
    boolean attention,
    boolean normalisedAttention,
    boolean harmonics,
    double lowest,
    double highest) {

  /** The released network of torchfcpe 0.0.4. */
  public static final FcpeConfig RELEASED =
      new FcpeConfig(
          new MelSpectrogram.Config(16_000, 128, 1024, 1024, 160, 0, 8000),
          360,
          512,
          6,
          8,
          false,
          true,
          false,
          32.7,
          1975.5);

  /**
   * Reads {@code config_dict}; what else it says (training settings) is ignored.
   *
   * @param config from the file, nested maps of plain values
   * @param origin the file, for messages
   * @throws CheckpointException if an entry is missing, has another type, or asks for another
   *     network
   */
  public static FcpeConfig of(Map<?, ?> config, String origin) {
    Entries mel = Entries.below(config, "mel", origin);
    Entries model = Entries.below(config, "model", origin);
    mel.expect("type", "default");
    model.expect("type", "CFNaiveMelPE");
    int rate = mel.whole("sr", 16_000);
    return new FcpeConfig(
        new MelSpectrogram.Config(
            rate,
            mel.whole("num_mels", 128),
            mel.whole("n_fft", 1024),
            mel.whole("win_size", 1024),
            mel.whole("hop_size", 160),
            mel.number("fmin", 0.0),
            mel.number("fmax", rate / 2.0)),
        model.whole("out_dims", null),
        model.whole("hidden_dims", null),
        model.whole("n_layers", null),
        model.whole("n_heads", null),
        !model.flag("conv_only", false),
        model.flag("use_fa_norm", null),
        model.flag("use_harmonic_emb", false),
        model.number("f0_min", null),
        model.number("f0_max", null));
  }

  /** One map of the configuration with what a message needs. */
  private record Entries(Map<?, ?> map, String name, String origin) {
    static Entries below(Map<?, ?> config, String name, String origin) {
      if (config.get(name) instanceof Map<?, ?> map) {
        return new Entries(map, name, origin);
      }
      throw new CheckpointException(
          origin + ": config_dict has no map '" + name + "'; the file is not one of FCPE");
    }

    int whole(String key, @Nullable Integer absent) {
      double value = number(key, absent == null ? null : absent.doubleValue());
      if (value != Math.rint(value) || value < 1 || value > 1 << 20) {
        throw wrong(key, "a whole number of 1 or more", value);
      }
      return (int) value;
    }

    double number(String key, @Nullable Double absent) {
      Object value = map.get(key);
      if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
        return number.doubleValue();
      }
      if (value == null && absent != null) {
        return absent;
      }
      throw wrong(key, "a number", value);
    }

    boolean flag(String key, @Nullable Boolean absent) {
      Object value = map.get(key);
      if (value instanceof Boolean flag) {
        return flag;
      }
      if (value == null && absent != null) {
        return absent;
      }
      throw wrong(key, "true or false", value);
    }

    void expect(String key, String only) {
      Object value = map.get(key);
      if (value != null
          && !value.toString().toLowerCase(Locale.ROOT).equals(only.toLowerCase(Locale.ROOT))) {
        throw wrong(key, only, value);
      }
    }

    private CheckpointException wrong(String key, String expected, @Nullable Object found) {
      return new CheckpointException(
          origin
              + ": config_dict, "
              + name
              + "."
              + key
              + ": expected "
              + expected
              + ", found "
              + (found == null ? "nothing" : found));
    }
  }
}
