package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.AudioReader;

/** The tour runs from end to end, with a model made on the spot and with one that is given. */
class DemoCommandTest {
  @TempDir private Path directory;

  @Test
  void aNewModelIsMadeAndSaidToBeRandom() {
    Path output = directory.resolve("demo");
    Run run = Run.of("demo", "-o", output.toString(), "--speech", Parity.audio("chirp.wav"));
    assertThat(run.code()).as("%s", run).isZero();
    assertThat(run.err()).contains("random weights");
    assertThat(run.out())
        .contains("[St", "spiritlm generate", "spiritlm transcribe", "spiritlm speak")
        .contains("log-likelihood");
    double heard = AudioReader.read(output.resolve("recording.wav")).seconds();
    assertThat(AudioReader.read(output.resolve("resynthesis.wav")).seconds()).isPositive();
    assertThat(AudioReader.read(output.resolve("continued.wav")).seconds()).isPositive();
    assertThat(heard).isEqualTo(AudioReader.read(Path.of(Parity.audio("chirp.wav"))).seconds());
  }

  @Test
  void nothingIsReplacedUnasked() throws Exception {
    Path old = Files.writeString(directory.resolve("continued.wav"), "mine");
    Run refused = Run.of("demo", "-o", directory.toString());
    assertThat(refused.code()).isEqualTo(App.MISTAKE);
    assertThat(refused.err()).contains("continued.wav", "--force");
    assertThat(old).hasContent("mine");
  }

  @Test
  void aGivenModelIsUsed() {
    Run run =
        Parity.run(
            "base",
            "demo",
            "-o",
            directory.resolve("demo").toString(),
            "--speech",
            Parity.audio("chirp.wav"),
            "--json");
    assertThat(run.code()).as("%s", run).isZero();
    assertThat(run.objects()).isNotEmpty();
    assertThat(directory.resolve("demo/toy")).doesNotExist();
  }
}
