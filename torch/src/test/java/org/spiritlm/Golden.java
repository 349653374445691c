package org.spiritlm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Expected values of one golden: {@code goldens/NAME.json} and the arrays it points to in {@code
 * goldens/NAME.safetensors}. Every array of numbers, written out in the JSON or pointed to, is read
 * the same way.
 */
public final class Golden {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String name;
  private final JsonNode json;
  private final @Nullable Stored arrays;

  private record Stored(JsonNode header, ByteBuffer data) {}

  /** Numbers in row-major order with their shape. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Values(double[] data, long[] shape) {
    public float[] floats() {
      float[] floats = new float[data.length];
      for (int i = 0; i < data.length; i++) {
        floats[i] = (float) data[i];
      }
      return floats;
    }

    public long[] longs() {
      return Arrays.stream(data).mapToLong(value -> (long) value).toArray();
    }

    public int[] ints() {
      return Arrays.stream(data).mapToInt(value -> (int) value).toArray();
    }
  }

  private Golden(String name, JsonNode json, @Nullable Stored arrays) {
    this.name = name;
    this.json = json;
    this.arrays = arrays;
  }

  /** A golden by its name, such as {@code "audio"}. */
  public static Golden load(String name) {
    try {
      JsonNode json = MAPPER.readTree(Files.readString(path("goldens/" + name + ".json"))); // UTF-8
      Path file = path("goldens").resolve(name + ".safetensors");
      return new Golden(name, json, Files.exists(file) ? read(file) : null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file or folder of the parity set, such as {@code "audio/odd.wav"}. */
  public static Path path(String relative) {
    URL url = Golden.class.getResource("/parity/" + relative);
    if (url == null) {
      throw new IllegalArgumentException("no test resource parity/" + relative);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The whole JSON. */
  public JsonNode json() {
    return json;
  }

  /**
   * The node at keys and indexes from the root, such as {@code at("files", "odd", "units")} or
   * {@code at("cases", 0)}.
   */
  public JsonNode at(Object... keys) {
    JsonNode node = json;
    for (Object key : keys) {
      node = key instanceof Integer index ? node.path(index) : node.path(key.toString());
    }
    if (node.isMissingNode()) {
      throw new IllegalArgumentException(
          "golden " + name + " has nothing at " + Arrays.toString(keys));
    }
    return node;
  }

  /** Whether the reference failed here. */
  public static boolean isException(JsonNode node) {
    return node.has("exception");
  }

  /** The numbers of a node: a number, a (nested) JSON array, or a pointer {@code {"array": K}}. */
  public Values values(JsonNode node) {
    if (node.has("array")) {
      return stored(node.get("array").asText());
    }
    if (node.isNumber()) {
      return new Values(new double[] {node.doubleValue()}, new long[0]);
    }
    if (!node.isArray()) {
      throw new IllegalArgumentException("golden " + name + " has no array here: " + node);
    }
    if (node.isEmpty() || node.get(0).isNumber()) {
      double[] data =
          StreamSupport.stream(node.spliterator(), false)
              .mapToDouble(JsonNode::doubleValue)
              .toArray();
      return new Values(data, new long[] {data.length});
    }
    double[][] rows =
        StreamSupport.stream(node.spliterator(), false)
            .map(row -> values(row).data())
            .toArray(double[][]::new);
    long[] inner = values(node.get(0)).shape();
    long[] shape = new long[inner.length + 1];
    shape[0] = rows.length;
    System.arraycopy(inner, 0, shape, 1, inner.length);
    return new Values(Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(), shape);
  }

  private Values stored(String key) {
    if (arrays == null || !arrays.header().has(key)) {
      throw new IllegalArgumentException("golden " + name + " has no array " + key);
    }
    JsonNode entry = arrays.header().get(key);
    long[] shape =
        StreamSupport.stream(entry.get("shape").spliterator(), false)
            .mapToLong(JsonNode::longValue)
            .toArray();
    int begin = entry.get("data_offsets").get(0).intValue();
    int end = entry.get("data_offsets").get(1).intValue();
    ByteBuffer bytes = arrays.data().slice(begin, end - begin).order(ByteOrder.LITTLE_ENDIAN);
    double[] data = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    String type = entry.get("dtype").asText();
    for (int i = 0; i < data.length; i++) {
      data[i] =
          switch (type) {
            case "F64" -> bytes.getDouble();
            case "F32" -> bytes.getFloat();
            case "I64" -> bytes.getLong();
            case "I32" -> bytes.getInt();
            case "I16" -> bytes.getShort();
            case "U8", "BOOL" -> bytes.get() & 0xff;
            default -> throw new IllegalArgumentException("golden type " + type);
          };
    }
    if (bytes.hasRemaining()) {
      throw new IllegalArgumentException("golden " + name + ": size of " + key + " is off");
    }
    return new Values(data, shape);
  }

  private static Stored read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    return new Stored(MAPPER.readTree(new String(header, StandardCharsets.UTF_8)), bytes.slice());
  }
}
