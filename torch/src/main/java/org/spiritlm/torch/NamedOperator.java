package org.spiritlm.torch;

import java.util.List;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/** An operator of libtorch for which the Java binding has no method, called by its name. */
final class NamedOperator {
  private final OperatorHandle handle;

  /**
   * Finds an operator.
   *
   * @param name with its namespace, such as {@code mkldnn::_convolution_pointwise}
   * @param overload which of those with the name; empty for the one without a name of its own
   */
  NamedOperator(String name, String overload) {
    Torch.start();
    try (Scope scope = Scope.open()) {
      OperatorHandle found = Dispatcher.singleton().findSchemaOrThrow(name, overload);
      this.handle = Scope.release(new OperatorHandle(found));
    }
  }

  /** Whole numbers as the argument of a name; they belong to no scope. */
  IValue list(String argument, long... values) {
    try (Scope scope = Scope.open()) {
      GenericList list = empty(argument);
      for (long value : values) {
        list.push_back(new IValue(value));
      }
      return Scope.release(new IValue(list));
    }
  }

  /** Numbers as the argument of a name; they belong to no scope. */
  IValue list(String argument, double... values) {
    try (Scope scope = Scope.open()) {
      GenericList list = empty(argument);
      for (double value : values) {
        list.push_back(new IValue(value));
      }
      return Scope.release(new IValue(list));
    }
  }

  /** Tensors as the argument of a name; the list belongs to the caller's scope. */
  IValue list(String argument, List<Tensor> tensors) {
    GenericList list = empty(argument);
    for (Tensor tensor : tensors) {
      list.push_back(new IValue(tensor));
    }
    return new IValue(list);
  }

  /** A list of the element type that the operator has declared. */
  private GenericList empty(String argument) {
    FunctionSchema schema = handle.schema();
    int place = schema.argumentIndexWithName(argument).get();
    Argument declared = schema.arguments().getPointer(place);
    return new GenericList(declared.type().get().containedType(0));
  }

  /** Calls the operator, which changes its arguments and gives nothing. */
  void run(IValue... arguments) {
    try (Scope scope = Scope.open()) {
      handle.callBoxed(new IValueVector(arguments));
    }
  }

  /**
   * Calls the operator, which gives tensors, with a value for each of its arguments; what it gives
   * belongs to the caller's scope.
   */
  TensorVector callForAll(IValue... arguments) {
    IValueVector stack = new IValueVector(arguments);
    handle.callBoxed(stack);
    return stack.get(0).toTensorVector();
  }

  /**
   * Calls the operator, which gives something other than tensors, with a value for each of its
   * arguments; what it gives belongs to the caller's scope.
   */
  IValue value(IValue... arguments) {
    IValueVector stack = new IValueVector(arguments);
    handle.callBoxed(stack);
    return new IValue(stack.get(0));
  }

  /** Calls the operator, which gives one tensor, with a value for each of its arguments. */
  Tensor call(IValue... arguments) {
    IValueVector stack = new IValueVector(arguments);
    handle.callBoxed(stack);
    Tensor result = new Tensor(stack.get(0).toTensor());
    Scope.free(stack); // not at the end of the scope: it holds the result
    return result;
  }
}
