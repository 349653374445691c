package org.spiritlm.audio;

import static org.bytedeco.ffmpeg.global.avutil.*;

import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** Samples of FFmpeg's frames as floats in [-1, 1): integers are divided by 2^(bits - 1). */
final class SampleFormat {
  private SampleFormat() {}

  /** Whether the frame's samples are floating-point numbers, which need not be finite. */
  static boolean isFloat(AVFrame frame) {
    int packed = av_get_packed_sample_fmt(frame.format());
    return packed == AV_SAMPLE_FMT_FLT || packed == AV_SAMPLE_FMT_DBL;
  }

  /** One array for each channel. */
  static float[][] floats(AVFrame frame, int channels) {
    int count = frame.nb_samples();
    int packed = av_get_packed_sample_fmt(frame.format());
    float[][] result = new float[channels][];
    if (channels == 1 || av_sample_fmt_is_planar(frame.format()) != 0) {
      for (int channel = 0; channel < channels; channel++) {
        result[channel] = read(frame.extended_data(channel), packed, count);
      }
      return result;
    }
    float[] mixed = read(frame.extended_data(0), packed, count * channels);
    for (int channel = 0; channel < channels; channel++) {
      float[] samples = new float[count];
      for (int i = 0; i < count; i++) {
        samples[i] = mixed[i * channels + channel];
      }
      result[channel] = samples;
    }
    return result;
  }

  private static float[] read(Pointer data, int packedFormat, int count) {
    float[] result = new float[count];
    if (packedFormat == AV_SAMPLE_FMT_FLT) {
      new FloatPointer(data).get(result);
    } else if (packedFormat == AV_SAMPLE_FMT_S16) {
      short[] values = new short[count];
      new ShortPointer(data).get(values);
      for (int i = 0; i < count; i++) {
        result[i] = values[i] * 0x1p-15f;
      }
    } else if (packedFormat == AV_SAMPLE_FMT_S32) {
      int[] values = new int[count];
      new IntPointer(data).get(values);
      for (int i = 0; i < count; i++) {
        result[i] = values[i] * 0x1p-31f;
      }
    } else if (packedFormat == AV_SAMPLE_FMT_U8) {
      byte[] values = new byte[count];
      new BytePointer(data).get(values);
      for (int i = 0; i < count; i++) {
        result[i] = ((values[i] & 0xff) - 128) * 0x1p-7f;
      }
    } else if (packedFormat == AV_SAMPLE_FMT_DBL) {
      double[] values = new double[count];
      new DoublePointer(data).get(values);
      for (int i = 0; i < count; i++) {
        result[i] = (float) values[i];
      }
    } else if (packedFormat == AV_SAMPLE_FMT_S64) {
      long[] values = new long[count];
      new LongPointer(data).get(values);
      for (int i = 0; i < count; i++) {
        result[i] = values[i] * 0x1p-63f;
      }
    } else {
      throw new IllegalStateException("FFmpeg sample format " + packedFormat);
    }
    return result;
  }
}
