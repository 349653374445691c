package org.spiritlm.training.language;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

/**
 * Questions about prepared utterances, of which the answers alone are learnt.
 *
 * @param kind what is asked
 * @param prepared what the command prepare wrote, or Parquet of that form
 * @param label what utterances are to be told apart by, for classification
 * @param validation the split that is not learnt from
 * @param length the most tokens of a question with its answer; longer ones are left out
 * @param sequences of a batch
 * @param seed of the order
 */
record AnswerData(
    AnswerKind kind,
    Path prepared,
    Label label,
    String validation,
    int length,
    int sequences,
    long seed)
    implements LearningData {
  /** The directory of units in what prepare wrote. */
  private static final String UNITS = "units";

  /** What the label of an utterance is. */
  enum Label {
    /** How it is said. */
    STYLE,
    /** Who speaks. */
    SPEAKER,
    /** What is said, such as the name of a command. */
    TEXT;

    @Nullable String of(PreparedUtterance utterance) {
      return switch (this) {
        case STYLE -> utterance.styleLabel();
        case SPEAKER -> utterance.speaker();
        case TEXT -> utterance.text();
      };
    }
  }

  /** Reads the settings. */
  static AnswerData of(Settings settings, AnswerKind kind, int length, int sequences, long seed) {
    return new AnswerData(
        kind,
        Path.of(LanguageTraining.required(settings, "prepared", "what the command prepare wrote")),
        kind == AnswerKind.CLASSIFICATION ? settings.choice("label", Label.STYLE) : Label.TEXT,
        settings.text("validation", "dev"),
        length,
        sequences,
        seed);
  }

  @Override
  public Opened open(SpiritLm model, ValidationOptions options) {
    List<Spoken> learnt = new ArrayList<>();
    List<Spoken> heldOut = new ArrayList<>();
    read(model, learnt, heldOut);
    List<String> labels =
        kind == AnswerKind.CLASSIFICATION
            ? List.copyOf(
                learnt.stream().map(Spoken::text).collect(Collectors.toCollection(TreeSet::new)))
            : List.of();
    heldOut.removeIf(spoken -> !labels.isEmpty() && !labels.contains(spoken.text()));
    Questions questions = new Questions(model, kind, labels);
    heldOut.removeIf(spoken -> questions.document(spoken).ids().length > length);
    List<TrainingDocument> documents = documents(learnt, questions);
    if (documents.isEmpty()) {
      throw new InputException(
          prepared
              + ": no utterance to learn from that has "
              + (kind == AnswerKind.CLASSIFICATION ? "a label" : "a text")
              + " and speech, and fits into "
              + length
              + " tokens");
    }
    List<TrainingDocument> unseen = documents(heldOut, questions);
    if (unseen.size() > options.sequences()) {
      unseen = unseen.subList(0, options.sequences());
    }
    int answers = options.utterances() < 0 ? ValidationOptions.UTTERANCES : options.utterances();
    return new Opened(
        new AnswerDocuments(documents, sequences, seed),
        unseen.isEmpty() ? null : new AnswerDocuments(unseen, 1, seed),
        unseen.size(),
        kind == AnswerKind.TTS ? List.of() : first(heldOut, answers),
        questions,
        first(heldOut, options.samples()).stream()
            .map(
                spoken ->
                    new WrittenSamples.Asked(
                        spoken.id(), questions.question(spoken), questions.output()))
            .toList());
  }

  private static List<Spoken> first(List<Spoken> all, int count) {
    return all.subList(0, Math.min(count, all.size()));
  }

  private List<TrainingDocument> documents(List<Spoken> all, Questions questions) {
    return all.stream()
        .map(questions::document)
        .filter(document -> document.ids().length <= length)
        .toList();
  }

  private void read(SpiritLm model, List<Spoken> learnt, List<Spoken> heldOut) {
    Path units = prepared.resolve(UNITS);
    try (PreparedParquet.Reader reader =
        PreparedParquet.read(Files.isDirectory(units) ? units : prepared)) {
      while (reader.hasNext()) {
        PreparedUtterance utterance = reader.next();
        SpeechTokens speech = Spoken.tokens(model, utterance.units());
        String text = label.of(utterance);
        if (text == null && label == Label.TEXT) {
          text = utterance.words().stream().map(WordFrames::word).collect(Collectors.joining(" "));
        }
        if (text != null && !text.isBlank() && !speech.tokens().isEmpty()) {
          Spoken spoken = new Spoken(utterance.id(), speech, text.strip());
          (validation.equals(utterance.split()) ? heldOut : learnt).add(spoken);
        }
      }
    }
  }
}
