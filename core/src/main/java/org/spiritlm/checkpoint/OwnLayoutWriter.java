package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.audio.Audio;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;
import org.spiritlm.vocoder.VocoderConfig;

/** Writes the parts of a model in our own layout, tensor by tensor. */
final class OwnLayoutWriter {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** What {@code transformers} wants to find in every file. */
  static final Map<String, String> FORMAT = Map.of("format", "pt");

  /** Share of frames that are masked in training, the default of {@code transformers}. */
  private static final double MASKED = 0.05;

  /** The name that {@code transformers} gives it. */
  private static final String FEATURES = "preprocessor_config.json";

  private final Path directory;
  private final boolean isOfOnePart;

  private OwnLayoutWriter(Path directory, boolean isOfOnePart) {
    this.directory = directory;
    this.isOfOnePart = isOfOnePart;
  }

  /** Writes one part of a model. */
  @FunctionalInterface
  interface PartWriter {
    void write(Part part, OwnLayoutWriter writer) throws IOException;
  }

  /** {@link #model} where all parts are in the directory. */
  static ModelRecord model(
      Path target,
      Variant variant,
      List<Part> parts,
      PartWriter writing,
      String licence,
      Map<String, String> provenance,
      Consumer<String> progress) {
    return model(target, variant, parts, Map.of(), writing, licence, provenance, progress);
  }

  /**
   * Writes a model, whole or not at all, and reads it as it will be read.
   *
   * @param target a directory that does not exist or is empty
   * @param shared which of the parts lie beside the directory, and where; they are not written
   * @param progress is told what is being done
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   * @throws org.spiritlm.torch.CheckpointException if a part cannot be used
   */
  static ModelRecord model(
      Path target,
      Variant variant,
      List<Part> parts,
      Map<Part, String> shared,
      PartWriter writing,
      String licence,
      Map<String, String> provenance,
      Consumer<String> progress) {
    ModelRecord[] written = new ModelRecord[1];
    Directories.write(
        target,
        directory -> {
          OwnLayoutWriter writer = new OwnLayoutWriter(directory, false);
          for (Part part : parts) {
            if (!shared.containsKey(part)) {
              progress.accept("writing " + part.key());
              writing.write(part, writer);
            }
          }
          progress.accept("checking what was written");
          written[0] = writer.finish(variant, parts, shared, licence, provenance);
        });
    return written[0];
  }

  /** Writes the files of one part into a directory that is its own. */
  static OwnLayoutWriter ofOnePart(Path directory) {
    return new OwnLayoutWriter(directory, true);
  }

  /** The directory of a part, made where it is not there. */
  Path part(Part part) throws IOException {
    return isOfOnePart ? directory : Files.createDirectories(directory.resolve(part.key()));
  }

  static void json(Path file, ObjectNode json) throws IOException {
    Files.writeString(file, MAPPER.writeValueAsString(json) + "\n");
  }

  /**
   * Training masks frames where the weights have what stands in for them; else the library asks for
   * it.
   */
  private static ObjectNode masking(ObjectNode config, TensorSource weights) {
    boolean masks = weights.names().stream().anyMatch(name -> name.endsWith("masked_spec_embed"));
    return config.put("mask_time_prob", masks ? MASKED : 0);
  }

  /**
   * What {@code transformers} does with a waveform before the network.
   *
   * @param normalize whether it is brought to mean 0 and variance 1
   */
  private static ObjectNode features(Wav2Vec2Config encoder, boolean normalize) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("feature_extractor_type", "Wav2Vec2FeatureExtractor");
    json.put("feature_size", 1).put("sampling_rate", Audio.SPEECH_RATE);
    json.put("do_normalize", normalize);
    json.put("padding_side", "right").put("padding_value", 0.0);
    // a group norm over time sees the padding anyway
    json.put("return_attention_mask", encoder.featureNorm() == FeatureNorm.LAYER);
    return json;
  }

  /**
   * Writes configuration and tensors.
   *
   * @param dtype of the tensors, or null for that of each
   */
  void languageModel(ObjectNode config, TensorSource weights, @Nullable DType dtype)
      throws IOException {
    Path lm = part(Part.LM);
    if (dtype != null) {
      config.put("torch_dtype", dtype == DType.F32 ? "float32" : "bfloat16");
    }
    json(lm.resolve(OwnLayout.CONFIG), config);
    SafetensorsWriter.write(lm.resolve(OwnLayout.WEIGHTS), weights, dtype, FORMAT);
  }

  void hubert(HubertConfig config, TensorSource weights, TensorSource quantizer)
      throws IOException {
    Path hubert = part(Part.HUBERT);
    json(hubert.resolve(OwnLayout.CONFIG), masking(config.json(), weights));
    json(hubert.resolve(FEATURES), features(config.encoder(), config.normalize()));
    floats(hubert.resolve(OwnLayout.WEIGHTS), weights, FORMAT);
    floats(hubert.resolve(OwnLayout.QUANTIZER), quantizer, FORMAT);
  }

  void pitch(FcpeFile network, PitchQuantizerConfig config, TensorSource quantizer)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(FORMAT);
    metadata.put(FcpeFile.CONFIG, network.config().json().toString());
    floats(part(Part.PITCH).resolve(FcpeFile.NAME), network.weights(), metadata);
    pitchQuantizer(config, quantizer);
  }

  /** The same without a network: the one that comes with this program is taken. */
  void pitchQuantizer(PitchQuantizerConfig config, TensorSource quantizer) throws IOException {
    Path pitch = part(Part.PITCH);
    json(pitch.resolve(OwnLayout.PITCH_QUANTIZER_CONFIG), config.json());
    floats(pitch.resolve(OwnLayout.PITCH_QUANTIZER), quantizer, FORMAT);
  }

  void style(StyleConfig config, TensorSource weights) throws IOException {
    Path style = part(Part.STYLE);
    json(style.resolve(OwnLayout.CONFIG), masking(config.json(), weights));
    json(style.resolve(FEATURES), features(config.encoder(), true));
    floats(style.resolve(OwnLayout.WEIGHTS), weights, FORMAT);
  }

  /**
   * The vocoder's tensors.
   *
   * @param dtype of the tensors, or null for that of each; it computes in float32 all the same
   */
  void vocoder(TensorSource weights, @Nullable DType dtype) throws IOException {
    SafetensorsWriter.write(part(Part.VOCODER).resolve(OwnLayout.WEIGHTS), weights, dtype, FORMAT);
  }

  /** The vocoder's configuration with its lists of names. */
  void vocoder(VocoderConfig config) throws IOException {
    Path vocoder = part(Part.VOCODER);
    json(vocoder.resolve(OwnLayout.CONFIG), config.json());
    Files.write(vocoder.resolve(OwnLayout.SPEAKERS), config.speakers());
    if (!config.styles().isEmpty()) {
      Files.write(vocoder.resolve(OwnLayout.STYLES), config.styles());
    }
  }

  /**
   * Writes an aligner as it is.
   *
   * @param dtype of the tensors, or null for that of each; it computes in float32 all the same
   */
  void aligner(Path from, @Nullable DType dtype) throws IOException {
    Path aligner = part(Part.ALIGNER);
    for (String name : Aligner.DESCRIPTIONS) {
      if (Files.exists(from.resolve(name))) {
        Files.copy(from.resolve(name), aligner.resolve(name));
      }
    }
    SafetensorsWriter.write(
        aligner.resolve(OwnLayout.WEIGHTS), TensorFiles.open(from), dtype, FORMAT);
  }

  /** The parts around the language model are float32: they are small and choose among ids. */
  private static void floats(Path file, TensorSource source, Map<String, String> metadata) {
    SafetensorsWriter.write(file, source, DType.F32, metadata);
  }

  /** Reads every part as it will be read, and writes {@code spiritlm.json} last. */
  private ModelRecord finish(
      Variant variant,
      List<Part> parts,
      Map<Part, String> shared,
      String licence,
      Map<String, String> provenance)
      throws IOException {
    ModelRecord first =
        new ModelRecord(
            variant,
            parts,
            shared,
            Audio.SPEECH_RATE,
            Map.of(),
            Map.of(),
            licence,
            provenance,
            Map.of());
    ModelDirectory written = new ModelDirectory(new OwnLayout(directory, first));
    int sampleRate = Audio.SPEECH_RATE;
    Map<String, List<IdRange>> vocabulary = Map.of();
    for (Part part : parts) {
      written.check(part);
      if (part == Part.LM) {
        LlamaConfig config =
            LlamaConfig.read(
                ConfigFile.read(written.languageModelDirectory().resolve(OwnLayout.CONFIG)));
        vocabulary =
            ModelRecord.ranges(Vocabulary.of(written.textTokenizer(), config.vocabulary()));
      } else if (part == Part.VOCODER) {
        sampleRate = written.vocoderConfig().sampleRate();
      }
    }
    return new ModelRecord(
            variant,
            parts,
            shared,
            sampleRate,
            written.frameRates(),
            vocabulary,
            licence,
            provenance,
            Map.of())
        .write(directory);
  }
}
