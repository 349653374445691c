package org.spiritlm.app;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code spiritlm decode}: tokens to speech. */
@Command(
    name = "decode",
    description = "Speak tokens. Memory stays bounded.",
    customSynopsis = "spiritlm decode TOKENS|FILE.json -o WAV [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm decode '[St21][Pi12][Hu99][Hu49][Pi14][Hu38]' -o speech.wav",
      "  spiritlm decode speech.json -o speech.wav --speaker 2",
      "  spiritlm decode speech.json -o speech.wav --no-duration-prediction --force",
    })
final class DecodeCommand implements Runnable {
  private final Console console;

  @Parameters(
      paramLabel = "TOKENS|FILE.json",
      description =
          "A token string; or a file with what 'encode --json' printed, or with only its lists"
              + " hubert, pitch and style.")
  String speech = "";

  @Mixin WavFile output = new WavFile();
  @Mixin VoiceOption voice = new VoiceOption();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  DecodeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    output.claim(common);
    Path file = file(speech);
    Speaking speaking = file == null ? tokens() : units(file);
    SpiritLm opened = model.open().model();
    output.write(listener -> speaking.speak(opened, listener), common, console);
  }

  /** Speaks by a model; returns the frames of each unit where they were predicted. */
  private interface Speaking {
    int @Nullable [] speak(SpiritLm model, Consumer<Audio> listener);
  }

  private Speaking tokens() {
    SpeechTokens tokens = SpeechTokens.parse(speech);
    return (opened, listener) -> opened.decode(tokens, voice.voice(), listener);
  }

  /** The file that is meant, or null if it is a token string. */
  private static @Nullable Path file(String speech) {
    try {
      Path path = Path.of(speech);
      if (!speech.isEmpty() && Files.exists(path)) {
        return path;
      }
    } catch (InvalidPathException e) {
      return null;
    }
    if (!speech.isBlank() && speech.indexOf('[') < 0) {
      throw new InputException(
          "'" + speech + "' is neither a file nor a token string such as '[Hu12][Hu13]'");
    }
    return null;
  }

  private Speaking units(Path file) {
    JsonLine line = new JsonLine(file.toString(), Json.file(file));
    line.only("audio", "seconds", "hubert", "pitch", "style", "tokens", "ids");
    int[] hubert = line.numbers("hubert");
    if (hubert == null) {
      throw new InputException(file + ": expected a list under \"hubert\", found nothing");
    }
    SpeechUnits units = new SpeechUnits(hubert, line.numbers("pitch"), line.numbers("style"));
    return (opened, listener) -> opened.decode(units, voice.voice(), listener);
  }
}
