package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.spiritlm.torch.InputException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What every command shares: help, messages, exit codes, logs. */
final class AppTest {
  @Test
  void withoutACommandItSaysSoAndWhereHelpIs() {
    Run run = Run.of();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .containsExactly("spiritlm: a command is missing", "See 'spiritlm --help'.");
  }

  @Test
  void anUnknownCommandOrOptionIsTheUsersMistake() {
    for (String[] args : List.of(new String[] {"sing"}, new String[] {"doctor", "--loudly"})) {
      Run run = Run.of(args);
      assertThat(run.code()).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).contains(args[args.length - 1]).contains("--help");
      assertThat(run.err().lines().count()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void commandsAreKnownByTheirNames() {
    CommandLine app = App.commandLine(new Console(System.out, System.err));
    assertThat(app.getSubcommands().keySet()).containsExactlyElementsOf(App.COMMANDS.keySet());
    assertThat(Run.of("--help").out()).contains(App.COMMANDS.keySet());
  }

  @Test
  void everyCommandHelpsWithExamplesThatItWouldParse() {
    CommandLine app = App.commandLine(new Console(System.out, System.err));
    assertThat(app.getSubcommands()).isNotEmpty();
    for (String name : app.getSubcommands().keySet()) {
      Run run = Run.of(name, "--help");
      assertThat(run.code()).as(name).isZero();
      assertThat(run.err()).as(name).isEmpty();
      List<String> examples =
          run.out().lines().filter(line -> line.startsWith("  spiritlm " + name)).toList();
      assertThat(examples).as("examples of %s in its help", name).isNotEmpty();
      for (String example : examples) {
        App.commandLine(new Console(System.out, System.err)).parseArgs(words(example));
      }
    }
  }

  @Test
  void theVersionNamesTheProgramAndTheJvm() {
    Run run = Run.of("--version");
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("spiritlm ").contains(Runtime.version().toString());
  }

  @Test
  void aMistakeShowsItsMessageAloneAndItsTraceOnRequest() {
    Run quiet = fail(new InputException("x.wav: not audio"));
    assertThat(quiet).isEqualTo(new Run(2, "", "spiritlm fail: x.wav: not audio\n"));
    Run verbose = fail(new InputException("x.wav: not audio"), "--verbose");
    assertThat(verbose.code()).isEqualTo(2);
    assertThat(verbose.err()).startsWith(quiet.err()).contains("\tat org.spiritlm.app.AppTest");
  }

  @Test
  void aFaultLeavesItsTraceInALogThatTheMessageNames() throws IOException {
    for (Throwable fault :
        List.of(new IllegalStateException("odd"), new StackOverflowError("odd"))) {
      Run run = fail(fault);
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.out()).isEmpty();
      assertThat(run.err().lines().count()).isEqualTo(2);
      Matcher matcher = Pattern.compile("The trace is in (\\S+) ").matcher(run.err());
      assertThat(matcher.find()).isTrue();
      Path log = Path.of(matcher.group(1));
      assertThat(log).content().contains("odd").contains("\tat org.spiritlm.app.AppTest");
      Files.delete(log);
    }
  }

  @Test
  void outOfMemoryIsSomethingThatTheUserCanChange() {
    Run run = fail(new OutOfMemoryError("Java heap space"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("-Xmx");
  }

  @Test
  void theSystemsRefusalsAreTheUsersToChange() {
    Run run = fail(new java.nio.file.NoSuchFileException("no.wav"));
    assertThat(run).isEqualTo(new Run(2, "", "spiritlm fail: no.wav: no such file or directory\n"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void resultsThatCannotBePrintedAreAnError() throws IOException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (PrintStream full =
        new PrintStream(new FileOutputStream("/dev/full"), false, StandardCharsets.UTF_8)) {
      int code =
          App.run(
              new String[] {"completion"},
              full,
              new PrintStream(err, true, StandardCharsets.UTF_8));
      assertThat(code).isEqualTo(2);
    }
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("standard output");
  }

  @Test
  void doctorMeasuresThisMachine() {
    JsonNode report = Run.of("doctor", "--json").object();
    assertThat(report.path("cores").asInt()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(report.path("libtorch").asText()).startsWith("2.");
    assertThat(report.path("blas").asText()).isIn("mkl", "openblas");
    assertThat(report.path("first_product_s").asDouble()).isPositive();
    assertThat(report.path("libtorch_load_s").isNumber()).isTrue();
    assertThat(report.path("threads").asInt()).isPositive();
    assertThat(report.path("memory_mib").asLong()).isPositive();
    Run table = Run.of("doctor");
    assertThat(table.err()).isEmpty();
    report.fieldNames().forEachRemaining(name -> assertThat(table.out()).contains(name));
  }

  @Test
  void completionKnowsEveryCommand() {
    Run run = Run.of("completion");
    assertThat(run.code()).isZero();
    App.commandLine(new Console(System.out, System.err))
        .getSubcommands()
        .keySet()
        .forEach(
            name ->
                assertThat(run.out().toLowerCase(Locale.ROOT))
                    .contains("_picocli_spiritlm_" + name.replace("-", "")));
  }

  @Test
  void everyCommandHasItsJsonWhichIsDocumented() throws IOException {
    String formats = Files.readString(Path.of("..", "docs", "formats.md"));
    String section = formats.substring(formats.indexOf("## The command line's JSON"));
    List<String> documented =
        section
            .lines()
            .filter(line -> line.startsWith("| `"))
            .flatMap(
                line -> Pattern.compile("`([^`]+)`").matcher(line.split("\\|", -1)[1]).results())
            .map(name -> name.group(1))
            .toList();
    List<String> commands =
        leaves(App.commandLine(new Console(System.out, System.err)))
            .peek(
                command ->
                    assertThat(command.getCommandSpec().findOption("--json"))
                        .as(command.getCommandName())
                        .isNotNull())
            .map(command -> command.getCommandSpec().qualifiedName().replace("spiritlm ", ""))
            .toList();
    assertThat(documented).containsExactlyInAnyOrderElementsOf(commands);
  }

  private static Stream<CommandLine> leaves(CommandLine command) {
    return command.getSubcommands().isEmpty()
        ? Stream.of(command)
        : command.getSubcommands().values().stream().distinct().flatMap(AppTest::leaves);
  }

  @Test
  void completionAsJsonIsTheScript() {
    assertThat(Run.of("completion", "--json").object().get("script").asText() + "\n")
        .isEqualTo(Run.of("completion").out());
  }

  /** Runs a command that fails in this way. */
  private static Run fail(Throwable failure, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    PrintStream results = new PrintStream(out, true, StandardCharsets.UTF_8);
    CommandLine line = App.commandLine(new Console(results, errors));
    line.addSubcommand("fail", new Failing(failure));
    line.setOut(new PrintWriter(results, true, StandardCharsets.UTF_8));
    String[] words = new String[args.length + 1];
    words[0] = "fail";
    System.arraycopy(args, 0, words, 1, args.length);
    int code = App.execute(line, words, new Console(results, errors));
    return new Run(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The words of an example's line as a shell would pass them. */
  private static String[] words(String example) {
    Matcher matcher = Pattern.compile("'([^']*)'|(\\S+)").matcher(example.strip());
    return matcher
        .results()
        .map(word -> word.group(1) != null ? word.group(1) : word.group(2))
        .skip(1)
        .takeWhile(word -> !word.equals("|") && !word.equals(">"))
        .toArray(String[]::new);
  }

  @Command(name = "fail")
  static final class Failing implements Runnable {
    private final Throwable failure;
    @Mixin CommonOptions common = new CommonOptions();

    Failing(Throwable failure) {
      this.failure = failure;
    }

    @Override
    public void run() {
      Failing.<RuntimeException>sneak(failure);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
      throw (T) failure;
    }
  }
}
