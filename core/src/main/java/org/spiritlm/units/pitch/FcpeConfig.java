package org.spiritlm.units.pitch;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

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
   * @throws CheckpointException if an entry is missing, has another type, or asks for another
   *     network
   */
  public static FcpeConfig of(ConfigFile config) {
    ConfigFile mel = config.below("mel");
    ConfigFile model = config.below("model");
    expect(mel, "type", "default");
    expect(model, "type", "CFNaiveMelPE");
    int rate = mel.positive("sr", 16_000);
    return new FcpeConfig(
        new MelSpectrogram.Config(
            rate,
            mel.positive("num_mels"),
            mel.positive("n_fft", 1024),
            mel.positive("win_size", 1024),
            mel.positive("hop_size", 160),
            mel.number("fmin", 0),
            mel.number("fmax", rate / 2.0)),
        model.positive("out_dims"),
        model.positive("hidden_dims"),
        model.positive("n_layers"),
        model.positive("n_heads"),
        !model.flag("conv_only", false),
        model.flag("use_fa_norm", false),
        model.flag("use_harmonic_emb", false),
        model.number("f0_min"),
        model.number("f0_max"));
  }

  private static void expect(ConfigFile config, String key, String only) {
    if (!config.text(key, only).equalsIgnoreCase(only)) {
      throw config.wrong(key, "'" + only + "'");
    }
  }

  /** The entries that {@link #of} reads, as JSON. */
  public ObjectNode json() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.putObject("mel")
        .put("sr", mel.sampleRate())
        .put("num_mels", mel.mels())
        .put("n_fft", mel.fftSize())
        .put("win_size", mel.windowSize())
        .put("hop_size", mel.hopSize())
        .put("fmin", mel.lowest())
        .put("fmax", mel.highest());
    root.putObject("model")
        .put("type", "CFNaiveMelPE")
        .put("out_dims", bins)
        .put("hidden_dims", width)
        .put("n_layers", layers)
        .put("n_heads", heads)
        .put("conv_only", !attention)
        .put("use_fa_norm", normalisedAttention)
        .put("use_harmonic_emb", harmonics)
        .put("f0_min", lowest)
        .put("f0_max", highest);
    return root;
  }
}
