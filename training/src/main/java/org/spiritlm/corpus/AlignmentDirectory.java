package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;

/**
 * A directory with a file for each utterance, named by its id or its recording, in the directory
 * itself, in one named by the speaker, or in ones named as those in which the recording lies or as
 * the parts of the id (7143/88743/7143-88743-0029.TextGrid).
 *
 * @param directory where they lie
 */
record AlignmentDirectory(Path directory) implements Alignments {
  /** How many of the recording's directories are repeated below the alignments. */
  private static final int DEEPEST = 4;

  @Override
  public @Nullable List<AlignedWord> find(Utterance utterance) {
    for (String place : places(utterance)) {
      for (String ending : AlignmentFile.ENDINGS) {
        Path file;
        try {
          file = directory.resolve(place + ending);
        } catch (InvalidPathException e) {
          continue; // an id that is no name of a file
        }
        if (Files.isRegularFile(file)) {
          return AlignmentFile.words(file);
        }
      }
    }
    return null;
  }

  private static Set<String> places(Utterance utterance) {
    Set<String> places = new LinkedHashSet<>();
    String recording = utterance.audio().bytes() == null ? utterance.audio().file() : "";
    List<String> names = new ArrayList<>(List.of(utterance.id()));
    String stem = AudioFiles.stem(Path.of(recording.substring(recording.lastIndexOf('/') + 1)));
    if (!stem.isEmpty() && !stem.equals(utterance.id())) {
      names.add(stem);
    }
    for (String name : names) {
      places.add(name);
      if (utterance.speaker() != null) {
        places.add(utterance.speaker() + "/" + name);
      }
      String[] parts = name.split("-", -1);
      if (parts.length == 3) {
        places.add(parts[0] + "/" + parts[1] + "/" + name);
      }
      String above = recording;
      String path = name;
      for (int i = 0; i < DEEPEST && above.contains("/"); i++) {
        above = above.substring(0, above.lastIndexOf('/'));
        path = above.substring(above.lastIndexOf('/') + 1) + "/" + path;
        places.add(path);
      }
    }
    return places;
  }

  @Override
  public void close() {}
}
