package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.lm.Scorer;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;

/** What the command line does, over HTTP; and tokens with their probabilities. */
class OwnProtocolTest {
  private static Served served;
  private static SpiritLm model;

  @BeforeAll
  static void start() {
    served = Served.of("expressive");
    model = Served.model("expressive");
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static JsonNode post(String path, String body) throws Exception {
    HttpResponse<byte[]> response = served.post(path, body.replace('\'', '"'));
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
    return Served.json(response);
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).intValue()).toArray();
  }

  @Test
  void speechBecomesTokensAndSpeechAgain() throws Exception {
    HttpRequest request =
        served
            .request("/api/encode")
            .POST(HttpRequest.BodyPublishers.ofFile(Served.audio("chirp.wav")))
            .build();
    HttpResponse<byte[]> encoded = served.send(request);
    JsonNode units = Served.json(encoded);
    SpeechUnits expected = model.encode(Served.audio("chirp.wav"));
    assertThat(ints(units.get("hubert"))).containsExactly(expected.hubert());
    assertThat(ints(units.get("pitch"))).containsExactly(expected.pitch());
    assertThat(ints(units.get("style"))).containsExactly(expected.style());
    SpeechTokens tokens = model.tokens(expected);
    assertThat(units.get("tokens").asText()).isEqualTo(tokens.toString());
    assertThat(ints(units.get("ids"))).containsExactly(tokens.ids(model.vocabulary()));
    // what encode gives can be decoded as it is
    HttpResponse<byte[]> decoded = served.post("/api/decode", Served.text(encoded));
    assertThat(decoded.headers().firstValue("Content-Type")).hasValue("audio/wav");
    assertSame(decoded.body(), model.decode(expected, VoiceOptions.standard()).audio());
    HttpResponse<byte[]> ofTokens = served.post("/api/decode", "{\"tokens\":\"" + tokens + "\"}");
    assertSame(ofTokens.body(), model.decode(tokens, VoiceOptions.standard()).audio());
  }

  private static void assertSame(byte[] wav, Audio expected) {
    AudioReader.Options options =
        AudioReader.Options.speech().withSampleRate(expected.sampleRate());
    try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(wav), "it", options)) {
      float[] samples = reader.readAll().samples();
      assertThat(samples).hasSameSizeAs(expected.samples());
      for (int i = 0; i < samples.length; i++) {
        assertThat(samples[i]).isCloseTo(expected.samples()[i], within(2e-4f));
      }
    }
  }

  /** What was generated, each for as long as it is spoken; in a stream as well. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'audio'        | one",
        "'audio'        | [Speech][Hu9][Hu4][Hu8]",
        "'text','audio' | one[Speech]",
        "'text','audio' | [Speech][St1][Pi3][Hu198][Hu396]" // spoken together with this
      })
  void answersTellTheirTokens(String modalities, String said) throws Exception {
    String asked =
        "{'modalities':[%s],'messages':[{'role':'user','content':'%s'}],'temperature':0,"
            + "'max_tokens':120,'max_seconds':2,'audio':{'format':'%s'},'stream':%b}";
    JsonNode told =
        post("/v1/chat/completions", asked.formatted(modalities, said, "wav", false))
            .at("/choices/0/message/audio/tokens");
    GenerationOptions options =
        modalities.contains("text") ? GenerationOptions.arbitrary() : GenerationOptions.speech();
    Generation answer =
        model.generate(
            List.of(Segment.text(said)), options.greedy().withMaxSeconds(2).withMaxNewTokens(120));
    assertThat(answer.segments()).hasSize(1);
    SpeechTokens generated = ((Segment.Speech) answer.segments().get(0)).tokens();
    assertThat(told.findValuesAsText("token"))
        .isEqualTo(generated.tokens().stream().map(SpeechTokens.Token::toString).toList());
    SpeechTokens before =
        modalities.contains("text")
            ? new Prompt(answer.prompt()).lastSpeech()
            : new SpeechTokens(List.of());
    SpeechTokens all = before.plus(generated);
    int[] frames = model.durations(all, VoiceOptions.standard());
    double frame =
        model.decode(all, VoiceOptions.standard()).audio().seconds() / Arrays.stream(frames).sum();
    double cut = // as much of both as the prompt has units
        Arrays.stream(frames).sum() * frame * before.hubertCount() / (frames.length + 1);
    double seconds = answer.audio().seconds();
    Map<String, Double> ends = new HashMap<>();
    int unit = before.hubertCount();
    for (JsonNode each : told) {
      String kind = each.get("token").asText().substring(1, 3);
      double start = each.get("start").doubleValue();
      double due = Arrays.stream(frames, 0, unit).sum() * frame - cut;
      assertThat(start).isCloseTo(Math.max(0, Math.min(due, seconds)), within(1e-4));
      Double end = ends.put(kind, each.get("end").doubleValue());
      assertThat(start).isEqualTo(end == null ? start : end);
      unit += kind.equals("Hu") ? 1 : 0;
    }
    assertThat(ends.get("Hu")).isCloseTo(seconds, within(1e-9));
    HttpResponse<byte[]> stream =
        served.post(
            "/v1/chat/completions",
            asked.formatted(modalities, said, "pcm16", true).replace('\'', '"'));
    List<JsonNode> streamed = new ArrayList<>();
    Served.events(stream).forEach(event -> streamed.addAll(event.findValues("tokens")));
    assertThat(streamed).containsExactly(told);
  }

  /** By name, wherever one is asked for. */
  @Test
  void voicesAreChosen() throws Exception {
    JsonNode voices = Served.json(served.get("/v1/models/toy")).get("voices");
    assertThat(voices.toString())
        .isEqualTo("[\"default\",\"spk00\",\"spk01\",\"spk02\",\"spk03\"]");
    SpeechTokens tokens = SpeechTokens.parse("[St1][Pi3][Hu9][Hu4][Hu8]");
    GenerationOptions options = GenerationOptions.speech().greedy().withMaxNewTokens(12);
    List<byte[]> spoken = new ArrayList<>();
    for (String voice : List.of("spk00", "spk02")) {
      VoiceOptions speaker = VoiceOptions.standard().withSpeaker(voice);
      String asked = "{'tokens':'" + tokens + "','voice':'" + voice + "'}";
      spoken.add(served.post("/api/decode", asked.replace('\'', '"')).body());
      assertSame(spoken.get(spoken.size() - 1), model.decode(tokens, speaker).audio());
      JsonNode said =
          post(
                  "/v1/chat/completions",
                  "{'modalities':['audio'],'audio':{'voice':'"
                      + voice
                      + "'},'messages':[{'role':'user','content':'one'}],'temperature':0,"
                      + "'max_tokens':12}")
              .at("/choices/0/message/audio/data");
      assertSame(
          Base64.getDecoder().decode(said.asText()),
          model.generate(List.of(Segment.text("one")), options.withVoice(speaker)).audio());
    }
    assertThat(spoken.get(0)).isNotEqualTo(spoken.get(1));
    String speech = "{'input':'one','seed':3,'response_format':'wav','voice':'%s'}";
    assertThat(served.post("/v1/audio/speech", speech.formatted("spk00").replace('\'', '"')).body())
        .isNotEqualTo(
            served.post("/v1/audio/speech", speech.formatted("spk02").replace('\'', '"')).body());
  }

  @Test
  void speechInEventsIsTheSame() throws Exception {
    String asked = "{\"input\":\"Say this\",\"seed\":3,\"response_format\":\"pcm\"%s}";
    byte[] whole = served.post("/v1/audio/speech", asked.formatted("")).body();
    HttpResponse<byte[]> stream =
        served.post("/v1/audio/speech", asked.formatted(",\"stream_format\":\"sse\""));
    List<JsonNode> events = Served.events(stream);
    ByteArrayOutputStream pieces = new ByteArrayOutputStream();
    for (JsonNode event : events.subList(0, events.size() - 1)) {
      assertThat(event.get("type").asText()).isEqualTo("speech.audio.delta");
      pieces.writeBytes(Base64.getDecoder().decode(event.get("audio").asText()));
    }
    assertThat(pieces.toByteArray()).isNotEmpty().isEqualTo(whole);
    JsonNode done = events.get(events.size() - 1);
    assertThat(done.get("type").asText()).isEqualTo("speech.audio.done");
    assertThat(done.at("/usage/total_tokens").intValue())
        .isEqualTo(
            done.at("/usage/input_tokens").intValue() + done.at("/usage/output_tokens").intValue());
  }

  /** Text (t) and speech (s) of one message, as they stand. */
  @ParameterizedTest
  @ValueSource(strings = {"ts", "st", "tst", "sts", "tts"})
  void partsAreTakenInTheirOrder(String order) throws Exception {
    String recording =
        Base64.getEncoder().encodeToString(Files.readAllBytes(Served.audio("chirp.wav")));
    List<String> parts = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < order.length(); i++) {
      if (order.charAt(i) == 't') {
        parts.add("{'type':'text','text':'one " + i + "'}");
        segments.add(Segment.text("one " + i));
      } else {
        parts.add("{'type':'input_audio','input_audio':{'data':'" + recording + "'}}");
        segments.add(Segment.speech(Served.audio("chirp.wav")));
      }
    }
    JsonNode answer =
        post(
            "/v1/chat/completions",
            "{'messages':[{'role':'user','content':"
                + parts
                + "}],'temperature':0,'max_tokens':8}");
    Generation expected =
        model.generate(segments, GenerationOptions.text().greedy().withMaxNewTokens(8));
    assertThat(answer.at("/choices/0/message/content").asText()).isEqualTo(expected.text());
    assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(expected.promptIds().length);
  }

  @Test
  void continuationsAreScored() throws Exception {
    double[] expected =
        model.score(model.parse("[Text]one"), model.parse(" two three")).logProbabilities();
    JsonNode one = post("/api/score", "{'prompt':'[Text]one','continuation':' two three'}");
    JsonNode many =
        post("/api/score", "{'pairs':[{'prompt':'[Text]one','continuation':' two three'}]}");
    assertThat(many.get("scores").get(0)).isEqualTo(one);
    for (int i = 0; i < expected.length; i++) {
      assertThat(one.get("logprobs").get(i).doubleValue()).isCloseTo(expected[i], within(1e-5));
    }
    assertThat(one.get("sum").doubleValue()).isCloseTo(Arrays.stream(expected).sum(), within(1e-4));
  }

  @Test
  void textAndSpeechAreContinued() throws Exception {
    String recording =
        Base64.getEncoder().encodeToString(Files.readAllBytes(Served.audio("chirp.wav")));
    JsonNode answer =
        post(
                "/api/generate",
                "{'segments':[{'text':'He said'},{'speech':'"
                    + recording
                    + "'}],'to':'any','temperature':0,'max_new_tokens':60}")
            .get("answers")
            .get(0);
    Generation expected =
        model.generate(
            List.of(Segment.text("He said"), Segment.speech(Served.audio("chirp.wav"))),
            GenerationOptions.arbitrary().greedy().withMaxNewTokens(60));
    assertThat(answer.get("prompt").asText()).isEqualTo(expected.prompt());
    assertThat(ints(answer.get("output_ids"))).containsExactly(expected.outputIds());
    assertThat(answer.get("segments")).hasSameSizeAs(expected.segments());
    JsonNode byTokens =
        post(
                "/api/generate",
                "{'prompt':'[Speech][Hu9][Hu4]','to':'speech','temperature':0,'max_new_tokens':20}")
            .get("answers")
            .get(0);
    assertThat(ints(byTokens.get("output_ids")))
        .containsExactly(
            model
                .generate(
                    model.parse("[Speech][Hu9][Hu4]"),
                    GenerationOptions.speech().greedy().withMaxNewTokens(20))
                .outputIds());
  }

  @Test
  void beamsFindTheLikeliestAnswers() throws Exception {
    JsonNode answers =
        post(
                "/api/generate",
                "{'prompt':'[Text]one two','to':'text','beams':3,'num_return':2,"
                    + "'max_new_tokens':8}")
            .get("answers");
    List<Generation> expected =
        model.answers(
            model.parse("[Text]one two"),
            GenerationOptions.text().withBeams(3).withAnswers(2).withMaxNewTokens(8));
    assertThat(answers).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(ints(answers.get(i).get("output_ids")))
          .containsExactly(expected.get(i).outputIds());
    }
  }

  /** All pieces together, and in the end what is said without a stream, but for the audio. */
  @ParameterizedTest
  @ValueSource(strings = {"text", "speech", "any"})
  void aStreamedAnswerIsTheWhole(String to) throws Exception {
    String asked =
        "{'prompt':'[Text]He said[Speech][Pi2][St1][Hu9][Hu4]','to':'"
            + to
            + "','temperature':0,'max_new_tokens':30,'format':'pcm'";
    ObjectNode whole = (ObjectNode) post("/api/generate", asked + "}").get("answers").get(0);
    StringBuilder wholeText = new StringBuilder();
    int wholeSamples = 0;
    for (JsonNode segment : whole.get("segments")) {
      wholeText.append(segment.path("text").asText());
      wholeSamples += Base64.getDecoder().decode(segment.path("audio").asText()).length / 2;
      ((ObjectNode) segment).remove(List.of("audio", "seconds"));
    }
    List<JsonNode> events =
        Served.events(served.post("/api/generate", (asked + ",'stream':true}").replace('\'', '"')));
    StringBuilder text = new StringBuilder();
    int samples = 0;
    for (JsonNode event : events) {
      text.append(event.path("text").asText());
      samples += Base64.getDecoder().decode(event.path("audio").asText()).length / 2;
    }
    assertThat(events.get(events.size() - 1).get("answer")).isEqualTo(whole);
    assertThat(text.toString().strip()).isEqualTo(wholeText.toString().strip());
    assertThat(samples).isCloseTo(wholeSamples, within(4));
    assertThat(samples > 0).isEqualTo(whole.get("segments").toString().contains("tokens"));
  }

  /** As evaluation harnesses ask: tokens in, the probabilities of all of them out. */
  @Test
  void completionsTellProbabilities() throws Exception {
    Generation answer =
        model.generate(
            model.parse("[Text]one two three"),
            GenerationOptions.text().withModalityMask(false).greedy().withMaxNewTokens(4));
    String ids =
        Arrays.stream(answer.promptIds())
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(",", "[", "]"));
    JsonNode choice =
        post(
                "/v1/completions",
                "{'prompt':[" + ids + "],'max_tokens':4,'temperature':0,'echo':true,'logprobs':1}")
            .get("choices")
            .get(0);
    assertThat(choice.get("text").asText()).isEqualTo(answer.prompt() + answer.text());
    int[] all =
        IntStream.concat(Arrays.stream(answer.promptIds()), Arrays.stream(answer.outputIds()))
            .toArray();
    JsonNode told = choice.get("logprobs");
    assertThat(told.get("token_logprobs")).hasSize(all.length);
    assertThat(told.get("token_logprobs").get(0).isNull()).isTrue();
    assertThat(told.get("top_logprobs").get(0).isNull()).isTrue();
    double[] scores =
        model
            .scoreIds(
                List.of(
                    new Scorer.Pair(Arrays.copyOf(all, 1), Arrays.copyOfRange(all, 1, all.length))))
            .get(0)
            .logProbabilities();
    for (int i = 1; i < all.length; i++) {
      double told1 = told.get("token_logprobs").get(i).doubleValue();
      double likeliest = told.get("top_logprobs").get(i).elements().next().doubleValue();
      assertThat(told1).isCloseTo(scores[i - 1], within(1e-4));
      if (i >= answer.promptIds().length) { // greedy, and exactly so
        assertThat(told1).isEqualTo(likeliest);
      }
    }
    // without new tokens it is the same, as far as it goes
    JsonNode none =
        post("/v1/completions", "{'prompt':" + ids + ",'max_tokens':0,'echo':true,'logprobs':1}")
            .get("choices")
            .get(0);
    assertThat(none.get("text").asText()).isEqualTo(answer.prompt());
    for (int i = 1; i < answer.promptIds().length; i++) {
      assertThat(none.get("logprobs").get("token_logprobs").get(i).doubleValue())
          .isCloseTo(scores[i - 1], within(1e-4));
    }
  }

  @Test
  void subtitlesLastAsLongAsTheRecording() throws Exception {
    String text = transcribed("text").strip();
    double seconds = AudioReader.read(Served.audio("chirp.wav")).seconds();
    String end = "00:00:%02d,%03d".formatted((int) seconds, Math.round(seconds % 1 * 1000));
    assertThat(transcribed("srt")).isEqualTo("1\n00:00:00,000 --> " + end + "\n" + text + "\n");
    assertThat(transcribed("vtt"))
        .startsWith("WEBVTT\n\n00:00:00.000 --> " + end.replace(',', '.') + "\n");
  }

  private static String transcribed(String format) throws Exception {
    HttpRequest request =
        served.form(
            "/v1/audio/transcriptions",
            Files.readAllBytes(Served.audio("chirp.wav")),
            "response_format",
            format);
    HttpResponse<byte[]> response = served.send(request);
    assertThat(response.statusCode()).as(Served.text(response)).isEqualTo(200);
    return Served.text(response);
  }
}
