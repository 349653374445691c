package org.spiritlm.synthesis;

import com.sun.speech.freetts.Age;
import com.sun.speech.freetts.FreeTTSSpeakableImpl;
import com.sun.speech.freetts.Gender;
import com.sun.speech.freetts.Item;
import com.sun.speech.freetts.ProcessException;
import com.sun.speech.freetts.Token;
import com.sun.speech.freetts.Utterance;
import com.sun.speech.freetts.UtteranceProcessor;
import com.sun.speech.freetts.en.ContourGenerator;
import com.sun.speech.freetts.en.us.CMUDiphoneVoice;
import com.sun.speech.freetts.en.us.CMULexicon;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.synthesis.Reading.PitchPoint;
import org.spiritlm.synthesis.Reading.PlannedPhone;
import org.spiritlm.synthesis.SpokenText.Piece;
import org.spiritlm.torch.InputException;

/**
 * Finds out how to say a text, by FreeTTS: pronunciation, pauses, durations and pitch.
 *
 * <p>Not thread-safe; each thread needs its own.
 */
final class Reader {
  /** The database of the voice kevin16. */
  static final String DATABASE = "cmu_us_kal/cmu_us_kal16.bin";

  /**
   * What FreeTTS is asked for, from which heights in standard deviations are computed back (Hz).
   */
  private static final float MEAN = 200;

  private static final float DEVIATION = 20;

  /**
   * How contractions are said that FreeTTS's lexicon lacks; it looks them up without apostrophe.
   */
  private static final Map<String, String> CONTRACTIONS =
      Map.ofEntries(
          Map.entry("aint", "ey1 n t"),
          Map.entry("couldnt", "k uh1 d ax n t"),
          Map.entry("didnt", "d ih1 d ax n t"),
          Map.entry("doesnt", "d ah1 z ax n t"),
          Map.entry("dont", "d ow1 n t"),
          Map.entry("hadnt", "hh ae1 d ax n t"),
          Map.entry("hasnt", "hh ae1 z ax n t"),
          Map.entry("havent", "hh ae1 v ax n t"),
          Map.entry("isnt", "ih1 z ax n t"),
          Map.entry("mustnt", "m ah1 s ax n t"),
          Map.entry("neednt", "n iy1 d ax n t"),
          Map.entry("oclock", "ax k l aa1 k"),
          Map.entry("shouldnt", "sh uh1 d ax n t"),
          Map.entry("theyre", "dh eh1 r"),
          Map.entry("wasnt", "w aa1 z ax n t"),
          Map.entry("werent", "w er1 ax n t"),
          Map.entry("wouldnt", "w uh1 d ax n t"),
          Map.entry("youre", "y uh1 r"));

  /** FreeTTS shares the lexicon between voices, unguarded while it is read. */
  private static final Object LOADING = new Object();

  private final Front front;

  Reader() {
    synchronized (LOADING) {
      this.front = new Front();
    }
  }

  /** FreeTTS's voice, of which all is used that comes before the sound. */
  private static final class Front extends CMUDiphoneVoice {
    private final List<UtteranceProcessor> steps = new ArrayList<>();

    Front() {
      super(
          "kevin16",
          Gender.MALE,
          Age.YOUNGER_ADULT,
          "",
          Locale.US,
          "general",
          "cmu",
          new CMULexicon(
              resource("cmulex_compiled.bin"),
              resource("cmulex_addenda.bin"),
              resource("cmulex_lts.bin"),
              true),
          resource(DATABASE));
      setPitch(MEAN);
      setPitchRange(DEVIATION);
      try {
        getLexicon().load();
        CONTRACTIONS.forEach(
            (word, phones) -> getLexicon().addAddendum(word, null, phones.split(" ", -1)));
        loader();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      for (Object step : getUtteranceProcessors()) {
        steps.add((UtteranceProcessor) step);
        if (step instanceof ContourGenerator) {
          return; // what follows makes the sound
        }
      }
      throw new IllegalStateException("FreeTTS generates no pitch contour");
    }

    @Override
    protected URL getResource(String name) {
      return resource(name);
    }

    @Override
    public UtteranceProcessor getUnitSelector() {
      return utterance -> {}; // never run; FreeTTS's own would read the database for nothing
    }
  }

  /** A file that comes with FreeTTS's English voices. */
  static URL resource(String name) {
    return Objects.requireNonNull(CMUDiphoneVoice.class.getResource(name), name);
  }

  /**
   * Reads a text.
   *
   * @throws InputException if there is something in it that cannot be said
   */
  Reading read(SpokenText text) {
    List<Token> tokens = new ArrayList<>();
    for (Piece piece : text.pieces()) {
      Token token = new Token();
      token.setWord(piece.text());
      token.setPrepunctuation("");
      token.setPostpunctuation(piece.punctuation());
      token.setWhitespace(" ");
      token.setPosition(piece.word());
      tokens.add(token);
    }
    Utterance utterance = new Utterance(front, tokens);
    utterance.setSpeakable(new FreeTTSSpeakableImpl(""));
    try {
      for (UtteranceProcessor step : front.steps) {
        step.processUtterance(utterance);
      }
    } catch (ProcessException | RuntimeException | StackOverflowError e) {
      throw new InputException("FreeTTS cannot read it: " + e, e);
    }
    return new Reading(phones(utterance), pitch(utterance));
  }

  private static List<PlannedPhone> phones(Utterance utterance) {
    List<PlannedPhone> phones = new ArrayList<>();
    double before = 0;
    int word = 0;
    for (Item at = head(utterance, "Segment"); at != null; at = at.getNext()) {
      String name = at.getFeatures().getString("name");
      double end = at.getFeatures().getFloat("end");
      if (name.equals(Phone.SILENCE)) {
        phones.add(new PlannedPhone(name, Phone.NO_WORD, end - before));
      } else {
        word = word(at, word);
        phones.add(new PlannedPhone(name, word, end - before));
      }
      before = end;
    }
    return phones;
  }

  /** The number of the word of a phone; one that FreeTTS put in belongs to the word before it. */
  private static int word(Item phone, int otherwise) {
    Item inSyllable = phone.getItemAs("SylStructure");
    Item syllable = inSyllable == null ? null : inSyllable.getParent();
    Item word = syllable == null ? null : syllable.getParent();
    Item inToken = word == null ? null : word.getItemAs("Token");
    Item token = inToken == null ? null : inToken.getParent();
    return token == null ? otherwise : Integer.parseInt(token.getFeatures().getString("file_pos"));
  }

  private static List<PitchPoint> pitch(Utterance utterance) {
    List<PitchPoint> points = new ArrayList<>();
    for (Item at = head(utterance, "Target"); at != null; at = at.getNext()) {
      double hertz = at.getFeatures().getFloat("f0");
      points.add(
          new PitchPoint(at.getFeatures().getFloat("pos"), (hertz - MEAN) / (double) DEVIATION));
    }
    return points;
  }

  private static @Nullable Item head(Utterance utterance, String relation) {
    return utterance.getRelation(relation).getHead();
  }
}
