package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  @Test
  void namesAreReadInAnyCase() {
    assertThat(Device.parse("cpu")).isEqualTo(Device.CPU).hasToString("cpu");
    assertThat(Device.parse(" CPU ")).isEqualTo(Device.CPU);
    assertThat(new Device(Device.Kind.CUDA, 3)).hasToString("cuda:3");
    assertThat(Device.CPU.torchDevice().is_cpu()).isTrue();
  }

  @Test
  void autoIsTheFirstGpuWhereThereIsOne() {
    Device expected = torch.cuda_is_available() ? new Device(Device.Kind.CUDA, 0) : Device.CPU;
    assertThat(Device.parse("auto")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1000", "cpu:0", "cuda 0", "mps"})
  void otherNamesAreRefused(String name) {
    assertThatThrownBy(() -> Device.parse(name))
        .isInstanceOf(InputException.class)
        .hasMessage("--device '" + name + "' is not a device; expected auto, cpu, cuda or cuda:N");
  }

  @Test
  void chanceFollowsFromTheSeed() {
    float[][] drawn = new float[3][];
    for (int i = 0; i < drawn.length; i++) {
      try (Scope scope = Scope.open()) {
        GeneratorOptional random = new GeneratorOptional(Device.CPU.random(i / 2));
        drawn[i] = Tensors.floats(Tensors.empty(DType.F32, 9).uniform_(0, 1, random));
      }
    }
    assertThat(drawn[1]).isEqualTo(drawn[0]);
    assertThat(drawn[2]).isNotEqualTo(drawn[0]);
  }

  @Test
  void aGpuThatIsNotThereIsRefused() {
    long count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    assertThatThrownBy(() -> Device.parse("cuda:999"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "--device 'cuda:999': this machine shows "
                + count
                + " CUDA devices to this build; use");
  }

  @Test
  void aTensorThatIsInPlaceStaysAsItIs() {
    Tensor tensor = Tensors.of(new float[] {1});
    assertThat(Device.CPU.place(tensor)).isSameAs(tensor);
  }
}
