package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.JsonLines;

/** Manifests hold what was written to them, and refuse lines that make no sense. */
final class ManifestTest {
  /** What a manifest gave. */
  private static final class Read implements CorpusListener {
    final List<Utterance> utterances = new ArrayList<>();
    final List<Rejection> rejections = new ArrayList<>();

    @Override
    public void accept(Utterance utterance) {
      utterances.add(utterance);
    }

    @Override
    public void reject(Rejection rejection) {
      rejections.add(rejection);
    }

    static Read of(Path file) {
      Read read = new Read();
      Manifest.read(file, read);
      return read;
    }
  }

  @Provide
  Arbitrary<Utterance> utterances() {
    Arbitrary<String> text = Arbitraries.strings().ofMinLength(1).ofMaxLength(12);
    Arbitrary<Double> time = Arbitraries.doubles().between(0, 1e5);
    Arbitrary<AlignedWord> word =
        Combinators.combine(
                text, time, time, Arbitraries.doubles().between(-100, 0).injectNull(0.5))
            .as(AlignedWord::new);
    return Combinators.combine(
            text,
            text.filter(name -> !name.isBlank()).map(AudioLocation::of),
            time.injectNull(0.3),
            time.injectNull(0.3),
            text.injectNull(0.3),
            word.list().ofMaxSize(4),
            text.injectNull(0.3),
            text.injectNull(0.3))
        .as(
            (id, audio, start, end, transcript, words, speaker, style) ->
                new Utterance(id, audio, start, end, transcript, words, speaker, style, "train"));
  }

  @Property
  void readsWhatItWrote(@ForAll("utterances") Utterance utterance) {
    String line = Manifest.line(utterance);
    assertThat(line).doesNotContain("\n");
    try (JsonLines lines =
        JsonLines.of("test", new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)))) {
      assertThat(Manifest.parse(lines.iterator().next())).isEqualTo(utterance);
    }
  }

  @Property
  void locationsReadWhatTheyShow(
      @ForAll("names") String name, @ForAll("stretches") AudioLocation.Bytes bytes) {
    AudioLocation location = new AudioLocation(name, bytes);
    assertThat(AudioLocation.parse(location.toString())).isEqualTo(location);
    assertThat(AudioLocation.parse(name)).isEqualTo(AudioLocation.of(name));
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.of("a.flac", "dir/b c.tar", "hdfs://host:8020/x#y.tar", "ü.wav");
  }

  @Provide
  Arbitrary<AudioLocation.Bytes> stretches() {
    return Combinators.combine(
            Arbitraries.longs().between(0, 1L << 50), Arbitraries.longs().between(0, 1L << 50))
        .as(AudioLocation.Bytes::new);
  }

  @Test
  void rejectsWhatMakesNoSense(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("manifest.jsonl");
    Files.writeString(
        file,
        """
        {"id":"good","audio":"a.wav","text":"one two","words":[{"w":"one","start":0,"end":1},{"w":"two","start":1,"end":1.5}]}

        {"id":"good","audio":"b.wav"}
        not json
        {"id":"no-audio"}
        {"id":"unknown","audio":"a.wav","speed":2}
        {"id":"empty","audio":"a.wav","text":"  "}
        {"id":"backwards","audio":"a.wav","words":[{"w":"one","start":2,"end":1}]}
        {"id":"overlap","audio":"a.wav","words":[{"w":"one","start":0,"end":1},{"w":"two","start":0.5,"end":2}]}
        {"id":"outside","audio":"a.wav","start":1,"end":2,"words":[{"w":"one","start":0.5,"end":1.5}]}
        {"id":"no-stretch","audio":"a.wav","start":2,"end":1}
        {"id":5,"audio":"a.wav"}
        {"id":"last","audio":"c.wav"}
        """);
    Read read = Read.of(file);
    assertThat(read.utterances).extracting(Utterance::id).containsExactly("good", "last");
    assertThat(read.rejections)
        .extracting(Rejection::id)
        .containsExactly(
            "good",
            "line 4",
            "line 5",
            "line 6",
            "empty",
            "backwards",
            "overlap",
            "outside",
            "no-stretch",
            "line 12");
    assertThat(read.rejections.get(0).reason()).contains("'good' was there before");
    assertThat(read.rejections.get(1).reason()).contains("line 4", "not a JSON object");
    assertThat(read.rejections.get(2).reason()).contains("line 5", "\"audio\"");
    assertThat(read.rejections.get(3).reason()).contains("unknown key \"speed\"");
    assertThat(read.rejections.get(6).reason()).contains("'two'", "starts before");
  }

  @Test
  void wordsMustSpellTheTranscript(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("manifest.jsonl");
    Files.writeString(
        file,
        """
        {"id":"case","audio":"a.wav","text":"The CAT, said 'I'.","words":[{"w":"the","start":0,"end":1},{"w":"cat","start":1,"end":2},{"w":"said","start":2,"end":3},{"w":"i","start":3,"end":4}]}
        {"id":"cut","audio":"a.wav","text":"— well-known donʼt Straße","words":[{"w":"well","start":0,"end":1},{"w":"known","start":1,"end":2},{"w":"don't","start":2,"end":3},{"w":"STRASSE","start":3,"end":4}]}
        {"id":"joined","audio":"a.wav","text":"yes — no — 25","words":[{"w":"yes —","start":0,"end":1},{"w":"no","start":1,"end":2},{"w":"—","start":2,"end":2},{"w":"25","start":2,"end":3}]}
        {"id":"no text","audio":"a.wav","words":[{"w":"yes","start":0,"end":1}]}
        {"id":"other","audio":"a.wav","text":"the cat sat","words":[{"w":"the","start":0,"end":1},{"w":"dog","start":1,"end":2},{"w":"sat","start":2,"end":3}]}
        {"id":"fewer","audio":"a.wav","text":"the cat sat.","words":[{"w":"the","start":0,"end":1},{"w":"cat","start":1,"end":2}]}
        {"id":"more","audio":"a.wav","text":"the cat","words":[{"w":"the","start":0,"end":1},{"w":"cat","start":1,"end":2},{"w":"sat","start":2,"end":3}]}
        """);
    Read read = Read.of(file);
    assertThat(read.utterances)
        .extracting(Utterance::id)
        .containsExactly("case", "cut", "joined", "no text");
    assertThat(read.rejections)
        .extracting(rejection -> rejection.id() + ": " + rejection.reason())
        .containsExactly(
            "other: the words do not spell the transcript: 'dog' stands where it has 'cat'",
            "fewer: the words do not spell the transcript: they end before 'sat.'",
            "more: the words do not spell the transcript: 'sat' stands where it has nothing more");
  }

  @Test
  void aLineInAnotherEncodingIsRejectedAlone(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("manifest.jsonl");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("{\"id\":\"a\",\"audio\":\"a.wav\"}\r\n".getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes("{\"id\":\"b\",\"audio\":\"ü.wav\"}\n".getBytes(StandardCharsets.ISO_8859_1));
    bytes.writeBytes("{\"id\":\"c\",\"audio\":\"c.wav\"}".getBytes(StandardCharsets.UTF_8));
    Files.write(file, bytes.toByteArray());
    Read read = Read.of(file);
    assertThat(read.utterances).extracting(Utterance::id).containsExactly("a", "c");
    assertThat(read.rejections).hasSize(1);
    assertThat(read.rejections.get(0).reason()).contains("line 2: not a text in UTF-8");
  }
}
