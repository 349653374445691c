package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The environment of torchrun says where a process stands, or what is wrong with it. */
final class RendezvousTest {
  private static final Rendezvous PLACE = new Rendezvous(3, 8, 1, 2, "node1", 29500);

  @Test
  void isReadFromItsEnvironment() {
    assertThat(Rendezvous.of(PLACE.environment())).isEqualTo(PLACE);
    assertThat(Rendezvous.of(Map.of())).isNull();
    assertThat(Rendezvous.of(Map.of("MASTER_PORT", "29500"))).isNull();
  }

  @Test
  void torchrunMayListenItself() {
    Map<String, String> environment = new TreeMap<>(PLACE.environment());
    environment.put("TORCHELASTIC_USE_AGENT_STORE", "True");
    assertThat(Rendezvous.of(environment))
        .isEqualTo(new Rendezvous(3, 8, 1, 2, "node1", 29500, true));
  }

  @Test
  void theLocalPlaceMayBeLeftAway() {
    Map<String, String> environment = new TreeMap<>(PLACE.environment());
    environment.remove("LOCAL_RANK");
    environment.remove("LOCAL_WORLD_SIZE");
    assertThat(Rendezvous.of(environment)).isEqualTo(new Rendezvous(3, 8, 0, 1, "node1", 29500));
  }

  @ParameterizedTest
  @CsvSource({
    "RANK, 8, 'RANK must be between 0 and 7, found 8'",
    "RANK, -1, 'RANK must be between 0 and 7, found -1'",
    "RANK, one, 'RANK must be a whole number, found ''one'''",
    "WORLD_SIZE, 0, 'WORLD_SIZE must be between 1'",
    "WORLD_SIZE, '', 'WORLD_SIZE must be a whole number'",
    "LOCAL_RANK, 2, 'LOCAL_RANK must be between 0 and 1, found 2'",
    "MASTER_PORT, 70000, 'MASTER_PORT must be between 1 and 65535, found 70000'",
    "MASTER_ADDR, ' ', 'MASTER_ADDR is empty'",
  })
  void whatIsWrongIsNamed(String name, String value, String message) {
    Map<String, String> environment = new TreeMap<>(PLACE.environment());
    environment.put(name, value);
    assertThatThrownBy(() -> Rendezvous.of(environment))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> Rendezvous.of(Map.of("RANK", "0", "MASTER_ADDR", "node1")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no WORLD_SIZE, MASTER_PORT;");
    assertThatThrownBy(() -> Rendezvous.of(Map.of("WORLD_SIZE", "2")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no RANK, MASTER_ADDR, MASTER_PORT;");
  }
}
