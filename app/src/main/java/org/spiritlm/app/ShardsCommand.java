package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.checkpoint.TokenizerChecksum;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.json.Json;
import org.spiritlm.shards.ShardKind;
import org.spiritlm.shards.ShardSet;
import org.spiritlm.shards.ShardSetWriter;
import org.spiritlm.shards.ShardSources;
import org.spiritlm.shards.ShardSummary;
import org.spiritlm.shards.ShardSummary.Counts;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm shards}: prepared corpora and texts to training data. */
@Command(
    name = "shards",
    description = {
      "Write prepared corpora and texts as shards, from which training reads.",
      "",
      "Speech whose words are known goes to the aligned shards, other speech to those of speech"
          + " alone. What cannot be used is listed in rejected.jsonl, with the reason; what went"
          + " into the shards is in summary.json."
    },
    customSynopsis = "spiritlm shards [DIR...] -o SHARDS [--text FILE...] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm shards prepared -o shards --model my-model",
      "  spiritlm shards librispeech expresso -o shards --model my-model --text books.txt"
          + " web.parquet",
    })
final class ShardsCommand implements Runnable {
  private final Console console;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..*",
      description = "What the command prepare wrote, or Parquet files of that form.")
  List<Path> directories = List.of();

  @Mixin NewDirectory output = new NewDirectory(ShardSet.FILE, "directory of shards");

  @Option(
      names = "--text",
      paramLabel = "FILE",
      arity = "1..*",
      description = {
        "Texts without speech: .txt (documents divided by blank lines), .jsonl (key text) or"
            + " .parquet (column text)."
      })
  List<Path> texts = List.of();

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "Take this part of the corpora alone, such as train; may be given again.")
  List<String> splits = List.of();

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description = "The model whose tokens are written (default: $SPIRITLM_CHECKPOINTS_DIR).")
  @Nullable String model;

  @Mixin VariantOption variant = new VariantOption();

  @Option(
      names = "--any-units",
      description = {
        "Take units that another speech tokenizer than that of --model made, such as the same one",
        "in another form of files."
      })
  boolean anyUnits;

  @Option(
      names = "--items",
      paramLabel = "N",
      description = "Items of a shard at most (default: ${DEFAULT-VALUE}).")
  int items = ShardSetWriter.Limits.DEFAULT.items();

  @Mixin CommonOptions common = new CommonOptions();

  ShardsCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    ShardSources sources = new ShardSources(directories, texts, Set.copyOf(splits));
    ShardSetWriter.Limits limits =
        new ShardSetWriter.Limits(items, ShardSetWriter.Limits.DEFAULT.bytes());
    SpiritLm opened = variant.load(model);
    output.fillBeside(directory -> write(directory, sources, limits, opened));
  }

  private void write(
      Path directory, ShardSources sources, ShardSetWriter.Limits limits, SpiritLm opened) {
    long began = System.nanoTime();
    try (RejectionFile rejections = new RejectionFile(directory)) {
      ShardSetWriter writer =
          new ShardSetWriter(
              directory,
              opened.tokenizer(),
              opened.vocabulary(),
              opened.tokenLayout(),
              limits,
              rejections::add);
      sources.writeTo(
          writer,
          anyUnits ? null : TokenizerChecksum.ofUnits(opened.directory()),
          read -> console.say(String.format(Locale.ROOT, "%,d items read", read)));
      ShardSummary summary = writer.finish();
      double seconds = (System.nanoTime() - began) / 1e9;
      ObjectNode report = report(summary, opened, seconds);
      Files.writeString(directory.resolve("summary.json"), Json.line(report) + "\n");
      if (common.json) {
        console.json(report);
      } else {
        print(summary, seconds);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode report(ShardSummary summary, SpiritLm opened, double seconds) {
    ObjectNode report = Json.object();
    report.put("shards", output.directory.toString());
    report.put("model", opened.directory().path().toString());
    ArrayNode read = report.putArray("sources");
    directories.forEach(directory -> read.add(directory.toString()));
    texts.forEach(text -> read.add(text.toString()));
    report.setAll(summary.toJson());
    return report.put("elapsed_seconds", seconds);
  }

  private void print(ShardSummary summary, double seconds) {
    console.print(
        String.format(
            Locale.ROOT,
            "%-11s %7s %10s %9s %14s %13s %9s",
            "kind",
            "shards",
            "items",
            "hours",
            "speech tokens",
            "text tokens",
            "MB"));
    for (ShardKind kind : ShardKind.values()) {
      Counts counts = summary.of(kind);
      console.print(
          String.format(
              Locale.ROOT,
              "%-11s %7d %10d %9.2f %14d %13d %9.1f",
              kind.key(),
              counts.shards(),
              counts.items(),
              counts.seconds() / 3600,
              counts.speechTokens(),
              counts.textTokens(),
              counts.bytes() / 1e6));
    }
    console.print(
        String.format(
            Locale.ROOT,
            "%s: written in %.1f s%s",
            output.directory,
            seconds,
            summary.rejected() == 0
                ? ""
                : "; " + summary.rejected() + " items could not be used, see rejected.jsonl"));
  }

  /** The items that cannot be used, one a line; there is no file where there are none. */
  private static final class RejectionFile implements AutoCloseable {
    private final Path file;
    private @Nullable BufferedWriter writer;

    RejectionFile(Path directory) {
      this.file = directory.resolve("rejected.jsonl");
    }

    void add(Rejection rejection) {
      try {
        BufferedWriter open = writer;
        if (open == null) {
          open = Files.newBufferedWriter(file);
          writer = open;
        }
        ObjectNode line = Json.object();
        line.put("id", rejection.id()).put("reason", rejection.reason());
        open.write(Json.line(line) + "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      BufferedWriter open = writer;
      if (open != null) {
        open.close();
      }
    }
  }
}
