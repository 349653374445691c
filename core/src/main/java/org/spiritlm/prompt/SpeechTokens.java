package org.spiritlm.prompt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * Speech as the language model sees it: HuBERT, pitch and style tokens in one stream, written
 * {@code [St3][Pi1][Hu5]}.
 *
 * <p>{@code parse(x.toString()).equals(x)} and {@code ofIds(x.ids(v), v).equals(x)} for every x.
 *
 * @param tokens in the order of time
 */
public record SpeechTokens(List<Token> tokens) {
  /** The styles of which one is taken for speech that has pitch but no style (the reference's). */
  public static final List<Integer> FALLBACK_STYLES = List.of(71, 68, 98);

  /** The three kinds of tokens; at the same time style comes before pitch before HuBERT. */
  public enum Kind {
    HUBERT("Hu"),
    PITCH("Pi"),
    STYLE("St");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }

    /** How tokens of this kind begin in a string, after the bracket. */
    public String prefix() {
      return prefix;
    }

    IdRange ids(Vocabulary vocabulary) {
      return switch (this) {
        case HUBERT -> vocabulary.hubert();
        case PITCH -> vocabulary.pitch();
        case STYLE -> vocabulary.style();
      };
    }
  }

  /**
   * One token.
   *
   * @param value the unit or code, from 0; strings do not check how many there are, ids do
   */
  public record Token(Kind kind, int value) {
    public Token {
      if (value < 0) {
        throw new IllegalArgumentException("a token " + kind + " of " + value);
      }
    }

    @Override
    public String toString() {
      return "[" + kind.prefix() + value + "]";
    }
  }

  public SpeechTokens {
    tokens = List.copyOf(tokens);
  }

  /** The tokens of these units with SPIRIT LM's layout. */
  public static SpeechTokens of(SpeechUnits units) {
    return of(units, TokenLayout.SPIRIT_LM);
  }

  /**
   * The tokens of these units: equal neighbours merged, then the streams in the order of time.
   *
   * <p>Differs from the reference: times are exact (unit i at i / rate), where it sorts by floating
   * point times with HuBERT at 24.99 Hz; the order is the same up to unit 2498, just under 100 s,
   * from where the reference's HuBERT tokens come one frame late.
   *
   * @throws InputException if a unit is negative
   */
  public static SpeechTokens of(SpeechUnits units, TokenLayout layout) {
    Stream style = new Stream(Kind.STYLE, units.style(), layout.styleRate(), layout.mergeStyle());
    Stream pitch = new Stream(Kind.PITCH, units.pitch(), layout.pitchRate(), layout.mergePitch());
    Stream hubert =
        new Stream(Kind.HUBERT, units.hubert(), layout.hubertRate(), layout.mergeHubert());
    List<Token> tokens = new ArrayList<>();
    while (true) {
      Stream next = style.isDue(pitch) ? style : pitch;
      next = next.isDue(hubert) ? next : hubert;
      if (!next.hasNext()) {
        return new SpeechTokens(tokens);
      }
      tokens.add(next.take());
    }
  }

  /** The token string of these units, {@code [St3][Pi1][Hu5]…}, with SPIRIT LM's layout. */
  public static String render(SpeechUnits units) {
    return of(units).toString();
  }

  /**
   * Reads a token string: tokens, and between them blanks and {@code [Speech]} if someone put them
   * there.
   *
   * @throws InputException at anything else, with its place
   */
  public static SpeechTokens parse(String string) {
    return new SpeechTokens(SpeechReader.strict(string));
  }

  /**
   * Reads what the reference's own parser finds in a string, which may be cut off or have text in
   * it; never fails but for numbers of more than nine digits.
   *
   * <p>Wherever the reference finds a number, the same one comes out: also the {@code 1} of {@code
   * [Hu12} at the end, since it takes the last character of a token for its bracket. Differs from
   * the reference: where text follows a token, {@code [Hu7]def}, it finds {@code 7]de} and fails
   * later; here the text is left out. A token without digits is left out.
   */
  public static SpeechTokens parseLeniently(String string) {
    return new SpeechTokens(SpeechReader.lenient(string));
  }

  /**
   * The speech tokens with these ids.
   *
   * @throws InputException if one of them is not a speech token
   */
  public static SpeechTokens ofIds(int[] ids, Vocabulary vocabulary) {
    return new SpeechTokens(Arrays.stream(ids).mapToObj(id -> token(id, vocabulary)).toList());
  }

  static Token token(int id, Vocabulary vocabulary) {
    for (Kind kind : Kind.values()) {
      IdRange range = kind.ids(vocabulary);
      if (range.contains(id)) {
        return new Token(kind, id - range.from());
      }
    }
    throw new InputException("Id " + id + " is no speech token");
  }

  /**
   * The ids of these tokens.
   *
   * @throws InputException if the model has no such token
   */
  public int[] ids(Vocabulary vocabulary) {
    return tokens.stream().mapToInt(token -> id(token, vocabulary)).toArray();
  }

  private static int id(Token token, Vocabulary vocabulary) {
    IdRange range = token.kind().ids(vocabulary);
    if (token.value() >= range.size()) {
      throw new InputException("No token " + token + ": " + expected(token.kind(), range));
    }
    return range.from() + token.value();
  }

  /** What the model has of a kind, for messages. */
  static String expected(Kind kind, IdRange range) {
    return range.isEmpty()
        ? "the model has none of this kind (it is not an expressive one)"
        : "the model has [" + kind.prefix() + "0] to [" + kind.prefix() + (range.size() - 1) + "]";
  }

  /** How many HuBERT units there are. */
  public int hubertCount() {
    return (int) tokens.stream().filter(token -> token.kind() == Kind.HUBERT).count();
  }

  /** Whether there is a token of this kind. */
  public boolean has(Kind kind) {
    return tokens.stream().anyMatch(token -> token.kind() == kind);
  }

  /**
   * The tokens up to the last of so many HuBERT units, with that.
   *
   * @throws IllegalArgumentException if there are fewer
   */
  public SpeechTokens firstUnits(int count) {
    int end = 0;
    for (int left = count; left > 0; end++) {
      if (end == tokens.size()) {
        throw new IllegalArgumentException(count + " units of " + hubertCount());
      }
      left -= tokens.get(end).kind() == Kind.HUBERT ? 1 : 0;
    }
    return new SpeechTokens(tokens.subList(0, end));
  }

  /** These tokens, then others. */
  public SpeechTokens plus(SpeechTokens more) {
    List<Token> all = new ArrayList<>(tokens);
    all.addAll(more.tokens);
    return new SpeechTokens(all);
  }

  /** One of {@link #FALLBACK_STYLES}, drawn anew at each call. */
  public static IntSupplier randomStyle(RandomGenerator random) {
    return () -> FALLBACK_STYLES.get(random.nextInt(FALLBACK_STYLES.size()));
  }

  /**
   * One entry of each stream per HuBERT token: pitch and style hold until the next of their kind,
   * units before the first one take that one. A stream without tokens is null, but pitch without
   * style gets the fallback throughout.
   *
   * @param fallbackStyle asked at most once, see {@link #randomStyle}
   */
  public SpeechUnits units(IntSupplier fallbackStyle) {
    return units(fallbackStyle, false);
  }

  /**
   * The same, but where several pitch tokens follow each other without a unit between, the unit
   * before is repeated for each of them after the first (before the first unit: the first one), so
   * that no pitch is lost.
   */
  public SpeechUnits unitsForEveryPitch(IntSupplier fallbackStyle) {
    return units(fallbackStyle, true);
  }

  private SpeechUnits units(IntSupplier fallbackStyle, boolean everyPitch) {
    int unit = first(Kind.HUBERT);
    int pitch = first(Kind.PITCH);
    int style = first(Kind.STYLE);
    int[][] entries = new int[3][tokens.size()];
    int count = 0;
    boolean pitchWaits = false; // for a unit
    for (Token token : tokens) {
      boolean repeat = false;
      switch (token.kind()) {
        case HUBERT -> unit = token.value();
        case PITCH -> {
          pitch = token.value();
          repeat = everyPitch && pitchWaits && unit >= 0;
          pitchWaits = true;
        }
        case STYLE -> style = token.value();
      }
      if (token.kind() == Kind.HUBERT || repeat) {
        entries[0][count] = unit;
        entries[1][count] = pitch;
        entries[2][count++] = style;
      }
      pitchWaits &= token.kind() != Kind.HUBERT;
    }
    int[] pitches = pitch < 0 ? null : Arrays.copyOf(entries[1], count);
    int[] styles = style < 0 ? null : Arrays.copyOf(entries[2], count);
    if (pitches != null && styles == null) {
      styles = new int[count];
      Arrays.fill(styles, fallbackStyle.getAsInt());
    }
    return new SpeechUnits(Arrays.copyOf(entries[0], count), pitches, styles);
  }

  private int first(Kind kind) {
    return tokens.stream()
        .filter(token -> token.kind() == kind)
        .mapToInt(Token::value)
        .findFirst()
        .orElse(-1);
  }

  /** The token string. */
  @Override
  public String toString() {
    return tokens.stream().map(Token::toString).collect(Collectors.joining());
  }

  /** One stream while it is merged with the others. */
  private static final class Stream {
    private final Kind kind;
    private final int[] values;
    private final double rate;
    private final boolean merge;
    private int at;

    Stream(Kind kind, int @Nullable [] values, double rate, boolean merge) {
      this.kind = kind;
      this.values = values == null ? new int[0] : values;
      this.rate = rate;
      this.merge = merge;
    }

    boolean hasNext() {
      return at < values.length;
    }

    /** Whether this stream's next token comes before or with the other's. */
    boolean isDue(Stream other) {
      // at / rate <= other.at / other.rate without a rounded quotient
      return hasNext() && (!other.hasNext() || at * other.rate <= other.at * rate);
    }

    Token take() {
      int value = values[at++];
      if (value < 0) {
        throw new InputException(
            "A unit of "
                + value
                + " at place "
                + (at - 1)
                + " of "
                + kind
                + "; expected 0 or more");
      }
      while (merge && hasNext() && values[at] == value) {
        at++;
      }
      return new Token(kind, value);
    }
  }
}
