package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Recordings in directories, each with its transcript in a {@code .txt} of the same name beside it.
 * An utterance is named by its path in the directory, without the ending.
 *
 * @param untranscribed whether recordings without a transcript are taken, too
 */
record FolderCorpus(boolean untranscribed) implements Corpus {
  @Override
  public void read(Path source, CorpusListener listener) {
    FileTree.walk(source, listener, (directory, files) -> visit(source, files, listener));
  }

  private void visit(Path source, List<Path> files, CorpusListener listener) {
    Set<String> spoken = new HashSet<>();
    for (Path file : files) {
      if (AudioFiles.isAudio(AudioFiles.name(file))) {
        spoken.add(AudioFiles.stem(file));
        recording(source, file, listener);
      }
    }
    for (Path file : files) {
      boolean text = AudioFiles.name(file).endsWith(".txt");
      if (text && !spoken.contains(AudioFiles.stem(file))) {
        listener.reject(
            new Rejection(
                id(source, file), null, "there is no recording of the transcript " + file));
      }
    }
  }

  private void recording(Path source, Path file, CorpusListener listener) {
    String id = id(source, file);
    AudioLocation location = AudioFiles.location(file);
    try {
      listener.accept(Utterance.of(id, location, transcript(file)));
    } catch (InputException e) {
      listener.reject(new Rejection(id, location, String.valueOf(e.getMessage())));
    }
  }

  private @Nullable String transcript(Path audio) {
    Path file = audio.resolveSibling(AudioFiles.stem(audio) + ".txt");
    if (Files.isRegularFile(file)) {
      return TextLines.whole(file);
    }
    if (!untranscribed) {
      throw new InputException("has no transcript: " + file + " does not exist");
    }
    return null;
  }

  private static String id(Path source, Path file) {
    return AudioFiles.written(source.relativize(file.resolveSibling(AudioFiles.stem(file))));
  }
}
