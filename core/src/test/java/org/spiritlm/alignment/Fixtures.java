package org.spiritlm.alignment;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Files that tests read. */
final class Fixtures {
  private Fixtures() {}

  /** A file or folder among the test resources. */
  static Path folder(String name) {
    URL url = Fixtures.class.getResource(name);
    if (url == null) {
      throw new IllegalArgumentException("no test resource " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
