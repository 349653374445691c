package org.spiritlm;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.OutputReader;
import org.spiritlm.prompt.SpeechTokens;

/**
 * Speaks an answer while it is made; its segments in the end are those of an {@link
 * AnswerCollector}.
 *
 * <p>Speech that may still be dropped for being short waits until it is long enough. Speech that
 * goes on with the prompt's waits until it ends: how much of the audio is the prompt's depends on
 * how much there is (only in ARBITRARY answers).
 */
final class AnswerSpeaker implements AnswerReader.Listener, AutoCloseable {
  private final OutputModality output;
  private final Voicing voicing;
  private final GenerationListener listener;
  private final List<Segment> segments = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private @Nullable Run run;
  private boolean begun;

  AnswerSpeaker(OutputModality output, Voicing voicing, GenerationListener listener) {
    this.output = output;
    this.voicing = voicing;
    this.listener = listener;
  }

  @Override
  public void text(String piece) {
    endSpeech();
    begun = true;
    text.append(piece);
    listener.text(piece);
  }

  @Override
  public void speech(SpeechTokens token) {
    endText();
    if (run == null) {
      boolean arbitrary = output == OutputModality.ARBITRARY;
      boolean goesOn = arbitrary && !begun && voicing.continuesSpeech();
      run = new Run(goesOn, arbitrary && (begun || voicing.continuesSpeech()));
    }
    begun = true;
    run.add(token);
  }

  /** The answer's segments, when there is no more. */
  List<Segment> finish() {
    endSpeech();
    endText();
    if (segments.isEmpty() && output == OutputModality.TEXT) {
      segments.add(Segment.text(""));
    }
    return segments;
  }

  private void endText() {
    if (!text.isEmpty()) {
      segments.add(Segment.text(text.toString()));
      text.setLength(0);
    }
  }

  private void endSpeech() {
    if (run != null) {
      run.end();
      run.close();
      run = null;
    }
  }

  @Override
  public void close() {
    if (run != null) {
      run.close();
    }
  }

  /** A run of speech while it comes. */
  private final class Run implements AutoCloseable {
    private final boolean goesOn; // with the prompt's speech
    private final boolean droppedIfShort;
    private final List<SpeechTokens.Token> tokens = new ArrayList<>();
    private final List<Audio> chunks = new ArrayList<>();
    private final @Nullable SpeechStream stream;
    private int units;
    private int given; // tokens given to the stream

    Run(boolean goesOn, boolean droppedIfShort) {
      this.goesOn = goesOn;
      this.droppedIfShort = droppedIfShort;
      this.stream = voicing.isOn() && !goesOn ? voicing.stream() : null;
    }

    void add(SpeechTokens more) {
      tokens.addAll(more.tokens());
      units += more.hubertCount();
      if (stream != null && isKept()) {
        long began = System.nanoTime();
        Audio audio = stream.accept(new SpeechTokens(tokens.subList(given, tokens.size())));
        given = tokens.size();
        voicing.spent(began);
        emit(voicing.limited(audio));
      }
    }

    private boolean isKept() {
      return !droppedIfShort || !OutputReader.isShort(units);
    }

    private void emit(@Nullable Audio audio) {
      if (audio != null) {
        chunks.add(audio);
        listener.audio(audio);
      }
    }

    void end() {
      if (!isKept()) {
        return;
      }
      SpeechTokens all = new SpeechTokens(tokens);
      if (goesOn) {
        emit(voicing.speakAfterPrompt(all));
      } else if (stream != null && stream.canBeSpoken()) {
        long began = System.nanoTime();
        Audio audio = stream.finish();
        voicing.spent(began);
        emit(voicing.limited(audio));
      }
      segments.add(new Segment.Speech(all, chunks.isEmpty() ? null : Sounds.joined(chunks), null));
    }

    @Override
    public void close() {
      if (stream != null) {
        stream.close();
      }
    }
  }
}
