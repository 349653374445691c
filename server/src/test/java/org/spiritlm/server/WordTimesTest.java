package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.LoadOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.alignment.ToneSpeech;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.Converter;
import org.spiritlm.json.Json;
import org.spiritlm.torch.DType;

/** Transcripts of a model with an aligner: when their words are said. */
class WordTimesTest {
  private static final Path RECORDING = Served.audio("7143-88743-0029.flac");

  @TempDir private static Path directory;
  private static SpiritLm model;
  private static Served served;

  @BeforeAll
  static void start() {
    Path made = directory.resolve("model");
    Converter.convert(Served.directory(), "base", made, null, ToneSpeech.aligner(), progress -> {});
    model = SpiritLm.load(made, LoadOptions.standard().withDtype(DType.F32));
    served = serving(10); // so many tokens the recording has room for
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static Served serving(int newTokens) {
    return new Served(
        model,
        ServerOptions.standard().withLimits(RequestLimits.standard().withNewTokens(newTokens)));
  }

  private static HttpResponse<byte[]> ask(Served of, String... fields) throws Exception {
    return of.send(of.form("/v1/audio/transcriptions", Files.readAllBytes(RECORDING), fields));
  }

  private static String format(String format) throws Exception {
    HttpResponse<byte[]> response = ask(served, "response_format", format);
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
    return Served.text(response);
  }

  private static JsonNode verbose(String... granularities) throws Exception {
    List<String> fields = new ArrayList<>(List.of("response_format", "verbose_json"));
    for (String each : granularities) {
      fields.addAll(List.of("timestamp_granularities[]", each));
    }
    HttpResponse<byte[]> response = ask(served, fields.toArray(String[]::new));
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
    return Served.json(response);
  }

  private static String words(String text) {
    return String.join(" ", text.strip().split("\\s+", -1));
  }

  @Test
  void wordsAreInOrderWithinTheRecordingAndAllOfTheTranscript() throws Exception {
    JsonNode told = verbose("word", "segment");
    String text = format("text").strip();
    assertThat(told.get("text").asText()).isEqualTo(text).isNotBlank();
    double seconds = AudioReader.read(RECORDING).seconds();
    assertThat(told.get("duration").asDouble()).isCloseTo(seconds, within(0.01));
    List<AlignedWord> expected = model.align(RECORDING, text).words();
    assertThat(told.get("words")).hasSameSizeAs(expected);
    List<String> said = new ArrayList<>();
    double before = 0;
    for (int i = 0; i < expected.size(); i++) {
      JsonNode word = told.get("words").get(i);
      said.add(word.get("word").asText());
      assertThat(word.get("start").asDouble())
          .isEqualTo(expected.get(i).start())
          .isGreaterThanOrEqualTo(before);
      assertThat(word.get("end").asDouble())
          .isEqualTo(expected.get(i).end())
          .isBetween(word.get("start").asDouble(), seconds);
      before = word.get("end").asDouble();
    }
    assertThat(String.join(" ", said)).isEqualTo(words(text));
    List<String> segments = new ArrayList<>();
    List<Integer> ids = new ArrayList<>();
    for (JsonNode segment : told.get("segments")) {
      segments.add(segment.get("text").asText());
      segment.get("tokens").forEach(id -> ids.add(id.asInt()));
      assertThat(segment.get("avg_logprob").asDouble()).isNegative();
    }
    assertThat(model.tokenizer().decode(ids.stream().mapToInt(id -> id).toArray()).strip())
        .isEqualTo(text);
    assertThat(String.join(" ", segments)).isEqualTo(words(text));
    assertThat(told.at("/segments/0/start").asDouble()).isEqualTo(expected.get(0).start());
  }

  @Test
  void whereNothingIsSaidASegmentHasNoTokens() {
    Generation said =
        model.generate(
            List.of(Segment.text("a")), GenerationOptions.text().greedy().withMaxNewTokens(1));
    Generation nothing =
        new Generation(
            said.prompt(),
            said.promptIds(),
            0,
            new int[0],
            said.endReason(),
            List.of(),
            said.timings());
    ObjectNode segment = Json.object();
    TranscriptTokens.of(nothing, model, 0).describe(0, 1, "", segment);
    assertThat(segment.get("tokens")).isEmpty();
    assertThat(segment.get("avg_logprob").asDouble()).isZero();
    assertThat(segment.get("compression_ratio").asDouble()).isZero();
    TranscriptTokens.of(said, model, 0.5).describe(0, 1, said.text(), segment);
    assertThat(segment.at("/tokens/0").asInt()).isEqualTo(said.outputIds()[0]);
    assertThat(segment.get("temperature").asDouble()).isEqualTo(0.5);
  }

  @Test
  void whatIsNotAskedForIsNotTold() throws Exception {
    assertThat(verbose("word").has("segments")).isFalse();
    assertThat(verbose("word").has("words")).isTrue();
    assertThat(verbose("segment").has("words")).isFalse();
    assertThat(verbose().has("words")).isFalse();
    assertThat(verbose().has("segments")).isTrue();
  }

  @Test
  void subtitlesHoldEachWordOnce() throws Exception {
    String text = words(format("text"));
    String[] srt = format("srt").split("\n\n", -1);
    List<String> cues = new ArrayList<>();
    for (int i = 0; i < srt.length; i++) {
      String[] lines = srt[i].strip().split("\n", 3);
      assertThat(lines[0]).isEqualTo(Integer.toString(i + 1));
      assertThat(lines[1]).matches("\\d\\d:\\d\\d:\\d\\d,\\d{3} --> \\d\\d:\\d\\d:\\d\\d,\\d{3}");
      cues.add(lines[2].replace('\n', ' '));
    }
    assertThat(String.join(" ", cues)).isEqualTo(text);
    String[] vtt = format("vtt").split("\n\n", -1);
    assertThat(vtt[0]).isEqualTo("WEBVTT");
    List<String> others =
        Arrays.stream(vtt)
            .skip(1)
            .map(cue -> cue.strip().split("\n", 2)[1].replace('\n', ' '))
            .toList();
    assertThat(String.join(" ", others).replace("&lt;", "<").replace("&gt;", ">"))
        .isEqualTo(text.replace("&", "&amp;"));
  }

  /** More words than the recording has room for: that is said, or nothing is claimed. */
  @Test
  void aTranscriptThatCannotBeAlignedHasNoTimes() throws Exception {
    try (Served talkative = serving(4096)) {
      HttpResponse<byte[]> refused =
          ask(talkative, "response_format", "verbose_json", "timestamp_granularities[]", "word");
      assertThat(refused.statusCode()).isEqualTo(422);
      JsonNode error = Served.json(refused).get("error");
      assertThat(error.get("code").asText()).isEqualTo("not_aligned");
      assertThat(error.get("message").asText()).contains("shorter than its transcript");
      JsonNode whole = Served.json(ask(talkative, "response_format", "verbose_json"));
      assertThat(whole.get("segments")).hasSize(1);
      assertThat(whole.at("/segments/0/end").asDouble())
          .isEqualTo(whole.get("duration").asDouble());
    }
  }

  @Test
  void whatMakesNoSenseIsRefused() throws Exception {
    for (String[] fields :
        new String[][] {
          {"timestamp_granularities[]", "word"},
          {"timestamp_granularities[]", "word", "response_format", "srt"},
          {"timestamp_granularities[]", "letter", "response_format", "verbose_json"}
        }) {
      HttpResponse<byte[]> refused = ask(served, fields);
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(Served.json(refused).at("/error/param").asText()).isEqualTo(fields[0]);
    }
  }
}
