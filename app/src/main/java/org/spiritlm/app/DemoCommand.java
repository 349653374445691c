package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.task.Transcription;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm demo}: the tour, from a recording to tokens, answers and speech again. */
@Command(
    name = "demo",
    description = {
      "Show the main jobs: a recording to tokens and back, transcription, speaking, and continuation in",
      "speech and text.",
      "",
      "This is done with the model that comes along, or the one that --model or",
      "$SPIRITLM_CHECKPOINTS_DIR names; without any, with a small random one."
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

  private static final String TEXT = "He said:";

  /** A sentence to be said. */
  private static final String SENTENCE = "We will work together for peace.";

  private static final String BEGINNING = "beginning.wav";

  private static final List<String> FILES =
      List.of(
          "recording.wav",
          "resynthesis.wav",
          "other-voice.wav",
          "spoken.wav",
          "in-a-style.wav",
          BEGINNING,
          "continued.wav");

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
      description = "A recording of yours (default: a sentence in a synthetic voice).")
  @Nullable Path speech;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    OutputFiles.claimDirectory(directory);
    OutputFiles.makeDirectory(directory);
    Path recording = speech != null ? speech : ModelPlace.home().resolve("examples/sentence.flac");
    for (String name : FILES) {
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
    resynthesize(opened, recording, units);
    step("what is said, written down", "spiritlm transcribe " + recording);
    result("text", '"' + transcribe(opened, Segment.speech(recording)) + '"');
    speak(opened);
    Audio beginning = beginning(heard);
    Segment begun = Segment.speech(opened.tokens(opened.encode(beginning)));
    Path half = directory.resolve(BEGINNING);
    step(
        "the first half, continued in speech that is heard while it is made",
        "spiritlm generate --speech "
            + half
            + " --to speech --max-new-tokens 150 --stream -o continued.wav");
    save(BEGINNING, beginning);
    List<Segment> question = List.of(begun);
    FirstAudio listener = new FirstAudio();
    GenerationOptions spoken = GenerationOptions.speech().withMaxNewTokens(150);
    Generation answer = opened.stream(question, spoken, listener);
    result("first audio", listener.toString());
    save("continued.wav", answer);
    step(
        "text and speech continued in either",
        "spiritlm generate --text '"
            + TEXT
            + "' --speech "
            + half
            + " --to any --max-new-tokens 60");
    answer(
        opened,
        List.of(Segment.text(TEXT), begun),
        GenerationOptions.arbitrary().withMaxNewTokens(60));
    step("which of two continuations is likelier", "spiritlm score --file examples/pairs.jsonl");
    for (String word : List.of("blue", "bread")) {
      double sum = opened.score(opened.parse("[Text]The sky is"), opened.parse(word)).sum();
      result("The sky is " + word, String.format(Locale.ROOT, "log-likelihood %.2f", sum));
    }
    console.say("the audio is in " + directory + "; 'spiritlm --help' lists what else there is");
  }

  /** The same words again: as they were said, and by another voice of the vocoder. */
  private void resynthesize(SpiritLm opened, Path recording, SpeechUnits units) {
    String command = "spiritlm resynthesize " + recording;
    step("tokens to speech", command + " -o resynthesis.wav");
    save("resynthesis.wav", opened.decode(units, VoiceOptions.standard()).audio());
    List<String> speakers = opened.directory().vocoderConfig().speakers();
    if (speakers.size() > 1) {
      String other = speakers.get(speakers.size() - 1);
      step("in another voice", command + " --speaker " + other + " -o other-voice.wav");
      VoiceOptions voice = VoiceOptions.standard().withSpeaker(other);
      save("other-voice.wav", opened.decode(units, voice).audio());
    }
  }

  /** The first half of a recording, whose end is left to the model. */
  private static Audio beginning(Audio heard) {
    int length = Math.max(1, heard.samples().length / 2);
    return new Audio(Arrays.copyOf(heard.samples(), length), heard.sampleRate());
  }

  /** Says a sentence, and listens to it. */
  private void speak(SpiritLm opened) {
    step("a text, said", "spiritlm speak '" + SENTENCE + "' -o spoken.wav");
    Generation said = new SpeechSynthesis(opened).speak(SENTENCE);
    if (save("spoken.wav", said)) {
      result("heard again", '"' + transcribe(opened, Segment.speech(said.audio())) + '"');
    }
    List<String> styles = opened.directory().styles();
    if (!styles.isEmpty()) {
      String style = styles.get(styles.size() - 1);
      step(
          "the same in a style",
          "spiritlm speak '" + SENTENCE + "' --style " + style + " -o in-a-style.wav");
      VoiceOptions voice = VoiceOptions.standard().withStyle(style);
      GenerationOptions options = SpeechSynthesis.standard(opened).withVoice(voice);
      SpeechTokens stop = SpeechSynthesis.stopOf(opened);
      save("in-a-style.wav", new SpeechSynthesis(opened, List.of(), stop, options).speak(SENTENCE));
    }
  }

  private static String transcribe(SpiritLm opened, Segment.Speech speech) {
    return shortened(new Transcription(opened).transcribe(speech));
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
    result(
        "speed", String.format(Locale.ROOT, "%.0f tokens/s", answer.timings().tokensPerSecond()));
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
      String rest = chunks == 2 ? "one piece" : (chunks - 1) + " pieces";
      return String.format(Locale.ROOT, "after %.2f s, the rest in %s", first, rest);
    }
  }

  /** Saves what an answer says; whether it says anything. */
  private boolean save(String name, Generation answer) {
    boolean isSpoken =
        answer.segments().stream()
            .anyMatch(each -> each instanceof Segment.Speech speech && speech.audio() != null);
    if (isSpoken) {
      save(name, answer.audio());
    } else {
      result("speech", "none that could be heard");
    }
    return isSpoken;
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
      console.print("  $ " + command + model.arguments());
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
