package org.spiritlm.app;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.evaluation.Evaluation;
import org.spiritlm.evaluation.EvaluationSet;
import org.spiritlm.evaluation.Figure;
import org.spiritlm.evaluation.Quality;
import org.spiritlm.evaluation.Transcripts;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm eval}: how good a model is. */
@Command(
    name = "eval",
    description = {
      "Measure how good a model is, on utterances that it has not seen.",
      "",
      "DIR gets quality.json (the figures, beside the paper's), items.jsonl (what was found of each"
          + " utterance) and audio, the speech that a recogniser of other make is to hear"
          + " (tools/evaluation/transcribe.py); given its transcripts, the same command adds their"
          + " word errors. What is done is not done again."
    },
    customSynopsis = "spiritlm eval [MODEL] --corpus MANIFEST.jsonl -o DIR [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm eval my-model --corpus corpus.jsonl -o quality --limit 100",
      "  spiritlm eval my-model --corpus corpus.jsonl -o quality --transcripts heard.jsonl",
      "  spiritlm eval my-model --corpus corpus.jsonl -o units --measures purity --phones p.ctm",
    })
final class EvalCommand implements Runnable {
  private static final String ENGLISH = "en";

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description = "A bundled model or a model directory; the same as --model.")
  @Nullable String argument;

  @Option(
      names = "--corpus",
      paramLabel = "MANIFEST.jsonl",
      required = true,
      description =
          "Utterances with transcripts; with times of words, speakers and styles if known.")
  Path corpus = Path.of("");

  @Option(
      names = "-o",
      paramLabel = "DIR",
      required = true,
      description = "The directory for what is found, new or one to go on with.")
  Path output = Path.of("");

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = "The part of the corpus that is judged (default: ${DEFAULT-VALUE}).")
  String split = "test";

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many utterances, a mixture of all (default: all).")
  int limit = Integer.MAX_VALUE;

  @Option(
      names = "--measures",
      paramLabel = "NAME",
      split = ",",
      description = {
        "Only these of purity, asr, tts, resynthesis, style, continuation, perplexity",
        "(default: all)."
      })
  List<String> measures = Evaluation.MEASURES;

  @Option(
      names = "--phones",
      paramLabel = "FILE|DIR",
      description = "Times of phones, such as phones.ctm of a synthetic corpus, for purity.")
  @Nullable Path phones;

  @Option(
      names = "--transcripts",
      paramLabel = "FILE.jsonl",
      description = "What a recogniser heard in DIR/audio, {\"id\": …, \"text\": …} a line.")
  @Nullable Path transcripts;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      description = {
        "The language of transcripts; numbers and short forms of en are written out before they",
        "are compared (default: ${DEFAULT-VALUE})."
      })
  String language = ENGLISH;

  @Option(names = "--require", description = "Fail where a bar is not reached.")
  boolean require;

  @Option(names = "--force", description = "Begin anew where DIR holds another evaluation.")
  boolean force;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  EvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    if (argument != null && model.model != null) {
      throw new InputException("MODEL and --model name two models; give one");
    }
    if (argument != null) {
      model.model = argument;
    }
    Set<String> wanted = new LinkedHashSet<>(measures);
    Evaluation.Options options =
        new Evaluation.Options(
            wanted,
            phones,
            transcripts == null ? Transcripts.none() : Transcripts.read(transcripts),
            language.equals(ENGLISH),
            force);
    OutputFiles.claimDirectory(output);
    EvaluationSet set = EvaluationSet.read(corpus, split, limit);
    Quality quality =
        Evaluation.run(model.openPacked().model(), set, options, output, new Progress(console));
    if (common.json) {
      console.json(quality.json());
    } else {
      console.print(quality.markdown().stripTrailing());
    }
    List<Figure> missed = quality.missed();
    if (require && !missed.isEmpty()) {
      throw new InputException(
          missed.size() + " figures do not reach their bars: " + Quality.describe(missed));
    }
  }

  /** A line every few seconds. */
  private static final class Progress implements Evaluation.Listener {
    private final Console console;
    private ProgressLine line;
    private String measure = "";

    Progress(Console console) {
      this.console = console;
      this.line = new ProgressLine(console, "");
    }

    @Override
    public void begin(String name) {
      measure = name;
      line = new ProgressLine(console, "utterances by " + measure);
    }

    @Override
    public void at(long done, long all, long before, double seconds) {
      line.at(done, all, before, seconds);
    }

    @Override
    public void say(String what) {
      console.say(what);
    }
  }
}
