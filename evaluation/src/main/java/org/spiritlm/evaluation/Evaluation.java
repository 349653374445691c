package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelRecord;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.json.Json;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.pitch.PitchExtractor;

/**
 * Judges a model by utterances that it has not seen.
 *
 * <p>In a directory it keeps what it finds of each item ({@code items.jsonl}), speech that an
 * independent recogniser is to hear ({@code audio}, with a manifest), and the figures ({@code
 * quality.json}). What was found is not measured again: an evaluation that was interrupted goes on,
 * one that is whole gives its figures at once, also with transcripts or measures that it had not
 * before.
 */
public final class Evaluation {
  /** What can be measured, in this order; the use of units is always measured. */
  public static final List<String> MEASURES =
      List.of("purity", "asr", "tts", "resynthesis", "style", "continuation", "perplexity");

  private static final String ITEMS = "items.jsonl";
  private static final String QUALITY = "quality.json";
  private static final String AUDIO = "audio";
  private static final String CLUSTERS = "mfcc";

  /** Items that are measured and written down together. */
  private static final int GROUP = 8;

  private final Subject subject;
  private final EvaluationSet set;
  private final Options options;
  private final Path directory;
  private final Listener listener;
  private final SpeechFiles files;

  /**
   * What is measured.
   *
   * @param measures of {@link #MEASURES}
   * @param phones times of phones (see {@link org.spiritlm.corpus.Alignments}), or null
   * @param transcripts what an independent recogniser heard
   * @param english whether numbers and short forms in transcripts are English
   * @param force whether what is in the directory of another evaluation is begun anew
   */
  public record Options(
      Set<String> measures,
      @Nullable Path phones,
      Transcripts transcripts,
      boolean english,
      boolean force) {
    public Options {
      measures = Set.copyOf(measures);
      for (String measure : measures) {
        if (!MEASURES.contains(measure)) {
          throw new InputException(
              "there is no measure '" + measure + "'; there are " + String.join(", ", MEASURES));
        }
      }
    }

    /** All measures, without anything else. */
    public static Options all() {
      return new Options(Set.copyOf(MEASURES), null, Transcripts.none(), true, false);
    }

    private boolean has(String... names) {
      return Stream.of(names).anyMatch(measures::contains);
    }
  }

  /** Watches. */
  public interface Listener {
    /** A measure begins. */
    void begin(String measure);

    /**
     * Some more items were measured.
     *
     * @param done so far
     * @param all how many there are
     * @param before how many an earlier run had done
     * @param seconds of audio that this run has measured
     */
    void at(long done, long all, long before, double seconds);

    /** Something else is being done. */
    void say(String what);
  }

  private Evaluation(
      Subject subject, EvaluationSet set, Options options, Path directory, Listener listener) {
    this.subject = subject;
    this.set = set;
    this.options = options;
    this.directory = directory;
    this.listener = listener;
    this.files = new SpeechFiles(directory.resolve(AUDIO));
  }

  /**
   * Measures, or goes on with it.
   *
   * @param directory is made where it is not there
   * @throws InputException if it holds the evaluation of another model or of other utterances, or
   *     another process works there, or a recording cannot be read
   * @throws UncheckedIOException if something cannot be written
   */
  public static Quality run(
      SpiritLm model, EvaluationSet set, Options options, Path directory, Listener listener) {
    return new Evaluation(new Subject(model), set, options, directory, listener).run();
  }

  private Quality run() {
    claim();
    ObjectNode identity = identity();
    try (ItemJournal journal =
        new ItemJournal(directory.resolve(ITEMS), identity, options.force(), this::clear)) {
      UnitMeasure units = new UnitMeasure(subject, set.items());
      units.restore(journal.results());
      List<Measure> measures = measures(units);
      for (Measure measure : measures) {
        measure(measure, journal);
      }
      files.writeManifest(set.items(), journal.results());
      ObjectNode about = identity.deepCopy();
      about.put("items", set.size());
      Quality quality = new Quality(about);
      for (Measure measure : measures) {
        measure.conclude(journal.results(), quality);
      }
      write(quality);
      return quality;
    }
  }

  /** Makes the directory, or makes sure that nothing else is in it. */
  private void claim() {
    try {
      Files.createDirectories(directory);
      if (!Files.exists(directory.resolve(ITEMS))) {
        try (Stream<Path> content = Files.list(directory)) {
          if (content.findAny().isPresent()) {
            throw new InputException(
                directory + " holds something else; give -o a directory that does not exist");
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What an evaluation that is to be gone on with must have in common with this. */
  private ObjectNode identity() {
    ModelDirectory model = subject.model().directory();
    Path place = model.path().toAbsolutePath().normalize();
    Path record = place.resolve(ModelRecord.FILE); // it has the checksums of all other files
    String utterances =
        set.items().stream()
            .map(item -> Manifest.line(item.utterance()))
            .collect(Collectors.joining("\n"));
    ObjectNode identity = Json.object();
    identity.put("model", String.valueOf(place.getFileName()));
    identity.put("variant", model.variant().key());
    identity.put(
        "model_sha256", Files.exists(record) ? Sha256.of(record) : Sha256.of(place.toString()));
    identity.put("split", set.split());
    identity.put("utterances_sha256", Sha256.of(utterances));
    return identity;
  }

  /** Removes what another evaluation has left. */
  private void clear() {
    try {
      Files.deleteIfExists(directory.resolve(QUALITY));
      for (String name : List.of(AUDIO, CLUSTERS)) {
        Path tree = directory.resolve(name);
        if (Files.isDirectory(tree)) {
          try (Stream<Path> walk = Files.walk(tree)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
              Files.delete(path);
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Measure> measures(UnitMeasure units) {
    List<Item> items = set.items();
    List<Measure> measures = new ArrayList<>(List.of(units));
    if (options.has("purity")) {
      measures.add(
          new PurityMeasure(subject, items, FrameLabels.of(items, options.phones()), clusters()));
    }
    if (options.has("asr")) {
      measures.add(new RecognitionMeasure(subject, items, options.english()));
    }
    if (options.has("tts", "resynthesis", "style")) {
      measures.addAll(speaking(items));
    }
    if (options.has("continuation", "perplexity")) {
      Stretches stretches = new Stretches(subject.model());
      if (options.has("continuation")) {
        measures.add(new ContinuationMeasure(subject, items, stretches));
      }
      if (options.has("perplexity")) {
        measures.add(new PerplexityMeasure(subject, items, stretches));
      }
    }
    return measures;
  }

  private @Nullable MfccClusters clusters() {
    return set.training().size() == 0
        ? null
        : new MfccClusters(
            set.training(),
            subject.model().vocabulary().hubert().size(),
            directory.resolve(CLUSTERS),
            listener::say);
  }

  private List<Measure> speaking(List<Item> items) {
    HeardMeasure.Hearing hearing =
        new HeardMeasure.Hearing(options.transcripts(), options.english());
    List<Measure> measures = new ArrayList<>();
    measures.add(new RecordingMeasure(items, files, hearing));
    if (options.has("tts")) {
      measures.add(new SynthesisMeasure(subject, items, files, hearing));
    }
    if (options.has("resynthesis", "style")) {
      PitchExtractor pitch = ModelDirectory.releasedPitch(Device.CPU);
      measures.add(new ResynthesisMeasure(subject, items, files, pitch, hearing));
      if (options.has("style")) {
        SoundStatistics statistics = new SoundStatistics(pitch);
        StyleMeasure.Examples examples = new StyleMeasure.Examples(set.trainingItems(), statistics);
        measures.add(examples);
        measures.add(new StyleMeasure(subject, items, files, statistics, examples));
      }
    }
    return measures;
  }

  private void measure(Measure measure, ItemJournal journal) {
    List<Item> left = new ArrayList<>();
    for (Item item : measure.items()) {
      if (!journal.results().has(measure.name(), item.id())) {
        left.add(item);
      }
    }
    int all = measure.items().size();
    int before = all - left.size();
    double seconds = 0;
    listener.begin(measure.name());
    for (int from = 0; from < left.size(); from += GROUP) {
      List<Item> group = left.subList(from, Math.min(left.size(), from + GROUP));
      List<ObjectNode> found = together(measure, group);
      for (int i = 0; i < found.size(); i++) {
        journal.add(measure.name(), group.get(i).id(), found.get(i));
        seconds += seconds(group.get(i));
      }
      listener.at(before + (long) from + found.size(), all, before, seconds);
    }
  }

  /** The length of an item's audio where the manifest says it, else 0. */
  private static double seconds(Item item) {
    Double start = item.utterance().start();
    Double end = item.utterance().end();
    return end == null ? 0 : end - (start == null ? 0 : start);
  }

  /** Measures items together, or, where one of them cannot be measured, one by one. */
  private static List<ObjectNode> together(Measure measure, List<Item> group) {
    try {
      return measure.measure(group);
    } catch (CheckpointException e) {
      throw e; // the same for every item
    } catch (InputException e) {
      if (group.size() == 1) {
        return List.of(Results.failure(String.valueOf(e.getMessage())));
      }
      List<ObjectNode> found = new ArrayList<>();
      group.forEach(item -> found.addAll(together(measure, List.of(item))));
      return found;
    }
  }

  private void write(Quality quality) {
    Path beside = directory.resolve("." + QUALITY + ".part");
    try {
      Files.writeString(beside, quality.json().toPrettyString() + "\n");
      Files.move(
          beside,
          directory.resolve(QUALITY),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
