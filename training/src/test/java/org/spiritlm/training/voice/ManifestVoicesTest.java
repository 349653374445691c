package org.spiritlm.training.voice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/** A manifest and units join by their ids, and sounds are read again only where they must. */
final class ManifestVoicesTest {
  @TempDir private Path directory;
  private final List<String> reads = new ArrayList<>();

  private Path manifest() {
    Path file = directory.resolve("voices.jsonl");
    try (Manifest.Writer writer = new Manifest.Writer(file)) {
      for (String id : List.of("a", "b", "c")) {
        writer.write(Utterance.of(id, AudioLocation.of(id + ".wav"), null));
      }
    }
    return file;
  }

  private static PreparedUtterance prepared(String id, @Nullable String split, int samples) {
    return new PreparedUtterance(
        id,
        "ann",
        "calm",
        split,
        samples / 16_000.0,
        new SpeechUnits(new int[] {1, 2}, null, null),
        List.of(),
        null,
        null,
        "m",
        "c");
  }

  private ManifestVoices voices(long cache, PreparedUtterance... prepared) {
    return ManifestVoices.read(
        manifest(),
        List.of(prepared),
        split -> !split.equals("dev"),
        utterance -> {
          reads.add(utterance.audio().file());
          float[] samples = new float[1000];
          samples[0] = utterance.id().equals("a") ? 0.5f : -1.5f;
          return samples;
        },
        cache);
  }

  @Test
  void joinsAndKeeps() {
    ManifestVoices voices =
        voices(
            4000,
            prepared("b", "train", 1000),
            prepared("c", "dev", 1000),
            prepared("a", null, 1000));
    assertThat(voices.count()).isEqualTo(2);
    assertThat(voices.item(0).id()).isEqualTo("b");
    assertThat(voices.item(1).speaker()).isEqualTo("ann");
    assertThat(voices.item(1).samples()).isEqualTo(1000);
    assertThat(voices.samples(1)[0]).isEqualTo(0.5f, within(1e-4f));
    assertThat(voices.samples(0)[0]).isEqualTo(-1f);
    voices.samples(1);
    assertThat(reads).containsExactly("a.wav", "b.wav");
  }

  @Test
  void joinsTheParquetOfUnits() throws URISyntaxException {
    Path prepared =
        Path.of(
            Objects.requireNonNull(getClass().getResource("/parquet/prepared-zstd.parquet"))
                .toURI());
    List<PreparedUtterance> utterances = new ArrayList<>();
    try (PreparedParquet.Reader reader = PreparedParquet.read(prepared)) {
      reader.forEachRemaining(utterances::add);
    }
    Path manifest = directory.resolve("prepared.jsonl");
    try (Manifest.Writer writer = new Manifest.Writer(manifest)) {
      for (PreparedUtterance one : utterances) {
        writer.write(Utterance.of(one.id(), AudioLocation.of("x.wav"), null));
      }
    }
    ManifestVoices voices = ManifestVoices.read(manifest, prepared, split -> true, 0);
    assertThat(voices.count()).isEqualTo(utterances.size()).isPositive();
    assertThat(voices.item(0).id()).isEqualTo(utterances.get(0).id());
    assertThat(voices.item(0).units().hubert()).isEqualTo(utterances.get(0).units().hubert());
  }

  @Test
  void readsTheStretchOfAFile() throws IOException {
    float[] samples = new float[3000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = i / 4000f;
    }
    AudioWriter.write(directory.resolve("a.wav"), new Audio(samples, Audio.SPEECH_RATE));
    Utterance stretch =
        new Utterance("a", AudioLocation.of("a.wav"), 0.1, 0.15, null, List.of(), null, null, null);
    float[] read =
        ManifestVoices.SoundReader.files(directory.resolve("voices.jsonl")).read(stretch);
    assertThat(read).hasSize(800);
    assertThat(read[7]).isEqualTo(1607 / 4000f, within(1e-4f));
  }

  @Test
  void keepsNoMoreThanThereIsRoomFor() {
    ManifestVoices voices = voices(2500, prepared("a", null, 1000), prepared("b", null, 1000));
    voices.samples(0);
    voices.samples(1);
    voices.samples(1);
    voices.samples(0);
    assertThat(reads).containsExactly("a.wav", "b.wav", "b.wav");
  }

  @Test
  void whatDoesNotFitTogetherIsRefused() {
    assertThatThrownBy(() -> voices(0, prepared("d", null, 1000)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no utterance 'd'");
    ManifestVoices voices = voices(0, prepared("a", null, 2000));
    assertThatThrownBy(() -> voices.samples(0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a.wav")
        .hasMessageContaining("has 1000 samples of 16 kHz, expected 2000");
  }
}
