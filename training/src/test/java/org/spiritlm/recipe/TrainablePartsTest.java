package org.spiritlm.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.Device;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TrainingTask;

/** Parts find what their settings name. */
final class TrainablePartsTest {
  @TempDir private Path directory;

  /** A recording of each style in a split of its own, and one in none. */
  private Path manifest() throws IOException {
    Path manifest = directory.resolve("styles.jsonl");
    Path sound = directory.resolve("sound.wav");
    AudioWriter.write(sound, new Audio(new float[Audio.SPEECH_RATE], Audio.SPEECH_RATE));
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      Map.of("calm", "train", "glad", "extra", "sad", "test", "angry", "dev", "bored", "")
          .forEach(
              (style, split) ->
                  writer.write(
                      new Utterance(
                          style,
                          AudioLocation.of("sound.wav"),
                          null,
                          null,
                          null,
                          List.of(),
                          null,
                          style,
                          split.isEmpty() ? null : split)));
    }
    return manifest;
  }

  @Test
  void severalSplitsAreLearntFrom() throws IOException {
    Settings settings = Settings.none();
    for (String one :
        List.of(
            "data.manifest=" + manifest(),
            "data.train=train, extra",
            "encoder.channels=8",
            "encoder.width=16",
            "encoder.layers=1",
            "encoder.heads=2",
            "encoder.feed_forward=16",
            "encoder.position_kernel=8",
            "encoder.position_groups=4")) {
      settings = settings.with(one);
    }
    try (TrainingTask task =
        TrainableParts.open("style", settings, Device.CPU, directory.resolve("run")).task()) {
      assertThat(task.state().path("recordings").asInt()).isEqualTo(3); // calm, glad, bored
    }
  }
}
