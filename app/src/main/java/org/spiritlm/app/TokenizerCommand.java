package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.TextDocument;
import org.spiritlm.corpus.TextDocuments;
import org.spiritlm.corpus.TextListener;
import org.spiritlm.json.Json;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.WordCounts;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm tokenizer}: a vocabulary for text. */
@Command(
    name = "tokenizer",
    description = {
      "Learn a vocabulary for text from texts, for the command init.",
      "",
      "What is written is a SentencePiece model (byte-pair encoding; what is not in it becomes"
          + " bytes), which its own library reads as well."
    },
    customSynopsis = "spiritlm tokenizer TEXT... -o DIR [--size N] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm tokenizer books.txt -o tokenizer --size 2000",
      "  spiritlm tokenizer corpus/manifest.jsonl -o tokenizer",
      "  spiritlm init --preset tiny --tokenizer tokenizer -o my-model",
    })
final class TokenizerCommand implements Runnable {
  /** What the file says of the model that it is for; init writes it again. */
  private static final int CONTEXT = 4096;

  private final Console console;

  @Parameters(
      paramLabel = "TEXT",
      arity = "1..*",
      description = {
        "Texts: .txt, .jsonl (key text, as manifests have it) or .parquet (column text)."
      })
  List<Path> texts = List.of();

  @Mixin NewDirectory output = new NewDirectory("tokenizer.model", "tokenizer");

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "Pieces, 256 bytes and 3 special ones among them (default: ${DEFAULT-VALUE}).")
  int size = 2000;

  @Mixin CommonOptions common = new CommonOptions();

  TokenizerCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    WordCounts words = new WordCounts();
    for (Path text : texts) {
      TextDocuments.read(text, new Counter(text, words));
    }
    NewTokenizer learnt = NewTokenizer.learnt(words, size, List.of());
    output.fillBeside(
        directory -> {
          try {
            Files.createDirectories(directory);
            learnt.write(directory, CONTEXT);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    int pieces = TextTokenizer.open(output.directory).size();
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("tokenizer", output.directory.toString()).put("pieces", pieces);
      console.json(object);
    } else {
      console.print(output.directory + ": " + pieces + " pieces");
    }
  }

  private record Counter(Path file, WordCounts words) implements TextListener {
    @Override
    public void accept(TextDocument document) {
      words.add(document.text());
    }

    @Override
    public void reject(Rejection rejection) {
      throw new InputException(file + ": " + rejection.id() + ": " + rejection.reason());
    }
  }
}
