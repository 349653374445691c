package org.spiritlm.torch;

import java.util.Locale;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Where tensors live and are computed: the CPU or one GPU. */
public record Device(Kind kind, int index) {
  public static final Device CPU = new Device(Kind.CPU, 0);

  private static final int GPU_CALLERS = 8;

  /** Kinds of devices that this build of libtorch knows. */
  public enum Kind {
    CPU,
    CUDA
  }

  /**
   * Reads {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}; {@code auto} is the first GPU
   * where there is one.
   *
   * @throws InputException if the name is unknown or there is no such device
   */
  public static Device parse(String name) {
    Torch.start();
    String text = name.toLowerCase(Locale.ROOT).strip();
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.equals("auto")) {
      return torch.cuda_is_available() ? new Device(Kind.CUDA, 0) : CPU;
    }
    if (!text.matches("cuda(:\\d{1,3})?")) {
      throw new InputException(
          "--device '" + name + "' is not a device; expected auto, cpu, cuda or cuda:N");
    }
    int index = text.contains(":") ? Integer.parseInt(text.substring(5)) : 0;
    long count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    if (index >= count) {
      throw new InputException(
          "--device '"
              + name
              + "': this machine shows "
              + count
              + " CUDA devices to this build; use --device cpu, or build with -P gpu on a machine with an NVIDIA GPU");
    }
    return new Device(Kind.CUDA, index);
  }

  /**
   * How many threads may well compute here at the same time: one on a CPU, whose operations use all
   * cores; several on a GPU, which waits for a thread most of the time where tensors are small.
   */
  public int callers() {
    return kind == Kind.CPU ? 1 : GPU_CALLERS;
  }

  /** The tensor itself where it already lives here, else a copy on this device. */
  public Tensor place(Tensor tensor) {
    if (kind == Kind.CPU) {
      return tensor.is_cpu() ? tensor : tensor.cpu();
    }
    return tensor.to(torchDevice(), tensor.scalar_type());
  }

  /** Options for a new tensor of this type here. */
  public TensorOptions options(DType dtype) {
    TensorOptions options = Tensors.options(dtype);
    return kind == Kind.CPU ? options : options.device(new DeviceOptional(torchDevice()));
  }

  /**
   * A source of chance for tensors that lie here. A GPU has one for all, which begins anew with
   * each seed: use it before the next is asked for.
   */
  public Generator random(long seed) {
    if (kind == Kind.CPU) {
      return torch.make_generator_cpu(seed);
    }
    Generator random = torch.globalContext().defaultGenerator(torchDevice());
    random.set_current_seed(seed);
    return random;
  }

  /** libtorch's own object. */
  public org.bytedeco.pytorch.Device torchDevice() {
    return new org.bytedeco.pytorch.Device(toString());
  }

  @Override
  public String toString() {
    return kind == Kind.CPU ? "cpu" : "cuda:" + index;
  }
}
