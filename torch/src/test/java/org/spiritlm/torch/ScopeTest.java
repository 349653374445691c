package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

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
}
