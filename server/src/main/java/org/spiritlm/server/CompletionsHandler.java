package org.spiritlm.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.Timings;
import org.spiritlm.json.Json;

/**
 * {@code POST /v1/completions}: token strings or ids, continued as they are, in whatever tokens the
 * model likes; speech tokens are written out in the text.
 */
final class CompletionsHandler {
  private static final int MOST_PROMPTS = 64;
  private static final int MOST_LIKELIEST = 20;
  private static final int MOST_STOPS = 16;
  private static final Timings NONE = new Timings(0, 0, 0, 0, 0, null);

  private static final Set<String> KNOWN =
      Set.of(
          "model",
          "prompt",
          "max_tokens",
          "echo",
          "logprobs",
          "n",
          "best_of",
          "stop",
          "stream",
          "stream_options",
          "suffix",
          "user");

  private final ServedModel model;

  CompletionsHandler(ServedModel model) {
    this.model = model;
  }

  /**
   * What is asked.
   *
   * @param prompts ids, the start token among them
   * @param newTokens 0 where only the prompt's probabilities are asked for
   * @param likeliest how many are told of each token; null where no probability is
   */
  private record Asked(
      List<int[]> prompts,
      GenerationOptions options,
      int newTokens,
      int answers,
      boolean echo,
      @Nullable Integer likeliest) {}

  void handle(Fields fields, Exchange exchange) {
    Set<String> known = new HashSet<>(KNOWN);
    known.addAll(SamplingFields.NAMES);
    fields.only(known);
    SamplingFields.refuse(fields, Set.of("suffix", "best_of"));
    Asked asked = asked(fields, exchange);
    if (fields.flag("stream")) {
      Fields streaming = fields.child("stream_options");
      stream(asked, streaming != null && streaming.flag("include_usage"), exchange);
    } else {
      exchange.respond(whole(asked, exchange));
    }
  }

  private Asked asked(Fields fields, Exchange exchange) {
    boolean echo = fields.flag("echo");
    int newTokens = SamplingFields.newTokens(fields, "max_tokens", echo ? 0 : 1, exchange);
    Integer answers = fields.whole("n", 1, exchange.limits().answers());
    GenerationOptions options =
        SamplingFields.applied(fields, GenerationOptions.text().withModalityMask(false))
            .withMaxNewTokens(Math.max(1, newTokens))
            .withAnswers(answers == null ? 1 : answers)
            .withStopStrings(fields.texts("stop", MOST_STOPS).toArray(String[]::new));
    return new Asked(
        prompts(fields),
        options,
        newTokens,
        options.answers(),
        echo,
        fields.whole("logprobs", 0, MOST_LIKELIEST));
  }

  private List<int[]> prompts(Fields fields) {
    JsonNode value = fields.object().get("prompt");
    List<int[]> prompts = new ArrayList<>();
    if (fields.has("prompt") && value.isTextual()) {
      prompts.add(ids(value.textValue()));
    } else if (fields.has("prompt") && value.isArray() && !value.isEmpty()) {
      if (value.get(0).isNumber()) {
        prompts.add(numbers(fields, value));
      } else {
        for (JsonNode each : value) {
          prompts.add(each.isTextual() ? ids(each.textValue()) : numbers(fields, each));
        }
      }
    }
    if (prompts.isEmpty() || prompts.size() > MOST_PROMPTS) {
      throw fields.wrong(
          "prompt",
          "a string, a list of token ids, or a list of at most " + MOST_PROMPTS + " of these");
    }
    return prompts;
  }

  private int[] ids(String prompt) {
    return model.parse(prompt).ids(model.model().tokenizer());
  }

  private static int[] numbers(Fields fields, JsonNode list) {
    if (!list.isArray() || list.isEmpty()) {
      throw fields.wrong("prompt", "a list of strings, or of lists of at least one token id");
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!list.get(i).isIntegralNumber() || !list.get(i).canConvertToInt()) {
        throw fields.wrong("prompt", "a list of whole numbers where it is none of strings");
      }
      ids[i] = list.get(i).intValue();
    }
    return ids;
  }

  private ObjectNode whole(Asked asked, Exchange exchange) {
    List<List<Generation>> answers =
        asked.newTokens == 0
            ? asked.prompts.stream().map(ids -> List.of(nothing(ids))).toList()
            : model.model(exchange).batchIds(asked.prompts, asked.options);
    ObjectNode object = beginning(Ids.next("cmpl-"));
    ArrayNode choices = object.putArray("choices");
    List<Generation> all = new ArrayList<>();
    for (List<Generation> each : answers) {
      for (Generation answer : each) {
        ObjectNode choice = choices.addObject();
        choice.put("index", all.size());
        choice.put("text", (asked.echo ? answer.prompt() : "") + answer.text());
        choice.set("logprobs", logProbabilities(answer, asked, exchange));
        choice.put("finish_reason", Usage.reason(answer.endReason()));
        all.add(answer);
      }
    }
    object.set("usage", Usage.of(asked.prompts, all, model.model().vocabulary()));
    return object;
  }

  /** An answer without tokens. */
  private Generation nothing(int... ids) {
    String prompt = model.model().tokenizer().decode(ids);
    return new Generation(prompt, ids, 0, new int[0], EndReason.LENGTH, List.of(), NONE);
  }

  private @Nullable ObjectNode logProbabilities(Generation answer, Asked asked, Exchange exchange) {
    Integer likeliest = asked.likeliest;
    return likeliest == null
        ? null
        : model
            .workers()
            .run(
                exchange.terms(),
                () ->
                    TokenText.completion(
                        answer.promptIds(),
                        answer.outputIds(),
                        asked.echo,
                        likeliest,
                        model.model()));
  }

  private ObjectNode beginning(String id) {
    ObjectNode object = Json.object();
    object.put("id", id);
    object.put("object", "text_completion");
    object.put("created", System.currentTimeMillis() / 1000);
    object.put("model", model.name());
    return object;
  }

  private void stream(Asked asked, boolean usageToo, Exchange exchange) {
    if (asked.prompts.size() > 1 || asked.answers > 1 || asked.echo) {
      throw ApiException.wrong(
          "stream", "one answer to one prompt can be streamed, without 'echo'");
    }
    EventStream events = new EventStream(exchange);
    String id = Ids.next("cmpl-");
    SpiritLm served = model.model(exchange);
    try {
      Generation answer =
          served.streamIds(
              asked.prompts.get(0),
              asked.options,
              new GenerationListener() {
                @Override
                public void text(String piece) {
                  events.send(piece(id, piece, null, null));
                }

                @Override
                public boolean goesOn() {
                  return events.isOpen();
                }
              });
      events.send(
          piece(
              id, "", logProbabilities(answer, asked, exchange), Usage.reason(answer.endReason())));
      if (usageToo) {
        ObjectNode last = beginning(id);
        last.putArray("choices");
        last.set("usage", Usage.of(asked.prompts, List.of(answer), model.model().vocabulary()));
        events.send(last);
      }
      events.done();
    } catch (RuntimeException e) {
      events.fail(e);
    }
  }

  private ObjectNode piece(
      String id, String text, @Nullable ObjectNode logProbabilities, @Nullable String reason) {
    ObjectNode object = beginning(id);
    ObjectNode choice = object.putArray("choices").addObject();
    choice.put("index", 0);
    choice.put("text", text);
    choice.set("logprobs", logProbabilities);
    choice.put("finish_reason", reason);
    return object;
  }
}
