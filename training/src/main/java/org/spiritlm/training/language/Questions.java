package org.spiritlm.training.language;

import java.util.Arrays;
import java.util.List;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Classification;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.task.Transcription;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.InputException;

/** Utterances as questions with their answers, asked as the tasks ask without examples. */
final class Questions {
  private final SpiritLm model;
  private final AnswerKind kind;
  private final List<String> labels;
  private final SpeechTokens stop;

  /**
   * Questions of one kind.
   *
   * @param model whose prompts they are; its language model is not loaded
   * @param labels that there are, for classification
   */
  Questions(SpiritLm model, AnswerKind kind, List<String> labels) {
    this.model = model;
    this.kind = kind;
    this.labels = labels;
    this.stop = SpeechSynthesis.stopOf(model);
  }

  List<String> labels() {
    return labels;
  }

  /** What is asked. */
  Prompt question(Spoken spoken) {
    Segment.Speech speech = Segment.speech(spoken.speech());
    return switch (kind) {
      case ASR -> new Transcription(model).prompt(speech);
      case TTS -> new SpeechSynthesis(model).prompt(spoken.text());
      case CLASSIFICATION -> new Classification(model, labels).prompt(List.of(speech));
      case NONE -> throw new IllegalStateException("nothing is asked");
    };
  }

  /** Of which kind the answer is. */
  OutputModality output() {
    return kind == AnswerKind.TTS ? OutputModality.SPEECH : OutputModality.TEXT;
  }

  private Prompt answer(Spoken spoken) {
    return switch (kind) {
      case ASR -> new Prompt(spoken.text());
      case TTS -> new Prompt(spoken.speech().plus(stop).toString());
      case CLASSIFICATION ->
          Classification.answer(List.of(Segment.speech(spoken.speech())), spoken.text());
      case NONE -> throw new IllegalStateException("nothing is asked");
    };
  }

  /**
   * Question and answer, of which the answer and its end are learnt.
   *
   * @throws InputException if the tokenizer reads the question otherwise because of its answer
   */
  TrainingDocument document(Spoken spoken) {
    TextTokenizer tokenizer = model.tokenizer();
    Prompt question = question(spoken);
    int[] asked = question.ids(tokenizer);
    int[] ids = Prompt.joined(List.of(question, answer(spoken))).ids(tokenizer);
    if (Arrays.mismatch(asked, ids) != asked.length) {
      throw new InputException(
          spoken.id() + ": its answer changes how the tokenizer reads what stands before it");
    }
    if (kind != AnswerKind.CLASSIFICATION && tokenizer.end().isPresent()) {
      ids = Arrays.copyOf(ids, ids.length + 1);
      ids[ids.length - 1] = tokenizer.end().getAsInt();
    }
    boolean[] learnt = new boolean[ids.length];
    Arrays.fill(learnt, asked.length, ids.length, true);
    return new TrainingDocument(ids, learnt);
  }
}
