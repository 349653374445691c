package org.spiritlm.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.Interleaver;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.interleaving.SequenceWriter;
import org.spiritlm.interleaving.Span;
import org.spiritlm.interleaving.SpanLengths;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.interleaving.WordTokenizer;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/** What holds for every sampler. */
final class SamplerLawsTest {
  private static final int ALIGNED = 23;
  private static final int SPEECH = 17;
  private static final int TEXT = 31;
  private static Path folder = Path.of("");
  private static ShardSet shards = null;

  @BeforeContainer
  @BeforeAll
  static void write() throws IOException {
    if (shards == null) {
      folder = Files.createTempDirectory("sampler");
      shards = Samples.write(folder.resolve("shards"), ALIGNED, SPEECH, TEXT);
    }
  }

  @AfterContainer
  @AfterAll
  static void delete() throws IOException {
    if (shards != null) {
      shards.close();
      shards = null;
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static SamplerOptions options(int length, long seed) {
    return SamplerOptions.of(shards, length, seed);
  }

  private static List<Sequence> take(Sampler sampler, int count) {
    return IntStream.range(0, count).mapToObj(i -> sampler.next()).toList();
  }

  private static void assertSame(List<Sequence> found, List<Sequence> wanted) {
    assertThat(found)
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(wanted);
  }

  /** The documents of sequences in a row, the last one perhaps cut. */
  private static List<int[]> documents(List<Sequence> sequences) {
    List<int[]> documents = new ArrayList<>();
    for (Sequence sequence : sequences) {
      for (int part = 0; part < sequence.starts().length; part++) {
        int from = sequence.starts()[part];
        int to =
            part + 1 < sequence.starts().length
                ? sequence.starts()[part + 1]
                : sequence.ids().length;
        int[] ids = Arrays.copyOfRange(sequence.ids(), from, to);
        if (part == 0 && sequence.continues()) {
          int[] before = documents.remove(documents.size() - 1);
          int[] joined = Arrays.copyOf(before, before.length + ids.length);
          System.arraycopy(ids, 0, joined, before.length, ids.length);
          ids = joined;
        }
        documents.add(ids);
      }
    }
    return documents;
  }

  @Property(tries = 60)
  void ranksTogetherAreTheSingleStream(
      @ForAll @IntRange(min = 1, max = 300) int length,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 5) int ranks) {
    List<Sequence> single = take(new Sampler(shards, options(length, seed)), 6 * ranks);
    List<List<Sequence>> each =
        IntStream.range(0, ranks)
            .mapToObj(rank -> take(new Sampler(shards, options(length, seed), rank, ranks), 6))
            .toList();
    List<Sequence> together = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      for (List<Sequence> rank : each) {
        together.add(rank.get(i));
      }
    }
    assertSame(together, single);
  }

  @Property(tries = 60)
  void resumedIsUninterrupted(
      @ForAll @IntRange(min = 1, max = 300) int length,
      @ForAll long seed,
      @ForAll @IntRange(max = 25) int before,
      @ForAll @IntRange(min = 1, max = 3) int ranks) {
    Sampler whole = new Sampler(shards, options(length, seed), ranks - 1, ranks);
    take(whole, before);
    SamplerState state = whole.state();
    SamplerState read = SamplerState.read(new JsonLine("state", state.toJson()));
    assertThat(read).isEqualTo(state);
    Sampler resumed = Sampler.resume(shards, options(length, seed), read, ranks - 1, ranks);
    assertSame(take(resumed, 10), take(whole, 10));
    assertThat(resumed.state()).isEqualTo(whole.state());
  }

  @Property(tries = 40)
  void anotherNumberOfRanksGoesOnFromTheSamePlace(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int ranks) {
    Sampler single = new Sampler(shards, options(50, seed));
    take(single, 8 * ranks);
    Sampler first = new Sampler(shards, options(50, seed), 0, ranks);
    take(first, 8);
    assertThat(first.state()).isEqualTo(single.state());
    Sampler last = new Sampler(shards, options(50, seed), ranks - 1, ranks);
    take(last, 8);
    assertThat(last.state()).isEqualTo(single.state());
  }

  @Property(tries = 40)
  void theLengthOfSequencesChangesNoDocument(
      @ForAll @IntRange(min = 1, max = 400) int length, @ForAll long seed) {
    List<int[]> cut = documents(take(new Sampler(shards, options(length, seed)), 30));
    List<int[]> whole = documents(take(new Sampler(shards, options(30 * length + 5000, seed)), 1));
    cut.remove(cut.size() - 1); // its rest would be in the next sequence
    for (int i = 0; i < cut.size(); i++) {
      assertThat(cut.get(i)).isEqualTo(whole.get(i));
    }
  }

  @Property(tries = 60)
  void streamsHaveTheirSharesOfTheTokens(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 9) int text,
      @ForAll @IntRange(min = 1, max = 9) int speech,
      @ForAll @IntRange(min = 1, max = 9) int aligned) {
    SamplerOptions options =
        new SamplerOptions(
            256,
            seed,
            List.of(
                new StreamOptions("a", ShardKind.TEXT, Strategy.TEXT, text),
                new StreamOptions("b", ShardKind.SPEECH, Strategy.SPEECH, speech),
                new StreamOptions("c", ShardKind.ALIGNED, Strategy.INTERLEAVED, aligned)),
            SpanLengths.PAPER,
            true);
    long[] tokens = new long[3];
    for (Sequence sequence : take(new Sampler(shards, options), 100)) {
      for (int part = 0; part < sequence.starts().length; part++) {
        int end =
            part + 1 < sequence.starts().length
                ? sequence.starts()[part + 1]
                : sequence.ids().length;
        tokens[sequence.streams()[part]] += end - sequence.starts()[part];
      }
    }
    double total = text + speech + aligned;
    int longest = 700; // no document of these is longer
    assertThat(Arrays.stream(tokens).sum()).isEqualTo(25600);
    assertThat((double) tokens[0])
        .isBetween(25600 * text / total - longest, 25600 * text / total + longest);
    assertThat((double) tokens[1])
        .isBetween(25600 * speech / total - longest, 25600 * speech / total + longest);
    assertThat((double) tokens[2])
        .isBetween(25600 * aligned / total - longest, 25600 * aligned / total + longest);
  }

  @Test
  void everyEpochHasEveryItemOnceAsTheInterleaverDrawsIt() {
    SequenceWriter writer = new SequenceWriter(shards.tokens());
    WordTokenizer words = new WordTokenizer(Samples.TOKENIZER);
    for (Strategy strategy : Strategy.values()) {
      SamplerOptions options =
          new SamplerOptions(
              100_000,
              4,
              List.of(new StreamOptions("x", ShardKind.ALIGNED, strategy, 1)),
              new SpanLengths(2, 5, 1, 4),
              false);
      List<int[]> documents = documents(take(new Sampler(shards, options), 1));
      Interleaver interleaver = new Interleaver(strategy, options.lengths());
      List<List<Integer>> orders = new ArrayList<>();
      for (int epoch = 0; epoch < 3; epoch++) {
        List<int[]> drawn = new ArrayList<>();
        for (int i = 0; i < ALIGNED; i++) {
          PreparedUtterance utterance = Samples.aligned(i);
          drawn.add(writer.ids(utterance, interleaver.draw(utterance, 4, epoch), words));
        }
        List<int[]> found = documents.subList(epoch * ALIGNED, (epoch + 1) * ALIGNED);
        assertThat(found).containsExactlyInAnyOrderElementsOf(drawn);
        orders.add(found.stream().map(ids -> indexOf(ids, drawn)).toList());
      }
      assertThat(orders).doesNotHaveDuplicates();
    }
  }

  @Test
  void transcriptsWithoutTimesAreInPairsAndTheirSpeechBesideOther() {
    int transcribed = 6;
    int speech = 3;
    try (ShardSet set = Samples.write(folder.resolve("transcribed"), 2, speech, 0, transcribed)) {
      WordTokenizer words = new WordTokenizer(Samples.TOKENIZER);
      List<int[]> wholes = new ArrayList<>();
      List<int[]> pairs = new ArrayList<>();
      for (int i = 0; i < transcribed; i++) {
        SpeechUnits units = Samples.transcribed(i).units();
        String text = Samples.text(i);
        Span spoken = new Span(Modality.SPEECH, 0, 1, 0, units.hubert().length);
        Span written = new Span(Modality.TEXT, 0, 1, 0, units.hubert().length);
        wholes.add(ids(set, units, text, words, spoken));
        pairs.add(ids(set, units, text, words, spoken, written));
        pairs.add(ids(set, units, text, words, written, spoken));
      }
      StreamOptions asked = new StreamOptions("pairs", ShardKind.ALIGNED, Strategy.PAIRS, 1);
      List<int[]> found = drawn(set, asked, 2 + transcribed);
      assertThat(found.stream().filter(ids -> contains(pairs, ids))).hasSize(transcribed);
      StreamOptions alone = new StreamOptions("speech", ShardKind.SPEECH, Strategy.SPEECH, 1);
      assertThat(drawn(set, alone, speech + transcribed).stream().filter(i -> contains(wholes, i)))
          .hasSize(transcribed);
      for (Strategy frames : List.of(Strategy.INTERLEAVED, Strategy.WORDS, Strategy.SPEECH)) {
        StreamOptions options = new StreamOptions("aligned", ShardKind.ALIGNED, frames, 1);
        assertThat(drawn(set, options, 2)).noneMatch(ids -> contains(pairs, ids));
        assertThat(drawn(set, options, 2)).noneMatch(ids -> contains(wholes, ids));
      }
    }
  }

  private static int[] ids(
      ShardSet set, SpeechUnits units, String text, WordTokenizer words, Span... spans) {
    IdBuffer ids = new IdBuffer();
    new SequenceWriter(set.tokens())
        .write(List.of(spans), units, (first, end, out) -> out.add(words.text(text)), ids);
    return ids.toArray();
  }

  /** The documents of one epoch. */
  private static List<int[]> drawn(ShardSet set, StreamOptions stream, int items) {
    SamplerOptions options =
        new SamplerOptions(20_000, 4, List.of(stream), SpanLengths.PAPER, false);
    return documents(take(new Sampler(set, options), 1)).subList(0, items);
  }

  private static boolean contains(List<int[]> all, int[] ids) {
    return all.stream().anyMatch(each -> Arrays.equals(each, ids));
  }

  private static int indexOf(int[] ids, List<int[]> all) {
    return IntStream.range(0, all.size())
        .filter(i -> Arrays.equals(all.get(i), ids))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void documentsBeginWithTheirMarkerAndEndWithTheEnd() {
    int[] textStart = Samples.TOKENIZER.encode("[Text]", true);
    int end = Samples.VOCABULARY.end().orElseThrow();
    List<int[]> documents = documents(take(new Sampler(shards, options(4000, 1)), 3));
    assertThat(documents.get(0)).startsWith(textStart).endsWith(end);
    Set<Integer> second = new HashSet<>();
    for (int[] document : documents.subList(0, documents.size() - 1)) {
      assertThat(document[0]).isEqualTo(Samples.VOCABULARY.start().orElseThrow());
      assertThat(document[document.length - 1]).isEqualTo(end);
      second.add(document[2]);
    }
    assertThat(second)
        .containsExactlyInAnyOrder(
            Samples.VOCABULARY.textMarker(), Samples.VOCABULARY.speechMarker());
  }

  @Test
  void aStateOfOtherDataOrOptionsIsRefused() {
    SamplerState state = new Sampler(shards, options(50, 1)).state();
    assertThatThrownBy(() -> Sampler.resume(shards, options(50, 2), state, 0, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other options");
    assertThatThrownBy(
            () -> new Sampler(shards, new SamplerOptions(5, 1, List.of(), SpanLengths.PAPER, true)))
        .isInstanceOf(InputException.class);
  }

  @Test
  void aKindThatIsMissingLeavesItsShareToTheOthers() {
    try (ShardSet text = Samples.write(folder.resolve("text"), 0, 0, 9)) {
      assertThat(SamplerOptions.of(text, 10, 1).streams())
          .extracting(StreamOptions::kind)
          .containsExactly(ShardKind.TEXT);
      SamplerOptions thirds =
          new SamplerOptions(10, 1, SamplerOptions.THIRDS, SpanLengths.PAPER, true);
      assertThatThrownBy(() -> new Sampler(text, thirds))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("speech");
    }
  }

  @Property(tries = 200)
  void anOrderHasEveryNumberOnce(
      @ForAll @IntRange(min = 1, max = 3000) int count, @ForAll long key) {
    Permutation order = new Permutation(count, key);
    assertThat(LongStream.range(0, count).map(order::at).sorted().toArray())
        .isEqualTo(LongStream.range(0, count).toArray());
  }

  @Property(tries = 200)
  void largeOrdersStayInTheirRange(
      @ForAll @LongRange(min = 1, max = 1L << 62) long count, @ForAll long key) {
    Permutation order = new Permutation(count, key);
    for (long place : new long[] {0, count / 3, count - 1}) {
      assertThat(order.at(place)).isBetween(0L, count - 1);
    }
  }

  @Test
  void neighboursInAnOrderAreFarApart() {
    int count = 10_000;
    Permutation order = new Permutation(count, 77);
    double sum = 0;
    for (int i = 1; i < count; i++) {
      sum += Math.abs(order.at(i) - order.at(i - 1));
    }
    assertThat(sum / count / count).isBetween(0.31, 0.36); // a third for numbers without relation
  }
}
