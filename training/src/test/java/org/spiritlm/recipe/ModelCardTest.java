package org.spiritlm.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.spiritlm.json.Json;

final class ModelCardTest {
  @Test
  void placesOfTheMachineAreNotTold() {
    ObjectNode settings = Json.object().put("steps", 3).put("rates", "2,2");
    String place = Path.of("runs", "encoder").toAbsolutePath().toString();
    settings.putObject("encoder").put("start", place).put("channels", "");
    assertThat(Json.line(ModelCard.placeless(settings)))
        .isEqualTo(
            "{\"steps\":3,\"rates\":\"2,2\",\"encoder\":{\"start\":\"encoder\",\"channels\":\"\"}}");
    assertThat(settings.path("encoder").path("start").textValue()).isEqualTo(place);
  }
}
