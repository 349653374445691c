package org.spiritlm.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.FairseqHubert;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.hubert.Quantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;

/**
 * The directory that Meta's release unpacks to: {@code speech_tokenizer} and {@code
 * spiritlm_model}, with both variants or one.
 */
record MetaLayout(Path directory, Variant variant) implements ModelLayout {
  private static final String SPEECH = "speech_tokenizer";
  private static final String LANGUAGE = "spiritlm_model";
  private static final String MODEL = "model_weight";

  /** What other files of the speech tokenizer may be called, beside the weights. */
  private static final List<String> FCPE_NAMES = List.of(FcpeFile.NAME, "fcpe_c_v001.pt");

  static boolean isIn(Path directory) {
    return Files.isDirectory(directory.resolve(SPEECH))
        || Files.isDirectory(directory.resolve(LANGUAGE));
  }

  /**
   * Finds the variant where none is asked for.
   *
   * @throws InputException if none is asked for and there is not exactly one
   */
  static MetaLayout open(Path directory, @Nullable Variant variant) {
    if (variant != null) {
      return new MetaLayout(directory, variant);
    }
    List<Variant> there =
        Arrays.stream(Variant.values())
            .filter(each -> Files.isDirectory(new MetaLayout(directory, each).languageModel()))
            .toList();
    if (there.size() != 1) {
      throw new InputException(
          directory
              + ": holds "
              + (there.isEmpty()
                  ? "neither of Meta's language models (" + LANGUAGE + "/spirit-lm-…-7b)"
                  : "both of Meta's language models")
              + "; say which is meant with --variant base or --variant expressive (a further"
              + " model's with --also DIR:base or DIR:expressive)");
    }
    return new MetaLayout(directory, there.get(0));
  }

  private boolean isExpressive() {
    return variant == Variant.EXPRESSIVE;
  }

  private Path speech(String first, String... more) {
    return directory.resolve(SPEECH).resolve(Path.of(first, more));
  }

  private Path hubertFile() {
    return speech("hubert_25hz", "mhubert_base_25hz.pt");
  }

  private Path quantizerFile() {
    return speech("hubert_25hz", "L11_quantizer_500.pt");
  }

  private Path pitchDirectory() {
    return speech("vqvae_f0_quantizer");
  }

  private Path styleDirectory() {
    return speech("style_encoder_w2v2");
  }

  @Override
  public Set<Part> parts() {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (Part part : Part.values()) {
      Path sign =
          switch (part) {
            case LM -> languageModel();
            case HUBERT -> hubertFile();
            case PITCH -> pitchDirectory();
            case STYLE -> styleDirectory();
            case VOCODER -> vocoderDirectory();
            case ALIGNER -> aligner();
          };
      if (variant.has(part) && Files.exists(sign)) {
        parts.add(part);
      }
    }
    return parts;
  }

  @Override
  public Set<Path> files(Part part) {
    Set<Path> files = new LinkedHashSet<>();
    switch (part) {
      case LM -> files.addAll(Directories.files(languageModel()));
      case HUBERT -> files.addAll(List.of(hubertFile(), quantizerFile()));
      case PITCH -> {
        files.addAll(Directories.files(pitchDirectory()));
        files.add(pitchNetworkFile());
      }
      case STYLE -> files.addAll(Directories.files(styleDirectory()));
      case VOCODER -> files.addAll(Directories.files(vocoderDirectory()));
      case ALIGNER -> files.addAll(Directories.files(aligner()));
    }
    return files;
  }

  @Override
  public Path languageModel() {
    return directory.resolve(LANGUAGE).resolve("spirit-lm-" + variant.key() + "-7b");
  }

  @Override
  public HubertConfig hubertConfig() {
    PickleFile file = PickleFile.open(hubertFile());
    ConfigFile values = ConfigFile.of(hubertFile().toString(), file.values());
    return FairseqHubert.configuration(
        values.below("model_cfg"), values.below("task_cfg"), FairseqHubert.SPIRITLM_LAYER);
  }

  @Override
  public TensorSource hubert() {
    return FairseqHubert.tensors(PickleFile.open(hubertFile()).at(MODEL), hubertConfig());
  }

  @Override
  public TensorSource quantizer() {
    return PickleFile.open(quantizerFile()).at(MODEL);
  }

  @Override
  public Quantizer quantizer(Weights weights) {
    PickleFile file = PickleFile.open(quantizerFile());
    ConfigFile values = ConfigFile.of(quantizerFile().toString(), file.values());
    return new LinearQuantizer(weights, LinearQuantizer.Config.read(values.below("model_cfg")));
  }

  @Override
  public FcpeFile pitchNetwork() {
    return FcpeFile.open(pitchNetworkFile());
  }

  /** The user's own in {@code speech_tokenizer/fcpe}, where there is one, else the bundled one. */
  private Path pitchNetworkFile() {
    return FCPE_NAMES.stream()
        .map(name -> speech("fcpe", name))
        .filter(Files::exists)
        .findFirst()
        .orElseGet(FcpeFile::bundledPath);
  }

  @Override
  public PitchQuantizerConfig pitchQuantizerConfig() {
    return PitchQuantizerConfig.read(pitchDirectory().resolve("config.yaml"));
  }

  @Override
  public TensorSource pitchQuantizer() {
    return PickleFile.openSkippingForeign(pitchDirectory().resolve("model.pt")).at("model");
  }

  @Override
  public StyleConfig styleConfig() {
    return StyleConfig.read(ConfigFile.read(styleDirectory().resolve("config.json")));
  }

  @Override
  public TensorSource style() {
    return TensorFiles.open(styleDirectory());
  }

  @Override
  public Path vocoderDirectory() {
    return speech(isExpressive() ? "hifigan_spiritlm_expressive_w2v2" : "hifigan_spiritlm_base");
  }

  @Override
  public TensorSource vocoder() {
    return PickleFile.open(vocoderDirectory().resolve("generator.pt")).at("generator");
  }

  /** The release has none; one may be put beside the rest of the speech tokenizer. */
  @Override
  public Path aligner() {
    return speech(Part.ALIGNER.key());
  }
}
