package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.json.Json;
import org.spiritlm.text.Vocabulary;

/** How many tokens answers took, and why they ended, in OpenAI's words. */
final class Usage {
  private Usage() {}

  /**
   * The tokens of answers to prompts.
   *
   * @param prompts the ids of each, counted once however many answers it has
   */
  static ObjectNode of(List<int[]> prompts, List<Generation> answers, Vocabulary vocabulary) {
    long asked = prompts.stream().mapToLong(ids -> ids.length).sum();
    long made = answers.stream().mapToLong(answer -> answer.outputIds().length).sum();
    ObjectNode usage = Json.object();
    usage.put("prompt_tokens", asked);
    usage.put("completion_tokens", made);
    usage.put("total_tokens", asked + made);
    long heard = prompts.stream().mapToLong(ids -> speech(ids, vocabulary)).sum();
    long spoken =
        answers.stream().mapToLong(answer -> speech(answer.outputIds(), vocabulary)).sum();
    kinds(usage.putObject("prompt_tokens_details"), asked, heard)
        .put("cached_tokens", reused(prompts.size(), answers));
    kinds(usage.putObject("completion_tokens_details"), made, spoken);
    return usage;
  }

  /** The tokens of a transcript, and of the prompt after which it was found. */
  static ObjectNode ofTranscript(Generation answer, Vocabulary vocabulary) {
    int asked = answer.promptIds().length;
    int made = answer.outputIds().length;
    ObjectNode usage = Json.object().put("type", "tokens").put("input_tokens", asked);
    kinds(usage.putObject("input_token_details"), asked, speech(answer.promptIds(), vocabulary));
    return usage.put("output_tokens", made).put("total_tokens", asked + made);
  }

  /** What is no speech, the markers among it, is text. */
  private static ObjectNode kinds(ObjectNode details, long all, long speech) {
    return details.put("text_tokens", all - speech).put("audio_tokens", speech);
  }

  /** Those of the first answer to each prompt. */
  private static long reused(int prompts, List<Generation> answers) {
    long sum = 0;
    for (int i = 0; i < prompts; i++) {
      sum += answers.get(i * answers.size() / prompts).reusedIds();
    }
    return sum;
  }

  private static long speech(int[] ids, Vocabulary vocabulary) {
    return Arrays.stream(ids).filter(vocabulary::isSpeech).count();
  }

  /** Why an answer ended. */
  static String reason(EndReason reason) {
    return switch (reason) {
      case END, STOP, CANCELLED -> "stop";
      case LENGTH, SECONDS -> "length";
    };
  }
}
