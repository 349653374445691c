const PIECE = 2048; // samples

/**
 * Gives the page what the microphone hears, piece by piece; when it gets a message, what is left, and null behind it.
 */
class RecordingProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.begin();
    this.goesOn = true;
    this.port.onmessage = () => {
      this.goesOn = false;
      this.port.postMessage(this.piece.slice(0, this.length));
      this.port.postMessage(null);
    };
  }

  begin() {
    this.piece = new Float32Array(PIECE);
    this.length = 0;
  }

  process([[channel]]) {
    // there is none before the microphone is connected; a block, of 128 samples, never lies across two pieces
    if (this.goesOn && channel) {
      this.piece.set(channel, this.length);
      this.length += channel.length;
      if (this.length === PIECE) {
        this.port.postMessage(this.piece, [this.piece.buffer]);
        this.begin();
      }
    }
    return this.goesOn;
  }
}

registerProcessor('recording', RecordingProcessor);
