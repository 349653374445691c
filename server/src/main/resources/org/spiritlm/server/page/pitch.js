/**
 * The fundamental frequency of speech over time, by the YIN method (de Cheveigné and Kawahara, 2002):
 * the first lag at which a stretch of sound is nearly like itself.
 */
const STEP = 0.02; // seconds between values
const LOWEST = 60; // Hz
const HIGHEST = 500;
const THRESHOLD = 0.15;
const SILENCE = 1e-5; // mean square

/** Values every `step` seconds in Hz; 0 where there is no voice. */
export function pitchOf(samples, rate) {
  const lower = Math.max(1, Math.floor(rate / 8000));
  const sound = averaged(samples, lower);
  const at = rate / lower;
  const longest = Math.floor(at / LOWEST);
  const shortest = Math.floor(at / HIGHEST);
  const hop = Math.round(STEP * at);
  const values = [];
  for (let from = 0; from + 2 * longest < sound.length; from += hop) {
    values.push(frequency(sound, from, shortest, longest, at));
  }
  return { step: hop / at, values };
}

function averaged(samples, by) {
  const sound = new Float32Array(Math.floor(samples.length / by));
  for (let i = 0; i < sound.length; i++) {
    let sum = 0;
    for (let k = 0; k < by; k++) {
      sum += samples[i * by + k];
    }
    sound[i] = sum / by;
  }
  return sound;
}

function frequency(sound, from, shortest, longest, rate) {
  let energy = 0;
  for (let i = 0; i < longest; i++) {
    energy += sound[from + i] ** 2;
  }
  if (energy / longest < SILENCE) {
    return 0;
  }
  const ratios = new Float32Array(longest + 1).fill(1);
  let running = 0;
  for (let lag = 1; lag <= longest; lag++) {
    let difference = 0;
    for (let i = 0; i < longest; i++) {
      difference += (sound[from + i] - sound[from + i + lag]) ** 2;
    }
    running += difference;
    ratios[lag] = running > 0 ? (difference * lag) / running : 1;
  }
  for (let lag = shortest; lag < longest; lag++) {
    if (ratios[lag] < THRESHOLD) {
      while (lag + 1 < longest && ratios[lag + 1] < ratios[lag]) {
        lag++;
      }
      const before = ratios[lag - 1];
      const after = ratios[lag + 1];
      const bend = before - 2 * ratios[lag] + after;
      return rate / (lag + (bend > 0 ? (before - after) / (2 * bend) : 0));
    }
  }
  return 0;
}
