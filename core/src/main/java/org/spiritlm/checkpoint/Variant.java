package org.spiritlm.checkpoint;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.spiritlm.torch.InputException;

/** The two kinds of SPIRIT LM. */
public enum Variant {
  /** Phonetic units alone. */
  BASE,
  /** Phonetic units, pitch and style. */
  EXPRESSIVE;

  /** The name in files and on the command line: {@code base}, {@code expressive}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a model of this kind has this part. */
  public boolean has(Part part) {
    return this == EXPRESSIVE || (part != Part.PITCH && part != Part.STYLE);
  }

  /**
   * The variant of this name.
   *
   * @throws InputException if there is none
   */
  public static Variant of(String key) {
    return Arrays.stream(values())
        .filter(variant -> variant.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "--variant '"
                        + key
                        + "' is unknown; expected "
                        + Arrays.stream(values())
                            .map(Variant::key)
                            .collect(Collectors.joining(" or "))));
  }
}
