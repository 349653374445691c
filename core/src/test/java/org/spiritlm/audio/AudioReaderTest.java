package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.spiritlm.Golden;

class AudioReaderTest {

  @Test
  void goldenFiles() {
    Golden golden = Golden.load("audio");
    double tolerance = Golden.load("resample").at("tolerance", "max_abs").doubleValue();
    int resampled = 0;
    for (Map.Entry<String, JsonNode> entry : golden.at("entries").properties()) {
      JsonNode node = entry.getValue();
      Path file = Golden.path(node.get("file").asText());
      Audio audio = AudioReader.read(file);
      assertThat(audio.sampleRate()).isEqualTo(16_000);
      if (node.has("mono_16k")) {
        float[] expected = golden.values(node.get("mono_16k")).floats();
        assertThat(audio.samples()).containsExactly(expected, within((float) tolerance));
        resampled++;
      } else {
        assertThat(audio.samples())
            .as(entry.getKey())
            .hasSize(node.get("loaded_shape").get(1).intValue());
      }
    }
    assertThat(resampled).isPositive();
  }

  @Test
  void channelsAreAveragedOrChosen() throws IOException {
    Path file = Golden.path("audio/stereo.wav");
    AudioReader.Options own = AudioReader.Options.speech().withSampleRate(0);
    float[] left = AudioReader.read(file, own.withChannel(1)).samples();
    float[] right = AudioReader.read(file, own.withChannel(2)).samples();
    float[] both = AudioReader.read(file, own).samples();
    assertThat(left).isNotEqualTo(right);
    for (int i = 0; i < both.length; i++) {
      assertThat(both[i]).isEqualTo((left[i] + right[i]) / 2);
    }
    try (var stream = Files.newInputStream(file)) {
      Audio copied = AudioReader.open(stream, "upload", own).readAll();
      assertThat(copied.samples()).isEqualTo(both);
    }
  }

  @Test
  void chunksAreTheWhole() throws IOException {
    Path file = Golden.path("audio/7143-88743-0029.flac");
    AudioReader.Options odd = AudioReader.Options.speech().withSampleRate(22_050);
    float[] whole = AudioReader.read(file, odd).samples();
    int at = 0;
    int chunks = 0;
    try (AudioReader reader = AudioReader.open(file, odd)) {
      for (Audio chunk : reader) {
        assertThat(chunk.sampleRate()).isEqualTo(22_050);
        for (float sample : chunk.samples()) {
          assertThat(sample).isEqualTo(whole[at++]);
        }
        chunks++;
      }
    }
    assertThat(at).isEqualTo(whole.length);
    assertThat(chunks).isGreaterThan(5);
    float[] speech = AudioReader.read(file).samples();
    assertThat(Resampler.resample(speech, 16_000, 22_050)).isEqualTo(whole);
  }
}
