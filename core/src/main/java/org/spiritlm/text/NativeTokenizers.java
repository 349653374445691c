package org.spiritlm.text;

/**
 * Keeps DJL, whose native tokenizers are used, from looking for GPUs.
 *
 * <p>It would load CUDA's runtime to count them, and choose variants of its libraries by that. A
 * second copy of the runtime in a process, before libtorch has called its own for the first time,
 * makes every kernel of libtorch fail ({@code invalid resource handle}).
 */
final class NativeTokenizers {
  /** With this, DJL asks another process; then its class loads no library. */
  private static final String ELSEWHERE = "ai.djl.util.cuda.fork";

  /**
   * Which form of its library for {@code tokenizer.json} DJL takes. On machines with a GPU it would
   * download another one; the one that comes with it tokenizes as well.
   */
  private static final String FLAVOR = "RUST_FLAVOR";

  private static final boolean PREPARED = withoutCuda();

  private NativeTokenizers() {}

  /** To be called before a class of DJL is used. */
  static void prepare() {
    if (!PREPARED) {
      throw new IllegalStateException("the native tokenizers are not prepared");
    }
  }

  private static synchronized boolean withoutCuda() {
    if (System.getProperty(FLAVOR) == null) {
      System.setProperty(FLAVOR, "cpu");
    }
    String before = System.getProperty(ELSEWHERE);
    System.setProperty(ELSEWHERE, "true");
    try {
      Class.forName("ai.djl.util.cuda.CudaUtils");
    } catch (ClassNotFoundException | LinkageError e) {
      return true; // a version without it looks for nothing
    } finally {
      if (before == null) {
        System.clearProperty(ELSEWHERE);
      } else {
        System.setProperty(ELSEWHERE, before);
      }
    }
    return true;
  }
}
