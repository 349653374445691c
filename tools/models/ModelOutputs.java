import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.lm.KvCache;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Writes what a model's parts compute into a safetensors file, for check_transformers.py: {@code
 * java -cp CLASSPATH tools/models/ModelOutputs.java MODEL AUDIO OUT TEXT…}.
 */
final class ModelOutputs {
  /** Samples that the parts see: half a second more than the speech of one style token. */
  private static final int SAMPLES = 3 * Audio.SPEECH_RATE / 2;

  public static void main(String[] args) {
    ModelDirectory model = ModelDirectory.open(Path.of(args[0]), null);
    Map<String, Tensor> outputs = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      languageModel(model, List.of(args).subList(3, args.length), outputs);
      float[] speech = speech(Path.of(args[1]));
      outputs.put("samples", Tensors.of(speech));
      outputs.put("hubert", model.hubert(Device.CPU).features(speech));
      if (model.parts().contains(Part.STYLE)) {
        outputs.put("style", model.style(Device.CPU).logits(speech));
      }
      SafetensorsWriter.write(Path.of(args[2]), outputs, Map.of());
    }
  }

  /** The ids of each text, and the logits after them in float32. */
  private static void languageModel(
      ModelDirectory model, List<String> texts, Map<String, Tensor> outputs) {
    ConfigFile config = ConfigFile.read(model.languageModelDirectory().resolve("config.json"));
    LlamaModel languageModel =
        new LlamaModel(model.languageModelWeights().as(DType.F32), LlamaConfig.read(config));
    TextTokenizer tokenizer = model.textTokenizer();
    for (int i = 0; i < texts.size(); i++) {
      int[] ids = tokenizer.encode(texts.get(i));
      outputs.put("ids." + i, Tensors.of(ids));
      try (KvCache cache = languageModel.cache(ids.length)) {
        outputs.put("logits." + i, languageModel.next(List.of(new Piece(ids, cache))));
      }
    }
  }

  private static float[] speech(Path file) {
    float[] all = AudioReader.read(file, AudioReader.Options.speech()).samples();
    return java.util.Arrays.copyOf(all, SAMPLES);
  }
}
