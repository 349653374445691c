package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Goes through directories in the order of their names, so that a corpus is read in the same order
 * everywhere. Memory holds the names of one directory and of those above it. Names that begin with
 * a dot are passed over, and so are links that lead back to a directory above.
 */
final class FileTree {
  /** Deeper than any corpus, and than any path that a system allows to be useful. */
  private static final int DEEPEST = 64;

  /** Names that are looked at, at most, to recognise a corpus. */
  private static final int LOOKED_AT = 20_000;

  private FileTree() {}

  /** Takes the files of one directory, ordered by name. */
  interface Visitor {
    void visit(Path directory, List<Path> files);
  }

  /**
   * Visits a directory, then those in it.
   *
   * @param listener is told of directories that cannot be read
   */
  static void walk(Path directory, CorpusListener listener, Visitor visitor) {
    walk(directory, listener, visitor, new ArrayList<>());
  }

  private static void walk(
      Path directory, CorpusListener listener, Visitor visitor, List<Path> above) {
    List<Path> names;
    Path real;
    try {
      real = directory.toRealPath();
      names = list(directory);
    } catch (IOException e) {
      listener.reject(
          new Rejection(AudioFiles.written(directory), null, "the directory cannot be read: " + e));
      return;
    }
    if (above.contains(real) || above.size() == DEEPEST) {
      return;
    }
    visitor.visit(directory, names.stream().filter(Files::isRegularFile).toList());
    above.add(real);
    for (Path name : names) {
      if (Files.isDirectory(name)) {
        walk(name, listener, visitor, above);
      }
    }
    above.remove(above.size() - 1);
  }

  /**
   * Whether a directory, or one not far below it, holds a name; so many names are looked at that a
   * corpus is recognised by them, and not all of a large one.
   */
  static boolean holds(Path directory, Predicate<String> known) {
    Deque<Path> waiting = new ArrayDeque<>(List.of(directory));
    Set<Path> seen = new HashSet<>();
    for (int looked = 0; !waiting.isEmpty() && looked < LOOKED_AT; ) {
      try {
        Path next = waiting.remove();
        if (!seen.add(next.toRealPath())) {
          continue;
        }
        for (Path path : list(next)) {
          looked++;
          if (Files.isDirectory(path)) {
            waiting.add(path);
          } else if (known.test(AudioFiles.name(path))) {
            return true;
          }
        }
      } catch (IOException e) {
        looked++; // told of when the corpus is read
      }
    }
    return false;
  }

  /**
   * What lies in a directory, ordered by name.
   *
   * @throws IOException if it cannot be read
   */
  static List<Path> list(Path directory) throws IOException {
    List<Path> names = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path path : stream) {
        if (!AudioFiles.name(path).startsWith(".")) {
          names.add(path);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    Collections.sort(names);
    return names;
  }
}
