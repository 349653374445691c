package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/** Word times from the files that aligners write. */
class AlignmentsTest {
  private static final List<AlignedWord> WORDS =
      List.of(
          new AlignedWord("the", 0.3, 0.45),
          new AlignedWord("\"cat\"", 0.45, 0.9),
          new AlignedWord("é", 1.0, 1.25));

  private static final String LONG =
      """
      File type = "ooTextFile"
      Object class = "TextGrid"

      xmin = 0
      xmax = 1.5
      tiers? <exists>
      size = 3
      item []:
          item [1]:
              class = "IntervalTier"
              name = "phones"
              xmin = 0
              xmax = 1.5
              intervals: size = 1
              intervals [1]:
                  xmin = 0
                  xmax = 1.5
                  text = "AH0"
          item [2]:
              class = "TextTier"
              name = "points"
              xmin = 0
              xmax = 1.5
              points: size = 1
              points [1]:
                  number = 0.7
                  mark = "click"
          item [3]:
              class = "IntervalTier"
              name = "84 - words"
              xmin = 0
              xmax = 1.5
              intervals: size = 5
              intervals [1]:
                  xmin = 0
                  xmax = 0.3
                  text = ""
              intervals [2]:
                  xmin = 0.3
                  xmax = 0.45
                  text = "the"
              intervals [3]:
                  xmin = 0.45
                  xmax = 0.9
                  text = ""\"cat""\"
              intervals [4]:
                  xmin = 0.9
                  xmax = 1.0
                  text = "sil"
              intervals [5]:
                  xmin = 1.0
                  xmax = 1.25
                  text = "é"
      """;

  private static final String SHORT =
      """
      File type = "ooTextFile"
      Object class = "TextGrid"

      0
      1.5
      <exists>
      1
      "IntervalTier"
      "anything"
      0
      1.5
      3 ! a comment with a 5
      0.3
      0.45
      "the"
      0.45 0.9 ""\"cat""\"
      1.0
      1.25
      "é"
      """;

  @TempDir Path directory;
  private SmallFiles files;

  @BeforeEach
  void begin() {
    files = new SmallFiles(directory);
  }

  private static Utterance utterance(String id, String audio) {
    return Utterance.of(id, AudioLocation.parse(audio), null);
  }

  private List<AlignedWord> find(String place, Utterance utterance) {
    try (Alignments alignments = Alignments.open(directory.resolve(place))) {
      return alignments.find(utterance);
    }
  }

  @Test
  void textGridsOfBothFormsAndEncodings() {
    files
        .text("long.TextGrid", LONG)
        .text("short.textgrid", SHORT)
        .bytes("wide.TextGrid", ("\uFEFF" + LONG).getBytes(StandardCharsets.UTF_16BE))
        .bytes("little.TextGrid", ("\uFEFF" + SHORT).getBytes(StandardCharsets.UTF_16LE));
    for (String name : List.of("long", "short", "wide", "little")) {
      assertThat(find("", utterance(name, "x.wav"))).as(name).isEqualTo(WORDS);
    }
    assertThat(find("long.TextGrid", utterance("long", "x.wav"))).isEqualTo(WORDS);
    assertThat(find("long.TextGrid", utterance("other", "x.wav"))).isNull();
  }

  /** The tiers of the long form as Praat's "Save as binary file..." writes them. */
  private static byte[] binary() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeBytes("ooBinaryFile");
    begin(out, "TextGrid");
    out.writeBoolean(true);
    out.writeInt(3);
    begin(out, "IntervalTier", "phones");
    out.writeInt(1);
    interval(out, 0, 1.5, "AH0");
    begin(out, "TextTier", "points");
    out.writeInt(1);
    out.writeDouble(0.7);
    text(out, "click");
    begin(out, "IntervalTier", "84 - words");
    out.writeInt(5);
    interval(out, 0, 0.3, "\uD83D\uDE42"); // beyond UTF-16's first plane
    interval(out, 0.3, 0.45, "the");
    interval(out, 0.45, 0.9, "\"cat\"");
    interval(out, 0.9, 1.0, "sil");
    interval(out, 1.0, 1.25, "é");
    return bytes.toByteArray();
  }

  private static void begin(DataOutputStream out, String kind, String... name) throws IOException {
    out.writeByte(kind.length());
    out.writeBytes(kind);
    for (String each : name) {
      text(out, each);
    }
    out.writeDouble(0);
    out.writeDouble(1.5);
  }

  private static void interval(DataOutputStream out, double from, double to, String text)
      throws IOException {
    out.writeDouble(from);
    out.writeDouble(to);
    text(out, text);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    if (text.chars().allMatch(letter -> letter < 128)) {
      out.writeShort(text.length());
      out.writeBytes(text);
    } else {
      out.writeShort(0xffff);
      out.writeShort(text.codePointCount(0, text.length()));
      out.writeChars(text);
    }
  }

  @Test
  void binaryTextGrids() throws IOException {
    byte[] whole = binary();
    files.bytes("binary.TextGrid", whole);
    List<AlignedWord> words = find("", utterance("binary", "x.wav"));
    assertThat(words.get(0)).isEqualTo(new AlignedWord("\uD83D\uDE42", 0, 0.3));
    assertThat(words.subList(1, words.size())).isEqualTo(WORDS);
    for (int length = 0; length < whole.length; length++) {
      files.bytes("cut.TextGrid", Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> find("", utterance("cut", "x.wav")))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("cut.TextGrid");
    }
    whole[12 + 1 + 8 + 16 + 1] = 0x7f; // the count of tiers
    files.bytes("count.TextGrid", whole);
    assertThatThrownBy(() -> find("", utterance("count", "x.wav")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("count.TextGrid, byte 42: expected a count, found 21");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "text",
        "\"ooTextFile\" \"TextGrid\" 0 1 <exists> 1 \"IntervalTier\" \"words\" 0 1 2 0 1 \"a\"",
        "\"ooTextFile\" \"TextGrid\" 0 1 <exists> 999999999999",
        "\"ooTextFile\" \"TextGrid\" 0 1 <exists> 1 \"TextTier\" \"words\" 0 1 0",
        "\"ooTextFile\" \"TextGrid\" 0 1 <exists> 2 \"IntervalTier\" \"a\" 0 1 0"
            + " \"IntervalTier\" \"b\" 0 1 0",
        "\"ooTextFile\" \"TextGrid\" 0 1 <exists> 1 \"IntervalTier\" \"words",
      })
  void damagedTextGridsAreRefused(String content) {
    files.text("bad.TextGrid", content);
    assertThatThrownBy(() -> find("", utterance("bad", "x.wav")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("bad.TextGrid");
  }

  @Test
  void filesLieWhereTheirCorpusLies() {
    files
        .text("84/121123/84-121123-0000.TextGrid", SHORT)
        .text("p225/p225_001.TextGrid", SHORT)
        .text("deep/er/x.TextGrid", SHORT);
    assertThat(find("", utterance("84-121123-0000", "s.tar#bytes=512+10"))).isEqualTo(WORDS);
    assertThat(find("", utterance("p225_001_mic1", "wav48/p225/p225_001.flac"))).isEqualTo(WORDS);
    assertThat(find("", utterance("deep/er/x", "/c/deep/er/x.wav"))).isEqualTo(WORDS);
    assertThat(find("", utterance("x", "/c/deep/er/x.wav"))).isEqualTo(WORDS);
    assertThat(find("", utterance("y", "/c/deep/er/y.wav"))).isNull();
    assertThat(find("", utterance("a\0b", "y.wav"))).isNull();
  }

  @Test
  void jsonOfSeveralAligners() {
    String words =
        "{\"words\":[{\"K\":\"the\",\"start\":0.3,\"end\":0.45},{\"K\":\"\\\"cat\\\"\",\"start\":"
            + "0.45,\"end\":0.9},{\"K\":\"é\",\"start\":1.0,\"end\":1.25,\"score\":0.9}]}";
    files
        .text("w.json", words.replace("K", "w"))
        .text("word.json", words.replace("K", "word"))
        .text("text.json", words.replace("K", "text"))
        .text("x.json", "{\"language\":\"en\",\"segments\":[" + words.replace("K", "word") + "]}")
        .text(
            "mfa.json",
            "{\"start\":0,\"tiers\":{\"words\":{\"type\":\"interval\",\"entries\":[[0,0.3,\"\"],"
                + "[0.3,0.45,\"the\"],[0.45,0.9,\"\\\"cat\\\"\"],[1.0,1.25,\"é\"]]}}}")
        .text("none.json", "{\"a\":1}")
        .text("untimed.json", "{\"words\":[{\"word\":\"the\"}]}");
    for (String name : List.of("w", "word", "text", "x", "mfa")) {
      assertThat(find("", utterance(name, "a.wav"))).as(name).isEqualTo(WORDS);
    }
    for (String name : List.of("none", "untimed")) {
      assertThatThrownBy(() -> find("", utterance(name, "a.wav")))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(name + ".json");
    }
  }

  @Test
  void oneFileOfAll() {
    files
        .text(
            "all.ctm",
            """
            ;; comment
            u1 1 0.3 0.15 the 0.99
            u1 1 0.45 0.45 "cat"
            u1 1 0.9 0.1 <eps>
            u1 1 1.0 0.25 é

            talk A 0.5 0.5 left
            talk B 0.75 0.5 right
            talk A 2.0 0.5 late
            """)
        .text(
            "all.jsonl",
            """
            {"id":"u0","words":[]}
            {"id":"u1","audio":"a","words":[{"w":"the","start":0.3,"end":0.45}]}
            """)
        .text("mixed.ctm", "a 1 0 1 x\nb 1 0 1 y\na 1 1 1 z\n")
        .text("bad.ctm", "a 1 zero 1 x\n");
    assertThat(find("all.ctm", utterance("u1", "a.wav"))).isEqualTo(WORDS);
    assertThat(find("all.ctm", utterance("u2", "a.wav"))).isNull();
    assertThat(find("all.jsonl", utterance("u1", "a.wav"))).isEqualTo(WORDS.subList(0, 1));
    assertThat(find("all.jsonl", utterance("u0", "a.wav"))).isEmpty();
    Utterance left =
        new Utterance(
            "talk/1",
            AudioLocation.parse("c/talk.wav#channel=1"),
            0.25,
            1.5,
            null,
            List.of(),
            null,
            null,
            null);
    assertThat(find("all.ctm", left)).containsExactly(new AlignedWord("left", 0.5, 1.0));
    assertThatThrownBy(() -> find("mixed.ctm", left))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 3");
    assertThatThrownBy(() -> find("bad.ctm", left))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 1");
    assertThatThrownBy(() -> Alignments.open(directory.resolve("none")))
        .isInstanceOf(InputException.class);
    files.text("x.lab", "");
    assertThatThrownBy(() -> Alignments.open(directory.resolve("x.lab")))
        .isInstanceOf(InputException.class);
  }

  private static List<AlignedWord> aligned(String... words) {
    List<AlignedWord> list = new java.util.ArrayList<>();
    for (String word : words) {
      list.add(new AlignedWord(word, list.size(), list.size() + 1));
    }
    return list;
  }

  @Test
  void wordsTakeTheTranscriptsForm() {
    assertThat(
            TranscriptWords.fit(
                "— \"Well-known,\" she said - twice… Zoë!",
                aligned("well", "known", "SHE", "<unk>", "twice", "zoë")))
        .containsExactly(
            new AlignedWord("— \"Well-known,\"", 0, 2),
            new AlignedWord("she", 2, 3),
            new AlignedWord("said -", 3, 4),
            new AlignedWord("twice…", 4, 5),
            new AlignedWord("Zoë!", 5, 6));
    assertThat(
            TranscriptWords.fit(
                "Well known: a cat.", aligned("-", "wellknown", ":", "ac", "at", ".")))
        .containsExactly(new AlignedWord("Well known:", 0, 3), new AlignedWord("a cat.", 3, 6));
    for (String other : List.of("a dog", "a cat is", "a", "ac a")) {
      assertThatThrownBy(() -> TranscriptWords.fit(other, aligned("a", "cat")))
          .as(other)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("alignment");
    }
  }
}
