package org.spiritlm.app;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command {@code spiritlm}: finds the command that is asked for, runs it, reports failures. */
@Command(
    name = "spiritlm",
    versionProvider = Versions.class,
    mixinStandardHelpOptions = true,
    description = "Language models that read and write text and speech.",
    footer = {
      "",
      "Results go to standard output, progress and messages to standard error.",
      "Exit codes: 0 done, 1 a fault of this program, 2 something to change in what was given.",
    })
public final class App implements Runnable {
  /** The commands by their names, in the order of the help. */
  static final Map<String, Class<? extends Runnable>> COMMANDS = commands();

  /** Exit code where all went well. */
  static final int DONE = 0;

  /** Exit code of a fault of this program. */
  static final int FAULT = 1;

  /** Exit code of a mistake of the user. */
  static final int MISTAKE = 2;

  /** The command that needs all others. */
  private static final String COMPLETION = "completion";

  /** Columns of the help; the examples fit. */
  private static final int HELP_WIDTH = 100;

  @Spec private @Nullable CommandSpec spec;

  private App() {}

  private static Map<String, Class<? extends Runnable>> commands() {
    Map<String, Class<? extends Runnable>> commands = new LinkedHashMap<>();
    commands.put("demo", DemoCommand.class);
    commands.put("generate", GenerateCommand.class);
    commands.put("transcribe", TranscribeCommand.class);
    commands.put("speak", SpeakCommand.class);
    commands.put("classify", ClassifyCommand.class);
    commands.put("task", TaskCommand.class);
    commands.put("encode", EncodeCommand.class);
    commands.put("decode", DecodeCommand.class);
    commands.put("resynthesize", ResynthesizeCommand.class);
    commands.put("score", ScoreCommand.class);
    commands.put("serve", ServeCommand.class);
    commands.put("convert", ConvertCommand.class);
    commands.put("init", InitCommand.class);
    commands.put("info", InfoCommand.class);
    commands.put("corpus", CorpusCommand.class);
    commands.put("tokenizer", TokenizerCommand.class);
    commands.put("align", AlignCommand.class);
    commands.put("prepare", PrepareCommand.class);
    commands.put("shards", ShardsCommand.class);
    commands.put("train", TrainCommand.class);
    commands.put("merge-lora", MergeLoraCommand.class);
    commands.put("recipe", RecipeCommand.class);
    commands.put("eval", EvalCommand.class);
    commands.put("doctor", DoctorCommand.class);
    commands.put("bench", BenchCommand.class);
    commands.put(COMPLETION, CompletionCommand.class);
    return Collections.unmodifiableMap(commands);
  }

  public static void main(String[] args) {
    main(args, Map.of());
  }

  /**
   * Runs the command line with commands of another module, and ends the JVM.
   *
   * @param others by name; each takes the place of the command of that name
   */
  public static void main(String[] args, Map<String, Class<? extends Runnable>> others) {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    int code = run(args, out, err, others);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /**
   * Runs one command in this process.
   *
   * @param args the words after {@code spiritlm}
   * @param out takes results and nothing else
   * @param err takes progress and messages
   * @return the exit code: 0, 1 or 2
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return run(args, out, err, Map.of());
  }

  /**
   * Runs one command in this process, with commands of another module.
   *
   * @param others by name; each takes the place of the command of that name
   */
  public static int run(
      String[] args,
      PrintStream out,
      PrintStream err,
      Map<String, Class<? extends Runnable>> others) {
    Console console = new Console(out, err);
    String name = args.length > 0 ? args[0] : "";
    boolean alone = COMMANDS.containsKey(name) && !name.equals(COMPLETION);
    // Making each command takes as long as much of the rest of a start.
    Map<String, Class<? extends Runnable>> commands = new LinkedHashMap<>(COMMANDS);
    commands.putAll(others);
    if (alone) {
      commands.keySet().retainAll(Set.of(name));
    }
    return execute(commandLine(console, commands), args, console);
  }

  /** Runs one command of this tree and reports its failure. */
  static int execute(CommandLine line, String[] args, Console console) {
    try {
      int code = line.execute(args);
      if (code == DONE) {
        console.flush();
      }
      return code;
    } catch (RuntimeException | Error e) { // picocli hands its handlers only what commands throw
      return report(e, line, console.err(), false);
    }
  }

  /** The whole tree of commands, ready to execute. */
  static CommandLine commandLine(Console console) {
    return commandLine(console, COMMANDS);
  }

  private static CommandLine commandLine(
      Console console, Map<String, Class<? extends Runnable>> commands) {
    CommandLine line = new CommandLine(new App(), new Commands(console));
    commands.values().forEach(line::addSubcommand);
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setAbbreviatedOptionsAllowed(false);
    line.setExpandAtFiles(false); // "@home" is a text
    line.setUsageHelpWidth(HELP_WIDTH);
    line.setParameterExceptionHandler((e, args) -> reportUsage(e, console.err()));
    line.setExecutionExceptionHandler(
        (e, at, parsed) -> report(e, at, console.err(), isVerbose(parsed)));
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(), "a command is missing");
  }

  private static int reportUsage(ParameterException e, PrintStream err) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    err.println(command + ": " + e.getMessage());
    err.println("See '" + command + " --help'.");
    return MISTAKE;
  }

  private static boolean isVerbose(ParseResult parsed) {
    ParseResult at = parsed;
    while (at.hasSubcommand()) {
      at = at.subcommand();
    }
    return at.matchedOptionValue("--verbose", false);
  }

  private static int report(Throwable e, CommandLine at, PrintStream err, boolean verbose) {
    String command = at.getCommandSpec().qualifiedName();
    String mistake = Mistakes.explain(e);
    if (mistake != null) {
      err.println(command + ": " + mistake);
      if (verbose) {
        e.printStackTrace(err);
      }
      return MISTAKE;
    }
    err.println(command + ": this is a fault of the program: " + e);
    if (verbose) {
      e.printStackTrace(err);
      return FAULT;
    }
    try {
      err.println("The trace is in " + writeLog(e) + " (or use --verbose).");
    } catch (IOException unwritable) { // a full disk may be the fault's cause
      e.printStackTrace(err);
    }
    return FAULT;
  }

  private static Path writeLog(Throwable e) throws IOException {
    Path log = Files.createTempFile("spiritlm-", ".log");
    try (PrintStream stream = new PrintStream(log.toFile(), StandardCharsets.UTF_8)) {
      stream.println(Versions.all());
      e.printStackTrace(stream);
    }
    return log;
  }
}
