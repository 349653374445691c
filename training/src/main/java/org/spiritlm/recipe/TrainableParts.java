package org.spiritlm.recipe;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.checkpoint.TrainedParts;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;
import org.spiritlm.training.SpeakerBalance;
import org.spiritlm.training.SplitChoice;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.language.LanguageTraining;
import org.spiritlm.training.speech.AlignerTask;
import org.spiritlm.training.speech.HubertTask;
import org.spiritlm.training.speech.QuantizerTask;
import org.spiritlm.training.voice.ManifestVoices;
import org.spiritlm.training.voice.PitchTask;
import org.spiritlm.training.voice.StyleTask;
import org.spiritlm.training.voice.VocoderTask;
import org.spiritlm.training.voice.VoiceItems;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchExtractor;

/** The parts that are trained by gradients, by name. */
final class TrainableParts {
  /** Memory that sounds may take in all (bytes). */
  private static final long SOUNDS = 1L << 30;

  private static final Map<String, Trainable> PARTS = parts();

  private TrainableParts() {}

  /**
   * A part that is ready to be trained.
   *
   * @param task trains it
   * @param base the model whose other parts the result has, or null where the part stands alone
   * @param part which part of that model it is, or null
   */
  record Opened(TrainingTask task, @Nullable ModelDirectory base, @Nullable Part part) {}

  /** Opens what settings name. */
  @FunctionalInterface
  private interface Opener {
    Opened open(Settings settings, Device device, Path run);
  }

  /**
   * How a part is opened.
   *
   * @param check reads its settings, all of them, without opening what they name
   */
  private record Trainable(Consumer<Settings> check, Opener opener) {}

  private static Map<String, Trainable> parts() {
    Map<String, Trainable> parts = new LinkedHashMap<>();
    parts.put(
        "lm",
        new Trainable(
            LanguageTraining::of,
            (settings, device, run) -> {
              LanguageTraining training = LanguageTraining.of(settings);
              return new Opened(
                  training.task(device, run), training.base(), training.isWhole() ? Part.LM : null);
            }));
    parts.put("aligner", alone(AlignerTask::check, AlignerTask::of));
    parts.put("hubert", alone(HubertTask::check, HubertTask::of));
    parts.put("quantizer", alone(QuantizerTask::check, QuantizerTask::of));
    parts.put(
        "pitch",
        new Trainable(
            settings -> {
              PitchTask.check(settings);
              Recordings.of(settings.below("data"));
              settings.text("model", "");
            },
            TrainableParts::pitch));
    parts.put(
        "style",
        new Trainable(
            settings -> {
              StyleTask.check(settings);
              Recordings.of(settings.below("data"));
            },
            TrainableParts::style));
    parts.put(
        "vocoder",
        new Trainable(
            settings -> {
              VocoderTask.check(settings);
              Recordings.of(settings.below("data")).required();
              settings.text("model", "");
            },
            TrainableParts::vocoder));
    return parts;
  }

  /** Opens a task that stands alone. */
  @FunctionalInterface
  private interface TaskOpener {
    TrainingTask open(Settings settings, Device device);
  }

  private static Trainable alone(Consumer<Settings> check, TaskOpener opener) {
    return new Trainable(
        check, (settings, device, run) -> new Opened(opener.open(settings, device), null, null));
  }

  /** The names, for messages. */
  static String names() {
    return String.join(", ", PARTS.keySet());
  }

  /**
   * Reads the settings of a part without opening what they name.
   *
   * @throws InputException if there is none of this name, or a setting is wrong
   */
  static void check(String name, Settings settings) {
    part(name).check().accept(settings);
  }

  /**
   * Opens a part.
   *
   * @throws InputException if there is none of this name, or its settings cannot be used
   */
  static Opened open(String name, Settings settings, Device device, Path run) {
    return part(name).opener().open(settings, device, run);
  }

  private static Trainable part(String name) {
    Trainable part = PARTS.get(name);
    if (part == null) {
      throw new InputException(
          "'" + name + "' cannot be trained; expected " + names() + ", " + ClusterTraining.NAME);
    }
    return part;
  }

  private static Opened pitch(Settings settings, Device device, Path run) {
    ModelDirectory base = base(settings);
    PitchExtractor extractor = extractor(base, device);
    Recordings recordings = Recordings.of(settings.below("data"));
    return new Opened(
        PitchTask.of(
            settings, device, recordings.learnt(device), recordings.heldOut(), extractor, base),
        base,
        Part.PITCH);
  }

  private static PitchExtractor extractor(@Nullable ModelDirectory base, Device device) {
    return new FcpePitchExtractor(
        base == null ? TrainedParts.releasedPitchNetwork(device) : base.pitchNetwork(device));
  }

  private static Opened style(Settings settings, Device device, Path run) {
    Recordings recordings = Recordings.of(settings.below("data"));
    return new Opened(
        StyleTask.of(settings, device, recordings.learnt(device), recordings.heldOut()),
        null,
        null);
  }

  private static Opened vocoder(Settings settings, Device device, Path run) {
    ModelDirectory base = base(settings);
    Recordings recordings = Recordings.of(settings.below("data")).required();
    return new Opened(
        VocoderTask.of(
            settings,
            device,
            recordings.learnt(device),
            recordings.heldOut(),
            run,
            () -> extractor(base, device)),
        base,
        Part.VOCODER);
  }

  private static @Nullable ModelDirectory base(Settings settings) {
    String model = settings.text("model", "");
    return model.isEmpty() ? null : ModelDirectory.open(Path.of(model), null);
  }

  /**
   * Recordings, with or without their units.
   *
   * @param manifest of the recordings
   * @param prepared what the command prepare made of them, or null
   * @param splits what is learnt from, and what is held out
   * @param balance of the speakers that are learnt from
   */
  private record Recordings(
      Path manifest, @Nullable Path prepared, SplitChoice splits, SpeakerBalance balance) {
    static Recordings of(Settings data) {
      String manifest = data.text("manifest", "");
      if (manifest.isEmpty()) {
        throw missing("manifest", "the manifest of the recordings");
      }
      String prepared = data.text("prepared", "");
      return new Recordings(
          Path.of(manifest),
          prepared.isEmpty() ? null : Path.of(prepared).resolve("units"),
          SplitChoice.of(data),
          SpeakerBalance.of(data));
    }

    Recordings required() {
      if (prepared == null) {
        throw missing("prepared", "what the command prepare made of the recordings");
      }
      return this;
    }

    private static InputException missing(String key, String what) {
      return new InputException("the setting 'data." + key + "' is missing: " + what);
    }

    VoiceItems learnt(Device device) {
      ManifestVoices voices = read(splits::isLearnt);
      voices.readAhead(device);
      List<Integer> all = IntStream.range(0, voices.count()).boxed().toList();
      return VoiceItems.of(voices, balance.of(all, index -> voices.item(index).speaker()));
    }

    ManifestVoices heldOut() {
      return read(splits::isHeldOut);
    }

    private ManifestVoices read(Predicate<String> wanted) {
      return prepared == null
          ? ManifestVoices.withoutUnits(manifest, wanted, SOUNDS)
          : ManifestVoices.read(manifest, prepared, wanted, SOUNDS);
    }
  }
}
