package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.corpus.WordSpans;
import org.spiritlm.inspection.CorpusSource;
import org.spiritlm.inspection.UtterancePage;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.JsonLines;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchContour;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm corpus show}: one utterance as a page. */
@Command(
    name = "show",
    description = {
      "Write one utterance as an HTML page that stands by itself: waveform, words, units, pitch and",
      "style over time, how training would draw it three times, and players.",
      "",
      "What prepare wrote has units but no audio, a manifest audio but no units: give both, or a",
      "manifest and a model. The fundamental frequency needs a model as well."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm corpus show 84-121123-0000 --corpus dev-clean.jsonl -o page.html",
      "  spiritlm corpus show a1 --corpus prepared --audio corpus.jsonl -o page.html",
    })
final class CorpusShowCommand implements Runnable {
  /** The longest utterance that is shown (seconds): its audio is in the page. */
  private static final double LONGEST = 600;

  /** What the pitch is found in at a time (samples). */
  private static final int PITCH_PIECE = 30 * Audio.SPEECH_RATE;

  private final Console console;

  @Parameters(paramLabel = "ID", description = "The utterance.")
  String id = "";

  @Option(
      names = "--corpus",
      paramLabel = "SOURCE",
      required = true,
      description = "A manifest, or the directory of prepare.")
  Path corpus = Path.of("");

  @Option(
      names = "--audio",
      paramLabel = "MANIFEST.jsonl",
      description = "The manifest that was prepared, for the audio.")
  @Nullable Path audio;

  @Option(
      names = "-o",
      paramLabel = "PAGE.html",
      required = true,
      description = "The page to write.")
  Path output = Path.of("");

  @Option(names = "--seed", paramLabel = "S", description = "Seed of the draws (default: 0).")
  long seed;

  @Option(names = "--force", description = "Replace a page that is there.")
  boolean force;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  CorpusShowCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    OutputFiles.claim(output, force);
    CorpusSource source = CorpusSource.of(corpus);
    Path manifest = source.isPrepared() ? audio : source.place();
    PreparedUtterance prepared = source.isPrepared() ? prepared(source.place()) : null;
    Utterance utterance = manifest == null ? null : utterance(manifest);
    float[] samples = utterance == null ? null : samples(utterance, manifest);
    SpiritLm opened = samples != null && model.isThere() ? model.open().model() : null;
    if (prepared == null && opened != null && samples != null && utterance != null) {
      prepared = encode(utterance, samples, opened);
    }
    PitchContour pitch = opened == null || samples == null ? null : pitch(samples, opened);
    TokenLayout layout = opened == null ? TokenLayout.SPIRIT_LM : opened.tokenLayout();
    String page = new UtterancePage(utterance, samples, prepared, pitch, layout, seed).html();
    OutputFiles.write(output, force, file -> Files.writeString(file, page, StandardCharsets.UTF_8));
    report(samples != null, prepared, pitch != null);
  }

  private void report(boolean sound, @Nullable PreparedUtterance prepared, boolean pitch) {
    ObjectNode object = Json.object();
    object.put("id", id);
    object.put("page", output.toString());
    object.put("audio", sound);
    object.put("units", prepared == null ? 0 : prepared.units().hubert().length);
    object.put("words", prepared == null ? 0 : prepared.words().size());
    object.put("f0", pitch);
    if (common.json) {
      console.json(object);
    } else {
      console.print(output.toString());
    }
  }

  private PreparedUtterance prepared(Path place) {
    try (PreparedParquet.Reader reader = PreparedParquet.read(place)) {
      while (reader.hasNext()) {
        PreparedUtterance utterance = reader.next();
        if (utterance.id().equals(id)) {
          return utterance;
        }
      }
    }
    throw missing(place);
  }

  private Utterance utterance(Path manifest) {
    try (JsonLines lines = JsonLines.open(manifest)) {
      for (Iterator<JsonLine> each = lines.iterator(); each.hasNext(); ) {
        JsonLine line = next(each);
        if (line != null && line.object().path("id").asText().equals(id)) {
          return Manifest.parse(line);
        }
      }
    }
    throw missing(manifest);
  }

  /** The next line, or null for one that is none: another is looked for. */
  private static @Nullable JsonLine next(Iterator<JsonLine> lines) {
    try {
      return lines.next();
    } catch (InputException e) {
      return null;
    }
  }

  private InputException missing(Path place) {
    return new InputException(place + ": has no utterance '" + id + "'");
  }

  private static float[] samples(Utterance utterance, Path manifest) {
    Path directory = manifest.toAbsolutePath().resolveSibling("");
    try (AudioReader reader = UtteranceAudio.open(utterance, directory, LONGEST)) {
      return reader.readAll().samples();
    }
  }

  private static PreparedUtterance encode(Utterance utterance, float[] samples, SpiritLm opened) {
    Audio sound = new Audio(samples, Audio.SPEECH_RATE);
    SpeechUnits units = opened.encode(sound);
    double rate = opened.tokenLayout().hubertRate();
    return new PreparedUtterance(
        utterance.id(),
        utterance.speaker(),
        utterance.style(),
        utterance.split(),
        sound.seconds(),
        units,
        WordSpans.of(utterance, sound.seconds(), units.hubert().length, rate),
        utterance.text(),
        null,
        "",
        "");
  }

  private @Nullable PitchContour pitch(float[] samples, SpiritLm opened) {
    if (!opened.directory().frameRates().containsKey("pitch") || samples.length == 0) {
      return null;
    }
    FcpePitchExtractor extractor =
        new FcpePitchExtractor(opened.directory().pitchNetwork(model.where.open()));
    int frames = PitchContour.frames(samples.length);
    float[] hertz = new float[frames];
    boolean[] voiced = new boolean[frames];
    for (int from = 0; from < samples.length; from += PITCH_PIECE) {
      int to = Math.min(samples.length, from + PITCH_PIECE);
      PitchContour piece = extractor.extract(Arrays.copyOfRange(samples, from, to));
      int at = from / PitchContour.HOP;
      int count = Math.min(piece.hertz().length, frames - at);
      System.arraycopy(piece.hertz(), 0, hertz, at, count);
      System.arraycopy(piece.voiced(), 0, voiced, at, count);
    }
    return new PitchContour(hertz, voiced);
  }
}
