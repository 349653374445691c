package org.spiritlm.app;

import java.util.List;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.ModelInformation;
import org.spiritlm.checkpoint.ModelInformation.FileCheck;
import org.spiritlm.torch.CheckpointException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm info}: what is in a model. */
@Command(
    name = "info",
    description = "Show what is in a model: parts, sizes, parameters, licence, checksums.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm info my-model",
      "  spiritlm info my-model --verify",
      "  spiritlm info checkpoints --variant base --json",
    })
final class InfoCommand implements Runnable {
  private final Console console;
  @Mixin ModelArgument model = new ModelArgument();

  @Option(
      names = "--verify",
      description = "Also compare every file with its checksum; an error if one differs.")
  boolean verify;

  @Mixin CommonOptions common = new CommonOptions();

  InfoCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    ModelInformation information =
        ModelInformation.of(ModelDirectory.open(model.directory(), model.variant()));
    new ModelReport(information).print(console, common.json);
    if (verify) {
      check(information);
    }
  }

  private void check(ModelInformation information) {
    List<FileCheck> checks = information.verify();
    if (checks.isEmpty()) {
      throw new CheckpointException(
          information.directory() + ": this layout has no checksums to verify");
    }
    List<FileCheck> wrong = checks.stream().filter(check -> check.problem() != null).toList();
    if (!wrong.isEmpty()) {
      FileCheck first = wrong.get(0);
      throw new CheckpointException(
          information.directory().resolve(first.file())
              + ": "
              + first.problem()
              + (wrong.size() == 1 ? "" : "; " + (wrong.size() - 1) + " more files are wrong, too")
              + "; download or convert the model again");
    }
    console.say("all " + checks.size() + " files are as they were written");
  }
}
