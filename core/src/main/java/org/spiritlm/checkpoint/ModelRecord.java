package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/**
 * What {@code spiritlm.json} says of a model directory.
 *
 * @param parts the parts that are there
 * @param shared where parts lie that models beside this one have as well, such as {@code
 *     ../shared/hubert}; other parts are in the directory of their name
 * @param sampleRate of the audio that it speaks (Hz)
 * @param frameRates units of one second by stream: {@code hubert}, {@code pitch}, {@code style}
 * @param vocabulary half-open ranges of ids by kind; written for readers, the tokenizer decides
 * @param licence of the weights
 * @param provenance where they come from: data, recipe, commit, or the files converted
 * @param files all other files, by path relative to the directory, those of shared parts among them
 */
public record ModelRecord(
    Variant variant,
    List<Part> parts,
    Map<Part, String> shared,
    int sampleRate,
    Map<String, Double> frameRates,
    Map<String, List<IdRange>> vocabulary,
    String licence,
    Map<String, String> provenance,
    Map<String, FileRecord> files) {
  /** Its name in a model directory. */
  public static final String FILE = "spiritlm.json";

  private static final int VERSION = 1;
  private static final String SHARED = "shared";
  private static final String PARTS =
      "a list of " + Arrays.stream(Part.values()).map(Part::key).collect(Collectors.joining(", "));

  /** A directory of a directory beside the model's: a record cannot name any other place. */
  private static final Pattern BESIDE = Pattern.compile("\\.\\./[A-Za-z0-9_-]+/[A-Za-z0-9_-]+");

  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** A file's length in bytes and checksum. */
  public record FileRecord(long bytes, String sha256) {}

  public ModelRecord {
    parts = List.copyOf(parts);
    shared = Collections.unmodifiableMap(new LinkedHashMap<>(shared));
    frameRates = Collections.unmodifiableMap(new LinkedHashMap<>(frameRates));
    vocabulary = Collections.unmodifiableMap(new LinkedHashMap<>(vocabulary));
    provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /** The ranges of a vocabulary by kind. */
  static Map<String, List<IdRange>> ranges(Vocabulary vocabulary) {
    Map<String, List<IdRange>> ranges = new LinkedHashMap<>();
    ranges.put("text", vocabulary.text());
    ranges.put("text_marker", List.of(single(vocabulary.textMarker())));
    ranges.put("speech_marker", List.of(single(vocabulary.speechMarker())));
    ranges.put("hubert", List.of(vocabulary.hubert()));
    ranges.put("pitch", List.of(vocabulary.pitch()));
    ranges.put("style", List.of(vocabulary.style()));
    ranges.put("padding", List.of(vocabulary.padding()));
    ranges.values().removeIf(list -> list.stream().allMatch(IdRange::isEmpty));
    return ranges;
  }

  private static IdRange single(int id) {
    return new IdRange(id, id + 1);
  }

  /**
   * Reads the record of a directory.
   *
   * @throws CheckpointException if it is missing, damaged, or of a newer version
   */
  public static ModelRecord read(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve(FILE));
    if (file.positive("version") > VERSION) {
      throw file.wrong("version", "at most " + VERSION + "; a newer release wrote this model");
    }
    Map<String, List<IdRange>> vocabulary = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> kind : file.node("vocabulary").properties()) {
      List<IdRange> ranges = new ArrayList<>();
      for (JsonNode range : kind.getValue()) {
        if (!range.path(0).isInt()
            || !range.path(1).isInt()
            || range.path(0).intValue() < 0
            || range.path(1).intValue() < range.path(0).intValue()) {
          throw file.wrong("vocabulary", "lists of [first, after the last]");
        }
        ranges.add(new IdRange(range.path(0).intValue(), range.path(1).intValue()));
      }
      vocabulary.put(kind.getKey(), ranges);
    }
    Map<String, Double> rates = new LinkedHashMap<>();
    file.node("frame_rates")
        .properties()
        .forEach(e -> rates.put(e.getKey(), e.getValue().asDouble()));
    Map<String, String> provenance = new LinkedHashMap<>();
    file.node("provenance")
        .properties()
        .forEach(e -> provenance.put(e.getKey(), e.getValue().asText()));
    Map<String, FileRecord> files = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : file.node("files").properties()) {
      FileRecord known =
          new FileRecord(
              entry.getValue().path("bytes").asLong(-1), entry.getValue().path("sha256").asText());
      files.put(entry.getKey(), known);
    }
    return new ModelRecord(
        variant(file),
        parts(file),
        shared(file),
        file.positive("sample_rate"),
        rates,
        vocabulary,
        file.text("licence", "not stated"),
        provenance,
        files);
  }

  private static Variant variant(ConfigFile file) {
    String text = file.text("variant");
    for (Variant variant : Variant.values()) {
      if (variant.key().equals(text)) {
        return variant;
      }
    }
    throw file.wrong("variant", "\"base\" or \"expressive\"");
  }

  private static List<Part> parts(ConfigFile file) {
    List<Part> parts = new ArrayList<>();
    for (JsonNode name : file.node("parts")) {
      Part part = Part.of(name.asText());
      if (part == null) {
        throw file.wrong("parts", PARTS);
      }
      parts.add(part);
    }
    if (parts.isEmpty()) {
      throw file.wrong("parts", PARTS);
    }
    return parts;
  }

  private static Map<Part, String> shared(ConfigFile file) {
    Map<Part, String> shared = new LinkedHashMap<>();
    if (!file.has(SHARED)) {
      return shared;
    }
    for (Map.Entry<String, JsonNode> entry : file.node(SHARED).properties()) {
      Part part = Part.of(entry.getKey());
      String place = entry.getValue().asText();
      if (part == null || !isBeside(place)) {
        throw file.wrong(
            SHARED, "parts with a directory beside the model's, such as ../shared/hubert");
      }
      shared.put(part, place);
    }
    return shared;
  }

  /** Whether a shared part may lie in a place, relative to the model's directory. */
  static boolean isBeside(String place) {
    return BESIDE.matcher(place).matches();
  }

  /** The directory of a part of the model in a directory. */
  Path place(Path directory, Part part) {
    return directory.resolve(shared.getOrDefault(part, part.key()));
  }

  /**
   * All files of the model in a directory but the record, by their names in the record.
   *
   * @throws CheckpointException if one cannot be listed
   */
  Map<String, Path> files(Path directory) {
    Set<Path> all = new TreeSet<>(Directories.files(directory));
    shared.keySet().forEach(part -> all.addAll(Directories.files(place(directory, part))));
    Map<String, Path> named = new LinkedHashMap<>();
    for (Path path : all) {
      named.put(directory.relativize(path).toString().replace('\\', '/'), path);
    }
    named.remove(FILE);
    return named;
  }

  /** Lists the files of a directory, with their checksums, and writes the record into it. */
  ModelRecord write(Path directory) throws IOException {
    Map<String, FileRecord> listed = new LinkedHashMap<>();
    for (Map.Entry<String, Path> file : files(directory).entrySet()) {
      listed.put(
          file.getKey(),
          new FileRecord(Files.size(file.getValue()), Directories.sha256(file.getValue())));
    }
    ModelRecord whole =
        new ModelRecord(
            variant,
            parts,
            shared,
            sampleRate,
            frameRates,
            vocabulary,
            licence,
            provenance,
            listed);
    Directories.write(directory.resolve(FILE), MAPPER.writeValueAsString(whole.json()) + "\n");
    return whole;
  }

  private ObjectNode json() {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("version", VERSION).put("variant", variant.key());
    ArrayNode names = json.putArray("parts");
    parts.forEach(part -> names.add(part.key()));
    if (!shared.isEmpty()) {
      ObjectNode places = json.putObject(SHARED);
      shared.forEach((part, place) -> places.put(part.key(), place));
    }
    json.put("sample_rate", sampleRate);
    ObjectNode rates = json.putObject("frame_rates");
    frameRates.forEach(rates::put);
    ObjectNode ranges = json.putObject("vocabulary");
    vocabulary.forEach(
        (kind, list) -> {
          ArrayNode array = ranges.putArray(kind);
          list.forEach(range -> array.addArray().add(range.from()).add(range.to()));
        });
    json.put("licence", licence);
    ObjectNode origin = json.putObject("provenance");
    provenance.forEach(origin::put);
    ObjectNode sums = json.putObject("files");
    files.forEach(
        (name, file) ->
            sums.putObject(name).put("bytes", file.bytes()).put("sha256", file.sha256()));
    return json;
  }
}
