package org.spiritlm.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/** Figures agree with what was put in. */
class CorpusStatisticsTest {
  @TempDir Path directory;

  private static PreparedUtterance prepared(
      String id, double seconds, SpeechUnits units, @Nullable String style) {
    return new PreparedUtterance(
        id,
        "s" + id,
        style,
        "train",
        seconds,
        units,
        List.of(new WordFrames("a", 0, 2)),
        "A cat a",
        new int[] {5, 6, 7},
        "m",
        "c");
  }

  @Test
  void tokensAreCountedAsTheyAreMerged() {
    CorpusStatistics statistics =
        new CorpusStatistics(TokenLayout.SPIRIT_LM, CorpusStatistics.Codebooks.SPIRIT_LM);
    int[] hubert = new int[50];
    Arrays.fill(hubert, 25, 50, 7);
    statistics.add(prepared("1", 2, new SpeechUnits(hubert, new int[25], new int[] {3, 3}), "sad"));
    statistics.add(
        prepared("2", 2, new SpeechUnits(hubert, new int[25], new int[] {3, 4}), "calm"));
    JsonNode json = statistics.json();
    assertThat(json.path("utterances").asInt()).isEqualTo(2);
    assertThat(json.path("hours").asDouble()).isCloseTo(4 / 3600.0, within(1e-4));
    assertThat(json.path("words").asInt()).isEqualTo(6);
    assertThat(json.path("distinct_words").asInt()).isEqualTo(2);
    assertThat(json.path("aligned").asInt()).isEqualTo(2);
    assertThat(json.path("speakers").path("count").asInt()).isEqualTo(2);
    assertThat(json.path("styles").path("largest").get(0).path("utterances").asInt()).isEqualTo(1);
    JsonNode tokens = json.path("tokens");
    assertThat(tokens.path("hubert").path("units").asInt()).isEqualTo(100);
    assertThat(tokens.path("hubert").path("tokens").asInt()).isEqualTo(4);
    assertThat(tokens.path("hubert").path("merged_share").asDouble()).isEqualTo(0.96);
    assertThat(tokens.path("hubert").path("used").asInt()).isEqualTo(2);
    assertThat(tokens.path("hubert").path("entropy_bits").asDouble()).isEqualTo(1);
    assertThat(tokens.path("pitch").path("tokens").asInt()).isEqualTo(2);
    assertThat(tokens.path("style").path("tokens").asInt()).isEqualTo(4);
    assertThat(tokens.path("text").asInt()).isEqualTo(6);
    assertThat(json.path("speech_tokens").asInt()).isEqualTo(10);
    assertThat(json.path("tokens_per_second").asDouble()).isEqualTo(2.5);
    // 25 log2 501 + 12.5 log2 64 + log2 100, as in the paper
    assertThat(json.path("bits_per_second").asDouble()).isCloseTo(307, within(2.0));
    assertThat(json.path("paper_bits_per_second").asInt()).isEqualTo(307);
    assertThat(json.has("clipped")).isFalse();
  }

  @Test
  void phoneticUnitsAloneAreThePapersBase() {
    CorpusStatistics statistics =
        new CorpusStatistics(TokenLayout.SPIRIT_LM, CorpusStatistics.Codebooks.SPIRIT_LM);
    statistics.add(prepared("1", 4, new SpeechUnits(new int[100], null, null), null));
    statistics.add(prepared("2", 0.05, new SpeechUnits(new int[] {-1, 1 << 30}, null, null), null));
    JsonNode json = statistics.json();
    assertThat(json.path("paper_bits_per_second").asInt()).isEqualTo(225);
    assertThat(json.path("bits_per_second").asDouble()).isCloseTo(225, within(3.0));
    assertThat(json.path("too_short").path("first").get(0).asText()).isEqualTo("2");
    assertThat(json.path("tokens").path("hubert").path("outside_any_codebook").asBoolean())
        .isTrue();
    assertThat(json.path("tokens").path("hubert").path("codebook").asInt()).isEqualTo(501);
  }

  private void write(String name, double seconds, float amplitude) throws IOException {
    float[] samples = new float[(int) (seconds * Audio.SPEECH_RATE)];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) Math.max(-1, Math.min(1, amplitude * Math.sin(i * 0.05)));
    }
    AudioWriter.write(directory.resolve(name), new Audio(samples, Audio.SPEECH_RATE));
  }

  @Test
  void recordingsAreMeasuredAndLoudOnesTold() throws IOException {
    write("good.wav", 1.5, 0.9f);
    write("loud.wav", 1, 3);
    write("short.wav", 0.05, 0.5f);
    CorpusStatistics statistics =
        new CorpusStatistics(TokenLayout.SPIRIT_LM, CorpusStatistics.Codebooks.SPIRIT_LM);
    for (String name : List.of("good", "loud", "short", "missing")) {
      statistics.addRecording(
          Utterance.of(name, AudioLocation.of(name + ".wav"), "one two"), directory);
    }
    JsonNode json = statistics.json();
    assertThat(json.path("utterances").asInt()).isEqualTo(3);
    assertThat(json.path("mean_seconds").asDouble()).isEqualTo(0.85);
    assertThat(json.path("clipped").path("first").toString()).isEqualTo("[\"loud\"]");
    assertThat(json.path("too_short").path("first").toString()).isEqualTo("[\"short\"]");
    assertThat(json.path("unusable").path("first").toString()).isEqualTo("[\"missing\"]");
    assertThat(json.has("tokens")).isFalse();
    assertThat(statistics.charts()).extracting(BarChart::name).containsExactly("seconds", "words");
    assertThat(statistics.charts().get(0).counts()).containsExactly(1, 0, 1, 1);
  }

  @Test
  void ofTwoChannelsAtAnotherRateOneThatIsClippedIsTold() throws IOException {
    int rate = 44_100;
    ByteBuffer wav = ByteBuffer.allocate(44 + 2 * 4 * rate).order(ByteOrder.LITTLE_ENDIAN);
    wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(wav.capacity() - 8);
    wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
    wav.putShort((short) 1).putShort((short) 2).putInt(rate).putInt(4 * rate);
    wav.putShort((short) 4).putShort((short) 16);
    wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(2 * 4 * rate);
    for (int i = 0; i < 2 * rate; i++) {
      double left = 1.01 * Math.sin(i * 0.06); // cut off for four samples at each peak
      wav.putShort((short) Math.round(32767 * Math.min(1, left)));
      wav.putShort((short) Math.round(8000 * Math.sin(i * 0.05)));
    }
    Files.write(directory.resolve("stereo.wav"), wav.array());
    CorpusStatistics statistics =
        new CorpusStatistics(TokenLayout.SPIRIT_LM, CorpusStatistics.Codebooks.SPIRIT_LM);
    for (int channel = 0; channel <= 2; channel++) {
      AudioLocation audio = AudioLocation.of("stereo.wav").withChannel(channel);
      statistics.addRecording(Utterance.of("channel " + channel, audio, "one"), directory);
    }
    JsonNode json = statistics.json();
    assertThat(json.path("utterances").asInt()).isEqualTo(3);
    assertThat(json.path("clipped").path("first").toString())
        .isEqualTo("[\"channel 0\",\"channel 1\"]");
  }

  @Test
  void ofAStretchNothingElseIsLookedAt() throws IOException {
    float[] samples = new float[5 * Audio.SPEECH_RATE];
    Arrays.fill(samples, 2 * Audio.SPEECH_RATE, 2 * Audio.SPEECH_RATE + 4, 1);
    AudioWriter.write(directory.resolve("click.wav"), new Audio(samples, Audio.SPEECH_RATE));
    CorpusStatistics statistics =
        new CorpusStatistics(TokenLayout.SPIRIT_LM, CorpusStatistics.Codebooks.SPIRIT_LM);
    double[][] stretches = {{0, 2}, {1, 2.1}, {2.001, 4}};
    for (double[] stretch : stretches) {
      statistics.addRecording(
          new Utterance(
              "from " + stretch[0],
              AudioLocation.of("click.wav"),
              stretch[0],
              stretch[1],
              null,
              List.of(),
              null,
              null,
              null),
          directory);
    }
    assertThat(statistics.json().path("clipped").path("first").toString())
        .isEqualTo("[\"from 1.0\"]");
  }

  @Test
  void soundOfPreparedUtterancesIsNotCountedTwice() throws IOException {
    write("loud.wav", 1, 3);
    CorpusStatistics statistics =
        new CorpusStatistics(TokenLayout.SPIRIT_LM, CorpusStatistics.Codebooks.SPIRIT_LM);
    statistics.add(prepared("loud", 1, new SpeechUnits(new int[25], null, null), null));
    for (String name : List.of("loud", "missing")) {
      statistics.addSound(
          Utterance.of(name, AudioLocation.of(name + ".wav"), "one two"), directory);
    }
    JsonNode json = statistics.json();
    assertThat(json.path("utterances").asInt()).isEqualTo(1);
    assertThat(json.path("tokens").path("hubert").path("units").asInt()).isEqualTo(25);
    assertThat(json.path("clipped").path("first").toString()).isEqualTo("[\"loud\"]");
    assertThat(json.path("unusable").path("first").toString()).isEqualTo("[\"missing\"]");
  }

  @Test
  void chartsArePicturesWhoseBarsAreAsHighAsTheirCounts() throws IOException {
    Path file = directory.resolve("c.png");
    new BarChart("c", "Title", "x", 1, new long[] {4, 0, 2, 1}).write(file);
    BufferedImage picture = ImageIO.read(file.toFile());
    int[] heights = new int[4];
    int bar = (picture.getWidth() - 100) / 4;
    for (int i = 0; i < 4; i++) {
      for (int y = 0; y < picture.getHeight(); y++) {
        heights[i] += (picture.getRGB(80 + i * bar + bar / 2, y) & 0xffffff) == 0x3b6ea5 ? 1 : 0;
      }
    }
    assertThat(heights[0]).isGreaterThan(200);
    assertThat(heights[1]).isZero();
    assertThat(heights[2]).isCloseTo(heights[0] / 2, within(1));
    assertThat(heights[3]).isCloseTo(heights[0] / 4, within(1));
  }

  @Test
  void whatIsLookedAtIsFound() throws IOException {
    Files.createDirectories(directory.resolve("p/units"));
    assertThat(CorpusSource.of(directory.resolve("p")))
        .isEqualTo(new CorpusSource(directory.resolve("p/units"), true));
    Files.writeString(directory.resolve("m.jsonl"), "");
    assertThat(CorpusSource.of(directory.resolve("m.jsonl")).isPrepared()).isFalse();
    Files.writeString(directory.resolve("m.txt"), "");
    for (String name : List.of("none", "m.txt")) {
      assertThatThrownBy(() -> CorpusSource.of(directory.resolve(name)))
          .isInstanceOf(InputException.class);
    }
  }
}
