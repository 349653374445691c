package org.spiritlm.audio;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;
import static org.bytedeco.ffmpeg.presets.avutil.AVERROR_EAGAIN;

import java.nio.charset.StandardCharsets;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * The first audio stream of a file, decoded by FFmpeg block by block.
 *
 * <p>The file can make FFmpeg open nothing else: every protocol is off for playlists and other
 * formats that point to files or addresses.
 *
 * <p>Not thread-safe.
 */
final class AudioDecoder implements AutoCloseable {
  static {
    av_log_set_level(AV_LOG_QUIET); // errors are reported as exceptions
  }

  /** A name that no protocol has. */
  private static final String NO_PROTOCOL = "none";

  private final MediaFile file;
  private final AVFormatContext format;
  private final AVCodecContext codec;
  private final AVPacket packet = av_packet_alloc();
  private final AVFrame frame = av_frame_alloc();
  private final int stream;
  private int sampleRate;
  private int channels;
  private long position; // samples decoded so far
  private long firstTime; // what the first block says of where it lies
  private float @Nullable [][] ahead; // a block that was decoded to know where it lies
  private boolean closed;

  /**
   * Takes over the file, which is closed with this decoder, also if this constructor fails.
   *
   * @throws InputException if it holds no audio that can be decoded
   */
  AudioDecoder(MediaFile file) {
    this.file = file;
    AVFormatContext opened = null;
    AVCodecContext context = null;
    try {
      opened = demuxer();
      this.stream = findStream(opened);
      context = decoder(opened.streams(stream));
    } catch (RuntimeException | Error e) {
      free(opened, context);
      throw e;
    }
    this.format = opened;
    this.codec = context;
  }

  /** Samples per second of the blocks so far; 0 before the first. */
  int sampleRate() {
    return sampleRate;
  }

  /** Samples up to the end of the last block, counted from the file's beginning. */
  long position() {
    return position;
  }

  /**
   * Goes on before a sample, without decoding what lies between, where that is exact: in WAV files
   * of plain samples and in FLAC, where every block can be decoded alone and says where it lies.
   * After the first block only.
   *
   * @return false where it is not, and nothing is changed
   * @throws InputException if the file can no longer be read from its beginning either
   */
  boolean seek(long sample) {
    if (!isSeekExact()) {
      return false;
    }
    if (goTo(sample)) {
      return true;
    }
    if (!goTo(0)) {
      throw new InputException(
          file.name() + " cannot be read from its middle; convert it to WAV or FLAC again");
    }
    return true;
  }

  /** Goes to the end and tells how many samples the file has; after the first block only. */
  long measure() {
    AVStream audio = format.streams(stream);
    if (audio.duration() > 0) { // what the file says is only where the end is looked for
      long said =
          av_rescale(
              audio.duration(),
              (long) audio.time_base().num() * sampleRate,
              audio.time_base().den());
      if (said - sampleRate > position) {
        seek(said - sampleRate);
      }
    }
    float[][] block;
    do {
      block = next();
    } while (block != null);
    return position;
  }

  private boolean isSeekExact() {
    if (firstTime != 0) {
      return false; // cut from a longer recording: its blocks tell their place in that
    }
    String container = format.iformat().name().getString();
    int id = codec.codec_id();
    if (container.equals("flac")) {
      return id == AV_CODEC_ID_FLAC;
    }
    AVCodecParameters parameters = format.streams(stream).codecpar();
    int bytes = av_get_exact_bits_per_sample(id) / 8 * channels;
    return container.equals("wav")
        && bytes > 0
        && parameters.block_align() == bytes
        && parameters.bit_rate() == 8L * bytes * sampleRate;
  }

  /** Takes the block that holds a sample, or one before it, for the next; false where it fails. */
  private boolean goTo(long sample) {
    AVRational tick = format.streams(stream).time_base();
    if (tick.num() != 1 || tick.den() != sampleRate) {
      return false;
    }
    if (av_seek_frame(format, stream, sample, AVSEEK_FLAG_BACKWARD) < 0) {
      return false;
    }
    avcodec_flush_buffers(codec);
    position = 0;
    float[][] block = next();
    long start = frame.pts();
    if (block == null || start == AV_NOPTS_VALUE || start < 0 || start > sample) {
      return false;
    }
    position = start + block[0].length;
    ahead = block;
    return true;
  }

  private AVFormatContext demuxer() {
    AVFormatContext context = avformat_alloc_context();
    context.pb(file.input());
    AVDictionary options = new AVDictionary(null);
    av_dict_set(options, "protocol_whitelist", NO_PROTOCOL, 0);
    int status = avformat_open_input(context, file.name(), null, options); // frees if it fails
    av_dict_free(options);
    if (status < 0) {
      throw notAudio(status);
    }
    status = avformat_find_stream_info(context, (AVDictionary) null);
    if (status < 0) {
      avformat_close_input(context);
      throw notAudio(status);
    }
    return context;
  }

  private int findStream(AVFormatContext format) {
    int best = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, -1, (AVCodec) null, 0);
    if (best < 0) {
      throw new InputException(
          file.name()
              + " holds no audio: FFmpeg takes it for "
              + format.iformat().long_name().getString()
              + ", with no audio stream in it, or it is cut off before one");
    }
    for (int i = 0; i < format.nb_streams(); i++) {
      if (i != best) {
        format.streams(i).discard(AVDISCARD_ALL);
      }
    }
    return best;
  }

  private AVCodecContext decoder(AVStream stream) {
    int id = stream.codecpar().codec_id();
    AVCodec decoder = avcodec_find_decoder(id);
    if (decoder == null) {
      throw new InputException(
          file.name()
              + " holds audio of the codec '"
              + avcodec_get_name(id).getString()
              + "', which cannot be decoded here; convert it to WAV or FLAC");
    }
    AVCodecContext context = avcodec_alloc_context3(decoder);
    int status = avcodec_parameters_to_context(context, stream.codecpar());
    if (status >= 0) {
      context.pkt_timebase(stream.time_base()); // says how much of encoder padding to leave out
      context.thread_count(1);
      status = avcodec_open2(context, decoder, (AVDictionary) null);
    }
    if (status < 0) {
      avcodec_free_context(context);
      throw damaged(status);
    }
    return context;
  }

  /**
   * The next block, an array for each channel, or null at the end.
   *
   * @throws InputException if the file is damaged here, changes its rate or channels, or has a
   *     sample that is not a finite number
   */
  float @Nullable [][] next() {
    float[][] decoded = ahead;
    if (decoded != null) {
      ahead = null;
      return decoded;
    }
    while (true) {
      int status = avcodec_receive_frame(codec, frame);
      if (status == AVERROR_EOF) {
        return null;
      } else if (status == AVERROR_EAGAIN()) {
        feed();
      } else if (status < 0) {
        skipOrFail(status);
      } else if (frame.nb_samples() > 0) {
        return block();
      }
    }
  }

  /** Hands the decoder the next packet, or the end. */
  private void feed() {
    while (true) {
      int status = av_read_frame(format, packet);
      if (status == AVERROR_EAGAIN()) {
        continue;
      }
      if (status == AVERROR_EOF) {
        avcodec_send_packet(codec, null);
        return;
      }
      if (status < 0) {
        throw damaged(status);
      }
      boolean ours = packet.stream_index() == stream;
      int sent = ours ? avcodec_send_packet(codec, packet) : 0;
      av_packet_unref(packet);
      if (sent < 0) {
        skipOrFail(sent);
      }
      if (ours) {
        return;
      }
    }
  }

  /** MPEG audio has no container that says where frames are, so that junk between them is usual. */
  private void skipOrFail(int status) {
    int id = codec.codec_id();
    if (id != AV_CODEC_ID_MP3 && id != AV_CODEC_ID_MP2 && id != AV_CODEC_ID_MP1) {
      throw damaged(status);
    }
  }

  private float[][] block() {
    int rate = frame.sample_rate();
    int found = frame.ch_layout().nb_channels();
    if (sampleRate == 0) {
      sampleRate = rate;
      channels = found;
      firstTime = frame.pts();
    } else if (rate != sampleRate || found != channels) {
      throw new InputException(
          file.name()
              + " changes "
              + at()
              + " from "
              + channels
              + " channels at "
              + sampleRate
              + " Hz to "
              + found
              + " at "
              + rate
              + " Hz; split it there");
    }
    float[][] block = SampleFormat.floats(frame, channels);
    int bad = SampleFormat.isFloat(frame) ? firstBad(block) : -1;
    if (bad >= 0) {
      throw new InputException(
          file.name()
              + " has a sample that is not a finite number, number "
              + (position + bad)
              + " ("
              + (double) (position + bad) / sampleRate
              + " s); repair or convert the audio");
    }
    position += frame.nb_samples();
    return block;
  }

  private static int firstBad(float[][] block) {
    int first = Integer.MAX_VALUE;
    for (float[] samples : block) {
      for (int i = 0; i < samples.length && i < first; i++) {
        if (!Float.isFinite(samples[i])) {
          first = i;
        }
      }
    }
    return first == Integer.MAX_VALUE ? -1 : first;
  }

  private InputException notAudio(int status) {
    return new InputException(
        file.name()
            + " is not audio of a format that can be read (WAV, FLAC, MP3, Ogg, Opus, WebM, M4A and"
            + " what else FFmpeg knows), or it is cut off at its beginning: "
            + reason(status));
  }

  private InputException damaged(int status) {
    return new InputException(
        file.name() + " is damaged or cut off " + at() + ": " + reason(status));
  }

  private String at() {
    return sampleRate == 0
        ? "at its beginning"
        : "after " + (double) position / sampleRate + " s of audio";
  }

  /** FFmpeg's text for an error. */
  static String reason(int status) {
    byte[] text = new byte[AV_ERROR_MAX_STRING_SIZE];
    av_strerror(status, text, text.length);
    int length = 0;
    while (length < text.length && text[length] != 0) {
      length++;
    }
    return new String(text, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      free(format, codec);
    }
  }

  private void free(@Nullable AVFormatContext format, @Nullable AVCodecContext codec) {
    if (codec != null) {
      avcodec_free_context(codec);
    }
    if (format != null) {
      avformat_close_input(format);
    }
    av_packet_free(packet);
    av_frame_free(frame);
    file.close();
  }
}
