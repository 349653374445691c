package org.spiritlm.vocoder;

/** Frames of units that each have their own pitch and style, and last one frame. */
final class UnitFrames implements FrameSource {
  private final VocoderConfig config;

  UnitFrames(VocoderConfig config) {
    this.config = config;
  }

  @Override
  public Frames add(Streams more) {
    return more.aligned();
  }

  @Override
  public Frames finish() {
    return Frames.none(config);
  }
}
