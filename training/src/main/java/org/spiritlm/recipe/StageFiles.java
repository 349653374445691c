package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.TrainingRun;

/**
 * What tells how far a stage is: {@code begun.json} from its beginning on, {@code done.json} when
 * it is done. Both have the settings that it is made with, a fingerprint of these and of those of
 * the stages before it, and the seconds that it took.
 *
 * @param stage which
 * @param directory the stage's
 * @param before the fingerprints of the stages that it needs
 */
record StageFiles(Stage stage, Path directory, List<String> before) {
  private static final String BEGUN = "begun.json";
  private static final String DONE = "done.json";

  StageFiles {
    before = List.copyOf(before);
  }

  /** That of all that the stage's result depends on. */
  String fingerprint() {
    return fingerprint(stage.settings());
  }

  private String fingerprint(ObjectNode settings) {
    return sha256(stage.name() + "\n" + Json.line(settings) + "\n" + before);
  }

  private static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }

  /**
   * Whether the stage is done. One that is only begun may have been begun with other settings that
   * steer what is left to learn.
   *
   * @throws InputException if it was made, or begun, with other settings, or a file is damaged
   */
  boolean isDone() {
    boolean done = check(DONE, List.of());
    check(BEGUN, done ? List.of() : PartTraining.STEERING);
    return done;
  }

  /** The seconds that the stage took so far. */
  double seconds() {
    ObjectNode done = read(DONE);
    ObjectNode record = done == null ? read(BEGUN) : done;
    return record == null ? 0 : record.path("seconds").asDouble();
  }

  private @Nullable ObjectNode read(String name) {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      ObjectNode object = Json.file(file);
      if (object.path("fingerprint").isTextual()
          && object.path("settings").isObject()
          && object.path("seconds").isNumber()) {
        return object;
      }
      throw new InputException("it lacks settings, fingerprint or seconds");
    } catch (InputException e) {
      throw new InputException(
          file
              + " is damaged ("
              + e.getMessage()
              + "); remove the directory "
              + directory
              + ", and the stage is made again",
          e);
    }
  }

  /** Whether there is such a file; it must be of these settings, but for some keys. */
  private boolean check(String name, List<String> free) {
    ObjectNode found = read(name);
    if (found == null) {
      return false;
    }
    String made = found.path("fingerprint").asText();
    if (made.equals(fingerprint())) {
      return true;
    }
    List<String> differing = List.of();
    if (found.get("settings") instanceof ObjectNode settings) {
      differing = TrainingRun.differing(settings, stage.settings());
      if (free.containsAll(differing) && made.equals(fingerprint(settings))) {
        return true;
      }
    }
    throw new InputException(
        directory
            + (differing.isEmpty()
                ? ": was made of other results than those of " + String.join(", ", stage.needs())
                : ": was made with other settings (" + String.join(", ", differing) + ")")
            + "; give those that are in "
            + directory.resolve(name)
            + ", or another --out, or remove the directories of this stage and of those after it");
  }

  /** Says that the stage is begun, and how long it took so far. */
  void begin(double seconds) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    write(BEGUN, seconds);
  }

  /** Says that the stage is done. */
  void end(double seconds) {
    write(DONE, seconds);
  }

  private void write(String name, double seconds) {
    ObjectNode object = Json.object();
    object.put("stage", stage.name());
    object.set("settings", stage.settings());
    object.put("fingerprint", fingerprint());
    object.put("seconds", Math.round(10 * seconds) / 10.0);
    Directories.write(directory.resolve(name), object.toPrettyString() + "\n");
  }
}
