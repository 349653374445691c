package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.json.Json;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm demo}: the tour, from a recording to tokens, answers and speech again. */
@Command(
    name = "demo",
    description = {
      "Show the main job: a recording to tokens and back, and its continuation in speech and text.",
      "",
      "Without --model and $SPIRITLM_CHECKPOINTS_DIR this is done with a small random model."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm demo",
      "  spiritlm demo --speech my-question.m4a -o my-demo",
      "  spiritlm demo --model checkpoints --variant expressive",
    })
final class DemoCommand implements Runnable {
  /** Characters of a token string that are shown. */
  private static final int SHOWN = 72;

  private static final String TEXT = "The largest country in the world is";

  private final Console console;

  @Option(
      names = "-o",
      paramLabel = "DIR",
      description = "Where the audio goes (default: ${DEFAULT-VALUE}).")
  Path directory = Path.of("spiritlm-demo");

  @Option(names = "--force", description = "Replace what an earlier demo left there.")
  boolean force;

  @Option(
      names = "--speech",
      paramLabel = "FILE",
      description = "A recording of yours (default: 9 s of read English).")
  @Nullable Path speech;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  /** The model made for the demo, or null where there is another. */
  private @Nullable Path made;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    OutputFiles.claimDirectory(directory);
    OutputFiles.makeDirectory(directory);
    Path recording = speech != null ? speech : ModelPlace.home().resolve("examples/speech.flac");
    for (String name : List.of("recording.wav", "resynthesis.wav", "answer.wav")) {
      OutputFiles.claim(directory.resolve(name), force);
    }
    SpiritLm opened = open();
    step("speech to tokens", "spiritlm encode " + recording);
    Audio heard = AudioReader.read(recording);
    save("recording.wav", heard);
    SpeechUnits units = opened.encode(heard);
    SpeechTokens tokens = opened.tokens(units);
    result(
        "tokens",
        String.format(
            Locale.ROOT,
            "%.2f s are %d units, %d tokens once equal neighbours are merged: %s",
            heard.seconds(),
            units.hubert().length,
            tokens.tokens().size(),
            shortened(tokens.toString())));
    step("tokens to speech", "spiritlm resynthesize " + recording + " -o resynthesis.wav");
    save("resynthesis.wav", opened.decode(units, VoiceOptions.standard()).audio());
    List<Segment> question = List.of(Segment.speech(tokens));
    step("speech continued in text", "spiritlm generate --speech " + recording + " --to text");
    answer(opened, question, GenerationOptions.text().withMaxNewTokens(30));
    step(
        "text continued in speech, heard while it is made",
        "spiritlm generate --text '" + TEXT + "' --to speech --stream -o answer.wav");
    FirstAudio listener = new FirstAudio();
    GenerationOptions spoken = GenerationOptions.speech().withMaxNewTokens(150);
    Generation answer = opened.stream(List.of(Segment.text(TEXT)), spoken, listener);
    result("first audio", listener.toString());
    save("answer.wav", answer.audio());
    step(
        "text and speech continued in either",
        "spiritlm generate --text 'He said:' --speech " + recording + " --to any");
    answer(
        opened,
        List.of(Segment.text("He said:"), Segment.speech(tokens)),
        GenerationOptions.arbitrary().withMaxNewTokens(60));
    step("which of two continuations is likelier", "spiritlm score --file examples/pairs.jsonl");
    for (String word : List.of("blue", "bread")) {
      double sum = opened.score(opened.parse("[Text]The sky is"), opened.parse(" " + word)).sum();
      result("The sky is " + word, String.format(Locale.ROOT, "log-likelihood %.2f", sum));
    }
    console.say("the audio is in " + directory + "; 'spiritlm --help' lists what else there is");
  }

  private SpiritLm open() {
    if (model.isThere()) {
      return model.open().withTokenizer().model();
    }
    Path toy = directory.resolve("toy");
    if (!Files.isDirectory(toy)) {
      FreshModel.of(Preset.TOY).write(toy, console::say);
    }
    console.say(
        "This is a small model with random weights, made just now: it shows how things work, but its"
            + " answers are noise, and so is its voice.");
    made = toy;
    model.model = toy.toString();
    return model.open().withTokenizer().model();
  }

  private void answer(SpiritLm opened, List<Segment> question, GenerationOptions options) {
    Generation answer = opened.generate(question, options);
    for (Segment segment : answer.segments()) {
      if (segment instanceof Segment.Text text) {
        result("text", "\"" + shortened(text.text()) + "\"");
      } else if (segment instanceof Segment.Speech part) {
        SpeechTokens tokens = part.tokens();
        result("speech", tokens == null ? "" : shortened(tokens.toString()));
      }
    }
    if (answer.segments().isEmpty()) {
      result("answer", "nothing but speech too short to be heard");
    }
    if (options.output() == OutputModality.TEXT) {
      result(
          "speed", String.format(Locale.ROOT, "%.0f tokens/s", answer.timings().tokensPerSecond()));
    }
  }

  /** When the first samples came. */
  private static final class FirstAudio implements GenerationListener {
    private final long began = System.nanoTime();
    private double first;
    private int chunks;

    @Override
    public void audio(Audio chunk) {
      if (chunks++ == 0) {
        first = (System.nanoTime() - began) / 1e9;
      }
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "after %.2f s, the rest in %d pieces", first, chunks - 1);
    }
  }

  private void save(String name, Audio audio) {
    Path file = directory.resolve(name);
    OutputFiles.write(file, force, beside -> AudioWriter.write(beside, audio));
    result(name, String.format(Locale.ROOT, "%.2f s in %s", audio.seconds(), file));
  }

  private void step(String what, String command) {
    if (!common.json) {
      console.print("");
      console.print(what);
      console.print("  $ " + command + (made == null ? "" : " --model " + made));
    }
  }

  private void result(String name, String value) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("name", name);
      object.put("value", value);
      console.json(object);
    } else {
      console.print("  " + name + ": " + value);
    }
  }

  private static String shortened(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }
}
