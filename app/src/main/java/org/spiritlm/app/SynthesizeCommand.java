package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.spiritlm.json.Json;
import org.spiritlm.synthesis.SpeakingStyle;
import org.spiritlm.synthesis.SynthesisRecipe;
import org.spiritlm.synthesis.SynthesisSummary;
import org.spiritlm.synthesis.SyntheticCorpus;
import org.spiritlm.synthesis.VoiceProfile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm corpus synthesize}: a corpus from text alone. */
@Command(
    name = "synthesize",
    description = {
      "Speak a text into recordings with exact times, in several voices and styles.",
      "",
      "Times are those of words and phones. What was interrupted goes on when the same command is",
      "given again."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus synthesize sentences.txt -o corpus",
      "  spiritlm corpus synthesize sentences.txt -o corpus --voices 8 --styles neutral,whisper",
    })
final class SynthesizeCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "TEXT", description = "A text in UTF-8 with one sentence a line.")
  Path text = Path.of("");

  @Option(
      names = "-o",
      paramLabel = "DIR",
      required = true,
      description = "Where recordings, manifest.jsonl and phones.ctm are written.")
  Path directory = Path.of("");

  @Option(
      names = "--voices",
      paramLabel = "N",
      description = "How many voices speak, 1 to 8 (default: 4).")
  int voices = 4;

  @Option(
      names = "--styles",
      paramLabel = "A,B",
      split = ",",
      completionCandidates = Styles.class,
      description = "In which styles: ${COMPLETION-CANDIDATES} (default: all).")
  List<String> styles = SpeakingStyle.names();

  @Option(
      names = "--takes",
      paramLabel = "N",
      description = "How often each sentence is spoken, in other voices or styles (default: 1).")
  int takes = 1;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads that speak; the result is the same (default: one a core).")
  int workers = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Chooses who says what and how utterances differ (default: 0).")
  long seed;

  @Option(names = "--force", description = "Replace another synthetic corpus that is there.")
  boolean force;

  @Mixin CommonOptions common = new CommonOptions();

  SynthesizeCommand(Console console) {
    this.console = console;
  }

  /** The names of the styles. */
  static final class Styles implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return SpeakingStyle.names().iterator();
    }
  }

  @Override
  public void run() {
    SynthesisRecipe recipe =
        new SynthesisRecipe(
            VoiceProfile.first(voices),
            SpeakingStyle.of(styles.stream().map(String::strip).toList()),
            takes,
            seed);
    SyntheticCorpus corpus = new SyntheticCorpus(text, directory, recipe, workers);
    Reporter reporter = new Reporter(console);
    SynthesisSummary summary = corpus.make(force, reporter);
    reporter.print(directory, summary, common.json);
  }

  /** Tells how far the work is, at most every few seconds. */
  private static final class Reporter implements Consumer<SyntheticCorpus.Progress> {
    private static final double EVERY = 5;

    private final Console console;
    private final long start = System.nanoTime();
    private double told;
    private double made;

    Reporter(Console console) {
      this.console = console;
    }

    private double elapsed() {
      return (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void accept(SyntheticCorpus.Progress progress) {
      made = progress.seconds();
      double now = elapsed();
      if (now - told >= EVERY) {
        told = now;
        console.say(
            String.format(
                Locale.ROOT,
                "%d of %d sentences; %.2f h made, %.0f times as fast as it is spoken",
                progress.done(),
                progress.all(),
                made / 3600,
                made / now));
      }
    }

    void print(Path directory, SynthesisSummary summary, boolean json) {
      if (json) {
        ObjectNode object = Json.object();
        object.put("corpus", directory.toString());
        object.setAll(summary.json());
        object.put("seconds_made", made);
        object.put("seconds_taken", elapsed());
        console.json(object);
        return;
      }
      console.print(
          String.format(
              Locale.ROOT,
              "%s: %d utterances, %.2f h, %d words; %d rejected",
              directory,
              summary.utterances(),
              summary.seconds() / 3600,
              summary.words(),
              summary.rejected()));
      if (made > 0) {
        console.say(
            String.format(Locale.ROOT, "%.0f times as fast as it is spoken", made / elapsed()));
      }
      if (summary.rejected() > 0) {
        console.say("what was rejected, and why, is in " + directory.resolve("rejected.jsonl"));
      }
    }
  }
}
