package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Executors find what comes with the program where the driver does, unless they are told. */
final class SparkStartTest {
  @Test
  void executorsAreToldTheDriversHome() {
    assertThat(SparkStart.withHome("", "/a b")).isEqualTo("\"-Dspiritlm.home=/a b\"");
    assertThat(SparkStart.withHome("-Xss2m", "/a")).isEqualTo("-Xss2m \"-Dspiritlm.home=/a\"");
  }

  @Test
  void whatTheUserSaysCounts() {
    assertThat(SparkStart.withHome("-Dspiritlm.home=/x", "/a")).isEqualTo("-Dspiritlm.home=/x");
  }
}
