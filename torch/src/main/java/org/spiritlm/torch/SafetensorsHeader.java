package org.spiritlm.torch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The header of a safetensors file, read in one pass and checked against the file's length. */
record SafetensorsHeader(Map<String, Entry> tensors, Map<String, String> metadata, long dataStart) {
  /** The format's own limit of the header's length, in bytes. */
  private static final int MAX_BYTES = 100_000_000;

  /** Far more tensors than any model has; it bounds the memory that a hostile header takes. */
  private static final int MAX_TENSORS = 250_000;

  /** Far more strings than any writer puts beside the tensors. */
  private static final int MAX_METADATA = 100_000;

  /** libtorch's own limit. */
  private static final int MAX_DIMENSIONS = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(4).maxNumberLength(20).build())
          .build();

  /** One tensor: its type and shape, and its bytes counted from the header's end. */
  record Entry(TensorInfo info, long begin, long end) {}

  SafetensorsHeader {
    tensors = Collections.unmodifiableMap(tensors);
    metadata = Collections.unmodifiableMap(metadata);
  }

  static SafetensorsHeader read(MappedFile file) {
    if (file.size() < Long.BYTES) {
      throw damaged(file, "it has " + file.size() + " bytes, too few for a safetensors file");
    }
    long length = file.read(0, Long.BYTES).getLong();
    long available = file.size() - Long.BYTES;
    if (length < 0 || length > available) {
      throw damaged(
          file,
          "the header should have "
              + Long.toUnsignedString(length)
              + " bytes, the file has "
              + available
              + " left; the file is truncated or no safetensors file");
    }
    if (length > MAX_BYTES) {
      throw damaged(
          file, "the header has " + length + " bytes, at most " + MAX_BYTES + " are read");
    }
    ByteBuffer bytes = file.read(Long.BYTES, (int) length);
    if (bytes.remaining() < length) {
      throw damaged(file, "it was cut short while it was read");
    }
    Reader reader = new Reader(file, available - length);
    try (JsonParser json =
        JSON.createParser(bytes.array(), bytes.arrayOffset(), bytes.remaining())) {
      reader.readAll(json);
    } catch (JsonProcessingException e) {
      JsonLocation place = e.getLocation(); // null where a limit was passed
      throw new CheckpointException(
          file.path()
              + ": damaged: the header is not the JSON of a safetensors file"
              + (place == null ? "" : ", byte " + place.getByteOffset())
              + ": "
              + shortened(e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new CheckpointException(file.path() + ": the header cannot be read", e);
    }
    reader.checkRanges();
    return new SafetensorsHeader(reader.tensors, reader.metadata, Long.BYTES + length);
  }

  private static String shortened(String text) {
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }

  private static CheckpointException damaged(MappedFile file, String what) {
    return new CheckpointException(file.path() + ": damaged: " + what);
  }

  /** Collects what the JSON says while it streams by. */
  private static final class Reader {
    final Map<String, Entry> tensors = new LinkedHashMap<>();
    final Map<String, String> metadata = new LinkedHashMap<>();
    private final MappedFile file;
    private final long dataBytes;

    Reader(MappedFile file, long dataBytes) {
      this.file = file;
      this.dataBytes = dataBytes;
    }

    void readAll(JsonParser json) throws IOException {
      expect(json.nextToken(), JsonToken.START_OBJECT, "the header must be an object");
      boolean hasMetadata = false;
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        if (name.equals("__metadata__")) {
          if (hasMetadata) {
            throw damaged(file, "__metadata__ stands twice in the header");
          }
          hasMetadata = true;
          readMetadata(json);
        } else if (tensors.put(name, readEntry(name, json)) != null) {
          throw damaged(file, "tensor '" + name + "' stands twice in the header");
        }
        if (tensors.size() > MAX_TENSORS) {
          throw damaged(file, "the header lists more than " + MAX_TENSORS + " tensors");
        }
      }
      expect(json.currentToken(), JsonToken.END_OBJECT, "the header must end with its object");
      if (json.nextToken() != null) {
        throw damaged(file, "something follows the header's object");
      }
    }

    private void readMetadata(JsonParser json) throws IOException {
      expect(json.nextToken(), JsonToken.START_OBJECT, "__metadata__ must be an object");
      for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
        expect(json.nextToken(), JsonToken.VALUE_STRING, "__metadata__ must hold strings");
        if (metadata.put(key, json.getText()) != null) {
          throw damaged(file, "__metadata__ has '" + key + "' twice");
        }
        if (metadata.size() > MAX_METADATA) {
          throw damaged(file, "__metadata__ has more than " + MAX_METADATA + " strings");
        }
      }
    }

    private Entry readEntry(String name, JsonParser json) throws IOException {
      String where = "tensor '" + name + "'";
      expect(json.nextToken(), JsonToken.START_OBJECT, where + " must be an object");
      String type = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
        switch (key) {
          case "dtype" -> {
            once(type, where, key);
            expect(json.nextToken(), JsonToken.VALUE_STRING, where + ": dtype must be a string");
            type = json.getText();
          }
          case "shape" -> {
            once(shape, where, key);
            shape = numbers(json, where + ": shape", MAX_DIMENSIONS);
          }
          case "data_offsets" -> {
            once(offsets, where, key);
            offsets = numbers(json, where + ": data_offsets", 2);
          }
          default -> throw damaged(file, where + " has an unknown key '" + key + "'");
        }
      }
      if (type == null || shape == null || offsets == null || offsets.size() != 2) {
        throw damaged(file, where + " lacks dtype, shape or data_offsets");
      }
      return entry(where, type, shape, offsets.get(0), offsets.get(1));
    }

    private Entry entry(String where, String type, List<Long> shape, long begin, long end) {
      TensorInfo info = new TensorInfo(dtype(where, type), shape);
      if (begin > end || end > dataBytes) {
        throw damaged(
            file,
            where
                + " should lie at bytes "
                + begin
                + " to "
                + end
                + ", the file has "
                + dataBytes
                + " bytes of tensors; it is truncated or damaged");
      }
      long bytes;
      try {
        bytes = info.bytes();
      } catch (ArithmeticException e) {
        throw damaged(file, where + " has the impossible shape " + shape);
      }
      if (bytes != end - begin) {
        throw damaged(
            file,
            where
                + " of type "
                + type
                + " and shape "
                + shape
                + " needs "
                + bytes
                + " bytes, its data_offsets give it "
                + (end - begin));
      }
      return new Entry(info, begin, end);
    }

    private DType dtype(String where, String type) {
      for (DType known : DType.values()) {
        if (known.name().equals(type)) {
          return known;
        }
      }
      throw new CheckpointException(
          file.path()
              + ": "
              + where
              + " has elements of type "
              + shortened(type)
              + ", which is not supported; expected one of "
              + Arrays.toString(DType.values()));
    }

    private List<Long> numbers(JsonParser json, String what, int most) throws IOException {
      expect(json.nextToken(), JsonToken.START_ARRAY, what + " must be a list");
      List<Long> numbers = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, what + " must hold whole numbers");
        long number = json.getLongValue();
        if (number < 0) {
          throw damaged(file, what + " holds the negative number " + number);
        }
        if (numbers.size() == most) {
          throw damaged(file, what + " holds more than " + most + " numbers");
        }
        numbers.add(number);
      }
      return numbers;
    }

    private void once(@Nullable Object before, String where, String key) {
      if (before != null) {
        throw damaged(file, where + ": " + key + " stands twice");
      }
    }

    private void expect(@Nullable JsonToken found, JsonToken wanted, String rule) {
      if (found != wanted) {
        throw damaged(file, rule);
      }
    }

    /** The tensors must fill the bytes after the header, each byte once. */
    void checkRanges() {
      List<Map.Entry<String, Entry>> ordered = new ArrayList<>(tensors.entrySet());
      ordered.sort(
          Comparator.<Map.Entry<String, Entry>>comparingLong(e -> e.getValue().begin())
              .thenComparingLong(e -> e.getValue().end()));
      long at = 0;
      String before = "the header";
      for (Map.Entry<String, Entry> next : ordered) {
        String name = "tensor '" + next.getKey() + "'";
        if (next.getValue().begin() < at) {
          throw damaged(file, name + " overlaps " + before);
        }
        if (next.getValue().begin() > at) {
          throw damaged(
              file,
              (next.getValue().begin() - at)
                  + " bytes between "
                  + before
                  + " and "
                  + name
                  + " belong to no tensor");
        }
        at = next.getValue().end();
        before = name;
      }
      if (at != dataBytes) {
        throw damaged(file, (dataBytes - at) + " bytes after " + before + " belong to no tensor");
      }
    }
  }
}
