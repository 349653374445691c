package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
