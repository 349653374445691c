/** Samples: WAV files, base64, and playing what is still being made. */

/** A WAV file (16 bits, mono) of samples between -1 and 1. */
export function wavOf(samples, rate) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    pcm[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i] * 32767)));
  }
  return wavOfPcm([pcm], rate);
}

/** A WAV file of pieces of 16-bit samples. */
export function wavOfPcm(pieces, rate) {
  const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const header = new DataView(new ArrayBuffer(44));
  const word = (at, text) => [...text].forEach((c, i) => header.setUint8(at + i, c.charCodeAt(0)));
  word(0, 'RIFF');
  header.setUint32(4, 36 + bytes, true);
  word(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * 2, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  word(36, 'data');
  header.setUint32(40, bytes, true);
  return new Blob([header, ...pieces], { type: 'audio/wav' });
}

/** Samples (mono) of a file that the browser can read; null where it cannot. */
export async function samplesOf(file) {
  const context = new OfflineAudioContext(1, 1, 16000);
  try {
    const buffer = await context.decodeAudioData(await file.arrayBuffer());
    return { samples: buffer.getChannelData(0), rate: buffer.sampleRate };
  } catch {
    return null;
  }
}

export async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}

/** 16-bit samples from base64. */
export function pcmOf(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
}

/** Plays pieces one after the other as they come. */
export class Player {
  constructor(rate) {
    this.rate = rate;
    this.context = new AudioContext();
    this.next = 0;
    this.context.resume().catch(() => {});
  }

  play(pcm) {
    if (!pcm.length) {
      return;
    }
    const buffer = this.context.createBuffer(1, pcm.length, this.rate);
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < pcm.length; i++) {
      samples[i] = pcm[i] / 32768;
    }
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    this.next = Math.max(this.next, this.context.currentTime + 0.05);
    source.start(this.next);
    this.next += buffer.duration;
  }

  /** Lets what has come be heard to its end. */
  finish() {
    const rest = Math.max(0, this.next - this.context.currentTime);
    setTimeout(() => this.stop(), rest * 1000 + 200);
  }

  stop() {
    if (this.context.state !== 'closed') {
      this.context.close().catch(() => {});
    }
  }
}
