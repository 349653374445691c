package org.spiritlm.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.corpus.CorpusListener;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.inspection.BarChart;
import org.spiritlm.inspection.CorpusSource;
import org.spiritlm.inspection.CorpusStatistics;
import org.spiritlm.inspection.CorpusStatistics.Codebooks;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm corpus stats}: figures and charts of a corpus. */
@Command(
    name = "stats",
    description = {
      "Print figures of a corpus: of a manifest hours, words, speakers, styles, recordings that are",
      "too short, clipped or unreadable (all are read); of what prepare wrote also tokens, how many",
      "are merged, tokens and bits a second, and the use of the codebooks; of both in one run with",
      "--audio."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus stats dev-clean.jsonl",
      "  spiritlm corpus stats prepared --model my-model -o charts --json",
      "  spiritlm corpus stats prepared --audio dev-clean.jsonl",
    })
final class CorpusStatsCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "SOURCE", description = "A manifest, or the directory of prepare.")
  Path source = Path.of("");

  @Option(
      names = "-o",
      paramLabel = "DIR",
      description = "Write charts there, as PNG pictures (default: none).")
  @Nullable Path output;

  @Option(
      names = "--audio",
      paramLabel = "MANIFEST.jsonl",
      description = "The manifest that was prepared: its recordings are read for clipping, too.")
  @Nullable Path audio;

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description = {
        "Whose units they are, for the sizes of the codebooks (default: those of the released models,",
        "501, 64 and 100)."
      })
  @Nullable String model;

  @Mixin VariantOption variant = new VariantOption();

  @Option(names = "--force", description = "Replace pictures that are there.")
  boolean force;

  @Mixin CommonOptions common = new CommonOptions();

  CorpusStatsCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    CorpusSource found = CorpusSource.of(source);
    if (audio != null && (!found.isPrepared() || CorpusSource.of(audio).isPrepared())) {
      throw new InputException(
          "--audio takes the manifest (.jsonl) of what prepare wrote; SOURCE is then its directory");
    }
    if (output != null) {
      OutputFiles.claimDirectory(output);
    }
    CorpusStatistics statistics = statistics();
    if (found.isPrepared()) {
      try (PreparedParquet.Reader reader = PreparedParquet.read(found.place())) {
        reader.forEachRemaining(statistics::add);
      }
      if (audio != null) {
        read(audio, statistics, statistics::addSound);
      }
    } else {
      read(found.place(), statistics, statistics::addRecording);
    }
    ObjectNode figures = statistics.json();
    if (output != null) {
      List<BarChart> charts = statistics.charts();
      OutputFiles.makeDirectory(output);
      for (BarChart chart : charts) {
        OutputFiles.write(output.resolve(chart.name() + ".png"), force, chart::write);
      }
    }
    if (common.json) {
      console.json(figures);
    } else {
      print("", figures);
    }
  }

  private CorpusStatistics statistics() {
    if (model == null) {
      return new CorpusStatistics(TokenLayout.SPIRIT_LM, Codebooks.SPIRIT_LM);
    }
    SpiritLm opened = variant.load(model);
    Vocabulary vocabulary = opened.vocabulary();
    return new CorpusStatistics(
        opened.tokenLayout(),
        new Codebooks(
            vocabulary.hubert().size(), vocabulary.pitch().size(), vocabulary.style().size()));
  }

  private static void read(
      Path manifest, CorpusStatistics statistics, BiConsumer<Utterance, Path> taker) {
    Path directory = manifest.toAbsolutePath().resolveSibling("");
    Manifest.read(
        manifest,
        new CorpusListener() {
          @Override
          public void accept(Utterance utterance) {
            taker.accept(utterance, directory);
          }

          @Override
          public void reject(Rejection rejection) {
            statistics.addUnusable(rejection.id());
          }
        });
  }

  /** A line a figure, named by its keys. */
  private void print(String prefix, JsonNode node) {
    if (node.isObject()) {
      node.properties().forEach(entry -> print(prefix + "." + entry.getKey(), entry.getValue()));
    } else if (node.isArray()) {
      for (JsonNode item : node) {
        if (item.isObject()) {
          console.print(
              prefix.substring(1)
                  + "."
                  + item.path("name").asText()
                  + ": "
                  + item.path("hours").asText()
                  + " h in "
                  + item.path("utterances").asText());
        } else {
          console.print(prefix.substring(1) + ": " + item.asText());
        }
      }
    } else {
      console.print(prefix.substring(1) + ": " + node.asText());
    }
  }
}
