package org.spiritlm.prompt;

import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;

/**
 * What a model is given to continue, as a token string: {@code [Text]He
 * said[Speech][Hu12][Hu13][Text]}.
 */
public record Prompt(String string) {
  private static final String TEXT_MARKER = "[Text]";
  private static final String SPEECH_MARKER = "[Speech]";

  /**
   * What someone wrote as a token: a word with a number, one of the markers in any case, or what
   * begins like a speech token without being one. {@code [1]} and {@code [sic]} are text.
   */
  private static final Pattern MEANT_AS_TOKEN =
      Pattern.compile(
          "\\[\\p{Alpha}+[0-9]+\\]|\\[(?i:text|speech)\\]|\\[(?:Hu|Pi|St)(?=[0-9\\[\\]]|$)");

  /**
   * The prompt of these parts: a marker before each change of modality, and at the end the marker
   * of the output modality if the last part is of the other one.
   */
  public static Prompt of(List<? extends Part> parts, OutputModality output) {
    StringBuilder string = new StringBuilder();
    String modality = "";
    for (Part part : parts) {
      String marker = part instanceof Part.Text ? TEXT_MARKER : SPEECH_MARKER;
      if (!marker.equals(modality)) {
        string.append(marker);
      }
      modality = marker;
      string.append(
          part instanceof Part.Text text ? text.text() : ((Part.Speech) part).tokens().toString());
    }
    String wanted =
        switch (output) {
          case TEXT -> TEXT_MARKER;
          case SPEECH -> SPEECH_MARKER;
          case ARBITRARY -> modality;
        };
    return new Prompt(wanted.equals(modality) ? string.toString() : string + wanted);
  }

  /**
   * The same, asking for a transcript: with {@link TaskToken#RECOGNITION} in place of {@code
   * [Speech]} where the model has it.
   */
  public Prompt forRecognition(TextTokenizer tokenizer) {
    return asking(TaskToken.RECOGNITION, SPEECH_MARKER, tokenizer);
  }

  /**
   * The same, asking for speech: with {@link TaskToken#SYNTHESIS} in place of {@code [Text]} where
   * the model has it.
   */
  public Prompt forSynthesis(TextTokenizer tokenizer) {
    return asking(TaskToken.SYNTHESIS, TEXT_MARKER, tokenizer);
  }

  private Prompt asking(TaskToken task, String marker, TextTokenizer tokenizer) {
    return task.isIn(tokenizer) ? new Prompt(string.replace(marker, task.piece())) : this;
  }

  /** These prompts one after another, each with its own markers. */
  public static Prompt joined(List<Prompt> prompts) {
    return new Prompt(prompts.stream().map(Prompt::string).collect(Collectors.joining()));
  }

  /**
   * A prompt that a user wrote in tokens, taken as it is: no marker is added.
   *
   * @throws InputException if a token in it is not one of the model's, with its place
   */
  public static Prompt parse(String string, Vocabulary vocabulary) {
    Matcher token = MEANT_AS_TOKEN.matcher(string);
    while (token.find()) {
      check(string, token, vocabulary);
    }
    return new Prompt(string);
  }

  private static void check(String string, Matcher match, Vocabulary vocabulary) {
    String token = match.group();
    if (token.equals(TEXT_MARKER) || token.equals(SPEECH_MARKER)) {
      return;
    }
    for (Kind kind : Kind.values()) {
      if (token.startsWith("[" + kind.prefix())) {
        String digits = token.substring(1 + kind.prefix().length()).replace("]", "");
        IdRange range = kind.ids(vocabulary);
        if (!digits.matches("0|[1-9][0-9]{0,8}") || Integer.parseInt(digits) >= range.size()) {
          throw unknown(string, match.start(), SpeechTokens.expected(kind, range));
        }
        return;
      }
    }
    throw unknown(
        string,
        match.start(),
        "tokens are [Text], [Speech], [Hu0] and up"
            + (vocabulary.isExpressive() ? ", [Pi0] and up, [St0] and up" : "")
            + ", written in exactly this way");
  }

  private static InputException unknown(String string, int at, String hint) {
    return new InputException(
        "Prompt, character "
            + (at + 1)
            + ": no token "
            + SpeechReader.excerpt(string, at)
            + "; "
            + hint);
  }

  /** The ids, with the start token. */
  public int[] ids(TextTokenizer tokenizer) {
    return tokenizer.encode(string);
  }

  /** Whether the last thing in it is a speech token. */
  public boolean endsWithSpeech() {
    return TokenString.endsWithSpeech(string);
  }

  /** The run of speech tokens that it ends with; empty where it ends otherwise. */
  public SpeechTokens lastSpeech() {
    OptionalInt start = TokenString.lastSpeechStart(string);
    return endsWithSpeech() && start.isPresent()
        ? SpeechTokens.parseLeniently(string.substring(start.getAsInt()))
        : new SpeechTokens(List.of());
  }

  /** The token string. */
  @Override
  public String toString() {
    return string;
  }
}
