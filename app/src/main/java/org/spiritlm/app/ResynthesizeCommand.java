package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.vocoder.VoiceOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm resynthesize}: speech to units and back. */
@Command(
    name = "resynthesize",
    description = {
      "Turn speech into units and speak them: what a model hears of it. Memory stays bounded."
    },
    customSynopsis = "spiritlm resynthesize IN -o OUT [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm resynthesize examples/speech.flac -o again.wav",
      "  spiritlm resynthesize examples/speech.flac -o again.wav --speaker 2 --force",
    })
final class ResynthesizeCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "IN", description = "Audio of any format, rate and length.")
  Path input = Path.of("");

  @Mixin WavFile output = new WavFile();

  @Option(
      names = "--channel",
      paramLabel = "N",
      description = "Take this channel alone, 1 being the left (default: the mean of both).")
  @Nullable Integer channel;

  @Mixin VoiceOption voice = new VoiceOption();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  ResynthesizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    AudioReader.Options options = Recording.options(channel);
    output.claim(common);
    SpiritLm opened = model.open().model();
    Recording recording = Recording.read(input, options, opened);
    if (recording.units().hubert().length == 0) {
      throw recording.tooShort();
    }
    VoiceOptions chosen = voice.voice();
    output.write(listener -> opened.decode(recording.units(), chosen, listener), common, console);
  }
}
