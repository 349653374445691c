package org.spiritlm.torch;

import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Tensors from Java arrays, and back; shorter names for libtorch's longest calls. */
public final class Tensors {
  private Tensors() {}

  /** A float32 tensor on the CPU with a copy of the values. */
  public static Tensor of(float[] values, long... shape) {
    Torch.start();
    Tensor tensor = empty(DType.F32, shape.length == 0 ? new long[] {values.length} : shape);
    check(tensor.numel(), values.length);
    if (values.length > 0) {
      new FloatPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  /** A float64 tensor on the CPU, of one dimension, with a copy of the values. */
  public static Tensor of(double[] values) {
    Torch.start();
    Tensor tensor = empty(DType.F64, values.length);
    if (values.length > 0) {
      new DoublePointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  /** An int64 tensor on the CPU with a copy of the values. */
  public static Tensor of(long[] values, long... shape) {
    Torch.start();
    Tensor tensor = empty(DType.I64, shape.length == 0 ? new long[] {values.length} : shape);
    check(tensor.numel(), values.length);
    if (values.length > 0) {
      new LongPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  /** An int64 tensor on the CPU with a copy of the values. */
  public static Tensor of(int[] values, long... shape) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return of(wide, shape);
  }

  /** An uninitialised tensor on the CPU. */
  public static Tensor empty(DType dtype, long... shape) {
    Torch.start();
    return torch.empty(shape, options(dtype), null);
  }

  /** A tensor of zeros on the CPU. */
  public static Tensor zeros(DType dtype, long... shape) {
    Torch.start();
    return torch.zeros(shape, options(dtype));
  }

  /** All values in row-major order, whatever the tensor's type and device. */
  public static float[] floats(Tensor tensor) {
    try (Scope scope = Scope.open()) {
      Tensor flat = tensor.to(torch.ScalarType.Float).cpu().contiguous();
      float[] values = new float[Math.toIntExact(flat.numel())];
      if (values.length > 0) {
        new FloatPointer(flat.data_ptr()).get(values);
      }
      return values;
    }
  }

  /** All values in row-major order, whatever the tensor's type and device. */
  public static double[] doubles(Tensor tensor) {
    try (Scope scope = Scope.open()) {
      Tensor flat = tensor.to(torch.ScalarType.Double).cpu().contiguous();
      double[] values = new double[Math.toIntExact(flat.numel())];
      if (values.length > 0) {
        new DoublePointer(flat.data_ptr()).get(values);
      }
      return values;
    }
  }

  /** The values of scalars, of which a GPU is asked once. */
  public static double[] numbers(Tensor... scalars) {
    try (Scope scope = Scope.open()) {
      return doubles(torch.stack(new TensorVector(scalars)));
    }
  }

  /** All values in row-major order, whatever the tensor's type and device. */
  public static long[] longs(Tensor tensor) {
    try (Scope scope = Scope.open()) {
      Tensor flat = tensor.to(torch.ScalarType.Long).cpu().contiguous();
      long[] values = new long[Math.toIntExact(flat.numel())];
      if (values.length > 0) {
        new LongPointer(flat.data_ptr()).get(values);
      }
      return values;
    }
  }

  /** All values in row-major order, each narrowed to an int. */
  public static int[] ints(Tensor tensor) {
    long[] wide = longs(tensor);
    int[] values = new int[wide.length];
    for (int i = 0; i < wide.length; i++) {
      values[i] = Math.toIntExact(wide[i]);
    }
    return values;
  }

  /** The shape as an array. */
  public static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  /** Joins tensors along a dimension. */
  public static Tensor cat(List<Tensor> tensors, long dimension) {
    return torch.cat(new TensorVector(tensors.toArray(Tensor[]::new)), dimension);
  }

  /** Options that name only the element type. */
  public static TensorOptions options(DType dtype) {
    return new TensorOptions(dtype.scalarType());
  }

  /** A number as libtorch's scalar. */
  public static Scalar scalar(double value) {
    return new Scalar(value);
  }

  static ScalarTypeOptional optional(DType dtype) {
    return new ScalarTypeOptional(dtype.scalarType());
  }

  private static void check(long elements, int values) {
    if (elements != values) {
      throw new IllegalArgumentException(
          "a shape of " + elements + " elements cannot hold " + values + " values");
    }
  }
}
