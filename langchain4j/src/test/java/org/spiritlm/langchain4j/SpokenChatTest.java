package org.spiritlm.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.Preset;

final class SpokenChatTest {
  @Test
  void theExampleRuns(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("toy");
    FreshModel.of(Preset.TOY).write(model, line -> {});
    SpokenChat.main(model.toString(), Toy.RECORDING.toString(), folder.toString());
    for (int turn = 1; turn <= 2; turn++) {
      assertThat(AudioReader.read(folder.resolve("answer-" + turn + ".wav")).seconds())
          .isBetween(0.1, 5.0);
    }
  }
}
