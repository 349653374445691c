package org.spiritlm.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.interleaving.Interleaver;
import org.spiritlm.interleaving.Interleaving;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.interleaving.Span;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.pitch.PitchContour;

/** A page shows all that is known of an utterance, and nothing in it can run. */
class UtterancePageTest {
  private static final Pattern TAG = Pattern.compile("<([a-zA-Z!][^\\s>]*)([^>]*)>");
  private static final Pattern SOUND = Pattern.compile("data:audio/wav;base64,([^\"]+)\"");

  private static PreparedUtterance prepared(String word, int words) {
    List<WordFrames> frames = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      frames.add(new WordFrames(word, i * 5, i * 5 + 5));
    }
    int units = words * 5;
    return new PreparedUtterance(
        word,
        word,
        word,
        word,
        units / 25.0,
        new SpeechUnits(
            IntStream.range(0, units).map(i -> i / 2).toArray(),
            new int[units / 2],
            new int[units / 25]),
        frames,
        word,
        null,
        word,
        word);
  }

  private static UtterancePage page(String word) {
    PreparedUtterance prepared = prepared(word, 50);
    float[] samples = new float[160_000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (i % 2_000 - 1_000) / 4_096f;
    }
    Utterance utterance =
        new Utterance(
            word,
            AudioLocation.of("x" + word),
            null,
            null,
            word,
            List.of(new AlignedWord(word, 0.5, 1)),
            word,
            word,
            word);
    float[] hertz = new float[PitchContour.frames(samples.length)];
    boolean[] voiced = new boolean[hertz.length];
    Arrays.fill(hertz, 200);
    Arrays.fill(voiced, 10, 500, true);
    PitchContour pitch = new PitchContour(hertz, voiced);
    return new UtterancePage(utterance, samples, prepared, pitch, TokenLayout.SPIRIT_LM, 3);
  }

  @Property(tries = 20)
  void noTextBecomesATagOrAnAttribute(@ForAll String word) {
    String text = word.isBlank() ? "x" : word;
    Set<String> expected = tags(page("x").html());
    assertThat(tags(page(text).html())).isEqualTo(expected);
  }

  @Test
  void scriptsStayTexts() {
    for (String evil :
        List.of(
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onload='alert(1)",
            "]]></svg><svg onload=alert(1)>",
            "</title><script>x</script>",
            "%s%n\u0000\ud800&lt;")) {
      String html = page(evil).html();
      assertThat(tags(html)).isEqualTo(tags(page("x").html()));
      assertThat(html).doesNotContain("<script", "<img", evil);
      assertThat(html).contains("default-src 'none'");
    }
  }

  /** The kinds of tags; how many there are is drawn by the id. */
  private static Set<String> tags(String html) {
    Set<String> tags = new TreeSet<>();
    Matcher matcher = TAG.matcher(html);
    while (matcher.find()) {
      tags.add(matcher.group(1) + matcher.group(2).replaceAll("\"[^\"]*\"", "\"\""));
    }
    return tags;
  }

  @Test
  void playersPlayTheWholeAndEachSpanOfSpeech() {
    UtterancePage page = page("word");
    List<Integer> expected = new ArrayList<>(List.of(160_000));
    for (int epoch = 0; epoch < 3; epoch++) {
      Interleaving drawn =
          Interleaver.PAPER.draw(java.util.Objects.requireNonNull(page.prepared()), 3, epoch);
      for (Span span : drawn.spans()) {
        if (span.modality() == Modality.SPEECH) {
          expected.add((span.endUnit() - span.firstUnit()) * Audio.SPEECH_RATE / 25);
        }
      }
    }
    List<Integer> found = new ArrayList<>();
    Matcher matcher = SOUND.matcher(page.html());
    while (matcher.find()) {
      byte[] wav = Base64.getDecoder().decode(matcher.group(1));
      try (AudioReader reader =
          AudioReader.open(new ByteArrayInputStream(wav), "player", AudioReader.Options.speech())) {
        found.add(reader.readAll().samples().length);
      }
    }
    assertThat(found).isEqualTo(expected).hasSizeGreaterThan(3);
  }

  @Test
  void whatIsKnownIsShown() {
    String html = page("word").html();
    assertThat(html)
        .contains("class=\"wave\"", "class=\"pitch\"", ">F0<", ">Hu<", ">Pi<", ">St<")
        .contains("<title>Hu 7 × 2, 0.56 s to 0.64 s</title>")
        .contains("<title>word, 0.50 s to 1.00 s</title>")
        .contains("<b>[Text]</b>", "<b>[Speech]</b>", "[Hu0][Hu1]", "seed 3, epoch 2");
    UtterancePage units =
        new UtterancePage(null, null, prepared("w", 3), null, TokenLayout.SPIRIT_LM, 0);
    assertThat(units.html()).contains(">Hu<").doesNotContain("<audio", "class=\"wave\" d");
    Utterance bare = Utterance.of("b", AudioLocation.of("b.wav"), null);
    String sound =
        new UtterancePage(bare, new float[16_000], null, null, TokenLayout.SPIRIT_LM, 0).html();
    assertThat(sound).contains("<audio").doesNotContain(">Hu<", "As drawn");
  }
}
