package org.spiritlm.recipe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.corpus.CorpusListener;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Split;
import org.spiritlm.corpus.TextDocument;
import org.spiritlm.corpus.TextDocuments;
import org.spiritlm.corpus.TextListener;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.corpus.alignment.CorpusAlignment;
import org.spiritlm.json.Json;
import org.spiritlm.synthesis.SpeakingStyle;
import org.spiritlm.synthesis.SynthesisRecipe;
import org.spiritlm.synthesis.SyntheticCorpus;
import org.spiritlm.synthesis.VoiceProfile;
import org.spiritlm.synthesis.WordNetSentences;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.WordCounts;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/** The stages of a recipe that make data for the trainers: utterances, text, words' times. */
final class CorpusStages {
  /** The manifest that a stage leaves. */
  static final String MANIFEST = "manifest.jsonl";

  /** The texts of what is learnt from. */
  static final String TEXTS = "train.jsonl";

  static final String TOKENIZER = "tokenizer";

  private CorpusStages() {}

  /**
   * Speech that is made for the recipe.
   *
   * @param sentences what is said
   * @param recipe in which voices and styles
   */
  record Synthetic(Sentences sentences, SynthesisRecipe recipe) {
    /** What is said, when it is asked for. */
    @FunctionalInterface
    interface Sentences {
      List<String> get();
    }

    /**
     * Reads {@code source} ({@code wordnet}, {@code built-in}, or a file with a sentence a line),
     * {@code words}, {@code sentences}, {@code voices}, {@code styles}, {@code takes} and {@code
     * seed}.
     */
    static Synthetic of(Settings settings) {
      String source = settings.text("source", "wordnet");
      int words = settings.positive("words", 5000);
      int sentences = settings.positive("sentences", 20_000);
      String styles = settings.text("styles", String.join(",", SpeakingStyle.names()));
      SynthesisRecipe recipe =
          new SynthesisRecipe(
              VoiceProfile.first(settings.positive("voices", 4)),
              SpeakingStyle.of(List.of(styles.split("\\s*,\\s*", -1))),
              settings.positive("takes", 1),
              settings.seed("seed", 0));
      return new Synthetic(
          () ->
              switch (source) {
                case "wordnet" -> WordNetSentences.of(words, sentences);
                case "built-in" -> builtIn(sentences);
                default -> lines(Path.of(source), sentences);
              },
          recipe);
    }

    private static List<String> builtIn(int most) {
      return Resource.text("smoke.txt").lines().limit(most).toList();
    }

    private static List<String> lines(Path file, int most) {
      try {
        return Files.readAllLines(file).stream().limit(most).toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Speaks a corpus, and gives it as {@link #given}. */
  static boolean synthesise(Synthetic synthetic, Path directory, Consumer<String> progress) {
    Path text = directory.resolve("sentences.txt");
    if (!Files.exists(text)) {
      Directories.write(text, String.join("\n", synthetic.sentences().get()) + "\n");
    }
    Path speech = directory.resolve("speech");
    int workers = Runtime.getRuntime().availableProcessors();
    new SyntheticCorpus(text, speech, synthetic.recipe(), workers)
        .make(
            false,
            done ->
                progress.accept(
                    String.format(
                        Locale.ROOT,
                        "%d of %d sentences, %.2f h",
                        done.done(),
                        done.all(),
                        done.seconds() / 3600)));
    return given(speech.resolve(MANIFEST), directory, progress);
  }

  /**
   * Writes the manifest that all stages read: of a corpus, with a split for each utterance. Where
   * the corpus names none, all that has one transcript is in one split; where it holds none out, a
   * part of what is learnt from is.
   */
  static boolean given(Path manifest, Path directory, Consumer<String> progress) {
    List<Utterance> utterances = new ArrayList<>();
    List<Rejection> rejections = new ArrayList<>();
    Manifest.read(
        manifest,
        new CorpusListener() {
          @Override
          public void accept(Utterance utterance) {
            utterances.add(utterance);
          }

          @Override
          public void reject(Rejection rejection) {
            rejections.add(rejection);
          }
        });
    if (!rejections.isEmpty()) {
      progress.accept(
          rejections.size() + " utterances cannot be used, such as " + rejections.get(0));
    }
    boolean held = utterances.stream().anyMatch(each -> Split.DEV.equals(known(each)));
    Path from = Objects.requireNonNull(manifest.toAbsolutePath().getParent()).normalize();
    Path to = directory.toAbsolutePath().normalize();
    List<String> splits = new ArrayList<>();
    for (Utterance utterance : utterances) {
      String named = known(utterance);
      String drawn = Split.of(utterance.text() == null ? utterance.id() : utterance.text());
      splits.add(
          named == null || (!held && named.equals(Split.TRAIN) && drawn.equals(Split.DEV))
              ? drawn
              : named);
    }
    holdSome(utterances, splits);
    try (Manifest.Writer writer = new Manifest.Writer(directory.resolve(MANIFEST))) {
      for (int i = 0; i < utterances.size(); i++) {
        Utterance utterance = utterances.get(i);
        writer.write(
            utterance
                .withAudio(UtteranceAudio.relocated(utterance.audio(), from, to))
                .withSplit(splits.get(i)));
      }
    }
    return true;
  }

  /** In a small corpus, chance may hold nothing out: the last transcript is, then. */
  private static void holdSome(List<Utterance> utterances, List<String> splits) {
    if (splits.contains(Split.DEV)) {
      return;
    }
    String last = utterances.get(splits.lastIndexOf(Split.TRAIN)).text();
    for (int i = 0; i < splits.size(); i++) {
      if (Objects.equals(utterances.get(i).text(), last)) {
        splits.set(i, Split.DEV);
      }
    }
  }

  /** A split by the names that are used here, or null where the corpus's is none of these. */
  private static @Nullable String known(Utterance utterance) {
    String split = utterance.split();
    if (split == null) {
      return null;
    }
    String small = split.toLowerCase(Locale.ROOT);
    if (small.startsWith("valid")) {
      return Split.DEV;
    }
    return List.of(Split.TRAIN, Split.EXTRA, Split.DEV, Split.TEST).stream()
        .filter(small::startsWith)
        .findFirst()
        .orElse(null);
  }

  /**
   * Learns the text's vocabulary, and writes the texts of what is learnt from, each once.
   *
   * @param size pieces for text
   * @param others further texts to learn the vocabulary from
   */
  static boolean text(Path manifest, int size, List<Path> others, Path directory) {
    Set<String> texts = new LinkedHashSet<>();
    Manifest.readWhole(
        manifest,
        utterance -> {
          if (utterance.text() != null
              && List.of(Split.TRAIN, Split.EXTRA).contains(utterance.split())) {
            texts.add(utterance.text());
          }
        });
    StringBuilder lines = new StringBuilder();
    WordCounts words = new WordCounts();
    for (String text : texts) {
      words.add(text);
      lines.append(Json.line(Json.object().put("text", text))).append('\n');
    }
    for (Path other : others) {
      TextDocuments.read(
          other,
          new TextListener() {
            @Override
            public void accept(TextDocument document) {
              words.add(document.text());
            }

            @Override
            public void reject(Rejection rejection) {
              throw new InputException(other + ": " + rejection.id() + ": " + rejection.reason());
            }
          });
    }
    Directories.write(directory.resolve(TEXTS), lines.toString());
    Directories.remove(directory.resolve(TOKENIZER));
    Directories.write(
        directory.resolve(TOKENIZER),
        target -> NewTokenizer.learnt(words, size, List.of()).write(target, CONTEXT));
    return true;
  }

  /** What a tokenizer's file says of the model; it is written again with that. */
  private static final int CONTEXT = 4096;

  /**
   * Finds when each word is said, by a trained aligner.
   *
   * @param largestLoss see {@link CorpusAlignment#DEFAULT_LEAST_SCORE}, without its sign
   * @throws InputException if it finds too few
   */
  static boolean align(
      Path aligner,
      Path manifest,
      double largestLoss,
      Device device,
      Path directory,
      Consumer<String> progress) {
    CorpusAlignment.Summary summary =
        CorpusAlignment.open(aligner, device, -largestLoss)
            .run(
                manifest,
                directory.resolve(MANIFEST),
                directory.resolve("rejected.jsonl"),
                (done, all, resumed, seconds) ->
                    progress.accept(done + " of " + all + " utterances"));
    if (summary.rejected() > summary.utterances()) {
      throw new InputException(
          summary.rejected()
              + " of "
              + (summary.rejected() + summary.utterances())
              + " utterances could not be aligned, see "
              + directory.resolve("rejected.jsonl")
              + "; train the aligner longer (aligner.steps), or allow a larger words.largest_loss");
    }
    return true;
  }

  /** Moves a file to its place. */
  static void move(Path from, Path to) {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
