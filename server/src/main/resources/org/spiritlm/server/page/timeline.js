/** The picture of a recording: its waveform with the pitch curve, and rows of tokens under it. */

const WAVE = 90; // pixels
const ROW = 28;
const ROWS = [
  { name: 'hubert', prefix: 'Hu', colour: '--phonetic', title: 'phonetic' },
  { name: 'pitch', prefix: 'Pi', colour: '--pitch', title: 'pitch' },
  { name: 'style', prefix: 'St', colour: '--style', title: 'style' },
];
const LOWEST = 60; // Hz
const HIGHEST = 500;
const WIDEST = 16000; // pixels, within what browsers draw

/** Units as tokens with their times; equal neighbours of a row are one. */
export function tokensOf(encoded, rates) {
  return ROWS.filter((row) => encoded[row.name]?.length).map((row) => {
    const units = encoded[row.name];
    const rate = rates[row.name] ?? units.length / encoded.seconds;
    const tokens = [];
    units.forEach((unit, i) => {
      const last = tokens.at(-1);
      if (last?.unit === unit) {
        last.end = (i + 1) / rate;
      } else {
        tokens.push({ unit, start: i / rate, end: (i + 1) / rate });
      }
    });
    return { ...row, tokens };
  });
}

/** Tokens that come with their times, in rows. */
export function rowsOf(tokens) {
  return ROWS.map((row) => ({
    ...row,
    tokens: tokens
      .filter((each) => each.token.startsWith(`[${row.prefix}`))
      .map(({ token, start, end }) => ({ unit: Number(token.slice(1 + row.prefix.length, -1)), start, end })),
  })).filter((row) => row.tokens.length);
}

/** What stands at a time, in words. */
export function described(time, rows, pitch) {
  const parts = [`${time.toFixed(2)} s`];
  for (const row of rows) {
    const token = row.tokens.find((each) => each.start <= time && time < each.end);
    if (token) {
      const span = `${token.start.toFixed(2)} to ${token.end.toFixed(2)} s`;
      parts.push(`${row.title} [${row.prefix}${token.unit}] (${span})`);
    }
  }
  const hertz = pitch?.values[Math.round(time / pitch.step)];
  if (hertz) {
    parts.push(`${Math.round(hertz)} Hz`);
  }
  return parts.join(' · ');
}

/** A wider picture for longer sound, so that tokens can be read; it then scrolls. */
export function widthFor(seconds, visible) {
  return Math.max(visible, Math.min(WIDEST, Math.round(seconds * 90)));
}

/** Draws all of it; `cursor` is a time in seconds. */
export function draw(canvas, { samples, seconds, pitch, rows, cursor }, width) {
  const ratio = Math.min(devicePixelRatio || 1, WIDEST / width);
  const height = WAVE + ROWS.length * ROW + 4;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  const styles = getComputedStyle(canvas);
  const colour = (name) => resolved(canvas, styles, name);
  const pen = canvas.getContext('2d');
  pen.scale(ratio, ratio);
  const x = (time) => (time / Math.max(seconds, 1e-3)) * width;
  if (samples) {
    wave(pen, samples, width, colour('--quiet'));
  }
  if (pitch) {
    curve(pen, pitch, x, colour('--pitch'));
  }
  rows.forEach((row, i) => blocks(pen, row, WAVE + 2 + i * ROW, x, colour(row.colour), colour('--panel')));
  pen.fillStyle = colour('--error');
  pen.fillRect(x(cursor) - 1, 0, 2, height);
}

const known = new Map();

/** A colour of the style sheet as one that a canvas takes, for the scheme in use. */
function resolved(canvas, styles, name) {
  const text = styles.getPropertyValue(name).trim();
  const scheme = styles.colorScheme;
  const id = `${scheme} ${matchMedia('(prefers-color-scheme: dark)').matches} ${text}`;
  if (!known.has(id)) {
    const probe = document.createElement('span');
    probe.style.color = text;
    canvas.parentElement.append(probe);
    known.set(id, getComputedStyle(probe).color);
    probe.remove();
  }
  return known.get(id);
}

function wave(pen, samples, width, colour) {
  pen.fillStyle = colour;
  const columns = Math.min(Math.ceil(width), samples.length);
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / columns));
    let low = 1;
    let high = -1;
    for (let i = from; i < to; i++) {
      low = Math.min(low, samples[i]);
      high = Math.max(high, samples[i]);
    }
    const top = (WAVE / 2) * (1 - high);
    pen.fillRect((column * width) / columns, top, 1, Math.max(1, (WAVE / 2) * (high - low)));
  }
}

function curve(pen, { step, values }, x, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 2.5;
  pen.lineJoin = 'round';
  pen.beginPath();
  let drawing = false;
  values.forEach((hertz, i) => {
    if (hertz) {
      const y = WAVE * (1 - Math.log(hertz / LOWEST) / Math.log(HIGHEST / LOWEST));
      pen[drawing ? 'lineTo' : 'moveTo'](x(i * step), Math.max(2, Math.min(WAVE - 2, y)));
    }
    drawing = hertz > 0;
  });
  pen.stroke();
}

function blocks(pen, { tokens, prefix }, top, x, colour, ground) {
  pen.font = '11px ui-monospace, monospace';
  pen.textBaseline = 'middle';
  for (const { unit, start, end } of tokens) {
    const left = x(start);
    const wide = x(end) - left;
    pen.globalAlpha = 0.75 + 0.25 * ((unit * 0.618) % 1); // neighbours look unlike
    pen.fillStyle = colour;
    pen.fillRect(left + 0.5, top, Math.max(1, wide - 1), ROW - 4);
    pen.globalAlpha = 1;
    const text = wide > 44 ? prefix + unit : String(unit);
    if (pen.measureText(text).width < wide - 4) {
      pen.fillStyle = ground;
      pen.fillText(text, left + 3, top + ROW / 2 - 2);
    }
  }
}
