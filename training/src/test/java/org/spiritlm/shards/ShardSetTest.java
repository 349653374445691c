package org.spiritlm.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.interleaving.Draws;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.Interleaver;
import org.spiritlm.interleaving.SequenceTokens;
import org.spiritlm.interleaving.SequenceWriter;
import org.spiritlm.interleaving.WordCuts;
import org.spiritlm.interleaving.WordTokenizer;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.shards.ShardSetWriter.Limits;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.units.SpeechUnits;

/** Shards hold what was written to them, item by item, and say what is wrong with them. */
final class ShardSetTest {
  @TempDir Path folder;

  private Path directory() {
    return folder.resolve("shards");
  }

  @Test
  void everyItemIsFoundAtItsPlace() {
    try (ShardSet shards = Samples.write(directory(), 30, 11, 20, 9)) {
      assertThat(shards.items(ShardKind.ALIGNED)).isEqualTo(30);
      assertThat(shards.items(ShardKind.SPEECH)).isEqualTo(11);
      assertThat(shards.items(ShardKind.TEXT)).isEqualTo(20);
      for (int i = 29; i >= 0; i--) {
        PreparedUtterance expected = Samples.aligned(i);
        ShardSet.Item item = shards.item(ShardKind.ALIGNED, i);
        assertThat(item.shard().name(item.index())).isEqualTo(expected.id());
        assertUnits(item, expected.units());
        List<String> words = expected.words().stream().map(WordFrames::word).toList();
        assertThat(item.shard().words(item.index())).isEqualTo(words);
        WordCuts cuts = item.shard().cuts(item.index());
        assertThat(cuts).usingRecursiveComparison().isEqualTo(WordCuts.of(expected.words()));
        IdBuffer ids = new IdBuffer();
        item.shard().wordIds(item.index()).write(0, words.size(), ids);
        assertThat(ids.toArray())
            .isEqualTo(after(Samples.TOKENIZER.encode("[Text]" + String.join(" ", words), false)));
      }
      for (int i = 0; i < 11; i++) {
        ShardSet.Item item = shards.item(ShardKind.SPEECH, i);
        assertThat(item.shard().name(item.index())).isEqualTo("speech-" + i);
        assertUnits(item, Samples.speech(i).units());
      }
      for (int i = 0; i < 20; i++) {
        ShardSet.Item item = shards.item(ShardKind.TEXT, i);
        IdBuffer ids = new IdBuffer();
        item.shard().text(item.index(), ids);
        assertThat(ids.toArray())
            .isEqualTo(after(Samples.TOKENIZER.encode("[Text]" + Samples.text(i), false)));
      }
      for (int i = 0; i < 9; i++) {
        ShardSet.Item item = shards.item(ShardKind.TRANSCRIBED, i);
        assertThat(item.shard().name(item.index())).isEqualTo("transcribed-" + i);
        assertUnits(item, Samples.transcribed(i).units());
        IdBuffer ids = new IdBuffer();
        item.shard().text(item.index(), ids);
        assertThat(ids.toArray())
            .isEqualTo(after(Samples.TOKENIZER.encode("[Text]" + Samples.text(i), false)));
      }
      List<ShardKind> kinds = List.of(ShardKind.SPEECH, ShardKind.TRANSCRIBED);
      assertThat(shards.items(kinds)).isEqualTo(20);
      for (int i = 0; i < 20; i++) {
        ShardSet.Item item = shards.item(kinds, i);
        assertThat(item.shard().name(item.index()))
            .isEqualTo(i < 11 ? "speech-" + i : "transcribed-" + (i - 11));
      }
      assertThatThrownBy(() -> shards.item(kinds, 20))
          .isInstanceOf(IndexOutOfBoundsException.class);
      shards.verify();
    }
  }

  @Test
  void aTranscriptWithATokenWrittenOutIsRejected() {
    List<Rejection> rejections = new ArrayList<>();
    ShardSetWriter writer = Samples.writer(directory(), new Limits(2, 1 << 20), rejections);
    PreparedUtterance right = Samples.transcribed(1);
    writer.add(right);
    writer.add(
        new PreparedUtterance(
            "wrong", null, null, null, 1, right.units(), List.of(), "a [Hu5] b", null, "m", "c"));
    ShardSummary summary = writer.finish();
    assertThat(rejections).singleElement().extracting(Rejection::id).isEqualTo("wrong");
    assertThat(summary.of(ShardKind.TRANSCRIBED).items()).isEqualTo(1);
    assertThat(summary.of(ShardKind.TRANSCRIBED).textTokens()).isPositive();
    assertThat(summary.of(ShardKind.TRANSCRIBED).seconds()).isEqualTo(right.seconds());
  }

  private static void assertUnits(ShardSet.Item item, SpeechUnits expected) {
    SpeechUnits units = item.shard().units(item.index());
    assertThat(units.hubert()).isEqualTo(expected.hubert());
    assertThat(units.pitch() == null ? new int[0] : units.pitch())
        .isEqualTo(expected.pitch() == null ? new int[0] : expected.pitch());
    assertThat(units.style() == null ? new int[0] : units.style())
        .isEqualTo(expected.style() == null ? new int[0] : expected.style());
  }

  private static int[] after(int[] ids) {
    int marker = Samples.VOCABULARY.textMarker();
    int at = 0;
    while (ids[at] != marker) {
      at++;
    }
    return Arrays.copyOfRange(ids, at + 1, ids.length);
  }

  @Test
  void theSummaryCountsWhatThereIs() {
    ShardSetWriter writer = Samples.writer(directory(), new Limits(2, 1 << 20), new ArrayList<>());
    for (int i = 0; i < 5; i++) {
      writer.add(Samples.aligned(i));
      writer.addText("t" + i, Samples.text(i));
    }
    ShardSummary summary = writer.finish();
    assertThat(summary.of(ShardKind.ALIGNED).items()).isEqualTo(5);
    assertThat(summary.of(ShardKind.ALIGNED).shards()).isEqualTo(3);
    assertThat(summary.of(ShardKind.ALIGNED).words()).isEqualTo(1 + 2 + 3 + 4 + 5);
    assertThat(summary.of(ShardKind.SPEECH)).isEqualTo(ShardSummary.Counts.NONE);
    int tokens = 0;
    for (int i = 0; i < 5; i++) {
      tokens += after(Samples.TOKENIZER.encode("[Text]" + Samples.text(i), false)).length;
    }
    assertThat(summary.of(ShardKind.TEXT).textTokens()).isEqualTo(tokens);
    assertThat(summary.toJson().path("text").path("text_tokens").intValue()).isEqualTo(tokens);
    assertThat(summary.rejected()).isZero();
  }

  @Test
  void itemsThatCannotBeUsedAreToldAndLeftOut() {
    List<Rejection> rejections = new ArrayList<>();
    ShardSetWriter writer = Samples.writer(directory(), Limits.DEFAULT, rejections);
    SpeechUnits one = new SpeechUnits(new int[] {1}, null, null);
    writer.add(utterance("strange", new SpeechUnits(new int[] {501}, null, null)));
    writer.add(utterance("silent", new SpeechUnits(new int[0], null, null)));
    writer.add(utterance("marked", one, new WordFrames("[Speech]", 0, 1)));
    writer.add(utterance("ended", one, new WordFrames("x</s>", 0, 1)));
    writer.add(utterance("late", one, new WordFrames("x", 0, 2)));
    writer.add(utterance("back", one, new WordFrames("x", 1, 1), new WordFrames("y", 0, 1)));
    writer.addText("empty", " \n");
    writer.addText("token", "say [Hu3] now");
    writer.add(utterance("good", one, new WordFrames("yes", 0, 1)));
    assertThat(writer.finish().rejected()).isEqualTo(8);
    assertThat(rejections)
        .extracting(Rejection::id)
        .containsExactly("strange", "silent", "marked", "ended", "late", "back", "empty", "token");
    assertThat(rejections.get(0).reason()).contains("[Hu501]");
    try (ShardSet shards = ShardSet.open(directory())) {
      assertThat(shards.items(ShardKind.ALIGNED)).isEqualTo(1);
      assertThat(shards.items(ShardKind.TEXT)).isZero();
    }
  }

  @Test
  void anItemThatAShardCannotHoldLeavesNothingInIt() throws IOException {
    ShardBuilder builder = new ShardBuilder(ShardKind.ALIGNED);
    WordTokenizer tokenizer = new WordTokenizer(Samples.TOKENIZER);
    SpeechUnits right = new SpeechUnits(new int[] {7, 8}, null, null);
    SpeechUnits wrong = new SpeechUnits(new int[] {5, 40_000}, null, null);
    builder.addSpeech(
        utterance("first", right, new WordFrames("one", 0, 1)), new int[0], tokenizer);
    assertThatThrownBy(
            () ->
                builder.addSpeech(
                    utterance("wrong", wrong, new WordFrames("two", 0, 1)), new int[0], tokenizer))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("40000");
    assertThatThrownBy(
            () ->
                builder.addSpeech(
                    utterance("late", right, new WordFrames("three", 0, -1)),
                    new int[0],
                    tokenizer))
        .isInstanceOf(InputException.class);
    builder.addSpeech(
        utterance("second", right, new WordFrames("three", 0, 1)), new int[0], tokenizer);
    Path file = Files.createDirectories(directory()).resolve("shard.safetensors");
    builder.write(file);
    try (Shard shard = Shard.open(file, ShardKind.ALIGNED)) {
      shard.check();
      assertThat(shard.items()).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        shard.check(i);
        assertThat(shard.units(i).hubert()).containsExactly(7, 8);
      }
      assertThat(shard.name(1)).isEqualTo("second");
      assertThat(shard.words(1)).containsExactly("three");
    }
  }

  private static PreparedUtterance utterance(String id, SpeechUnits units, WordFrames... words) {
    return new PreparedUtterance(
        id, null, null, null, 1, units, List.of(words), null, null, "m", "c");
  }

  @Test
  void nothingIsAnErrorAndSoIsADirectoryInUse() throws IOException {
    ShardSetWriter writer = Samples.writer(directory(), Limits.DEFAULT, new ArrayList<>());
    assertThatThrownBy(writer::finish).isInstanceOf(InputException.class);
    Files.writeString(directory().resolve("x"), "");
    assertThatThrownBy(() -> Samples.writer(directory(), Limits.DEFAULT, new ArrayList<>()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("not empty");
    assertThatThrownBy(() -> ShardSet.open(folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("shards.json");
  }

  @Test
  void oneWrongByteAnywhereNamesItsShard() throws IOException {
    Samples.write(directory(), 5, 0, 0).close();
    Path file = directory().resolve("aligned-00000.safetensors");
    byte[] whole = Files.readAllBytes(file);
    for (int at = 0; at < whole.length; at += 1 + whole.length / 40) {
      byte[] wrong = whole.clone();
      wrong[at] ^= 0x10;
      Files.write(file, wrong);
      assertRefused(file);
    }
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertRefused(file);
    Files.delete(file);
    assertRefused(file);
  }

  private void assertRefused(Path file) {
    try (ShardSet shards = ShardSet.open(directory())) {
      assertThatThrownBy(() -> readAll(shards))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(file.toString());
      assertThatThrownBy(shards::verify)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(file.toString());
    }
  }

  private static void readAll(ShardSet shards) {
    for (ShardKind kind : ShardKind.values()) {
      for (int item = 0; item < shards.items(kind); item++) {
        assertThat(shards.item(kind, item)).isNotNull();
      }
    }
  }

  @Test
  void ofAShardOnlyWhatIsAskedForIsReadAndThatIsRight() throws IOException {
    int items = 5;
    for (ShardKind kind : ShardKind.values()) {
      Path place = folder.resolve(kind.key());
      Samples.write(
              place,
              kind == ShardKind.ALIGNED ? items : 0,
              kind == ShardKind.SPEECH ? items : 0,
              kind == ShardKind.TEXT ? items : 0,
              kind == ShardKind.TRANSCRIBED ? items : 0)
          .close();
      Path file = place.resolve(kind.key() + "-00000.safetensors");
      byte[] whole = Files.readAllBytes(file);
      int headerEnd = 8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
      int read = 0;
      for (int at = headerEnd; at < whole.length; at += 1 + whole.length / 37) {
        byte[] wrong = whole.clone();
        wrong[at] ^= 0x04;
        Files.write(file, wrong);
        int right = readable(place, kind, items);
        assertThat(right).as("byte %d", at).isLessThan(items);
        read += right;
      }
      assertThat(read).isGreaterThan(37);
    }
  }

  /** How many items can be read; those that can are as they were written. */
  private static int readable(Path place, ShardKind kind, int items) {
    int right = 0;
    try (ShardSet shards = ShardSet.open(place)) {
      for (int i = 0; i < items; i++) {
        try {
          ShardSet.Item item = shards.item(kind, i);
          String name = kind.key() + "-" + i;
          assertThat(item.shard().name(item.index())).isEqualTo(name);
          assertThat(item.shard().key(item.index())).isEqualTo(Draws.itemKey(name));
          if (kind == ShardKind.TEXT || kind == ShardKind.TRANSCRIBED) {
            IdBuffer ids = new IdBuffer();
            item.shard().text(item.index(), ids);
            assertThat(ids.toArray())
                .isEqualTo(after(Samples.TOKENIZER.encode("[Text]" + Samples.text(i), false)));
          }
          switch (kind) {
            case TEXT -> {}
            case SPEECH -> assertUnits(item, Samples.speech(i).units());
            case ALIGNED -> assertUnits(item, Samples.aligned(i).units());
            case TRANSCRIBED -> assertUnits(item, Samples.transcribed(i).units());
          }
          if (kind == ShardKind.ALIGNED) {
            assertThat(item.shard().words(item.index()))
                .isEqualTo(Samples.aligned(i).words().stream().map(WordFrames::word).toList());
          }
          right++;
        } catch (InputException e) {
          assertThat(e).hasMessageContaining(place.toString());
        }
      }
    }
    return right;
  }

  @Test
  void shardsWithoutChecksumsOfItemsAreReadWhole() throws IOException {
    Samples.write(directory(), 3, 0, 0).close();
    Path file = directory().resolve("aligned-00000.safetensors");
    long listed = Files.size(file);
    long sum = Checksum.of(file);
    Map<String, Tensor> kept = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      SafetensorsFile before = SafetensorsFile.open(file);
      before.names().stream()
          .filter(name -> !name.endsWith("checksums"))
          .forEach(name -> kept.put(name, before.load(name)));
      Path old = folder.resolve("old.safetensors");
      SafetensorsWriter.write(old, kept, before.metadata());
      Files.move(old, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Path list = directory().resolve("shards.json");
    Files.writeString(
        list,
        Files.readString(list)
            .replace("\"bytes\":" + listed, "\"bytes\":" + Files.size(file))
            .replace(String.format("%08x", sum), String.format("%08x", Checksum.of(file))));
    try (ShardSet shards = ShardSet.open(directory())) {
      shards.verify();
      ShardSet.Item item = shards.item(ShardKind.ALIGNED, 2);
      assertUnits(item, Samples.aligned(2).units());
    }
    byte[] wrong = Files.readAllBytes(file);
    wrong[wrong.length - 1] ^= 1;
    Files.write(file, wrong);
    try (ShardSet shards = ShardSet.open(directory())) {
      assertThatThrownBy(() -> shards.item(ShardKind.ALIGNED, 0))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void shardsThatDoNotFitTogetherAreRefusedThoughTheirChecksumsAreRight() throws IOException {
    Samples.write(directory(), 3, 3, 3).close();
    Path speech = directory().resolve("speech-00000.safetensors");
    assertThatThrownBy(() -> Shard.open(speech, ShardKind.ALIGNED))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("speech-00000");
    for (long[] wrong : new long[][] {{0, 5, 3, 6}, {0, -1, 3, 6}, {0, 7, 3, 6}}) {
      Offsets offsets = Offsets.of("f", LongBuffer.wrap(wrong), 6);
      assertThatThrownBy(offsets::check).isInstanceOf(InputException.class);
      assertThatThrownBy(() -> offsets.check(1)).isInstanceOf(InputException.class);
    }
    assertThatThrownBy(() -> Offsets.of("f", LongBuffer.wrap(new long[] {0, 5}), 6))
        .isInstanceOf(InputException.class);
  }

  @Test
  void changedShardsWhoseChecksumNobodyComparesAreReadOrRefused() throws IOException {
    Samples.write(directory(), 5, 5, 5, 5).close();
    Random random = new Random(3);
    SequenceWriter writer =
        new SequenceWriter(
            SequenceTokens.of(Samples.TOKENIZER, Samples.VOCABULARY, TokenLayout.SPIRIT_LM));
    int refused = 0;
    for (ShardKind kind : ShardKind.values()) {
      byte[] whole = Files.readAllBytes(directory().resolve(kind.key() + "-00000.safetensors"));
      Path file = folder.resolve("changed.safetensors");
      for (int i = 0; i < 200; i++) {
        byte[] changed = whole.clone();
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        Files.write(file, changed);
        try (Shard shard = Shard.open(file, kind)) {
          for (int item = 0; item < shard.items(); item++) {
            if (i % 2 == 0 && shard.hasChecksums()) {
              shard.check(item);
            } else if (item == 0) {
              shard.check();
            }
            IdBuffer ids = new IdBuffer();
            assertThat(shard.name(item)).isNotNull();
            if (kind == ShardKind.TEXT) {
              shard.text(item, ids);
              continue;
            }
            SpeechUnits units = shard.units(item);
            writer.write(
                Interleaver.PAPER.draw(shard.cuts(item), units.hubert().length, new Draws(1, 1, 1)),
                units,
                shard.wordIds(item),
                ids);
          }
        } catch (InputException e) {
          refused++;
        }
      }
    }
    assertThat(refused).isBetween(134, 799);
  }

  @Test
  void noHalfFileStays() throws IOException {
    Samples.write(directory(), 3, 3, 3).close();
    try (Stream<Path> files = Files.list(directory())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "aligned-00000.safetensors",
              "speech-00000.safetensors",
              "text-00000.safetensors",
              "shards.json");
    }
  }

  @Test
  void damagedListsAreRefused() throws IOException {
    Samples.write(directory(), 3, 0, 0).close();
    Path file = directory().resolve("shards.json");
    String list = Files.readString(file);
    for (String[] change :
        new String[][] {
          {"\"format\":1", "\"format\":2"},
          {"aligned-00000.safetensors", "../aligned-00000.safetensors"},
          {"\"kind\":\"aligned\"", "\"kind\":\"video\""},
          {"\"items\":3", "\"items\":-3"},
          {"\"crc32c\":\"", "\"crc32c\":\"g"},
          {"\"rates\":[25.0", "\"rates\":[0.0"},
          {"\"hubert\":[", "\"hubert\":[9999999,"},
          {"\"sequence\":", "\"sequins\":"},
        }) {
      assertThat(list).contains(change[0]);
      Files.writeString(file, list.replace(change[0], change[1]));
      assertThatThrownBy(() -> ShardSet.open(directory()))
          .as(change[1])
          .isInstanceOf(InputException.class)
          .hasMessageContaining("shards.json");
    }
  }
}
