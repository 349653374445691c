package org.spiritlm.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.Unpickler;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickle without ever calling what it names: classes and functions stay names, and only a
 * fixed list of them has a meaning here.
 *
 * <p>Built are numbers, strings, booleans, None, lists ({@link ArrayList}), tuples ({@code
 * Object[]}), dicts and objects' attributes ({@link LinkedHashMap}), tensors ({@link
 * PickledTensor}) and storages ({@link PickledStorage}). An object made without arguments whose
 * state is a dict (argparse's Namespace, dataclasses) is that dict. Any other use of a name is
 * refused, or becomes a {@link Skipped} where foreign objects are skipped.
 *
 * <p>Memory is bounded by the pickle's length and {@link #MAX_STEPS}; nothing is recursive.
 */
final class RestrictedUnpickler extends Unpickler {
  /** A name of a class or function; it is never looked up. */
  record Global(String module, String name) {
    @Override
    public String toString() {
      return module + "." + name;
    }
  }

  /** A foreign object that was left out. */
  record Skipped(Global global) {}

  /** An object made without arguments; its state fills the attributes. */
  static final class Instance {
    private final Global global;
    private final Map<Object, Object> attributes = new LinkedHashMap<>();

    Instance(Global global) {
      this.global = global;
    }

    Map<Object, Object> attributes() {
      return attributes;
    }
  }

  /** What is asked of the file around the pickle. */
  interface Storages {
    /** A storage by the tuple that names it. */
    PickledStorage find(Object[] id);
  }

  /** Far more than any checkpoint needs (about 25 a tensor); each element copied is one, too. */
  private static final int MAX_STEPS = 4_000_000;

  /** Numbers written as text are short; longer ones take quadratic time to read. */
  private static final int MAX_NUMBER_LENGTH = 64;

  private static final int MAX_NAME_LENGTH = 256;

  private static final String ORDERED_DICT = "collections.OrderedDict";
  private static final Set<String> RECONSTRUCTOR =
      Set.of("copy_reg._reconstructor", "copyreg._reconstructor");

  private static final Map<String, DType> STORAGES = new HashMap<>();

  static {
    STORAGES.put("DoubleStorage", DType.F64);
    STORAGES.put("FloatStorage", DType.F32);
    STORAGES.put("HalfStorage", DType.F16);
    STORAGES.put("BFloat16Storage", DType.BF16);
    STORAGES.put("LongStorage", DType.I64);
    STORAGES.put("IntStorage", DType.I32);
    STORAGES.put("ShortStorage", DType.I16);
    STORAGES.put("CharStorage", DType.I8);
    STORAGES.put("ByteStorage", DType.U8);
    STORAGES.put("BoolStorage", DType.BOOL);
  }

  private final String origin;
  private final boolean skipForeign;
  private final Storages storages;
  private @Nullable ByteBuffer bytes;
  private long steps;

  RestrictedUnpickler(String origin, boolean skipForeign, Storages storages) {
    this.origin = origin;
    this.skipForeign = skipForeign;
    this.storages = storages;
  }

  /**
   * Reads one pickle and leaves the buffer behind it.
   *
   * @throws CheckpointException if it is damaged or asks for what is not allowed
   */
  Object read(ByteBuffer pickle) {
    bytes = pickle;
    try {
      return load(new BufferStream(pickle));
    } catch (CheckpointException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // the parser answers damaged input with whatever its collections and casts throw
      String message = e.getMessage() == null ? "a value of the wrong kind" : e.getMessage();
      throw new CheckpointException(
          origin
              + ": damaged pickle near byte "
              + pickle.position()
              + " ("
              + (message.length() > 200 ? message.substring(0, 200) + "…" : message)
              + ")",
          e);
    }
  }

  /** The element type of a storage class, or null where it is none. */
  static @Nullable DType storageType(@Nullable Object global) {
    if (global instanceof Global found
        && (found.module.equals("torch") || found.module.equals("torch.cuda"))) {
      return STORAGES.get(found.name);
    }
    return null;
  }

  @Override
  protected Object dispatch(short key) throws IOException {
    spend(1);
    switch (key) {
      case Opcodes.GLOBAL -> stack.add(new Global(line(), line()));
      case Opcodes.STACK_GLOBAL -> {
        String name = name(stack.pop());
        stack.add(new Global(name(stack.pop()), name));
      }
      case Opcodes.REDUCE, Opcodes.NEWOBJ -> {
        Object[] arguments = (Object[]) stack.pop();
        Object callee = stack.pop();
        stack.add(key == Opcodes.REDUCE ? call(callee, arguments) : make(callee, arguments));
      }
      case Opcodes.BUILD -> build(stack.pop(), stack.peek());
      case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<>());
      case Opcodes.DICT -> {
        List<Object> items = stack.pop_all_since_marker();
        Map<Object, Object> dict = new LinkedHashMap<>();
        stack.add(dict);
        setItems(dict, items);
      }
      case Opcodes.SETITEM -> {
        Object value = stack.pop();
        Object name = stack.pop();
        setItems(stack.peek(), Arrays.asList(name, value));
      }
      case Opcodes.SETITEMS -> {
        List<Object> items = stack.pop_all_since_marker();
        setItems(stack.peek(), items);
      }
      case Opcodes.APPEND -> {
        Object item = stack.pop();
        append(stack.peek(), Collections.singletonList(item));
      }
      case Opcodes.APPENDS -> {
        List<Object> items = stack.pop_all_since_marker();
        append(stack.peek(), items);
      }
      // not the parser's own, which moves its whole stack each time
      case Opcodes.POP_MARK -> stack.pop_all_since_marker();
      case Opcodes.INST,
          Opcodes.OBJ,
          Opcodes.NEWOBJ_EX,
          Opcodes.EXT1,
          Opcodes.EXT2,
          Opcodes.EXT4,
          Opcodes.PERSID,
          Opcodes.EMPTY_SET,
          Opcodes.ADDITEMS,
          Opcodes.FROZENSET,
          Opcodes.BYTEARRAY8,
          Opcodes.NEXT_BUFFER,
          Opcodes.READONLY_BUFFER ->
          throw damaged("the pickle uses the instruction " + key + ", which no checkpoint needs");
      default -> {
        checkLength(key);
        return super.dispatch(key);
      }
    }
    return NO_RETURN_VALUE;
  }

  /** Ends pickles that take a small number of bytes to ask for a large amount of work or memory. */
  private void spend(long work) {
    steps += work;
    if (steps > MAX_STEPS) {
      throw damaged("the pickle has more than " + MAX_STEPS + " steps");
    }
  }

  private String name(Object value) {
    String name = (String) value;
    if (name.length() > MAX_NAME_LENGTH) {
      throw damaged("the name of a class is longer than " + MAX_NAME_LENGTH + " characters");
    }
    return name;
  }

  /** Refuses lengths beyond the pickle before the parser makes room for them. */
  private void checkLength(short key) {
    ByteBuffer rest = buffer();
    long length =
        switch (key) {
          case Opcodes.BINSTRING, Opcodes.BINUNICODE, Opcodes.BINBYTES, Opcodes.LONG4 ->
              rest.getInt(rest.position()) & 0xffff_ffffL;
          case Opcodes.BINUNICODE8, Opcodes.BINBYTES8 -> rest.getLong(rest.position());
          default -> 0;
        };
    if (length < 0 || length > rest.remaining()) {
      throw damaged("a string of " + length + " bytes goes beyond the end of the pickle");
    }
    boolean number = key == Opcodes.INT || key == Opcodes.LONG || key == Opcodes.FLOAT;
    int limit = Math.min(rest.limit(), rest.position() + MAX_NUMBER_LENGTH);
    if (number) {
      int at = rest.position();
      while (at < limit && rest.get(at) != '\n') {
        at++;
      }
      length = (long) at - rest.position();
    }
    if ((number || key == Opcodes.LONG4) && length >= MAX_NUMBER_LENGTH) {
      throw damaged("a number is longer than " + MAX_NUMBER_LENGTH + " digits");
    }
  }

  private Object make(Object callee, Object[] arguments) {
    if (callee instanceof Global global && !isTorch(global) && arguments.length == 0) {
      return ORDERED_DICT.equals(global.toString()) ? new LinkedHashMap<>() : new Instance(global);
    }
    return foreign(callee);
  }

  private static boolean isTorch(Global global) {
    return global.module.equals("torch") || global.module.startsWith("torch.");
  }

  private Object call(Object callee, Object[] arguments) {
    if (!(callee instanceof Global global)) {
      return foreign(callee);
    }
    String name = global.toString();
    if (ORDERED_DICT.equals(name)) {
      Map<Object, Object> dict = new LinkedHashMap<>();
      if (arguments.length > 0) {
        List<?> pairs = (List<?>) arguments[0];
        spend(pairs.size());
        for (Object pair : pairs) {
          List<?> item = pair instanceof Object[] tuple ? Arrays.asList(tuple) : (List<?>) pair;
          setItems(dict, item);
        }
      }
      return dict;
    }
    if (RECONSTRUCTOR.contains(name)
        && arguments.length == 3
        && arguments[0] instanceof Global type
        && arguments[2] == null) {
      return new Instance(type);
    }
    return switch (name) {
      case "torch.Size" -> arguments[0] instanceof List<?> list ? tuple(list) : arguments[0];
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> {
        PickledTensor tensor = PickledTensor.of(origin, arguments);
        spend(2L * tensor.strides().size());
        yield tensor;
      }
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          arguments[0];
      default -> foreign(global);
    };
  }

  private Object[] tuple(List<?> list) {
    spend(list.size());
    return list.toArray();
  }

  private Object foreign(Object callee) {
    if (callee instanceof Skipped) {
      return callee;
    }
    if (!(callee instanceof Global global)) {
      throw damaged("the pickle calls what is no function");
    }
    if (skipForeign) {
      return new Skipped(global);
    }
    throw refuse(origin, global);
  }

  /** The error for a class or function that has no meaning here. */
  static CheckpointException refuse(String origin, Global global) {
    return new CheckpointException(
        origin
            + ": the pickle asks for '"
            + global
            + "', which is not allowed and was not run; only tensors and plain values (dict, list,"
            + " tuple, string, number, bool, OrderedDict, Namespace) are read. Save the state dict"
            + " alone, or as safetensors");
  }

  private void build(Object state, Object target) {
    if (target instanceof Instance instance) {
      Object attributes = state instanceof Object[] pair && pair.length == 2 ? pair[0] : state;
      if (attributes instanceof Map<?, ?> map) {
        spend(map.size());
        instance.attributes.putAll(map);
      } else {
        stack.pop();
        stack.add(foreign(instance.global));
      }
    } else if (!(target instanceof Skipped
        || target instanceof Map // an OrderedDict's attributes, such as a state dict's _metadata
        || target instanceof PickledTensor)) {
      throw damaged("the pickle sets the state of what is no object");
    }
  }

  private void setItems(Object target, List<?> items) {
    if (target instanceof Skipped || target instanceof Instance) {
      return; // a foreign class that is a dict: its items are left out
    }
    @SuppressWarnings("unchecked")
    Map<Object, Object> dict = (Map<Object, Object>) target;
    if (items.size() % 2 != 0) {
      throw damaged("a dict has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String || key instanceof Number || key instanceof Boolean)) {
        throw damaged("a dict has a key that is neither string nor number");
      }
      dict.put(key, items.get(i + 1));
    }
  }

  private void append(Object target, List<?> items) {
    if (target instanceof Skipped || target instanceof Instance) {
      return;
    }
    @SuppressWarnings("unchecked")
    List<Object> list = (ArrayList<Object>) target;
    list.addAll(items);
  }

  @Override
  protected Object persistentLoad(Object id) {
    return storages.find((Object[]) id);
  }

  private String line() {
    ByteBuffer rest = buffer();
    StringBuilder line = new StringBuilder();
    for (char c = (char) (rest.get() & 0xff); c != '\n'; c = (char) (rest.get() & 0xff)) {
      if (line.length() == MAX_NAME_LENGTH) {
        throw damaged("the name of a class is longer than " + MAX_NAME_LENGTH + " characters");
      }
      line.append(c);
    }
    return line.toString();
  }

  private ByteBuffer buffer() {
    if (bytes == null) {
      throw new IllegalStateException("nothing is being read");
    }
    return bytes;
  }

  private CheckpointException damaged(String what) {
    return new CheckpointException(origin + ": damaged pickle: " + what);
  }
}
