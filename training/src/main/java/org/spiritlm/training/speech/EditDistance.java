package org.spiritlm.training.speech;

/** How many insertions, deletions and substitutions lie between two sequences (Levenshtein). */
final class EditDistance {
  private EditDistance() {}

  static int of(int[] first, int[] second) {
    int[] row = new int[second.length + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= first.length; i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (first[i - 1] == second[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[second.length];
  }
}
