package org.spiritlm.torch;

import java.nio.file.Path;
import java.util.Map;

/** Jazzer's entry: whatever bytes a PyTorch file has, it is read or refused with a message. */
public final class PickleFuzz {
  private PickleFuzz() {}

  public static void fuzzerTestOneInput(byte[] bytes) {
    FuzzedFile.check(bytes, path -> walked(PickleFile.open(path)));
    FuzzedFile.check(bytes, path -> walked(PickleFile.openSkippingForeign(path)));
    FuzzedFile.check(TorchZip.of(bytes), PickleFuzz::open);
  }

  private static PickleFile open(Path path) {
    return walked(PickleFile.open(path));
  }

  /** Looks into every dict below the root. */
  private static PickleFile walked(PickleFile file) {
    for (Map.Entry<String, ?> entry : file.values().entrySet()) {
      if (file.has(entry.getKey())) {
        file.at(entry.getKey()).names();
      }
    }
    return file;
  }
}
