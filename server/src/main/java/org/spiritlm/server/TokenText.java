package org.spiritlm.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.SpiritLm;
import org.spiritlm.json.Json;
import org.spiritlm.lm.Scorer;
import org.spiritlm.text.TextTokenizer;

/** Probabilities of tokens, as OpenAI's protocol tells them: of the model's whole vocabulary. */
final class TokenText {
  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-F]{2})>");

  private TokenText() {}

  /** What a token stands for, blanks as blanks; a padding id has a number. */
  static String of(int id, TextTokenizer tokenizer) {
    return id < tokenizer.size() ? tokenizer.piece(id).replace('\u2581', ' ') : "<" + id + ">";
  }

  private static void describe(
      int id, double logProbability, TextTokenizer tokenizer, ObjectNode object) {
    String text = of(id, tokenizer);
    object.put("token", text);
    object.put("logprob", logProbability);
    ArrayNode bytes = object.putArray("bytes");
    Matcher single = BYTE.matcher(text);
    if (single.matches()) {
      bytes.add(Integer.parseInt(single.group(1), 16));
    } else {
      for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
        bytes.add(each & 0xff);
      }
    }
  }

  /** Each token of an answer in a chat, with the likeliest ones in its place. */
  static ObjectNode chat(Generation answer, int count, SpiritLm model) {
    TextTokenizer tokenizer = model.tokenizer();
    ObjectNode object = Json.object();
    ArrayNode content = object.putArray("content");
    for (Scorer.Ranked each : ranked(answer.promptIds(), answer.outputIds(), count, model)) {
      ObjectNode token = content.addObject();
      describe(each.id(), each.logProbability(), tokenizer, token);
      ArrayNode top = token.putArray("top_logprobs");
      for (int i = 0; i < each.likeliest().length; i++) {
        describe(each.likeliest()[i], each.logProbabilities()[i], tokenizer, top.addObject());
      }
    }
    object.putNull("refusal");
    return object;
  }

  private static List<Scorer.Ranked> ranked(
      int[] prompt, int[] continuation, int count, SpiritLm model) {
    return continuation.length == 0
        ? List.of()
        : model.rankIds(new Scorer.Pair(prompt, continuation), count);
  }

  /**
   * Each token of a completion.
   *
   * @param echoed whether the prompt's tokens are among them, of which the first has no probability
   */
  static ObjectNode completion(
      int[] prompt, int[] output, boolean echoed, int count, SpiritLm model) {
    TextTokenizer tokenizer = model.tokenizer();
    int from = echoed ? 1 : prompt.length;
    int[] all = new int[prompt.length + output.length];
    System.arraycopy(prompt, 0, all, 0, prompt.length);
    System.arraycopy(output, 0, all, prompt.length, output.length);
    List<Scorer.@Nullable Ranked> ranked = new ArrayList<>();
    if (echoed) {
      ranked.add(null);
    }
    ranked.addAll(
        ranked(Arrays.copyOf(all, from), Arrays.copyOfRange(all, from, all.length), count, model));
    ObjectNode object = Json.object();
    ArrayNode tokens = object.putArray("tokens");
    ArrayNode logProbabilities = object.putArray("token_logprobs");
    ArrayNode top = object.putArray("top_logprobs");
    ArrayNode offsets = object.putArray("text_offset");
    int offset = 0;
    for (int i = 0; i < ranked.size(); i++) {
      Scorer.Ranked each = ranked.get(i);
      String text = of(each == null ? all[0] : each.id(), tokenizer);
      tokens.add(text);
      offsets.add(offset);
      offset += text.length();
      if (each == null) {
        logProbabilities.addNull();
        top.addNull();
      } else {
        logProbabilities.add(each.logProbability());
        ObjectNode likeliest = top.addObject();
        for (int j = 0; j < each.likeliest().length; j++) {
          String alternative = of(each.likeliest()[j], tokenizer);
          if (!likeliest.has(alternative)) { // the likelier of two that are written alike
            likeliest.put(alternative, each.logProbabilities()[j]);
          }
        }
      }
    }
    return object;
  }
}
