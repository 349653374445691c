package org.spiritlm.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a reader gave. */
final class Collected implements CorpusListener {
  final List<Utterance> utterances = new ArrayList<>();
  final List<Rejection> rejections = new ArrayList<>();

  static Collected of(Corpus corpus, Path source) {
    Collected read = new Collected();
    corpus.read(source, read);
    return read;
  }

  @Override
  public void accept(Utterance utterance) {
    utterances.add(utterance);
  }

  @Override
  public void reject(Rejection rejection) {
    rejections.add(rejection);
  }

  List<String> ids() {
    return utterances.stream().map(Utterance::id).toList();
  }

  List<String> refused() {
    return rejections.stream().map(Rejection::id).toList();
  }

  /** The reason why an item was refused. */
  String reason(String id) {
    return rejections.stream()
        .filter(rejection -> rejection.id().equals(id))
        .map(Rejection::reason)
        .findFirst()
        .orElseThrow(() -> new AssertionError(id + " is not in " + rejections));
  }

  Utterance get(String id) {
    return utterances.stream()
        .filter(utterance -> utterance.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError(id + " is not in " + ids() + rejections));
  }
}
