package org.spiritlm.training.language;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.task.Classification;
import org.spiritlm.task.Transcription;
import org.spiritlm.text.EditCounts;
import org.spiritlm.text.TranscriptNormalizer;
import org.spiritlm.torch.NoGradients;

/**
 * How well a language model does on what it does not learn from: {@code loss}, the mean over the
 * tokens that are learnt in it; {@code word_error}, the word error rate of greedy transcripts, or
 * {@code label_error}, the share of wrong labels; and samples as files.
 */
final class HeldOutMeasures implements LanguageTask.Validation {
  /** A transcript that is so many times as long as the longest of all is cut. */
  private static final int TIMES = 2;

  private final ModelDirectory directory;
  private final LearningData.Opened data;
  private final @Nullable WrittenSamples samples;
  private @Nullable SpiritLm whole;

  /**
   * Measures with what was opened.
   *
   * @param directory has the parts around the language model
   * @param samples are written at each time, or null
   */
  HeldOutMeasures(
      ModelDirectory directory, LearningData.Opened data, @Nullable WrittenSamples samples) {
    this.directory = directory;
    this.data = data;
    this.samples = samples;
  }

  @Override
  public Map<String, Double> measure(LlamaModel trained, long step) {
    Map<String, Double> measures = new LinkedHashMap<>();
    try (NoGradients none = NoGradients.open()) {
      DocumentSource documents = data.heldOut();
      if (documents != null) {
        measures.put("loss", loss(documents, new NextTokenLoss(trained)));
      }
      SpiritLm model = whole(trained);
      if (!data.answered().isEmpty()) {
        Questions questions = data.questions();
        if (questions == null || questions.labels().isEmpty()) {
          measures.put("word_error", wordError(model));
        } else {
          measures.put("label_error", labelError(model, questions.labels()));
        }
      }
      if (samples != null) {
        samples.write(model, step);
      }
    }
    return measures;
  }

  private SpiritLm whole(LlamaModel trained) {
    SpiritLm known = whole;
    if (known == null) {
      known = SpiritLm.of(directory, trained);
      whole = known;
    }
    return known;
  }

  /** The same documents every time. */
  private double loss(DocumentSource documents, NextTokenLoss loss) {
    var start = documents.state();
    double sum = 0;
    long targets = 0;
    for (int done = 0; done < data.heldOutBatches(); done++) {
      List<TrainingDocument> next = documents.next();
      sum += loss.sum(next);
      targets += next.stream().mapToLong(TrainingDocument::targets).sum();
    }
    documents.restore(start);
    return sum / targets;
  }

  private double wordError(SpiritLm model) {
    int longest = 1;
    for (Spoken spoken : data.answered()) {
      longest = Math.max(longest, model.tokenizer().encode(spoken.text(), false).length);
    }
    GenerationOptions options =
        GenerationOptions.text().greedy().withMaxNewTokens(TIMES * longest + 1);
    Transcription transcription = new Transcription(model, List.of(), options);
    EditCounts counts = EditCounts.NONE;
    for (Spoken spoken : data.answered()) {
      String heard = transcription.transcribe(Segment.speech(spoken.speech()));
      counts =
          counts.plus(
              EditCounts.words(
                  TranscriptNormalizer.normalize(spoken.text()),
                  TranscriptNormalizer.normalize(heard)));
    }
    return counts.referenceLength() == 0 ? 0 : counts.rate();
  }

  private double labelError(SpiritLm model, List<String> labels) {
    Classification classification = new Classification(model, labels);
    long wrong =
        data.answered().stream()
            .filter(
                spoken ->
                    !classification
                        .classify(Segment.speech(spoken.speech()))
                        .label()
                        .equals(spoken.text()))
            .count();
    return (double) wrong / data.answered().size();
  }

  @Override
  public void close() {
    DocumentSource documents = data.heldOut();
    if (documents != null) {
      documents.close();
    }
  }
}
