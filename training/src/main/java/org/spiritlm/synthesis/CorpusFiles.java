package org.spiritlm.synthesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.CorpusListener;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * The files of a synthetic corpus:
 *
 * <pre>
 * recipe.json      what the corpus is made of; there from the beginning
 * audio/000012/    recordings of one block
 * parts/000012/    the lines of the three files below for one block; gone in the end
 * manifest.jsonl   the utterances
 * phones.ctm       the phones of all utterances
 * rejected.jsonl   what could not be spoken, and why
 * summary.json     what it holds; there when all else is
 * </pre>
 */
final class CorpusFiles {
  private static final String RECIPE = "recipe.json";
  private static final String SUMMARY = "summary.json";
  private static final String LOCK = ".lock";
  private static final List<String> LISTS =
      List.of("manifest.jsonl", "phones.ctm", "rejected.jsonl");

  private final Path directory;

  CorpusFiles(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  /**
   * A block that is not there yet.
   *
   * @param lists where its lines are written
   * @param whole the name that this gets when all is there
   * @param audio where its recordings are written
   */
  record Part(Path lists, Path whole, Path audio) {
    Path manifest() {
      return lists.resolve(LISTS.get(0));
    }

    Path phones() {
      return lists.resolve(LISTS.get(1));
    }

    Path rejected() {
      return lists.resolve(LISTS.get(2));
    }
  }

  /**
   * Begins a corpus, or goes on with the same.
   *
   * @throws InputException if something else is there, or another process works on it
   */
  WriterLock begin(ObjectNode recipe, boolean force) throws IOException {
    requireOurs();
    Files.createDirectories(directory);
    WriterLock lock =
        WriterLock.take(
            directory.resolve(LOCK), "another process is making the corpus in " + directory);
    try {
      Path file = directory.resolve(RECIPE);
      if (Files.exists(file) && !Json.file(file).toString().equals(recipe.toString())) {
        if (!force) {
          throw new InputException(
              directory
                  + " holds a corpus of another text, seed, or other voices or styles (see "
                  + RECIPE
                  + " there); give -o another directory, or add --force to replace it");
        }
        clear();
      }
      write(file, recipe.toPrettyString() + "\n");
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private void requireOurs() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new InputException(directory + " is a file; give -o a directory");
    }
    Path recipe = directory.resolve(RECIPE);
    if (Files.exists(recipe)) {
      return;
    }
    try (Stream<Path> content = Files.list(directory)) {
      if (content.anyMatch(path -> !path.endsWith(LOCK) && !path.equals(beside(recipe)))) {
        throw new InputException(
            directory + " holds something else; give -o a directory that does not exist");
      }
    }
  }

  /** Throws away what belongs to a corpus, the recipe last. */
  private void clear() throws IOException {
    Files.deleteIfExists(directory.resolve(SUMMARY));
    for (String list : LISTS) {
      Files.deleteIfExists(directory.resolve(list));
    }
    delete(directory.resolve("parts"));
    delete(directory.resolve("audio"));
    Files.deleteIfExists(directory.resolve(RECIPE));
  }

  /** Where a file is written before it is moved to its place. */
  private static Path beside(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }

  private static void write(Path file, String content) throws IOException {
    Path beside = beside(file);
    Files.writeString(beside, content);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** What the corpus holds, or null if it is not finished. */
  @Nullable SynthesisSummary finished() throws IOException {
    Path file = directory.resolve(SUMMARY);
    if (!Files.exists(file)) {
      return null;
    }
    delete(directory.resolve("parts"));
    return SynthesisSummary.of(new JsonLine(file.toString(), Json.file(file)));
  }

  private Path part(int block) {
    return directory.resolve("parts").resolve(String.format(Locale.ROOT, "%06d", block));
  }

  /** Whether a block is there. */
  boolean isDone(int block) {
    return Files.isDirectory(part(block));
  }

  /** Begins a block, without what an interruption may have left of it. */
  Part start(int block) throws IOException {
    Path whole = part(block);
    Path lists = whole.resolveSibling("." + whole.getFileName() + ".part");
    Path audio = directory.resolve("audio").resolve(whole.getFileName());
    delete(lists);
    delete(audio);
    Files.createDirectories(lists);
    Files.createDirectories(audio);
    return new Part(lists, whole, audio);
  }

  /** Ends a block: from now on it is there. */
  void end(Part part) throws IOException {
    Files.move(part.lists(), part.whole(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The name of a file as the manifest has it. */
  String relative(Path file) {
    return directory.relativize(file).toString().replace('\\', '/');
  }

  /** Puts the blocks' lines together. */
  SynthesisSummary finish(WriterLock lock) throws IOException {
    if (!lock.isValid()) {
      throw new IllegalStateException("the lock is lost");
    }
    List<Path> parts;
    try (Stream<Path> list = Files.list(directory.resolve("parts"))) {
      parts = list.filter(path -> !path.getFileName().toString().startsWith(".")).sorted().toList();
    }
    for (String name : LISTS) {
      Path beside = directory.resolve("." + name + ".part");
      try (OutputStream out = Files.newOutputStream(beside)) {
        for (Path part : parts) {
          Files.copy(part.resolve(name), out);
        }
      }
      Files.move(
          beside,
          directory.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    SynthesisSummary summary = count();
    write(directory.resolve(SUMMARY), summary.json().toPrettyString() + "\n");
    delete(directory.resolve("parts"));
    return summary;
  }

  private SynthesisSummary count() throws IOException {
    Counter counter = new Counter();
    Manifest.read(directory.resolve(LISTS.get(0)), counter);
    try (Stream<String> lines =
        Files.lines(directory.resolve(LISTS.get(2)), StandardCharsets.UTF_8)) {
      return new SynthesisSummary(
          counter.utterances, lines.count(), counter.seconds, counter.words);
    }
  }

  /** Counts what a manifest holds, which must be sound. */
  private static final class Counter implements CorpusListener {
    private long utterances;
    private double seconds;
    private long words;

    @Override
    public void accept(Utterance utterance) {
      Double end = utterance.end();
      utterances++;
      seconds += end == null ? 0 : end;
      words += utterance.words().size();
    }

    @Override
    public void reject(Rejection rejection) {
      throw new IllegalStateException(rejection.toString());
    }
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(tree)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
