package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/** Parquet of other writers and our own is read as it was written, or refused. */
final class PreparedParquetTest {
  @TempDir Path folder;

  /** What tools/golden/parquet.py wrote as item i. */
  private static PreparedUtterance expected(int i) {
    int[] hubert = IntStream.range(0, 10 + i).map(k -> (i * 7 + k * k) % 501).toArray();
    boolean expressive = i % 2 == 0;
    boolean words = i % 5 != 0;
    return new PreparedUtterance(
        "item-" + i,
        i % 3 == 0 ? null : "s" + i % 3,
        expressive ? "happy" : null,
        "train",
        hubert.length / 25.0,
        new SpeechUnits(
            hubert,
            expressive ? IntStream.range(0, hubert.length / 2).map(k -> k % 64).toArray() : null,
            expressive ? new int[] {i % 100} : null),
        words
            ? List.of(new WordFrames("née", 1, 4), new WordFrames("cat", 4, 4 + i % 6))
            : List.of(),
        words ? "née cat" : null,
        words ? new int[] {i, 31999} : null,
        "toy",
        "0.1");
  }

  private static List<PreparedUtterance> readAll(Path place) {
    List<PreparedUtterance> items = new ArrayList<>();
    try (PreparedParquet.Reader reader = PreparedParquet.read(place)) {
      reader.forEachRemaining(items::add);
    }
    return items;
  }

  private static void assertSame(List<PreparedUtterance> found, List<PreparedUtterance> wanted) {
    assertThat(found)
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(wanted);
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(PreparedParquetTest.class.getResource("/parquet/" + name)).toURI());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "zstd", "gzip", "wide"})
  void filesOfPyarrowAreRead(String form) throws URISyntaxException {
    assertSame(
        readAll(resource("prepared-" + form + ".parquet")),
        IntStream.range(0, 12).mapToObj(PreparedParquetTest::expected).toList());
  }

  @Test
  void whatIsWrittenIsRead() {
    List<PreparedUtterance> items =
        IntStream.range(0, 500).mapToObj(PreparedParquetTest::expected).toList();
    write(folder.resolve("part-1.parquet"), items.subList(0, 300));
    write(folder.resolve("part-2.parquet"), items.subList(300, 500));
    write(folder.resolve("_part-3.parquet"), items);
    assertSame(readAll(folder), items);
  }

  private static void write(Path file, List<PreparedUtterance> items) {
    try (PreparedParquetWriter writer = new PreparedParquetWriter(file)) {
      items.forEach(writer::write);
    }
  }

  @Test
  void listsOfTwoLevelsAreRead() throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            """
            message old {
              required binary id (STRING);
              required double seconds;
              required group hubert (LIST) { repeated int32 array; }
              required group words (LIST) {
                repeated group words_tuple {
                  required binary w (STRING); required int32 start; required int32 end; } }
            }
            """);
    Path file = folder.resolve("old.parquet");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .withType(schema)
            .build()) {
      Group row = new SimpleGroup(schema).append("id", "a").append("seconds", 0.12);
      row.addGroup("hubert").append("array", 5).append("array", 5).append("array", 7);
      row.addGroup("words")
          .addGroup("words_tuple")
          .append("w", "hi")
          .append("start", 0)
          .append("end", 3);
      writer.write(row);
    }
    PreparedUtterance item = readAll(file).get(0);
    assertThat(item.units().hubert()).containsExactly(5, 5, 7);
    assertThat(item.units().pitch()).isNull();
    assertThat(item.words()).containsExactly(new WordFrames("hi", 0, 3));
  }

  @Test
  void aFileWithoutTheColumnsIsRefused() throws URISyntaxException {
    Path file = resource("text.parquet");
    assertThatThrownBy(() -> PreparedParquet.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("text.parquet")
        .hasMessageContaining("id, seconds, hubert");
  }

  @Test
  void whatIsNoParquetIsRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("a.parquet"), "PAR1, it says");
    for (Path place :
        List.of(text, folder.resolve("missing"), Files.createDirectory(folder.resolve("d")))) {
      assertThatThrownBy(() -> PreparedParquet.read(place))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(place.toString());
    }
  }

  @Test
  void wordsOutsideOfTheFramesAreRefused() {
    Path file = folder.resolve("words.parquet");
    PreparedUtterance good = expected(1);
    PreparedUtterance bad =
        new PreparedUtterance(
            "bad",
            null,
            null,
            null,
            1,
            good.units(),
            List.of(new WordFrames("x", 5, 99)),
            null,
            null,
            "m",
            "c");
    write(file, List.of(good, bad));
    assertThatThrownBy(() -> readAll(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("words.parquet, row 2")
        .hasMessageContaining("'x'");
  }

  @Test
  void damagedFilesAreReadOrRefused() throws IOException, URISyntaxException {
    Random random = new Random(5);
    Map<Boolean, Integer> outcomes = new TreeMap<>();
    for (String form : List.of("none", "snappy", "zstd", "gzip")) {
      byte[] whole = Files.readAllBytes(resource("prepared-" + form + ".parquet"));
      for (int i = 0; i < 50; i++) {
        byte[] bytes = whole.clone();
        for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        Path file = Files.write(folder.resolve("damaged.parquet"), bytes);
        boolean read;
        try {
          readAll(file);
          read = true;
        } catch (InputException e) {
          assertThat(e).hasMessageContaining("damaged.parquet");
          read = false;
        }
        outcomes.merge(read, 1, Integer::sum);
      }
    }
    assertThat(outcomes.keySet()).containsExactlyInAnyOrder(true, false);
    byte[] whole = Files.readAllBytes(resource("prepared-snappy.parquet"));
    for (int length = 0; length < whole.length; length += 397) {
      Path file = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> readAll(file)).isInstanceOf(InputException.class);
    }
    assertThat(new String(whole, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("PAR1");
  }
}
