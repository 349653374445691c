package org.spiritlm.training.voice;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.CorpusListener;
import org.spiritlm.corpus.KeptSounds;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * Recordings that a manifest names, with units that were prepared of them. Sounds that were read
 * stay in memory, 16 bits a sample, as far as there is room. Not thread-safe.
 */
public final class ManifestVoices implements VoiceItems {
  private static final float FULL_SCALE = 32_768;
  private static final SpeechUnits NO_UNITS = new SpeechUnits(new int[0], null, null);

  private final List<VoiceItem> items;
  private final List<Utterance> utterances;
  private final SoundReader reader;
  private final KeptSounds<Integer, short[]> kept;

  /** Reads the sound of an utterance. */
  @FunctionalInterface
  public interface SoundReader {
    /**
     * All of its samples: mono, 16 kHz, in [-1, 1].
     *
     * @throws InputException if it cannot be read
     */
    float[] read(Utterance utterance);

    /** Reads local files, which are relative to the directory of their manifest. */
    static SoundReader files(Path manifest) {
      Path directory = Objects.requireNonNull(manifest.toAbsolutePath().getParent());
      return utterance -> {
        try (AudioReader audio = UtteranceAudio.open(utterance, directory)) {
          return audio.readAll().samples();
        }
      };
    }
  }

  private ManifestVoices(
      List<VoiceItem> items, List<Utterance> utterances, SoundReader reader, long cacheBytes) {
    this.items = items;
    this.utterances = utterances;
    this.reader = reader;
    this.kept = new KeptSounds<>(cacheBytes, samples -> (long) samples.length * Short.BYTES);
  }

  /**
   * Joins a manifest of local files and the Parquet of their units.
   *
   * @param prepared see {@link PreparedParquet#read}
   * @param wanted says by its split which utterance is taken; of one without a split it is asked
   *     with an empty text
   * @param cacheBytes how much memory sounds may take
   * @throws InputException if an utterance was prepared that the manifest does not have
   */
  public static ManifestVoices read(
      Path manifest, Path prepared, Predicate<String> wanted, long cacheBytes) {
    try (PreparedParquet.Reader reader = PreparedParquet.read(prepared)) {
      return read(manifest, () -> reader, wanted, SoundReader.files(manifest), cacheBytes);
    }
  }

  /**
   * Joins a manifest and what was prepared of it by the utterances' ids.
   *
   * @param wanted says by its split which utterance is taken; of one without a split it is asked
   *     with an empty text
   * @param cacheBytes how much memory sounds may take
   * @throws InputException if an utterance was prepared that the manifest does not have
   */
  public static ManifestVoices read(
      Path manifest,
      Iterable<PreparedUtterance> prepared,
      Predicate<String> wanted,
      SoundReader reader,
      long cacheBytes) {
    Map<String, Utterance> known = new HashMap<>();
    utterances(manifest, utterance -> known.put(utterance.id(), utterance));
    List<VoiceItem> items = new ArrayList<>();
    List<Utterance> utterances = new ArrayList<>();
    for (PreparedUtterance one : prepared) {
      Utterance utterance = known.get(one.id());
      if (utterance == null) {
        throw new InputException(
            manifest
                + ": has no utterance '"
                + one.id()
                + "', of which units were prepared; give the manifest that they were made of");
      }
      String split = one.split();
      if (wanted.test(split == null ? "" : split)) {
        items.add(
            new VoiceItem(
                one.id(),
                one.units(),
                (int) Math.round(one.seconds() * Audio.SPEECH_RATE),
                one.speaker(),
                one.styleLabel()));
        utterances.add(utterance);
      }
    }
    return new ManifestVoices(items, utterances, reader, cacheBytes);
  }

  /**
   * The recordings of a manifest of local files alone, for what needs no units: they have none.
   *
   * @param wanted as {@link #read}
   * @param cacheBytes how much memory sounds may take
   * @throws InputException if a recording cannot be read
   */
  public static ManifestVoices withoutUnits(
      Path manifest, Predicate<String> wanted, long cacheBytes) {
    Path directory = Objects.requireNonNull(manifest.toAbsolutePath().getParent());
    List<Utterance> utterances = new ArrayList<>();
    utterances(
        manifest,
        utterance -> {
          String split = utterance.split();
          if (wanted.test(split == null ? "" : split)) {
            utterances.add(utterance);
          }
        });
    List<VoiceItem> items =
        utterances.parallelStream() // each file is opened
            .map(
                utterance ->
                    new VoiceItem(
                        utterance.id(),
                        NO_UNITS,
                        (int)
                            Math.round(
                                UtteranceAudio.seconds(utterance, directory) * Audio.SPEECH_RATE),
                        utterance.speaker(),
                        utterance.style()))
            .toList();
    return new ManifestVoices(items, utterances, SoundReader.files(manifest), cacheBytes);
  }

  /** What cannot be used was left out of what was prepared as well. */
  private static void utterances(Path manifest, Consumer<Utterance> taker) {
    Manifest.read(
        manifest,
        new CorpusListener() {
          @Override
          public void accept(Utterance utterance) {
            taker.accept(utterance);
          }

          @Override
          public void reject(Rejection rejection) {}
        });
  }

  @Override
  public int count() {
    return items.size();
  }

  @Override
  public VoiceItem item(int index) {
    return items.get(index);
  }

  @Override
  public float[] samples(int index) {
    short[] read = kept.get(index, this::load);
    float[] samples = new float[read.length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = read[i] / FULL_SCALE;
    }
    return samples;
  }

  /** Begins to read all in the background, where a device would wait for it. */
  public void readAhead(Device device) {
    if (device.callers() > 1) {
      List<Integer> all = IntStream.range(0, items.size()).boxed().toList();
      kept.readAhead(all, this::load, device.callers());
    }
  }

  private short[] load(int index) {
    float[] read = reader.read(utterances.get(index));
    int expected = items.get(index).samples();
    // times are rounded where they are written
    if (Math.abs(read.length - expected) > Audio.SPEECH_RATE / 100) {
      throw new InputException(
          utterances.get(index).audio()
              + ": has "
              + read.length
              + " samples of 16 kHz, expected "
              + expected
              + " as when its units were made; prepare the corpus again");
    }
    short[] samples = new short[expected];
    for (int i = 0; i < Math.min(expected, read.length); i++) {
      float scaled = Math.round(read[i] * FULL_SCALE);
      samples[i] = (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, scaled));
    }
    return samples;
  }
}
