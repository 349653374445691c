package org.spiritlm.units;

import java.nio.file.Path;
import org.spiritlm.Golden;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.FairseqHubert;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.hubert.Quantizer;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleTokenizer;

/** The encoders of the parity set, each read from the files of Meta's layout. */
public final class ParityModels {
  private ParityModels() {}

  public static HubertTokenizer hubert() {
    PickleFile file = PickleFile.open(checkpoint("hubert_25hz/mhubert_base_25hz.pt"));
    ConfigFile plain = ConfigFile.of(file.origin(), file.values());
    HubertConfig config =
        FairseqHubert.configuration(
            plain.below("model_cfg"), plain.below("task_cfg"), FairseqHubert.SPIRITLM_LAYER);
    PickleFile quantizer = PickleFile.open(checkpoint("hubert_25hz/L11_quantizer_500.pt"));
    return new HubertTokenizer(
        FairseqHubert.weights(file.at("model_weight"), config),
        config,
        Quantizer.load(Weights.of(quantizer.at("model_weight"))));
  }

  public static StyleTokenizer style() {
    return new StyleTokenizer(
        Weights.of(PickleFile.open(checkpoint("style_encoder_w2v2/pytorch_model.bin"))),
        StyleConfig.read(ConfigFile.read(checkpoint("style_encoder_w2v2/config.json"))));
  }

  public static PitchQuantizer pitchQuantizer() {
    PickleFile file =
        PickleFile.openSkippingForeign(checkpoint("vqvae_f0_quantizer/model.pt")).at("model");
    return new PitchQuantizer(
        Weights.of(file), PitchQuantizerConfig.read(checkpoint("vqvae_f0_quantizer/config.yaml")));
  }

  /** The released pitch network, as this project ships it. */
  public static Fcpe bundledFcpe() {
    return Fcpe.load(Path.of("../models/fcpe/fcpe.safetensors"), Device.CPU);
  }

  /** A random pitch network, as torchfcpe saves it. */
  public static Fcpe tinyFcpe() {
    return Fcpe.load(Golden.path("checkpoints/extra/fcpe_tiny/fcpe_tiny.pt"), Device.CPU);
  }

  /** A file of the parity set, at 16 kHz. */
  public static Audio audio(String file) {
    return AudioReader.read(Golden.path(file), AudioReader.Options.speech());
  }

  private static Path checkpoint(String file) {
    return Golden.path("checkpoints/speech_tokenizer/" + file);
  }
}
