package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a process stands among those that compute together, and where they meet; the environment
 * says it, in the variables that torchrun sets.
 *
 * @param rank of this process, from 0; rank 0 is waited for by the others
 * @param size how many processes there are
 * @param localRank of this process among those on this machine, from 0
 * @param localSize how many are on this machine
 * @param address of the machine of rank 0
 * @param port there, on which rank 0 listens
 * @param served whether torchrun itself listens there, instead of rank 0
 */
public record Rendezvous(
    int rank, int size, int localRank, int localSize, String address, int port, boolean served) {
  private static final String RANK = "RANK";
  private static final String SIZE = "WORLD_SIZE";
  private static final String LOCAL_RANK = "LOCAL_RANK";
  private static final String LOCAL_SIZE = "LOCAL_WORLD_SIZE";
  private static final String ADDRESS = "MASTER_ADDR";
  private static final String PORT = "MASTER_PORT";
  private static final String SERVED = "TORCHELASTIC_USE_AGENT_STORE";
  private static final int MOST_PORTS = 65_535;
  private static final int MOST_RANKS = 1 << 20;

  public Rendezvous {
    within(SIZE, size, 1, MOST_RANKS);
    within(RANK, rank, 0, size - 1);
    within(LOCAL_SIZE, localSize, 1, size);
    within(LOCAL_RANK, localRank, 0, localSize - 1);
    within(PORT, port, 1, MOST_PORTS);
    if (address.isBlank()) {
      throw new InputException(ADDRESS + " is empty; expected the name of the machine of rank 0");
    }
  }

  /** One where rank 0 listens. */
  public Rendezvous(int rank, int size, int localRank, int localSize, String address, int port) {
    this(rank, size, localRank, localSize, address, port, false);
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InputException(
          name + " must be between " + least + " and " + most + ", found " + value);
    }
  }

  /**
   * Reads the environment.
   *
   * @return null where the process is alone: neither {@code RANK} nor {@code WORLD_SIZE} is set
   * @throws InputException if a variable is missing or wrong
   */
  public static @Nullable Rendezvous of(Map<String, String> environment) {
    if (!environment.containsKey(RANK) && !environment.containsKey(SIZE)) {
      return null;
    }
    List<String> missing = new ArrayList<>();
    for (String name : List.of(RANK, SIZE, ADDRESS, PORT)) {
      if (!environment.containsKey(name)) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw new InputException(
          "this process is to be one of several, but the environment has no "
              + String.join(", ", missing)
              + "; set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, or none of them");
    }
    int localRank = environment.containsKey(LOCAL_RANK) ? number(environment, LOCAL_RANK) : 0;
    return new Rendezvous(
        number(environment, RANK),
        number(environment, SIZE),
        localRank,
        environment.containsKey(LOCAL_SIZE) ? number(environment, LOCAL_SIZE) : localRank + 1,
        environment.getOrDefault(ADDRESS, ""),
        number(environment, PORT),
        environment.getOrDefault(SERVED, "").equals("True"));
  }

  private static int number(Map<String, String> environment, String name) {
    String text = environment.getOrDefault(name, "").strip();
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InputException(name + " must be a whole number, found '" + text + "'", e);
    }
  }

  /** The variables from which {@link #of} reads this, but those of torchrun alone. */
  public Map<String, String> environment() {
    Map<String, String> variables = new TreeMap<>();
    variables.put(RANK, Integer.toString(rank));
    variables.put(SIZE, Integer.toString(size));
    variables.put(LOCAL_RANK, Integer.toString(localRank));
    variables.put(LOCAL_SIZE, Integer.toString(localSize));
    variables.put(ADDRESS, address);
    variables.put(PORT, Integer.toString(port));
    return variables;
  }

  /** Such as {@code node1:29500}. */
  String place() {
    return address + ":" + port;
  }
}
