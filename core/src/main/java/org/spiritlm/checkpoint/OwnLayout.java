package org.spiritlm.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.Quantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;

/** Our own layout: {@code spiritlm.json} and a directory for each part. */
record OwnLayout(Path directory, ModelRecord description) implements ModelLayout {
  static final String CONFIG = "config.json";
  static final String QUANTIZER = "quantizer.safetensors";
  static final String PITCH_QUANTIZER_CONFIG = "vqvae.json";
  static final String PITCH_QUANTIZER = "vqvae.safetensors";
  static final String WEIGHTS = "model.safetensors";
  static final String GENERATION = "generation_config.json";
  static final String SPEAKERS = "speakers.txt";
  static final String STYLES = "styles.txt";

  static boolean isIn(Path directory) {
    return Files.exists(directory.resolve(ModelRecord.FILE));
  }

  static OwnLayout open(Path directory) {
    return new OwnLayout(directory, ModelRecord.read(directory));
  }

  private Path at(Part part) {
    return description.place(directory, part);
  }

  @Override
  public Variant variant() {
    return description.variant();
  }

  @Override
  public Set<Part> parts() {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (Part part : description.parts()) {
      parts.add(part);
    }
    return parts;
  }

  @Override
  public Set<Path> files(Part part) {
    return Directories.files(at(part));
  }

  @Override
  public Path languageModel() {
    return at(Part.LM);
  }

  @Override
  public HubertConfig hubertConfig() {
    return HubertConfig.read(ConfigFile.read(at(Part.HUBERT).resolve(CONFIG)));
  }

  @Override
  public TensorSource hubert() {
    return TensorFiles.open(at(Part.HUBERT));
  }

  @Override
  public TensorSource quantizer() {
    return SafetensorsFile.open(at(Part.HUBERT).resolve(QUANTIZER));
  }

  @Override
  public Quantizer quantizer(Weights weights) {
    return Quantizer.load(weights);
  }

  /**
   * The part's own, or where it has none that of {@code fcpe} beside the model, or else the one
   * that comes with this program.
   */
  @Override
  public FcpeFile pitchNetwork() {
    Path model = directory.toAbsolutePath().normalize();
    return Stream.of(
            at(Part.PITCH).resolve(FcpeFile.NAME),
            model.resolveSibling(FcpeFile.DIRECTORY).resolve(FcpeFile.NAME))
        .filter(Files::exists)
        .findFirst()
        .map(FcpeFile::open)
        .orElseGet(FcpeFile::bundled);
  }

  @Override
  public PitchQuantizerConfig pitchQuantizerConfig() {
    return PitchQuantizerConfig.read(at(Part.PITCH).resolve(PITCH_QUANTIZER_CONFIG));
  }

  @Override
  public TensorSource pitchQuantizer() {
    return SafetensorsFile.open(at(Part.PITCH).resolve(PITCH_QUANTIZER));
  }

  @Override
  public StyleConfig styleConfig() {
    return StyleConfig.read(ConfigFile.read(at(Part.STYLE).resolve(CONFIG)));
  }

  @Override
  public TensorSource style() {
    return TensorFiles.open(at(Part.STYLE));
  }

  @Override
  public Path vocoderDirectory() {
    return at(Part.VOCODER);
  }

  @Override
  public TensorSource vocoder() {
    return TensorFiles.open(at(Part.VOCODER));
  }

  @Override
  public Path aligner() {
    return at(Part.ALIGNER);
  }
}
