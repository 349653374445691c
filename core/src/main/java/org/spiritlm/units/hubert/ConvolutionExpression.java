package org.spiritlm.units.hubert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;

/**
 * Reads fairseq's {@code conv_feature_layers}: a Python expression of lists of (channels, kernel,
 * stride), {@code +} and {@code *}, such as {@code [(512,10,5)] + [(512,3,2)] * 4}. Nothing is
 * evaluated but this.
 *
 * <pre>
 * sum     = product { "+" product }
 * product = factor { "*" number } | number "*" factor
 * factor  = "(" sum ")" | "[" triple { "," triple } [ "," ] "]"
 * triple  = "(" number "," number "," number [ "," ] ")"
 * </pre>
 */
final class ConvolutionExpression {
  private static final int MAX_LAYERS = 64;

  private final String text;
  private int position;

  private ConvolutionExpression(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException if the text is not such an expression; the message says where
   */
  static List<ConvolutionLayer> parse(String text) {
    ConvolutionExpression expression = new ConvolutionExpression(text);
    List<ConvolutionLayer> layers = expression.sum(0);
    if (expression.peek() != 0) {
      throw expression.wrong("the end");
    }
    return layers;
  }

  private List<ConvolutionLayer> sum(int depth) {
    if (depth > MAX_LAYERS) {
      throw wrong("fewer brackets");
    }
    List<ConvolutionLayer> layers = product(depth);
    while (accept('+')) {
      layers = joined(layers, product(depth));
    }
    return layers;
  }

  private List<ConvolutionLayer> product(int depth) {
    if (Character.isDigit(peek())) {
      int times = number();
      expect('*');
      return repeated(factor(depth), times);
    }
    List<ConvolutionLayer> layers = factor(depth);
    while (accept('*')) {
      layers = repeated(layers, number());
    }
    return layers;
  }

  private List<ConvolutionLayer> factor(int depth) {
    if (accept('(')) {
      List<ConvolutionLayer> layers = sum(depth + 1);
      expect(')');
      return layers;
    }
    expect('[');
    List<ConvolutionLayer> layers = List.of();
    do {
      layers = joined(layers, List.of(triple()));
    } while (accept(',') && peek() != ']');
    expect(']');
    return layers;
  }

  private ConvolutionLayer triple() {
    expect('(');
    int channels = number();
    expect(',');
    int kernel = number();
    expect(',');
    int stride = number();
    accept(',');
    expect(')');
    return new ConvolutionLayer(channels, kernel, stride);
  }

  private List<ConvolutionLayer> repeated(List<ConvolutionLayer> layers, int times) {
    if (times > MAX_LAYERS) {
      throw wrong("at most " + MAX_LAYERS + " layers");
    }
    return limited(Collections.nCopies(times, layers).stream().flatMap(List::stream).toList());
  }

  private List<ConvolutionLayer> joined(List<ConvolutionLayer> left, List<ConvolutionLayer> right) {
    List<ConvolutionLayer> both = new ArrayList<>(left);
    both.addAll(right);
    return limited(both);
  }

  private List<ConvolutionLayer> limited(List<ConvolutionLayer> layers) {
    if (layers.size() > MAX_LAYERS) {
      throw wrong("at most " + MAX_LAYERS + " layers");
    }
    return layers;
  }

  /** A whole number of at least 1. */
  private int number() {
    int value = 0;
    int digits = 0;
    while (Character.isDigit(peek()) && digits < 8) {
      value = 10 * value + Character.digit(text.charAt(position++), 10);
      digits++;
    }
    if (value == 0) {
      throw wrong("a number of at least 1");
    }
    return value;
  }

  private boolean accept(char symbol) {
    if (peek() != symbol) {
      return false;
    }
    position++;
    return true;
  }

  private void expect(char symbol) {
    if (!accept(symbol)) {
      throw wrong("'" + symbol + "'");
    }
  }

  /** The next character that is not a blank, or 0 at the end. */
  private char peek() {
    while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
      position++;
    }
    return position < text.length() ? text.charAt(position) : 0;
  }

  private IllegalArgumentException wrong(String expected) {
    return new IllegalArgumentException("expected " + expected + " at character " + (position + 1));
  }
}
