package org.spiritlm.synthesis;

import com.sun.speech.freetts.diphone.Diphone;
import com.sun.speech.freetts.diphone.DiphoneUnitDatabase;
import com.sun.speech.freetts.diphone.DiphoneUnitSelector;
import com.sun.speech.freetts.relp.Sample;
import com.sun.speech.freetts.relp.SampleInfo;
import com.sun.speech.freetts.util.WaveUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Set;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;

/**
 * The recorded pairs of phones of FreeTTS's voice kevin16, from the middle of one phone to the
 * middle of the next, as predictor coefficients and residuals of single pitch periods.
 *
 * <p>Thread-safe: nothing changes after it was read.
 */
final class Diphones {
  /** How a byte of a residual is meant; what is beyond a recorded period is 0. */
  private static final float[] RESIDUAL = residuals();

  /** Phones that stand only before vowels, but for the beginning of "human". */
  private static final Set<String> BEFORE_VOWELS = Set.of("hh", "w", "y");

  private final DiphoneUnitDatabase database;
  private final int order;
  private final float lowest;
  private final double step;

  /** Read when first used. */
  private static final class Shared {
    static final Diphones VOICE = new Diphones();
  }

  private Diphones() {
    URL file = Reader.resource(Reader.DATABASE);
    try {
      this.database = new DiphoneUnitDatabase(file, true);
      // The only place that tells how the coefficients are meant.
      SampleInfo info = new DiphoneUnitSelector(file).getSampleInfo();
      if (info.getSampleRate() != Audio.SPEECH_RATE) {
        throw new IllegalStateException("the voice's rate is " + info.getSampleRate());
      }
      this.order = info.getNumberOfChannels();
      this.lowest = info.getCoeffMin();
      this.step = info.getCoeffRange() / 65535.0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] residuals() {
    float[] values = new float[256];
    for (int i = 0; i < values.length; i++) {
      values[i] = WaveUtils.ulawToShort((short) i);
    }
    values[128] = 0;
    return values;
  }

  /** Those of the voice, which are read once. */
  static Diphones shared() {
    return Shared.VOICE;
  }

  /** Whether the two phones were recorded one after the other. */
  static boolean areKnown(String first, String second) {
    boolean beforeVowel = Phone.isVowel(second);
    if (second.equals("ng")) {
      return Phone.isVowel(first) && !first.equals("er");
    }
    boolean isHuman = first.equals("hh") && second.equals("y");
    return beforeVowel || isHuman || !BEFORE_VOWELS.contains(first);
  }

  /**
   * The recording of two phones.
   *
   * @throws InputException if there is none
   */
  Diphone of(String first, String second) {
    if (areKnown(first, second)) {
      String name = first + "-" + second;
      Diphone diphone = database.getUnit(name);
      if (diphone.getName().equals(name)) {
        return diphone;
      }
    }
    throw new InputException(
        "the voice cannot say the sounds '" + first + "' and '" + second + "' together");
  }

  /** How many coefficients a period has. */
  int order() {
    return order;
  }

  /** Reads the predictor's coefficients of a period, those of the last sample first. */
  void coefficients(Sample period, double[] into) {
    short[] data = period.getFrameData();
    for (int i = 0; i < order; i++) {
      into[i] = (float) ((data[i] + 32768) * step) + lowest;
    }
  }

  /**
   * Reads the middle of a period's residual, or all of it between zeros where more is wanted.
   *
   * @return the residual's root mean square
   */
  double residual(Sample period, float[] into, int length) {
    byte[] data = period.getResidualData();
    int shift = (data.length - length) / 2;
    for (int i = 0; i < length; i++) {
      int at = i + shift;
      into[i] = at < 0 || at >= data.length ? 0 : RESIDUAL[data[at] + 128];
    }
    double sum = 0;
    for (byte each : data) {
      sum += (double) RESIDUAL[each + 128] * RESIDUAL[each + 128];
    }
    return data.length == 0 ? 0 : Math.sqrt(sum / data.length);
  }
}
