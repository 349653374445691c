package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Tensors;

/** Utterances, or pieces of them, that are learnt from together. */
final class SpeechBatch {
  private final List<Item> items = new ArrayList<>();

  /**
   * A piece.
   *
   * @param utterance its place in the set
   * @param id its name
   * @param samples at 16 kHz
   * @param start its first sample in the utterance
   * @param targets what is to be learnt
   */
  @SuppressWarnings("ArrayRecordComponent") // seconds of samples are not copied
  record Item(int utterance, String id, float[] samples, int start, int[] targets) {}

  void add(Item item) {
    items.add(item);
  }

  /** Puts pieces of one length beside each other. */
  void arrange() {
    items.sort(Comparator.comparingInt(item -> item.samples().length));
  }

  List<Item> items() {
    return items;
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  /** Samples of all. */
  long samples() {
    return items.stream().mapToLong(item -> item.samples().length).sum();
  }

  double seconds() {
    return (double) samples() / Audio.SPEECH_RATE;
  }

  /** Each of them, [1, N]; neighbours of one length together, [B, N]. */
  List<Tensor> waveforms() {
    List<Tensor> waveforms = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= items.size(); to++) {
      int length = items.get(from).samples().length;
      if (to == items.size() || items.get(to).samples().length != length) {
        List<Tensor> rows = new ArrayList<>();
        for (Item item : items.subList(from, to)) {
          rows.add(Tensors.of(item.samples(), 1, length));
        }
        waveforms.add(rows.size() == 1 ? rows.get(0) : Tensors.cat(rows, 0));
        from = to;
      }
    }
    return waveforms;
  }

  /** Writes what they are for people. */
  void describe(Path file) {
    ObjectNode object = Json.object();
    ArrayNode list = object.putArray("utterances");
    for (Item item : items) {
      list.addObject()
          .put("id", item.id())
          .put("start", (double) item.start() / Audio.SPEECH_RATE)
          .put("seconds", (double) item.samples().length / Audio.SPEECH_RATE)
          .set("targets", Json.array(item.targets()));
    }
    try {
      Files.writeString(file, Json.line(object) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
