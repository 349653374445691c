package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.report.ResultJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm encode}: speech to tokens. */
@Command(
    name = "encode",
    description = {
      "Turn speech into tokens, as a token string or, with --json, with all units.",
      "",
      "Of several files a bad one is told and passed over, and the exit code is 2 in the end."
    },
    customSynopsis = "spiritlm encode FILE... [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm encode examples/speech.flac",
      "  spiritlm encode examples/speech.flac --json > speech.json",
      "  spiritlm encode call.mp3 --channel 1",
    })
final class EncodeCommand implements Runnable {
  private final Console console;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Audio of any format, rate and length.")
  List<Path> files = List.of();

  @Option(
      names = "--channel",
      paramLabel = "N",
      description = "Take this channel alone, 1 being the left (default: the mean of both).")
  @Nullable Integer channel;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  EncodeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    AudioReader.Options options = Recording.options(channel);
    SpiritLm opened = model.open().model();
    EachFile.run(files, common, console, file -> encode(file, options, opened));
  }

  private void encode(Path file, AudioReader.Options options, SpiritLm opened) {
    Recording recording = Recording.read(file, options, opened);
    SpeechTokens tokens = opened.tokens(recording.units());
    if (common.json) {
      console.json(describe(recording, opened));
    } else if (!tokens.tokens().isEmpty()) {
      EachFile.print(files, file, tokens.toString(), console);
    }
    if (tokens.tokens().isEmpty()) {
      throw recording.tooShort();
    }
  }

  private static ObjectNode describe(Recording recording, SpiritLm opened) {
    ObjectNode object = Json.object();
    object.put("audio", recording.file().toString());
    object.put("seconds", recording.seconds());
    ResultJson.units(recording.units(), opened, object);
    return object;
  }
}
