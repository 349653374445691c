package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ScopeTest {
  @Test
  void keptTensorLivesUntilTheOuterScopeEnds() {
    Tensor kept;
    Tensor dropped;
    try (Scope outer = Scope.open()) {
      try (Scope inner = Scope.open()) {
        dropped = Tensors.of(new float[] {1, 2});
        kept = inner.keep(dropped.add(new Scalar(1.0)));
      }
      assertThat(dropped.isNull()).isTrue();
      assertThat(Tensors.floats(kept)).containsExactly(2, 3);
    }
    assertThat(kept.isNull()).isTrue();
  }

  @Test
  void detachedTensorOutlivesAllScopes() {
    Tensor detached;
    try (Scope outer = Scope.open()) {
      try (Scope inner = Scope.open()) {
        detached = Scope.detach(Tensors.of(new float[] {1, 2}));
      }
    }
    assertThat(Tensors.floats(detached)).containsExactly(1, 2);
  }

  @Test
  void resultOfAnInPlaceOperationCanBeKept() {
    try (Scope outer = Scope.open()) {
      Tensor kept;
      try (Scope inner = Scope.open()) {
        kept = inner.keep(Tensors.of(new float[] {1, 2}).add_(new Scalar(1.0)));
      }
      assertThat(Tensors.floats(kept)).containsExactly(2, 3);
    }
  }

  @Test
  void aTensorKeptByAnOuterScopeOutlivesTheInnerOne() {
    try (Scope outer = Scope.open()) {
      Tensor kept;
      try (Scope middle = Scope.open()) {
        try (Scope inner = Scope.open()) {
          kept = inner.keep(Tensors.of(new float[] {1, 2}));
        }
        assertThat(Tensors.floats(kept)).containsExactly(1, 2);
        kept = middle.keep(kept);
      }
      assertThat(Tensors.floats(kept)).containsExactly(1, 2);
    }
  }

  @Test
  void whatIsFreedIsNull() {
    Tensor tensor = Scope.detach(Tensors.of(new float[] {1}));
    Scope.free(tensor);
    assertThat(tensor.isNull()).isTrue();
  }

  @Test
  void aScopeClosesWhenItsStepFails() {
    Tensor[] made = new Tensor[1];
    assertThatThrownBy(
            () -> {
              try (Scope scope = Scope.open()) {
                made[0] = Tensors.of(new float[] {1, 2});
                made[0].view(3); // libtorch's own error
              }
            })
        .isInstanceOf(RuntimeException.class);
    assertThat(made[0].isNull()).isTrue();
  }

  /** Each scope makes two MiB of values and two hundred small tensors: all kept, five GiB. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void thousandsOfScopesLeaveNothing() throws IOException {
    steps(200);
    long before = SystemMemory.resident();
    steps(2000);
    assertThat(SystemMemory.resident() - before).isLessThan(48 * SystemMemory.MEBIBYTE);
  }

  private static void steps(int count) {
    Tensor state = null;
    for (int step = 0; step < count; step++) {
      try (Scope scope = Scope.open()) {
        Tensor large = Tensors.zeros(DType.F32, 1 << 18).add(Tensors.scalar(step));
        for (int i = 0; i < 100; i++) {
          large.narrow(0, i, 1).add_(Tensors.scalar(1));
        }
        Tensor next = large.narrow(0, 0, 100).clone();
        if (state != null) {
          assertThat(Tensors.floats(state)[99]).isEqualTo(step);
          Scope.free(state);
        }
        state = Scope.detach(next);
      }
    }
  }
}
