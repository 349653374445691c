package org.spiritlm.app;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/**
 * Does the same with several files: a bad one is told, the others are done all the same, and in the
 * end it is an error.
 */
final class EachFile {
  private EachFile() {}

  /**
   * Works through the files.
   *
   * @param work does one of them
   * @throws InputException if one of them was bad
   */
  static void run(List<Path> files, CommonOptions common, Console console, Consumer<Path> work) {
    int failed = 0;
    for (Path file : files) {
      try {
        work.accept(file);
      } catch (Console.ClosedException | CheckpointException e) {
        throw e; // the same for every file
      } catch (RuntimeException e) {
        String mistake = Mistakes.explain(e);
        if (mistake == null || files.size() == 1) {
          throw e;
        }
        failed++;
        console.say(mistake);
        if (common.verbose) {
          e.printStackTrace(console.err());
        }
      }
    }
    if (failed > 0) {
      throw new InputException(failed + " of " + files.size() + " files failed, see above");
    }
  }

  /** A result for people, with the file's name where there are several. */
  static void print(List<Path> files, Path file, String result, Console console) {
    console.print(files.size() == 1 ? result : file + ": " + result);
  }
}
