package org.spiritlm.spark;

/** Hears how far a preparation is; called by one thread at a time. */
public interface PreparationListener {
  /**
   * Some more is done.
   *
   * @param items lines that are done, also by earlier runs and by tasks that are not through yet
   * @param total lines of the manifest
   * @param rejected items in quarantine
   */
  void progress(long items, long total, long rejected);

  /** Hears nothing. */
  static PreparationListener none() {
    return (items, total, rejected) -> {};
  }
}
