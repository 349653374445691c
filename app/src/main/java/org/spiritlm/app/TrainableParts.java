package org.spiritlm.app;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.language.LanguageTraining;
import org.spiritlm.training.speech.AlignerTask;
import org.spiritlm.training.speech.HubertTask;
import org.spiritlm.training.speech.QuantizerTask;
import org.spiritlm.training.voice.ManifestVoices;
import org.spiritlm.training.voice.PitchTask;
import org.spiritlm.training.voice.StyleTask;
import org.spiritlm.training.voice.VocoderTask;
import org.spiritlm.units.pitch.FcpePitchExtractor;

/** What the command {@code train} can train, by its name. */
final class TrainableParts {
  /** Memory that sounds may take in all (bytes). */
  private static final long SOUNDS = 1L << 30;

  private static final Map<String, Opener> PARTS = parts();

  private TrainableParts() {}

  /**
   * A part that is ready to be trained.
   *
   * @param task trains it
   * @param base the model whose other parts the result has, or null where the part stands alone
   * @param part which part of that model it is, or null
   */
  record Opened(TrainingTask task, @Nullable ModelDirectory base, @Nullable Part part) {}

  /** Reads settings and opens what they name. */
  @FunctionalInterface
  private interface Opener {
    Opened open(Settings settings, Device device, Path run);
  }

  private static Map<String, Opener> parts() {
    Map<String, Opener> parts = new LinkedHashMap<>();
    parts.put(
        "lm",
        (settings, device, run) -> {
          LanguageTraining training = LanguageTraining.of(settings);
          return new Opened(
              training.task(device, run), training.base(), training.isWhole() ? Part.LM : null);
        });
    parts.put(
        "aligner",
        (settings, device, run) -> new Opened(AlignerTask.of(settings, device), null, null));
    parts.put(
        "hubert",
        (settings, device, run) -> new Opened(HubertTask.of(settings, device), null, null));
    parts.put(
        "quantizer",
        (settings, device, run) -> new Opened(QuantizerTask.of(settings, device), null, null));
    parts.put("pitch", TrainableParts::pitch);
    parts.put("style", TrainableParts::style);
    parts.put("vocoder", TrainableParts::vocoder);
    return parts;
  }

  /** The names, for messages. */
  static String names() {
    return String.join(", ", PARTS.keySet());
  }

  /**
   * Opens a part.
   *
   * @throws InputException if there is none of this name, or its settings cannot be used
   */
  static Opened open(String name, Settings settings, Device device, Path run) {
    Opener opener = PARTS.get(name);
    if (opener == null) {
      throw new InputException("'" + name + "' cannot be trained; expected " + names());
    }
    return opener.open(settings, device, run);
  }

  private static Opened pitch(Settings settings, Device device, Path run) {
    ModelDirectory base = base(settings);
    FcpePitchExtractor extractor =
        new FcpePitchExtractor(
            base == null ? TrainedParts.releasedPitchNetwork(device) : base.pitchNetwork(device));
    Voices voices = voices(settings.below("data"));
    return new Opened(
        PitchTask.of(settings, device, voices.learnt(), voices.heldOut(), extractor, base),
        base,
        Part.PITCH);
  }

  private static Opened style(Settings settings, Device device, Path run) {
    Voices voices = voices(settings.below("data"));
    // an encoder of labels; its tokens are made by org.spiritlm.training.voice.StyleTokens
    return new Opened(
        StyleTask.of(settings, device, voices.learnt(), voices.heldOut()), null, null);
  }

  private static Opened vocoder(Settings settings, Device device, Path run) {
    ModelDirectory base = base(settings);
    Voices voices = voices(settings.below("data"));
    return new Opened(
        VocoderTask.of(settings, device, voices.learnt(), voices.heldOut(), run),
        base,
        Part.VOCODER);
  }

  private static @Nullable ModelDirectory base(Settings settings) {
    String model = settings.text("model", "");
    return model.isEmpty() ? null : ModelDirectory.open(Path.of(model), null);
  }

  /** Recordings with their units. */
  private record Voices(ManifestVoices learnt, ManifestVoices heldOut) {}

  private static Voices voices(Settings data) {
    Path manifest = Path.of(required(data, "manifest", "the manifest of the recordings"));
    Path prepared =
        Path.of(required(data, "prepared", "what the command prepare made of them"))
            .resolve("units");
    String heldOut = data.text("validation", "dev");
    return new Voices(
        ManifestVoices.read(manifest, prepared, split -> !split.equals(heldOut), SOUNDS),
        ManifestVoices.read(manifest, prepared, heldOut::equals, SOUNDS));
  }

  private static String required(Settings settings, String key, String what) {
    String text = settings.text(key, "");
    if (text.isEmpty()) {
      throw new InputException("the setting 'data." + key + "' is missing: " + what);
    }
    return text;
  }
}
