package org.spiritlm.torch;

/** Another process ended, or cannot be reached any more; what it was needed for cannot go on. */
public final class LostRankException extends InputException {
  private static final long serialVersionUID = 1;

  LostRankException(int rank, int size, String reason, Throwable cause) {
    super(
        "rank "
            + rank
            + " of "
            + size
            + " lost another one ("
            + reason
            + "); what that one printed last says why it ended",
        cause);
  }
}
