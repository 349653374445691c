package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Expresso: read speech, {@code read/SPEAKER/STYLE/base/ID.wav} with {@code
 * read_transcriptions.txt}, and dialogues without transcripts, {@code
 * conversational/SPEAKER-SPEAKER/STYLE-STYLE/ID.wav}, in which each speaker has a channel.
 *
 * <p>Long recordings are cut into the segments of {@code VAD_segments.txt}, where that names them,
 * and into the stretches that {@code splits/*.txt} name, so that no utterance lies in two splits.
 * The asterisks of emphasised words are left out of the transcripts.
 */
final class ExpressoCorpus implements Corpus {
  static final String TRANSCRIPTS = "read_transcriptions.txt";

  private static final String SEGMENTS = "VAD_segments.txt";
  private static final List<String> SPLITS = List.of("train", "dev", "test");

  @Override
  public void read(Path source, CorpusListener listener) {
    ExpressoTables tables = new ExpressoTables(listener);
    Map<String, String> transcripts = tables.transcripts(source.resolve(TRANSCRIPTS));
    Map<String, List<ExpressoTables.Segment>> segments = tables.segments(source.resolve(SEGMENTS));
    Map<String, List<ExpressoTables.Segment>> splits =
        tables.splits(source.resolve("splits"), SPLITS);
    Reading reading = new Reading(listener, transcripts, segments, splits);
    Path audio = audio(source);
    FileTree.walk(audio.resolve("read"), listener, reading::read);
    Path dialogues = audio.resolve("conversational");
    if (Files.isDirectory(dialogues)) {
      FileTree.walk(dialogues, listener, reading::conversational);
    }
    transcripts.keySet().stream()
        .sorted()
        .forEach(
            id ->
                listener.reject(
                    new Rejection(
                        id, null, "there is no recording of this line of " + TRANSCRIPTS)));
  }

  /** The directory of the recordings: its name tells their rate. */
  static Path audio(Path source) {
    try (Stream<Path> list = Files.list(source)) {
      return list.filter(path -> Files.isDirectory(path.resolve("read")))
          .sorted()
          .findFirst()
          .orElseThrow(
              () -> new InputException(source + ": expected a directory such as audio_48khz/read"));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * One reading of the corpus.
   *
   * @param transcripts by id; those that have a recording are taken out
   * @param segments by id, or {@code ID/channelN}
   * @param splits by id
   */
  private record Reading(
      CorpusListener listener,
      Map<String, String> transcripts,
      Map<String, List<ExpressoTables.Segment>> segments,
      Map<String, List<ExpressoTables.Segment>> splits) {

    void read(Path directory, List<Path> files) {
      for (Path file : files) {
        if (!AudioFiles.isAudio(AudioFiles.name(file))) {
          continue;
        }
        String id = AudioFiles.stem(file);
        String[] names = id.split("_", -1);
        // read/SPEAKER/STYLE/KIND/ID.wav
        String style = AudioFiles.name(directory.resolveSibling(""));
        String text = transcripts.remove(id);
        List<ExpressoTables.Segment> stretches = splits.getOrDefault(id, List.of());
        boolean cut = stretches.stream().anyMatch(stretch -> !stretch.isWhole());
        AudioLocation location = AudioFiles.location(file);
        if (cut) {
          // What is said in a part of it is not known.
          cut(id, location, segments.get(id), stretches, names[0], style);
        } else if (text == null && !segments.containsKey(id)) {
          listener.reject(new Rejection(id, location, "has no transcript in " + TRANSCRIPTS));
        } else if (text == null) {
          cut(id, location, segments.get(id), stretches, names[0], style);
        } else {
          @Nullable String split = stretches.isEmpty() ? null : stretches.get(0).name();
          listener.accept(
              new Utterance(
                  id,
                  location,
                  null,
                  null,
                  text.replace("*", ""),
                  List.of(),
                  names[0],
                  style,
                  split));
        }
      }
    }

    void conversational(Path directory, List<Path> files) {
      // conversational/SPEAKER-SPEAKER/STYLE-STYLE/ID.wav, or one speaker or style alone
      String[] styles = AudioFiles.name(directory).split("-", -1);
      String[] speakers = AudioFiles.name(directory.resolveSibling("")).split("-", -1);
      for (Path file : files) {
        if (!AudioFiles.isAudio(AudioFiles.name(file))) {
          continue;
        }
        String id = AudioFiles.stem(file);
        List<ExpressoTables.Segment> stretches = splits.getOrDefault(id, List.of());
        for (int channel = 0; channel < speakers.length; channel++) {
          boolean alone = speakers.length == 1;
          String name = alone ? id : id + "/channel" + (channel + 1);
          AudioLocation location = AudioFiles.location(file);
          cut(
              name,
              alone ? location : location.withChannel(channel + 1),
              segments.get(name),
              stretches,
              speakers[channel],
              styles[Math.min(channel, styles.length - 1)]);
        }
      }
    }

    /** An utterance for each segment in each stretch of a split. */
    private void cut(
        String id,
        AudioLocation audio,
        @Nullable List<ExpressoTables.Segment> speech,
        List<ExpressoTables.Segment> stretches,
        String speaker,
        String style) {
      List<ExpressoTables.Segment> outer =
          stretches.isEmpty() ? List.of(ExpressoTables.Segment.whole(null)) : stretches;
      List<ExpressoTables.Segment> inner =
          speech == null ? List.of(ExpressoTables.Segment.whole(null)) : speech;
      List<ExpressoTables.Segment> parts = new ArrayList<>();
      for (ExpressoTables.Segment stretch : outer) {
        for (ExpressoTables.Segment segment : inner) {
          double start = Math.max(stretch.start(), segment.start());
          double end = Math.min(stretch.end(), segment.end());
          if (start < end) {
            parts.add(new ExpressoTables.Segment(stretch.name(), start, end));
          }
        }
      }
      for (ExpressoTables.Segment part : parts) {
        listener.accept(
            new Utterance(
                part.isWhole() ? id : id + "/" + times(part),
                audio,
                part.start() == 0 ? null : (Double) part.start(),
                part.end() == Double.POSITIVE_INFINITY ? null : (Double) part.end(),
                null,
                List.of(),
                speaker,
                style,
                part.name()));
      }
    }

    private static String times(ExpressoTables.Segment part) {
      String end =
          part.end() == Double.POSITIVE_INFINITY
              ? ""
              : String.format(Locale.ROOT, "%.2f", part.end());
      return String.format(Locale.ROOT, "%.2f-%s", part.start(), end);
    }
  }
}
