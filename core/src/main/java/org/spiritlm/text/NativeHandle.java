package org.spiritlm.text;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/** An object of a native library, deleted when nobody refers to it any more. */
final class NativeHandle {
  private static final Cleaner CLEANER = Cleaner.create();

  private final long handle;

  NativeHandle(long handle, LongConsumer delete) {
    this.handle = handle;
    CLEANER.register(this, () -> delete.accept(handle));
  }

  /** Calls the library with the object, which lives at least until the call returns. */
  <T> T call(LongFunction<T> function) {
    try {
      return function.apply(handle);
    } finally {
      Reference.reachabilityFence(this);
    }
  }
}
