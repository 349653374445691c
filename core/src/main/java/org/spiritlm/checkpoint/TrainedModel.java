package org.spiritlm.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.TensorFiles;

/**
 * A model all of whose parts were trained by themselves, each in a directory in our own layout.
 *
 * @param variant base or expressive
 * @param parts directories of parts, of which the model has copies
 * @param shared parts that lie beside the model's directory, as {@link ModelRecord#shared} names
 *     them; they are there already, and are not copied
 * @param licence of the whole
 * @param provenance how it was made, by name
 */
public record TrainedModel(
    Variant variant,
    Map<Part, Path> parts,
    Map<Part, String> shared,
    String licence,
    Map<String, String> provenance) {
  /** Its name in a model's directory. */
  private static final String CARD = "README.md";

  public TrainedModel {
    parts = Map.copyOf(parts);
    shared = Collections.unmodifiableMap(new TreeMap<>(shared)); // in the same order always
    provenance = new LinkedHashMap<>(provenance);
    for (Map.Entry<Part, String> entry : shared.entrySet()) {
      if (!ModelRecord.isBeside(entry.getValue())) {
        throw new IllegalArgumentException("not beside the model: " + entry);
      }
    }
  }

  /**
   * Writes the model, and reads it as it will be used.
   *
   * @param target a directory that does not exist or is empty
   * @param dtype the type of the language model's and the vocoder's tensors, or null for their own;
   *     what turns sound into tokens stays as it is
   * @throws org.spiritlm.torch.InputException if the target exists or cannot be written
   * @throws CheckpointException if a part cannot be used, or does not fit the variant
   */
  public ModelRecord write(Path target, @Nullable DType dtype, Consumer<String> progress) {
    List<Part> all =
        List.of(Part.values()).stream()
            .filter(part -> parts.containsKey(part) || shared.containsKey(part))
            .toList();
    for (Part part : all) {
      if (!variant.has(part)) {
        throw new CheckpointException(
            "a " + variant.key() + " model has no part '" + part.key() + "'");
      }
    }
    return OwnLayoutWriter.model(
        target,
        variant,
        all,
        shared,
        (part, writer) -> {
          Path from = Objects.requireNonNull(parts.get(part));
          switch (part) {
            case LM -> Converter.languageModel(from, writer, dtype);
            case VOCODER -> Converter.vocoder(from, TensorFiles.open(from), writer, dtype);
            default -> Directories.copy(from, writer.part(part));
          }
        },
        licence,
        provenance,
        progress);
  }

  /**
   * Writes a model's card, {@value #CARD}, for people, beside its parts; one that is there is
   * replaced.
   *
   * @throws CheckpointException if the directory is no model in our own layout
   * @throws UncheckedIOException if it cannot be written
   */
  public static void describe(Path model, String card) {
    ModelRecord record = ModelRecord.read(model);
    Directories.write(model.resolve(CARD), card);
    try {
      record.write(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
