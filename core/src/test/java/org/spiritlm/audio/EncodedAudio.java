package org.spiritlm.audio;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;

import java.nio.file.Path;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** Makes audio files of other formats than WAV, with FFmpeg's encoders. */
final class EncodedAudio {
  private EncodedAudio() {}

  /**
   * Encodes channels of equal length.
   *
   * @param file its ending chooses the container
   * @param encoder FFmpeg's name of it
   */
  @SuppressWarnings("deprecation") // the list of sample formats is simpler than its successor
  static void write(Path file, String encoder, int sampleRate, float[]... channels) {
    AVFormatContext format = new AVFormatContext(null);
    check(avformat_alloc_output_context2(format, null, null, file.toString()));
    AVCodec codec = avcodec_find_encoder_by_name(encoder);
    AVCodecContext context = avcodec_alloc_context3(codec);
    context.sample_rate(sampleRate).bit_rate(64_000L * channels.length);
    context.sample_fmt(codec.sample_fmts().get(0)).strict_std_compliance(-2);
    av_channel_layout_default(context.ch_layout(), channels.length);
    if ((format.oformat().flags() & AVFMT_GLOBALHEADER) != 0) {
      context.flags(context.flags() | AV_CODEC_FLAG_GLOBAL_HEADER);
    }
    check(avcodec_open2(context, codec, (AVDictionary) null));
    AVStream stream = avformat_new_stream(format, null);
    stream.time_base().num(1).den(sampleRate);
    check(avcodec_parameters_from_context(stream.codecpar(), context));
    AVIOContext output = new AVIOContext(null);
    check(avio_open(output, file.toString(), AVIO_FLAG_WRITE));
    format.pb(output);
    check(avformat_write_header(format, (AVDictionary) null));
    int length = channels[0].length;
    int block = context.frame_size() > 0 ? context.frame_size() : 1024;
    for (int at = 0; at < length; at += block) {
      AVFrame frame = frame(context, channels, at, Math.min(block, length - at));
      check(avcodec_send_frame(context, frame));
      av_frame_free(frame);
      drain(context, format, stream);
    }
    check(avcodec_send_frame(context, null));
    drain(context, format, stream);
    check(av_write_trailer(format));
    avio_close(output);
    avcodec_free_context(context);
    avformat_free_context(format);
  }

  private static AVFrame frame(AVCodecContext context, float[][] channels, int at, int count) {
    AVFrame frame = av_frame_alloc();
    frame.nb_samples(count).format(context.sample_fmt()).sample_rate(context.sample_rate()).pts(at);
    check(av_channel_layout_copy(frame.ch_layout(), context.ch_layout()));
    check(av_frame_get_buffer(frame, 0));
    boolean planar = av_sample_fmt_is_planar(context.sample_fmt()) != 0;
    int packed = av_get_packed_sample_fmt(context.sample_fmt());
    for (int channel = 0; channel < channels.length; channel++) {
      BytePointer data = frame.extended_data(planar ? channel : 0);
      for (int i = 0; i < count; i++) {
        int index = planar ? i : i * channels.length + channel;
        put(data, packed, index, channels[channel][at + i]);
      }
    }
    return frame;
  }

  private static void put(Pointer data, int packed, int index, float sample) {
    if (packed == AV_SAMPLE_FMT_FLT) {
      new FloatPointer(data).put(index, sample);
    } else if (packed == AV_SAMPLE_FMT_S16) {
      new ShortPointer(data).put(index, (short) Math.round(sample * 0x1p15f));
    } else if (packed == AV_SAMPLE_FMT_S32) {
      new IntPointer(data).put(index, Math.round(sample * 0x1p31f));
    } else if (packed == AV_SAMPLE_FMT_U8) {
      new BytePointer(data).put(index, (byte) (Math.round(sample * 0x1p7f) + 128));
    } else {
      throw new IllegalArgumentException("sample format " + packed);
    }
  }

  private static void drain(AVCodecContext context, AVFormatContext format, AVStream stream) {
    AVPacket packet = av_packet_alloc();
    while (avcodec_receive_packet(context, packet) == 0) {
      packet.stream_index(stream.index());
      av_packet_rescale_ts(packet, context.time_base(), stream.time_base());
      check(av_interleaved_write_frame(format, packet));
    }
    av_packet_free(packet);
  }

  private static void check(int status) {
    if (status < 0) {
      throw new IllegalStateException(AudioDecoder.reason(status));
    }
  }
}
