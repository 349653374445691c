package org.spiritlm.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Continuation;
import org.spiritlm.Score;
import org.spiritlm.SpiritLm;
import org.spiritlm.json.Json;
import org.spiritlm.report.ResultJson;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm score}: how likely continuations are. */
@Command(
    name = "score",
    description = {
      "Say how likely a model finds continuations of prompts: the natural logarithm of the",
      "probability, and its mean a token. Prompts are token strings: put [Text] before a text."
    },
    customSynopsis = {
      "spiritlm score --prompt P --continuation C [OPTIONS]",
      "spiritlm score --file FILE.jsonl [OPTIONS]"
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm score --prompt '[Text]The sky is' --continuation blue",
      "  spiritlm score --prompt '[Speech][Hu99][Hu49]' --continuation '[Hu38]' --json",
      "  spiritlm score --file examples/pairs.jsonl",
    })
final class ScoreCommand implements Runnable {
  /** Pairs of a file that are scored together. */
  private static final int GROUP = 64;

  private final Console console;

  @Option(
      names = "--prompt",
      paramLabel = "TOKENS",
      description = "What comes first: text or a token string, taken as it is.")
  @Nullable String prompt;

  @Option(
      names = "--continuation",
      paramLabel = "TOKENS",
      description = {
        "What is scored: text or a token string, encoded by itself. SentencePiece puts a blank before",
        "a text; for other tokenizers it begins with one."
      })
  @Nullable String continuation;

  @Option(
      names = "--file",
      paramLabel = "FILE.jsonl",
      description = "Many of them, {\"prompt\": …, \"continuation\": …} a line.")
  @Nullable Path file;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  ScoreCommand(Console console) {
    this.console = console;
  }

  /**
   * One thing to score.
   *
   * @param where it stands, for messages; empty where there is only this one
   */
  private record Pair(String where, String prompt, String continuation) {
    Continuation parsed(SpiritLm model) {
      return named(() -> new Continuation(model.parse(prompt), model.parse(continuation)));
    }

    Score score(Continuation parsed, SpiritLm model) {
      return named(() -> model.score(List.of(parsed)).get(0));
    }

    private <T> T named(Supplier<T> work) {
      try {
        return work.get();
      } catch (InputException e) {
        throw where.isEmpty() ? e : new InputException(where + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public void run() {
    List<Pair> pairs = pairs();
    SpiritLm opened = model.open().model();
    for (int at = 0; at < pairs.size(); at += GROUP) {
      score(pairs.subList(at, Math.min(pairs.size(), at + GROUP)), opened);
    }
  }

  private List<Pair> pairs() {
    if (file != null) {
      if (prompt != null || continuation != null) {
        throw new InputException(
            "--file brings its own prompts; leave out --prompt and --continuation, or --file");
      }
      return Json.lines(file).stream()
          .map(line -> line.only("prompt", "continuation"))
          .map(line -> new Pair(line.where(), line.text("prompt"), line.text("continuation")))
          .toList();
    }
    if (prompt == null || continuation == null) {
      throw new InputException(
          prompt == null && continuation == null
              ? "nothing to score: give --prompt and --continuation, or --file"
              : "--prompt and --continuation go together; give both");
    }
    return List.of(new Pair("", prompt, continuation));
  }

  private void score(List<Pair> pairs, SpiritLm opened) {
    List<Continuation> parsed = pairs.stream().map(pair -> pair.parsed(opened)).toList();
    List<Score> scores = new ArrayList<>();
    try {
      scores.addAll(opened.score(parsed));
    } catch (InputException e) { // one by one tells which
      for (int i = 0; i < pairs.size(); i++) {
        print(pairs.get(i).score(parsed.get(i), opened));
      }
      throw e;
    }
    scores.forEach(this::print);
  }

  private void print(Score score) {
    if (common.json) {
      console.json(ResultJson.score(score));
    } else {
      console.print(
          String.format(
              Locale.ROOT,
              "%.4f (%.4f a token, %d tokens)",
              score.sum(),
              score.mean(),
              score.ids().length));
    }
  }
}
