package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** The files in the test resources, and what is in them. */
final class Fixtures {
  private Fixtures() {}

  static Path path(String name) {
    URL found = Fixtures.class.getResource("/" + name);
    try {
      return Path.of(Objects.requireNonNull(found, name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(name, e);
    }
  }

  /** The names of all tensors that the script made. */
  static List<String> names() {
    List<String> names = new ArrayList<>();
    ConfigFile.read(path("expected.json")).node().fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** A tensor has the type, shape and values that PyTorch shows. */
  static void check(TensorSource source, String nameInSource, String name) {
    JsonNode expected = ConfigFile.read(path("expected.json")).node(name);
    DType type = DType.valueOf(expected.get("type").asText());
    long[] shape = new long[expected.get("shape").size()];
    Arrays.setAll(shape, i -> expected.get("shape").get(i).asLong());
    float[] values = new float[expected.get("values").size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = expected.get("values").get(i).floatValue();
    }
    Tensor tensor = source.load(nameInSource);
    assertThat(source.info(nameInSource)).as(name).isEqualTo(TensorInfo.of(type, shape));
    assertThat(DType.of(tensor)).as(name).isEqualTo(type);
    assertThat(Tensors.shape(tensor)).as(name).containsExactly(shape);
    assertThat(Tensors.floats(tensor)).as(name).containsExactly(values);
  }
}
