package org.spiritlm.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.app.App;
import org.spiritlm.json.Json;

/** The command, run in this process, and what came of it. */
record Run(int code, String out, String err) {
  static Run of(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        App.run(
            args,
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Prepare.COMMANDS);
    return new Run(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Prepares a corpus with two tasks at a time. */
  static Run prepare(Object manifest, Object output, Path model, String... more) {
    List<String> words =
        new ArrayList<>(List.of("prepare", manifest.toString(), "-o", output.toString(), "--json"));
    words.addAll(List.of("--model", model.toString()));
    words.addAll(List.of(more));
    if (!words.contains("--master")) {
      words.addAll(List.of("--master", "local[2]"));
    }
    if (!words.contains("--device")) {
      words.addAll(List.of("--device", "cpu"));
    }
    return of(words.toArray(String[]::new));
  }

  /** The summary. */
  ObjectNode summary() {
    if (code != 0) {
      throw new AssertionError(this);
    }
    return Json.parse(out, "the summary");
  }
}
