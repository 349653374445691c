package org.spiritlm.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;

/**
 * What is in a model directory, without loading it.
 *
 * @param speakers their names
 * @param styles the names of styles of speaking
 * @param description {@code spiritlm.json}, or null in Meta's layout
 */
public record ModelInformation(
    Path directory,
    Variant variant,
    List<PartInformation> parts,
    Map<String, Double> frameRates,
    List<String> speakers,
    List<String> styles,
    @Nullable ModelRecord description) {

  /**
   * One part.
   *
   * @param bytes of all its files
   * @param parameters floating-point numbers in its tensors
   * @param dtypes the types of these
   */
  public record PartInformation(Part part, long bytes, long parameters, Set<DType> dtypes) {}

  /**
   * What checking a file's checksum found.
   *
   * @param problem or null where the file is as it was written
   */
  public record FileCheck(String file, @Nullable String problem) {}

  public ModelInformation {
    parts = List.copyOf(parts);
  }

  /**
   * Reads the headers of a model's files.
   *
   * @throws CheckpointException if one is missing or damaged
   */
  public static ModelInformation of(ModelDirectory model) {
    ModelLayout layout = model.layout();
    List<PartInformation> parts = new ArrayList<>();
    for (Part part : layout.parts()) {
      long parameters = 0;
      Set<DType> dtypes = EnumSet.noneOf(DType.class);
      for (TensorSource source : sources(layout, part)) {
        for (String name : source.names()) {
          TensorInfo info = source.info(name);
          if (info.dtype().isFloat()) {
            parameters += info.elements();
            dtypes.add(info.dtype());
          }
        }
      }
      parts.add(new PartInformation(part, bytes(layout.files(part)), parameters, dtypes));
    }
    return new ModelInformation(
        layout.directory(),
        layout.variant(),
        parts,
        model.frameRates(),
        model.speakers(),
        model.styles(),
        layout instanceof OwnLayout own ? own.description() : null);
  }

  private static List<TensorSource> sources(ModelLayout layout, Part part) {
    return switch (part) {
      case LM -> List.of(TensorFiles.open(layout.languageModel()));
      case HUBERT -> List.of(layout.hubert(), layout.quantizer());
      case PITCH -> List.of(layout.pitchNetwork().weights(), layout.pitchQuantizer());
      case STYLE -> List.of(layout.style());
      case VOCODER -> List.of(layout.vocoder());
      case ALIGNER -> List.of(TensorFiles.open(layout.aligner()));
    };
  }

  private static long bytes(Set<Path> files) {
    long sum = 0;
    for (Path file : files) {
      try {
        sum += Files.size(file);
      } catch (IOException e) {
        throw new CheckpointException(file + ": missing or unreadable", e);
      }
    }
    return sum;
  }

  /** Parameters of all parts. */
  public long parameters() {
    return parts.stream().mapToLong(PartInformation::parameters).sum();
  }

  /** Bytes of all parts. */
  public long bytes() {
    return parts.stream().mapToLong(PartInformation::bytes).sum();
  }

  /**
   * Compares every file with the checksum in {@code spiritlm.json}; reads the whole model. Empty in
   * Meta's layout, which has no checksums.
   */
  public List<FileCheck> verify() {
    if (description == null) {
      return List.of();
    }
    Map<String, ModelRecord.FileRecord> known = new LinkedHashMap<>(description.files());
    List<FileCheck> checks = new ArrayList<>();
    description
        .files(directory)
        .forEach(
            (name, path) -> {
              ModelRecord.FileRecord file = known.remove(name);
              checks.add(
                  new FileCheck(
                      name,
                      file == null ? "not listed in " + ModelRecord.FILE : problem(path, file)));
            });
    known.keySet().forEach(name -> checks.add(new FileCheck(name, "missing")));
    return checks;
  }

  private static @Nullable String problem(Path path, ModelRecord.FileRecord file) {
    try {
      long size = Files.size(path);
      if (size != file.bytes()) {
        return "has " + size + " bytes, expected " + file.bytes();
      }
    } catch (IOException e) {
      return "cannot be read";
    }
    return Directories.sha256(path).equals(file.sha256()) ? null : "its checksum is another";
  }
}
