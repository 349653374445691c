package org.spiritlm.corpus.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.InputException;

/** The distances between the boundaries of two manifests. */
final class BoundaryErrorsTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-9);

  @TempDir Path directory;

  @Test
  void distancesAreOfBeginningsAndEnds() {
    List<AlignedWord> right = new ArrayList<>();
    List<AlignedWord> found = new ArrayList<>();
    for (int i = 0; i < 10; i++) { // errors 1, 2, … 20 ms, in both directions
      right.add(new AlignedWord("Word" + i + ",", i, i + 0.5));
      found.add(
          new AlignedWord("word" + i, i + 0.001 * (2 * i + 1), i + 0.5 - 0.001 * (2 * i + 2)));
    }
    BoundaryErrors errors =
        BoundaryErrors.compare(write("right", "a", right), write("found", "a", found));
    assertThat(errors.utterances()).isEqualTo(1);
    assertThat(errors.boundaries()).isEqualTo(20);
    assertThat(errors.median()).isEqualTo(0.010, EXACT);
    assertThat(errors.percentile95()).isEqualTo(0.019, EXACT);
    assertThat(errors.mean()).isEqualTo(0.0105, EXACT);
    assertThat(errors.missing() + errors.different()).isZero();
  }

  @Test
  void whatIsNotSharedIsCounted() {
    AlignedWord word = new AlignedWord("a", 0, 1);
    Path right = directory.resolve("right.jsonl");
    Path found = directory.resolve("found.jsonl");
    write(right, of("same", word), of("gone", word), of("other", word), of("untimed"));
    write(found, of("same", word), of("other", new AlignedWord("b", 0, 1)), of("untimed", word));
    BoundaryErrors errors = BoundaryErrors.compare(right, found);
    assertThat(errors).isEqualTo(new BoundaryErrors(1, 2, 0, 0, 0, 1, 1));
  }

  @Test
  void manifestsThatShareNothingAreRefused() throws IOException {
    AlignedWord word = new AlignedWord("a", 0, 1);
    Path right = write("right", "a", List.of(word));
    Path found = write("found", "b", List.of(word));
    assertThatThrownBy(() -> BoundaryErrors.compare(right, found))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("1 are missing");
    Files.writeString(found, "no json");
    assertThatThrownBy(() -> BoundaryErrors.compare(right, found))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 1");
  }

  private Path write(String name, String id, List<AlignedWord> words) {
    Path file = directory.resolve(name + ".jsonl");
    write(file, of(id, words.toArray(AlignedWord[]::new)));
    return file;
  }

  private static void write(Path file, Utterance... utterances) {
    try (Manifest.Writer writer = new Manifest.Writer(file)) {
      for (Utterance utterance : utterances) {
        writer.write(utterance);
      }
    }
  }

  private static Utterance of(String id, AlignedWord... words) {
    return Utterance.of(id, AudioLocation.of(id + ".wav"), null).withWords(List.of(words));
  }
}
