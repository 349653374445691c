package org.spiritlm.training.speech;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.SpeechSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.KeptSounds;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Seeds;
import org.spiritlm.training.Settings;
import org.spiritlm.training.SpeakerBalance;
import org.spiritlm.training.SplitChoice;

/**
 * Utterances of a manifest whose audio is read when it is asked for. That of a manifest that was
 * {@linkplain #read read} to be learnt from stays in memory, as far as there is room. Safe for use
 * by several threads.
 */
public final class SpeechSet {
  /** One utterance in so many is held out where the manifest says nothing of splits. */
  private static final int HELD_OUT = 50;

  private final List<Utterance> utterances;
  private final Path directory;
  private final int longest;
  private final KeptSounds<Utterance, float[]> kept;

  /**
   * What is learnt from, and what only measures.
   *
   * @param training not empty
   * @param validation empty only where the manifest has a single utterance
   */
  public record Splits(SpeechSet training, SpeechSet validation) {}

  private SpeechSet(
      List<Utterance> utterances,
      Path directory,
      int longest,
      KeptSounds<Utterance, float[]> kept) {
    this.utterances = List.copyOf(utterances);
    this.directory = directory;
    this.longest = longest;
    this.kept = kept;
  }

  /**
   * Utterances whose audio is relative to a directory.
   *
   * @param longest samples at 16 kHz after which an utterance's audio is cut off
   */
  public static SpeechSet of(List<Utterance> utterances, Path directory, int longest) {
    return new SpeechSet(utterances, directory, longest, kept(0));
  }

  private static KeptSounds<Utterance, float[]> kept(long room) {
    return new KeptSounds<>(room, samples -> (long) samples.length * Float.BYTES);
  }

  /**
   * Reads the settings {@code manifest}, {@code longest_seconds} and those of {@link SplitChoice}
   * and {@link SpeakerBalance}, and the manifest.
   *
   * <p>Where it has no utterance of the validation split, every fiftieth of the others is held out
   * (at least one), chosen by the checksum of its id. Utterances without a split are learnt from.
   *
   * @throws InputException if there is no manifest, a line of it is wrong, or it has nothing to
   *     learn from
   */
  public static Splits read(Settings settings) {
    return read(Source.of(settings));
  }

  /** Reads the settings of {@link #read} alone. */
  public static void check(Settings settings) {
    Source.of(settings);
  }

  /** What {@link #read} is told. */
  private record Source(Path manifest, SplitChoice splits, int seconds, SpeakerBalance balance) {
    static Source of(Settings settings) {
      String manifest = settings.text("manifest", "");
      if (manifest.isBlank()) {
        throw new InputException("give the manifest of the recordings: data.manifest=FILE");
      }
      return new Source(
          Path.of(manifest),
          SplitChoice.of(settings),
          settings.positive("longest_seconds", 30),
          SpeakerBalance.of(settings));
    }
  }

  private static Splits read(Source source) {
    Path manifest = source.manifest();
    List<Utterance> learnt = new ArrayList<>();
    List<Utterance> held = new ArrayList<>();
    Manifest.readWhole(
        manifest,
        utterance -> {
          if (source.splits().isLearnt(utterance.split())) {
            learnt.add(utterance);
          } else if (source.splits().isHeldOut(utterance.split())) {
            held.add(utterance);
          }
        });
    if (learnt.isEmpty()) {
      throw new InputException(
          manifest
              + ": has no utterance of the split '"
              + String.join(",", source.splits().train())
              + "' to learn from");
    }
    if (held.isEmpty() && learnt.size() > 1) {
      hold(learnt, held);
    }
    Path directory = Objects.requireNonNull(manifest.toAbsolutePath().getParent());
    int longest = Math.multiplyExact(source.seconds(), Audio.SPEECH_RATE);
    KeptSounds<Utterance, float[]> kept = kept(KeptSounds.usualRoom()); // of both together
    return new Splits(
        new SpeechSet(source.balance().of(learnt, Utterance::speaker), directory, longest, kept),
        new SpeechSet(held, directory, longest, kept));
  }

  private static void hold(List<Utterance> learnt, List<Utterance> held) {
    for (Utterance utterance : learnt) {
      if (Math.floorMod(Seeds.mix(utterance.id().hashCode()), HELD_OUT) == 0) {
        held.add(utterance);
      }
    }
    if (held.isEmpty() || held.size() == learnt.size()) {
      held.clear();
      held.add(learnt.get(learnt.size() - 1));
    }
    learnt.removeAll(held);
  }

  /** Those with a transcript. */
  public SpeechSet transcribed() {
    List<Utterance> some =
        utterances.stream().filter(utterance -> utterance.text() != null).toList();
    return new SpeechSet(some, directory, longest, kept);
  }

  /**
   * The ids of those whose audio is cut off. Where the manifest does not say how long one is, its
   * file is opened.
   *
   * @throws InputException naming the utterance, if that cannot be read
   */
  Set<String> cut() {
    Map<String, Utterance> each = new LinkedHashMap<>(); // some stand there several times
    utterances.forEach(utterance -> each.putIfAbsent(utterance.id(), utterance));
    return each.values().parallelStream()
        .filter(utterance -> Math.round(wholeSeconds(utterance) * Audio.SPEECH_RATE) > longest)
        .map(Utterance::id)
        .collect(Collectors.toSet());
  }

  private double wholeSeconds(Utterance utterance) {
    Double end = utterance.end();
    if (end != null) {
      return end - Objects.requireNonNullElse(utterance.start(), 0.0);
    }
    try {
      return UtteranceAudio.seconds(utterance, directory);
    } catch (InputException e) {
      throw unreadable(utterance, e);
    }
  }

  /** Those that have none of these ids. */
  SpeechSet without(Set<String> ids) {
    List<Utterance> some =
        utterances.stream().filter(utterance -> !ids.contains(utterance.id())).toList();
    return new SpeechSet(some, directory, longest, kept);
  }

  /** After how much of an utterance its audio is cut off (seconds). */
  double longestSeconds() {
    return (double) longest / Audio.SPEECH_RATE;
  }

  /** The recording of one, read anew each time it is opened. */
  SpeechSource source(int index) {
    return () -> UtteranceAudio.open(utterances.get(index), directory);
  }

  /** The first so many. */
  public SpeechSet first(int count) {
    return new SpeechSet(
        utterances.subList(0, Math.min(count, utterances.size())), directory, longest, kept);
  }

  /** How many there are. */
  public int size() {
    return utterances.size();
  }

  /** One of them, counted from 0. */
  public Utterance utterance(int index) {
    return utterances.get(index);
  }

  /** How long one is: as the manifest says, or else as its audio is (seconds). */
  double seconds(int index) {
    Utterance utterance = utterances.get(index);
    Double end = utterance.end();
    if (end == null) {
      return (double) samples(index).length / Audio.SPEECH_RATE;
    }
    return Math.min(wholeSeconds(utterance), longestSeconds());
  }

  /**
   * The audio of one, at 16 kHz, which is not to be changed.
   *
   * @throws InputException naming the utterance, if it cannot be read or a sample is no finite
   *     number
   */
  public float[] samples(int index) {
    return kept.get(utterances.get(index), this::load);
  }

  /** Begins to read all in the background, where a device would wait for it. */
  public void readAhead(Device device) {
    if (device.callers() > 1) {
      kept.readAhead(utterances, this::load, device.callers());
    }
  }

  private float[] load(Utterance utterance) {
    float[] samples = new float[1 << 16];
    int count = 0;
    try (AudioReader reader = UtteranceAudio.open(utterance, directory)) {
      @Nullable Audio chunk = reader.next();
      while (chunk != null && count < longest) {
        int more = Math.min(chunk.samples().length, longest - count);
        if (count + more > samples.length) {
          samples = Arrays.copyOf(samples, Math.max(count + more, 2 * samples.length));
        }
        System.arraycopy(chunk.samples(), 0, samples, count, more);
        count += more;
        chunk = reader.next();
      }
      float[] read = Arrays.copyOf(samples, count);
      Audio.requireFinite(read, 0, Audio.SPEECH_RATE);
      return read;
    } catch (InputException e) {
      throw unreadable(utterance, e);
    }
  }

  private static InputException unreadable(Utterance utterance, InputException e) {
    return new InputException("utterance '" + utterance.id() + "': " + e.getMessage(), e);
  }
}
