package org.spiritlm.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.io.api.RecordMaterializer;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Makes values of the columns of a row: texts {@link String}, whole numbers {@link Long}, fractions
 * {@link Double}, structs {@link Map}, lists of whole numbers {@code int[]}, other lists {@link
 * List}. What is null is absent.
 *
 * <p>Lists may have the format's three levels or the two that older writers gave them.
 */
final class ParquetValues extends RecordMaterializer<Map<String, Object>> {
  private final Struct root;
  private Map<String, Object> row = Map.of();

  ParquetValues(MessageType schema) {
    this.root = new Struct(schema, value -> row = asStruct(value));
  }

  @Override
  public Map<String, Object> getCurrentRecord() {
    return row;
  }

  @Override
  public GroupConverter getRootConverter() {
    return root;
  }

  @SuppressWarnings("unchecked") // only structs give maps
  private static Map<String, Object> asStruct(Object value) {
    return (Map<String, Object>) value;
  }

  private static Converter converter(Type type, Consumer<Object> sink) {
    if (type.isRepetition(Repetition.REPEATED)) {
      throw new InputException(
          "the column '" + type.getName() + "' repeats outside of a list; expected a list");
    }
    if (type.isPrimitive()) {
      return new Value(sink);
    }
    GroupType group = type.asGroupType();
    if (group.getLogicalTypeAnnotation()
        instanceof LogicalTypeAnnotation.ListLogicalTypeAnnotation) {
      return new Items(group, sink);
    }
    return new Struct(group, sink);
  }

  /** The type of a list's elements, by the format's rules for older writers. */
  static Type element(GroupType list) {
    if (list.getFieldCount() != 1 || !list.getType(0).isRepetition(Repetition.REPEATED)) {
      throw new InputException("the list '" + list.getName() + "' has no repeated element");
    }
    Type repeated = list.getType(0);
    return hasMiddleLevel(list, repeated) ? repeated.asGroupType().getType(0) : repeated;
  }

  private static boolean hasMiddleLevel(GroupType list, Type repeated) {
    return !repeated.isPrimitive()
        && repeated.asGroupType().getFieldCount() == 1
        && !repeated.getName().equals("array")
        && !repeated.getName().equals(list.getName() + "_tuple");
  }

  private static boolean isWhole(Type type) {
    return type.isPrimitive()
        && (type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT32
            || type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64);
  }

  /** A number or text. */
  private static final class Value extends PrimitiveConverter {
    private final Consumer<Object> sink;

    Value(Consumer<Object> sink) {
      this.sink = sink;
    }

    @Override
    public void addBinary(Binary value) {
      sink.accept(value.toStringUsingUTF8());
    }

    @Override
    public void addInt(int value) {
      sink.accept((long) value);
    }

    @Override
    public void addLong(long value) {
      sink.accept(value);
    }

    @Override
    public void addFloat(float value) {
      sink.accept((double) value);
    }

    @Override
    public void addDouble(double value) {
      sink.accept(value);
    }

    @Override
    public void addBoolean(boolean value) {
      sink.accept(value);
    }
  }

  /** Several values by name. */
  private static final class Struct extends GroupConverter {
    private final Converter[] fields;
    private final Consumer<Object> sink;
    private Map<String, Object> values = new LinkedHashMap<>();

    Struct(GroupType type, Consumer<Object> sink) {
      this.sink = sink;
      this.fields = new Converter[type.getFieldCount()];
      for (int i = 0; i < fields.length; i++) {
        String name = type.getFieldName(i);
        fields[i] = converter(type.getType(i), value -> values.put(name, value));
      }
    }

    @Override
    public Converter getConverter(int field) {
      return fields[field];
    }

    @Override
    public void start() {
      values = new LinkedHashMap<>();
    }

    @Override
    public void end() {
      sink.accept(values);
    }
  }

  /** A list. */
  private static final class Items extends GroupConverter {
    private final String name;
    private final Consumer<Object> sink;
    private final Converter repeated;
    private final boolean whole;
    private int[] numbers = new int[16];
    private List<Object> objects = new ArrayList<>();
    private int count;
    private @Nullable Object current;

    Items(GroupType type, Consumer<Object> sink) {
      this.name = type.getName();
      this.sink = sink;
      Type element = element(type);
      Type repeats = type.getType(0);
      this.whole = isWhole(element);
      if (!element.equals(repeats)) {
        this.repeated = middle(converter(element, value -> current = value));
      } else if (element.isPrimitive()) {
        this.repeated = new Value(this::add);
      } else {
        this.repeated = new Struct(element.asGroupType(), this::add);
      }
    }

    private GroupConverter middle(Converter element) {
      return new GroupConverter() {
        @Override
        public Converter getConverter(int field) {
          return element;
        }

        @Override
        public void start() {
          current = null;
        }

        @Override
        public void end() {
          Object value = current;
          if (value == null) {
            throw new InputException("the list '" + name + "' holds null");
          }
          add(value);
        }
      };
    }

    private void add(Object value) {
      if (!whole) {
        objects.add(value);
        return;
      }
      long number = (Long) value;
      if (number != (int) number) {
        throw new InputException("the list '" + name + "' holds " + number);
      }
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count++] = (int) number;
    }

    @Override
    public Converter getConverter(int field) {
      return repeated;
    }

    @Override
    public void start() {
      count = 0;
      objects = new ArrayList<>();
    }

    @Override
    public void end() {
      sink.accept(whole ? Arrays.copyOf(numbers, count) : objects);
    }
  }
}
