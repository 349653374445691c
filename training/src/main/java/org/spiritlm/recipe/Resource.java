package org.spiritlm.recipe;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Texts that come with the recipe. */
final class Resource {
  private Resource() {}

  /** The text of this name, which is there. */
  static String text(String name) {
    try (InputStream stream = Objects.requireNonNull(Resource.class.getResourceAsStream(name))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
