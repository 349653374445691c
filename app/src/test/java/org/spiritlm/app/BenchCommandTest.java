package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchCommandTest {

  @Test
  void measuresWhatIsNamed() {
    JsonNode result =
        Run.of("bench", "resample", "--rounds", "3", "--device", "cpu", "--json").object();
    assertThat(result.get("name").asText()).isEqualTo("resample-44100");
    assertThat(result.get("rounds")).hasSize(3);
    assertThat(result.get("device").asText()).isEqualTo("cpu");
    double[] values =
        result.get("rounds").valueStream().mapToDouble(JsonNode::doubleValue).sorted().toArray();
    assertThat(values[0]).isPositive();
    assertThat(PeakMemory.watch().bytes().isPresent()).isEqualTo(result.has("memory_mib"));
    assertThat(result.path("memory_mib").asLong(1)).isPositive();
    assertThat(result.get("value").doubleValue()).isEqualTo(values[1]);
  }

  @Test
  void onRequestMeasuresOneRoundForEachLine() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("0\n1\n".getBytes(StandardCharsets.UTF_8)));
    try {
      List<JsonNode> results = Run.of("bench", "resample", "--on-request", "--json").objects();
      assertThat(results).hasSize(2);
      assertThat(results).allMatch(result -> result.get("value").doubleValue() > 0);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void lists() {
    Run run = Run.of("bench", "--list");
    assertThat(run.code()).isZero();
    assertThat(run.out().lines())
        .contains("read-bandwidth", "hubert-10s", "encode-10s", "vocoder-new-lengths")
        .doesNotHaveDuplicates();
    assertThat(Run.of("bench", "--list", "--json").objects())
        .extracting(object -> object.get("name").asText())
        .containsExactlyElementsOf(run.out().lines().toList());
  }

  @Test
  void mistakes() {
    assertThat(Run.of("bench", "nothing").code()).isEqualTo(2);
    assertThat(Run.of("bench", "nothing").err()).contains("'nothing'", "known: read-bandwidth");
    assertThat(Run.of("bench", "hubert", "--on-request").err()).contains("one NAME, found 3");
    assertThat(Run.of("bench", "resample", "--device", "tpu").err()).contains("'tpu'");
    assertThat(Run.of("bench", "--rounds", "0").err()).contains("--rounds must be 1 or more");
  }
}
