package org.spiritlm.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.json.Json;

/**
 * The fields of a JSON object that a client sent; what is wrong in it is an {@link ApiException}
 * that names the parameter. A field that is null counts as absent.
 *
 * @param path of the object in the request, "" for the whole
 */
record Fields(ObjectNode object, String path) {
  private static final int DEPTH = 32;

  /** Of strings that text is searched for (characters). */
  private static final int LONGEST = 1000;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH)
                          .maxStringLength(Integer.MAX_VALUE) // the body has its limit
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * Reads a request's body.
   *
   * @throws ApiException if it is no JSON object in UTF-8
   */
  static Fields parse(byte[] body) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return new Fields(object, "");
      }
      throw ApiException.wrong(null, "the body must be a JSON object, found another value");
    } catch (CharacterCodingException e) {
      throw ApiException.wrong(null, "the body is not text in UTF-8");
    } catch (JsonProcessingException e) {
      String reason = e.getOriginalMessage().lines().findFirst().orElse("");
      throw ApiException.wrong(null, "the body is not JSON: " + reason);
    }
  }

  /** A parameter's path in the request. */
  String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  boolean has(String key) {
    return object.hasNonNull(key);
  }

  private JsonNode required(String key) {
    if (!has(key)) {
      throw ApiException.wrong(at(key), "'" + at(key) + "' is missing");
    }
    return object.get(key);
  }

  /** The error that says what should stand there. */
  ApiException wrong(String key, String expected) {
    return ApiException.wrong(
        at(key),
        "'" + at(key) + "' must be " + expected + ", found " + Json.shown(object.get(key)));
  }

  String text(String key) {
    if (!required(key).isTextual()) {
      throw wrong(key, "a string");
    }
    return object.get(key).textValue();
  }

  @Nullable String optionalText(String key) {
    return has(key) ? text(key) : null;
  }

  String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  @Nullable Double number(String key, double least, double most) {
    if (!has(key)) {
      return null;
    }
    JsonNode value = object.get(key);
    if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
      throw wrong(key, "a number from " + least + " to " + most);
    }
    return value.doubleValue();
  }

  @Nullable Integer whole(String key, int least, int most) {
    Long value = whole(key, (long) least, (long) most);
    return value == null ? null : (Integer) value.intValue();
  }

  @Nullable Long whole(String key, long least, long most) {
    if (!has(key)) {
      return null;
    }
    JsonNode value = object.get(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      throw wrong(key, "a whole number from " + least + " to " + most);
    }
    return value.longValue();
  }

  boolean flag(String key) {
    if (has(key) && !object.get(key).isBoolean()) {
      throw wrong(key, "true or false");
    }
    return has(key) && object.get(key).booleanValue();
  }

  /** The bytes that a string in base64 stands for. */
  byte[] base64(String key) {
    try {
      return Base64.getDecoder().decode(text(key));
    } catch (IllegalArgumentException e) {
      throw ApiException.wrong(400, "invalid_audio", at(key), "'" + at(key) + "' is not base64");
    }
  }

  /** A format of audio, or another where none is named. */
  AudioFormat format(String key, AudioFormat otherwise) {
    String name = text(key, otherwise.toString());
    for (AudioFormat format : AudioFormat.values()) {
      if (format.toString().equals(name)) {
        return format;
      }
    }
    throw wrong(key, "wav, flac, mp3, opus or pcm");
  }

  /** An object, or null where there is none. */
  @Nullable Fields child(String key) {
    if (!has(key)) {
      return null;
    }
    if (object.get(key) instanceof ObjectNode child) {
      return new Fields(child, at(key));
    }
    throw wrong(key, "an object");
  }

  /** A list of objects, at least one. */
  List<Fields> children(String key) {
    JsonNode list = required(key);
    if (!list.isArray() || list.isEmpty()) {
      throw wrong(key, "a list of objects, at least one");
    }
    List<Fields> children = new ArrayList<>();
    for (JsonNode each : list) {
      String place = at(key) + "[" + children.size() + "]";
      if (!(each instanceof ObjectNode child)) {
        throw ApiException.wrong(
            place, "'" + place + "' must be an object, found " + Json.shown(each));
      }
      children.add(new Fields(child, place));
    }
    return children;
  }

  /** Short strings: one, or a list of them; none where the field is absent. */
  List<String> texts(String key, int most) {
    if (!has(key)) {
      return List.of();
    }
    JsonNode value = object.get(key);
    List<String> texts = new ArrayList<>();
    for (JsonNode each : value.isArray() ? value : List.of(value)) {
      if (!each.isTextual()) {
        throw wrong(key, "a string or a list of strings");
      }
      if (each.textValue().length() > LONGEST) {
        throw wrong(key, "strings of at most " + LONGEST + " characters");
      }
      texts.add(each.textValue());
    }
    if (texts.size() > most) {
      throw wrong(key, "at most " + most + " strings");
    }
    return texts;
  }

  /**
   * Refuses fields other than these.
   *
   * @throws ApiException naming the first that is none of them
   */
  void only(Set<String> known) {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        String shown = name.length() <= 40 ? name : name.substring(0, 40) + "…";
        throw ApiException.wrong(
            400, "unknown_parameter", at(shown), "there is no parameter '" + at(shown) + "' here");
      }
    }
  }
}
