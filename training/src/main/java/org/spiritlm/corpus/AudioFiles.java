package org.spiritlm.corpus;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names of audio files. */
final class AudioFiles {
  /** Endings by which recordings are known, the best format first. */
  private static final List<String> ENDINGS =
      List.of("flac", "wav", "mp3", "ogg", "opus", "m4a", "webm", "aac", "aiff", "aif", "wma");

  private AudioFiles() {}

  /** Whether a name ends like that of a recording. */
  static boolean isAudio(String name) {
    return isAudioEnding(name.substring(name.lastIndexOf('.') + 1));
  }

  /** Whether this is the ending of recordings, without its dot. */
  static boolean isAudioEnding(String ending) {
    return ENDINGS.contains(ending.toLowerCase(Locale.ROOT));
  }

  /** A file's name without directory and ending. */
  static String stem(Path file) {
    String name = name(file);
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? name : name.substring(0, dot);
  }

  /** A file's name without its directory. */
  static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  /** The recording of this name, without ending, in a directory; null if there is none. */
  static @Nullable Path find(Path directory, String stem) {
    for (String ending : ENDINGS) {
      Path file = directory.resolve(stem + "." + ending);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  /** Where a file lies, with slashes on every system. */
  static AudioLocation location(Path file) {
    return AudioLocation.of(written(file));
  }

  /** A path with slashes on every system. */
  static String written(Path file) {
    return file.toString().replace(File.separatorChar, '/');
  }
}
