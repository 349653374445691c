package org.spiritlm.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechTokenizer;

/**
 * The tokenizers of a model, loaded once in each JVM, whatever the number of its tasks.
 *
 * @param text null where the model has none
 * @param rate phonetic units a second
 */
record SpeechModels(SpeechTokenizer speech, @Nullable TextTokenizer text, double rate) {
  private static final Map<ModelChoice, SpeechModels> LOADED = new HashMap<>();

  /**
   * Those of a model; the first caller loads them, others wait.
   *
   * @throws InputException if it is not there or damaged
   */
  static SpeechModels get(ModelChoice choice) {
    synchronized (LOADED) {
      return LOADED.computeIfAbsent(choice, SpeechModels::load);
    }
  }

  private static SpeechModels load(ModelChoice choice) {
    ModelDirectory model = choice.open();
    Double rate = model.frameRates().get("hubert");
    if (rate == null) {
      throw new InputException(
          choice.directory() + ": the model has no speech tokenizer; expected the part 'hubert'");
    }
    return new SpeechModels(
        model.speechTokenizer(Device.parse(choice.device())), textTokenizer(model), rate);
  }

  private static @Nullable TextTokenizer textTokenizer(ModelDirectory model) {
    if (!model.parts().contains(Part.LM)) {
      return null;
    }
    Path directory = model.languageModelDirectory();
    boolean there =
        Files.exists(directory.resolve("tokenizer.model"))
            || Files.exists(directory.resolve("tokenizer.json"));
    return there ? model.textTokenizer() : null;
  }
}
