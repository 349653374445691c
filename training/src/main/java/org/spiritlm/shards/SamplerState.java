package org.spiritlm.shards;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;

/**
 * How far a sampler is. It is the same on all ranks, and another number of ranks can go on from it.
 *
 * @param fingerprint of the data and the options
 * @param sequences that were made, of all ranks
 * @param streams how far each stream is
 * @param current the stream whose document the next sequence goes on with, or -1
 * @param offset how many ids of that document were given
 */
public record SamplerState(
    String fingerprint, long sequences, List<Position> streams, int current, int offset) {
  /**
   * How far a stream is.
   *
   * @param items documents that were begun, all epochs together
   * @param tokens their ids
   */
  public record Position(long items, long tokens) {}

  public SamplerState {
    streams = List.copyOf(streams);
  }

  /** As one object. */
  public ObjectNode toJson() {
    ObjectNode object = Json.object();
    object.put("fingerprint", fingerprint).put("sequences", sequences);
    ArrayNode list = object.putArray("streams");
    for (Position position : streams) {
      list.addObject().put("items", position.items()).put("tokens", position.tokens());
    }
    return object.put("current", current).put("offset", offset);
  }

  /**
   * What {@link #toJson} gave.
   *
   * @throws org.spiritlm.torch.InputException if something is missing or wrong, with its place
   */
  public static SamplerState read(JsonLine json) {
    List<Position> streams = new ArrayList<>();
    JsonNode list = json.object().path("streams");
    for (JsonNode node : list) {
      if (!(node instanceof ObjectNode object)) {
        throw json.wrong("streams", "a list of objects");
      }
      JsonLine stream = new JsonLine(json.where() + ", a stream", object);
      streams.add(new Position(whole(stream, "items", 0), whole(stream, "tokens", 0)));
    }
    int current = (int) whole(json, "current", -1);
    if (current >= streams.size()) {
      throw json.wrong("current", "the number of a stream");
    }
    return new SamplerState(
        json.text("fingerprint"),
        whole(json, "sequences", 0),
        streams,
        current,
        (int) Math.min(Integer.MAX_VALUE, whole(json, "offset", 0)));
  }

  private static long whole(JsonLine json, String key, long least) {
    JsonNode value = json.object().get(key);
    if (value == null
        || !value.canConvertToLong()
        || !value.isIntegralNumber()
        || value.longValue() < least) {
      throw json.wrong(key, "a whole number");
    }
    return value.longValue();
  }
}
