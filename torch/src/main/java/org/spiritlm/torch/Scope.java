package org.spiritlm.torch;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Frees the native tensors made by this thread while it is open, except those that are kept.
 *
 * <p>Use one scope a step (a model call, a token), never one an operation.
 */
public final class Scope implements AutoCloseable {
  private final PointerScope pointers = new PointerScope();

  private Scope() {}

  /** Opens a scope for this thread; close it on the same thread, innermost first. */
  public static Scope open() {
    Torch.start();
    return new Scope();
  }

  /**
   * Takes a tensor out of this scope: the enclosing scope owns it from now on, or the garbage
   * collector where there is none.
   */
  public Tensor keep(Tensor tensor) {
    // In-place operations return a handle that owns nothing; a fresh handle owns a share of the
    // storage.
    Tensor owned = new Tensor(tensor);
    PointerScope outer = outer();
    if (outer != null) {
      outer.attach(owned);
    } else {
      owned.retainReference();
    }
    pointers.detach(owned);
    return owned;
  }

  /** Takes a tensor out of every open scope, for weights and caches that outlive the call. */
  public static Tensor detach(Tensor tensor) {
    return release(new Tensor(tensor));
  }

  /**
   * Takes a native object that was just made out of the innermost scope, so that the garbage
   * collector owns it.
   */
  public static <P extends Pointer> P release(P pointer) {
    PointerScope inner = PointerScope.getInnerScope();
    if (inner != null) {
      pointer.retainReference();
      inner.detach(pointer);
    }
    return pointer;
  }

  /** Frees at once a native object that no scope owns; the object must not be used afterwards. */
  public static void free(Pointer pointer) {
    pointer.deallocate();
  }

  private @Nullable PointerScope outer() {
    boolean found = false;
    for (var scopes = PointerScope.getScopeIterator(); scopes.hasNext(); ) {
      PointerScope scope = scopes.next();
      if (found) {
        return scope;
      }
      found = scope == pointers;
    }
    return null;
  }

  @Override
  public void close() {
    pointers.close();
  }
}
