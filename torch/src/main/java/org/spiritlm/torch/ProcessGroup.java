package org.spiritlm.torch;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllgatherOptions;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.ReduceScatterOptions;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;
import org.jspecify.annotations.Nullable;

/**
 * Processes that exchange tensors, by libtorch's c10d: Gloo between CPUs, NCCL between GPUs.
 *
 * <p>All processes must ask for the same exchanges in the same order. Each goes on while this
 * process computes, until it is {@linkplain Exchange#await awaited}. A process that is {@linkplain
 * #alone alone} exchanges nothing. Where another process ends or cannot be reached any more,
 * exchanges throw {@link LostRankException}.
 */
public final class ProcessGroup implements AutoCloseable {
  /** How long an exchange may take: as long as one rank may keep the others waiting. */
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private final int rank;
  private final int size;
  private final Device device;
  private final @Nullable Backend backend;
  private final @Nullable TCPStore store; // the backend needs it, but does not keep it
  private final AtomicInteger open = new AtomicInteger();

  /** An exchange that was begun. */
  public final class Exchange {
    private final @Nullable Work work;

    private Exchange(@Nullable Work work) {
      this.work = work;
      if (work != null) {
        open.incrementAndGet();
      }
    }

    /**
     * Waits until it is done; what it was asked for is in its tensor then.
     *
     * @throws LostRankException if another process ended, or takes too long
     */
    public void await() {
      if (work != null) {
        guarded(() -> work._wait());
        open.decrementAndGet();
        Scope.free(work);
      }
    }
  }

  private ProcessGroup(
      int rank, int size, Device device, @Nullable Backend backend, @Nullable TCPStore store) {
    this.rank = rank;
    this.size = size;
    this.device = device;
    this.backend = backend;
    this.store = store;
  }

  /** A process that computes for itself. */
  public static ProcessGroup alone() {
    return new ProcessGroup(0, 1, Device.CPU, null, null);
  }

  /**
   * Joins the others, and waits until all are there.
   *
   * @param device where the tensors are that will be exchanged
   * @param wait how long to wait for the others
   * @throws InputException if the port is taken, two processes have one rank, or not all come
   */
  public static ProcessGroup join(Rendezvous place, Device device, Duration wait) {
    Torch.start();
    try {
      String own = ownAddress(place);
      TCPStore store = store(place, wait);
      claim(store, place);
      Backend backend =
          device.kind() == Device.Kind.CPU ? gloo(store, place, own, wait) : nccl(store, place);
      return new ProcessGroup(place.rank(), place.size(), device, backend, store);
    } catch (IOException e) {
      throw new InputException(
          "MASTER_ADDR "
              + place.address()
              + ": there is no way to that machine ("
              + e.getMessage()
              + ")",
          e);
    } catch (InputException e) {
      throw e;
    } catch (RuntimeException e) {
      throw notMet(place, wait, e);
    }
  }

  private static TCPStore store(Rendezvous place, Duration wait) {
    try (Scope scope = Scope.open()) {
      TCPStoreOptions options = new TCPStoreOptions();
      options.port((short) place.port());
      options.isServer(place.rank() == 0 && !place.served());
      options.numWorkers(new SizeTPointer(1).put(place.size()));
      options.waitWorkers(true);
      options.timeout(new Milliseconds(wait.toMillis()));
      return Scope.release(new TCPStore(place.address(), options));
    }
  }

  private static void claim(TCPStore store, Rendezvous place) {
    if (store.add("spiritlm/rank/" + place.rank(), 1) > 1) {
      throw new InputException(
          "another process with RANK "
              + place.rank()
              + " is at "
              + place.place()
              + "; each needs one of its own, from 0 to "
              + (place.size() - 1));
    }
  }

  private static Backend gloo(TCPStore store, Rendezvous place, String own, Duration wait) {
    Loader.load(torch_gloo.class);
    try (Scope scope = Scope.open()) {
      ProcessGroupGloo.Options options =
          ProcessGroupGloo.Options.create_default(new Milliseconds(wait.toMillis()));
      String network = System.getenv("GLOO_SOCKET_IFNAME");
      options.devices(
          new GlooDeviceVector(
              network == null
                  ? ProcessGroupGloo.createDeviceForHostname(own)
                  : ProcessGroupGloo.createDeviceForInterface(network)));
      ProcessGroupGloo group = new ProcessGroupGloo(store, place.rank(), place.size(), options);
      group.setTimeout(new Milliseconds(PATIENCE.toMillis()));
      return Scope.release(group);
    }
  }

  /** This machine's address in the network through which rank 0 is reached. */
  private static String ownAddress(Rendezvous place) throws IOException {
    InetAddress master = InetAddress.getByName(place.address());
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(master, place.port())); // sends nothing
      return socket.getLocalAddress().getHostAddress();
    }
  }

  private static Backend nccl(TCPStore store, Rendezvous place) {
    try (Scope scope = Scope.open()) {
      ProcessGroupNCCL group = new ProcessGroupNCCL(store, place.rank(), place.size());
      group.setTimeout(new Milliseconds(PATIENCE.toMillis()));
      return Scope.release(group);
    }
  }

  private static InputException notMet(Rendezvous place, Duration wait, RuntimeException e) {
    String said = firstLine(e);
    if (said.contains("EADDRINUSE") || said.contains("already in use")) {
      return new InputException(
          "MASTER_PORT "
              + place.port()
              + " is in use on this machine; give all processes another one",
          e);
    }
    return new InputException(
        "rank "
            + place.rank()
            + " of "
            + place.size()
            + " did not meet the others at "
            + place.place()
            + " within "
            + wait.toSeconds()
            + " s ("
            + said
            + "); see that all were started, and that this machine reaches that port",
        e);
  }

  /** This process, from 0. */
  public int rank() {
    return rank;
  }

  /** How many processes there are. */
  public int size() {
    return size;
  }

  /** Replaces a tensor, in every process, by the sum of all processes'. */
  public Exchange allReduce(Tensor tensor) {
    return begin(
        with -> with.allreduce(new TensorVector(contiguous(tensor)), new AllreduceOptions()));
  }

  /**
   * Replaces this process's {@linkplain #share share} of a tensor by the sum of what all processes
   * have there; the rest of the tensor is of no use afterwards.
   *
   * @param tensor of one dimension whose length is a multiple of the number of processes
   */
  public Exchange reduceScatter(Tensor tensor) {
    if (device.kind() == Device.Kind.CPU) {
      // Gloo's own is this one on a copy
      return allReduce(tensor);
    }
    return begin(
        with ->
            with._reduce_scatter_base(
                share(tensor), contiguous(tensor), new ReduceScatterOptions()));
  }

  /**
   * Gives every process the {@linkplain #share shares} of all.
   *
   * @param tensor of one dimension whose length is a multiple of the number of processes
   */
  public Exchange allGather(Tensor tensor) {
    return begin(
        with -> with._allgather_base(contiguous(tensor), share(tensor), new AllgatherOptions()));
  }

  /** Replaces a tensor, in every process, by that of one of them. */
  public Exchange broadcast(Tensor tensor, int from) {
    return begin(
        with ->
            with.broadcast(
                new TensorVector(contiguous(tensor)), new BroadcastOptions().rootRank(from)));
  }

  /** Waits until all processes are here. */
  public void barrier() {
    sum(0);
  }

  /** Numbers added over all processes, each in its place. */
  public double[] sum(double... values) {
    if (backend == null) {
      return values.clone();
    }
    try (Scope scope = Scope.open()) {
      Tensor tensor = device.place(Tensors.of(values));
      allReduce(tensor).await();
      return Tensors.doubles(tensor);
    }
  }

  /** This process's part of a tensor: as many elements as every other process has, in order. */
  public Tensor share(Tensor tensor) {
    long each = tensor.size(0) / size;
    return tensor.narrow(0, rank * each, each);
  }

  private static Tensor contiguous(Tensor tensor) {
    if (!tensor.is_contiguous()) {
      throw new IllegalArgumentException("only contiguous tensors can be exchanged");
    }
    return tensor;
  }

  @FunctionalInterface
  private interface Operation {
    Work begin(Backend backend);
  }

  private Exchange begin(Operation operation) {
    Backend through = backend;
    if (through == null) {
      return new Exchange(null);
    }
    try (Scope scope = Scope.open()) {
      return new Exchange(Scope.release(guarded(() -> operation.begin(through))));
    }
  }

  private <T> T guarded(Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      String said = firstLine(e);
      String lower = said.toLowerCase(Locale.ROOT);
      if (lower.contains("connection")
          || lower.contains("peer")
          || lower.contains("timed out")
          || lower.contains("timeout")
          || lower.contains("broken pipe")
          || lower.contains("nccl")) {
        throw new LostRankException(rank, size, said, e);
      }
      throw e;
    }
  }

  /** What libtorch says, without the place in its sources and without a trace. */
  private static String firstLine(RuntimeException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return message.replaceFirst("^\\[[^\\]]*\\.(cc|cpp|h):\\d+\\] ?", "").strip();
  }

  /**
   * Leaves the others, who must not ask for anything any more. Where an exchange was begun and not
   * awaited, as after a failure, the connections stay until the process ends: taking them down
   * would wait for the others, who may wait for this one.
   */
  @Override
  public void close() {
    if (backend != null && store != null && open.get() == 0) {
      Scope.free(backend);
      Scope.free(store);
    }
  }
}
