package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.Deflater;
import org.spiritlm.Generation;
import org.spiritlm.Score;
import org.spiritlm.SpiritLm;
import org.spiritlm.lm.Scorer;
import org.spiritlm.task.Transcription;

/**
 * A transcript's tokens, and how likely each was after what was heard, told by segments as OpenAI's
 * protocol does.
 */
final class TranscriptTokens {
  private final Score score;
  private final int[] words;
  private final double temperature;

  private TranscriptTokens(Score score, int[] words, double temperature) {
    this.score = score;
    this.words = words;
    this.temperature = temperature;
  }

  /**
   * Those of an answer, whose model is asked how likely they are.
   *
   * @param temperature with which they were drawn
   */
  static TranscriptTokens of(Generation answer, SpiritLm model, double temperature) {
    Score score = score(answer, model);
    int[] words = new int[score.ids().length];
    int word = count(Transcription.transcript(answer)) - count(answer.text()) - 1; // without flags
    boolean isBetween = true;
    for (int i = 0; i < words.length; i++) {
      for (char each : TokenText.of(score.ids()[i], model.tokenizer()).toCharArray()) {
        boolean isBlank = Character.isWhitespace(each);
        if (isBetween && !isBlank) {
          word++;
        }
        isBetween = isBlank;
      }
      words[i] = Math.max(0, word);
    }
    return new TranscriptTokens(score, words, temperature);
  }

  private static Score score(Generation answer, SpiritLm model) {
    if (answer.outputIds().length == 0) {
      return new Score(new int[0], new double[0]);
    }
    return model.scoreIds(List.of(new Scorer.Pair(answer.promptIds(), answer.outputIds()))).get(0);
  }

  /** How many words there are. */
  static int count(String text) {
    String all = text.strip();
    return all.isEmpty() ? 0 : all.split("\\s+", -1).length;
  }

  /**
   * Says of a segment which tokens it has and how likely they are.
   *
   * @param from its first word
   * @param to the word after its last
   * @param text its words
   */
  void describe(int from, int to, String text, ObjectNode segment) {
    segment.put("seek", 0);
    ArrayNode tokens = segment.putArray("tokens");
    double sum = 0;
    for (int i = 0; i < words.length; i++) {
      if (words[i] >= from && words[i] < to) {
        tokens.add(score.ids()[i]);
        sum += score.logProbabilities()[i];
      }
    }
    segment.put("temperature", temperature);
    segment.put("avg_logprob", tokens.isEmpty() ? 0 : sum / tokens.size());
    segment.put("compression_ratio", compression(text));
    segment.put("no_speech_prob", 0.0);
  }

  /** How many times as long a text is as what zlib makes of it, which tells repetitions. */
  private static double compression(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Deflater deflater = new Deflater();
    try {
      deflater.setInput(bytes);
      deflater.finish();
      byte[] into = new byte[bytes.length + 64];
      return (double) bytes.length / deflater.deflate(into);
    } finally {
      deflater.end();
    }
  }
}
