package org.spiritlm.audio;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.ShortPointer;
import org.jspecify.annotations.Nullable;

/** One channel of audio encoded by FFmpeg as it comes, on a stream. Not thread-safe. */
final class AudioEncoder implements AudioSink {
  private static final int OTHER_RATE = 48_000;

  /** The shortest pages that Ogg is cut into (µs), so that audio comes soon. */
  private static final String OGG_PAGE = "100000";

  private static final Map<AudioFormat, Codec> CODECS =
      Map.of(
          AudioFormat.FLAC, new Codec("flac", "flac", AV_SAMPLE_FMT_S16, 0),
          AudioFormat.MP3, new Codec("libmp3lame", "mp3", AV_SAMPLE_FMT_S16P, 64_000),
          AudioFormat.OPUS, new Codec("libopus", "ogg", AV_SAMPLE_FMT_S16, 32_000));

  /** Of one channel, so that samples of the two formats lie in the same way. */
  private record Codec(String encoder, String muxer, int samples, long bitRate) {
    /** The rate that it is encoded at (Hz). */
    int rate(int given) {
      return switch (encoder) {
        case "libopus" -> isOneOf(given, 48_000, 24_000, 16_000, 12_000, 8000) ? given : OTHER_RATE;
        case "libmp3lame" ->
            isOneOf(given, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000)
                ? given
                : OTHER_RATE;
        default -> given;
      };
    }

    private static boolean isOneOf(int rate, int... rates) {
      return Arrays.stream(rates).anyMatch(each -> each == rate);
    }
  }

  private final OutputStream stream;
  private final AVCodecContext encoder;
  private final AVFormatContext format = new AVFormatContext(null);
  private final AVPacket packet = av_packet_alloc();
  private final AVFrame frame = av_frame_alloc();
  private final @Nullable Resampler resampler;
  private short[] waiting; // the beginning of a frame
  private int count;
  private long time; // samples encoded so far
  private long taken; // samples taken so far
  private boolean closed;

  AudioEncoder(AudioFormat to, OutputStream stream, int sampleRate) throws IOException {
    this.stream = stream;
    Codec codec = CODECS.get(to);
    int rate = codec.rate(sampleRate);
    this.resampler = rate == sampleRate ? null : new Resampler(sampleRate, rate);
    AVCodec found = avcodec_find_encoder_by_name(codec.encoder);
    if (found == null) {
      throw new IllegalStateException("this FFmpeg has no encoder " + codec.encoder);
    }
    this.encoder = avcodec_alloc_context3(found);
    try {
      encoder.sample_rate(rate);
      encoder.sample_fmt(codec.samples);
      encoder.bit_rate(codec.bitRate);
      av_channel_layout_default(encoder.ch_layout(), 1);
      encoder.time_base().num(1).den(rate);
      check(avcodec_open2(encoder, found, (AVDictionary) null));
      this.waiting = new short[encoder.frame_size()];
      prepareFrame(codec.samples, rate);
      check(avformat_alloc_output_context2(format, null, codec.muxer, null));
      AVStream track = avformat_new_stream(format, null);
      track.time_base().num(1).den(rate);
      check(avcodec_parameters_from_context(track.codecpar(), encoder));
      emitted(this::header);
    } catch (RuntimeException | IOException | Error e) {
      free();
      throw e;
    }
  }

  private void prepareFrame(int samples, int rate) {
    frame.nb_samples(encoder.frame_size());
    frame.format(samples);
    frame.sample_rate(rate);
    av_channel_layout_default(frame.ch_layout(), 1);
    check(av_frame_get_buffer(frame, 0));
  }

  private void header() {
    AVDictionary options = new AVDictionary(null);
    av_dict_set(options, "page_duration", OGG_PAGE, 0);
    av_dict_set(options, "write_xing", "0", 0);
    int status = avformat_write_header(format, options);
    av_dict_free(options);
    check(status);
  }

  @Override
  public void write(float[] samples) throws IOException {
    for (int i = 0; i < samples.length; i++) {
      if (!Float.isFinite(samples[i])) {
        throw new IllegalArgumentException("sample " + (taken + i) + " is " + samples[i]);
      }
    }
    taken += samples.length;
    float[] all = resampler == null ? samples : resampler.add(samples);
    emitted(() -> encode(all));
  }

  private void encode(float... samples) {
    for (float sample : samples) {
      int value = Math.round(sample * 0x1p15f);
      waiting[count++] = (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, value));
      if (count == waiting.length) {
        encodeFrame();
      }
    }
  }

  private void encodeFrame() {
    check(av_frame_make_writable(frame));
    new ShortPointer(frame.data(0)).put(waiting, 0, count);
    frame.nb_samples(count);
    frame.pts(time);
    time += count;
    count = 0;
    check(avcodec_send_frame(encoder, frame));
    takePackets();
  }

  /** Moves what the encoder has made into the container. */
  private void takePackets() {
    while (avcodec_receive_packet(encoder, packet) >= 0) {
      packet.stream_index(0);
      av_packet_rescale_ts(packet, encoder.time_base(), format.streams(0).time_base());
      check(av_write_frame(format, packet));
      av_packet_unref(packet);
    }
  }

  /** Does a part of the work, and writes the bytes that come of it. */
  private void emitted(Runnable work) throws IOException {
    AVIOContext buffer = new AVIOContext(null);
    check(avio_open_dyn_buf(buffer));
    buffer.seekable(0); // what was written is gone
    format.pb(buffer);
    BytePointer bytes = new BytePointer((BytePointer) null);
    byte[] written;
    try {
      work.run();
      avio_flush(buffer);
    } finally {
      int size = avio_close_dyn_buf(buffer, bytes);
      written = new byte[size];
      bytes.get(written);
      av_free(bytes);
    }
    stream.write(written);
    stream.flush();
  }

  @Override
  public void finish() throws IOException {
    emitted(
        () -> {
          if (resampler != null) {
            encode(resampler.finish());
          }
          if (count > 0) {
            encodeFrame();
          }
          check(avcodec_send_frame(encoder, null));
          takePackets();
          check(av_write_trailer(format));
        });
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      free();
      stream.close();
    }
  }

  private void free() {
    closed = true;
    avcodec_free_context(encoder);
    if (!format.isNull()) {
      avformat_free_context(format);
    }
    av_packet_free(packet);
    av_frame_free(frame);
  }

  private static void check(int status) {
    if (status < 0) {
      throw new IllegalStateException("audio cannot be encoded: " + AudioDecoder.reason(status));
    }
  }
}
