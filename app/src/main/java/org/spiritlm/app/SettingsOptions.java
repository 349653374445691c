package org.spiritlm.app;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.training.Settings;
import picocli.CommandLine.Option;

/** Settings of what is trained. */
final class SettingsOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings, in YAML or JSON; docs/training.md lists them.")
  @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting, after those of the file; may be given again.")
  List<String> assignments = List.of();

  /**
   * All settings: the given ones, then those of the file, then single ones.
   *
   * @throws org.spiritlm.torch.InputException if the file or an assignment cannot be read
   */
  Settings over(Settings defaults) {
    Settings settings = config == null ? defaults : Settings.read(config).over(defaults);
    for (String assignment : assignments) {
      settings = settings.with(assignment);
    }
    return settings;
  }
}
