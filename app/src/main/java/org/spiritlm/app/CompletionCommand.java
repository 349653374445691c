package org.spiritlm.app;

import org.spiritlm.json.Json;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code spiritlm completion}: prints the completion script of bash and zsh. */
@Command(
    name = "completion",
    description = "Print the completion script for bash and zsh.",
    footer = {
      "",
      "Examples:",
      "  spiritlm completion > ~/.local/share/bash-completion/completions/spiritlm",
      "  source <(spiritlm completion)"
    })
final class CompletionCommand implements Runnable {
  private final Console console;
  @Mixin CommonOptions common = new CommonOptions();
  @Spec CommandSpec spec;

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    String script = AutoComplete.bash("spiritlm", spec.root().commandLine());
    if (common.json) {
      console.json(Json.object().put("script", script));
    } else {
      console.print(script);
    }
  }
}
