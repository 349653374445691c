package org.spiritlm.units;

import org.spiritlm.Golden;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.FcpeConfig;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.style.StyleTokenizer;

/** The encoders of the parity set, each read from the files of Meta's layout. */
public final class ParityModels {
  private static final ModelDirectory EXPRESSIVE =
      ModelDirectory.open(Golden.path("checkpoints"), "expressive");

  private ParityModels() {}

  public static HubertTokenizer hubert() {
    return EXPRESSIVE.hubert(Device.CPU);
  }

  public static StyleTokenizer style() {
    return EXPRESSIVE.style(Device.CPU);
  }

  public static PitchQuantizer pitchQuantizer() {
    return EXPRESSIVE.pitchQuantizer(Device.CPU);
  }

  /** The released pitch network, as this project ships it. */
  public static Fcpe bundledFcpe() {
    return EXPRESSIVE.pitchNetwork(Device.CPU);
  }

  /** A random pitch network, as torchfcpe saves it. */
  public static Fcpe tinyFcpe() {
    PickleFile file = PickleFile.open(Golden.path("checkpoints/extra/fcpe_tiny/fcpe_tiny.pt"));
    ConfigFile config = ConfigFile.of(file.origin(), file.values()).below("config_dict");
    return new Fcpe(Weights.of(file.at("model")), FcpeConfig.of(config));
  }

  /** A file of the parity set, at 16 kHz. */
  public static Audio audio(String file) {
    return AudioReader.read(Golden.path(file), AudioReader.Options.speech());
  }
}
