package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.spiritlm.Segment;
import org.spiritlm.json.Json;
import org.spiritlm.task.Transcription;

/** Transcripts that the language model writes of speech (ASR), without examples. */
final class RecognitionMeasure implements Measure {
  private static final double MOST_WORD_ERRORS = 0.2;
  private static final String TEXT = "text";

  private final Subject subject;
  private final List<Item> items;
  private final boolean english;

  RecognitionMeasure(Subject subject, List<Item> items, boolean english) {
    this.subject = subject;
    this.items = items.stream().filter(Item::hasText).toList();
    this.english = english;
  }

  @Override
  public String name() {
    return "asr";
  }

  @Override
  public List<Item> items() {
    return items;
  }

  @Override
  public List<ObjectNode> measure(List<Item> group) {
    List<Segment.Speech> speech = group.stream().map(subject::speech).toList();
    return new Transcription(subject.model())
        .transcribe(speech).stream().map(text -> Json.object().put(TEXT, text)).toList();
  }

  /** Beside the paper's of LibriSpeech's clean part, with ten examples. */
  @Override
  public void conclude(Results results, Quality quality) {
    ErrorRates rates = new ErrorRates(english);
    int failed = 0;
    for (Item item : items) {
      ObjectNode found = results.of(name(), item.id());
      failed += Results.failed(found) ? 1 : 0;
      rates.add(item.text(), found.path(TEXT).asText()); // nothing where it failed
    }
    String title = "ASR by the language model";
    quality.add(
        rates
            .words("asr.wer", title)
            .withPaper(subject.paper(0.219, 0.379))
            .withNote(failed == 0 ? null : failed + " could not be transcribed")
            .withBar(Bar.atMost(MOST_WORD_ERRORS)));
    quality.add(rates.characters("asr.cer", title));
  }
}
