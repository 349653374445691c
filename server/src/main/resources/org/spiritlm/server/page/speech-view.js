import { clock, element, failure } from './elements.js';
import { encode, models } from './models.js';
import { pitchOf } from './pitch.js';
import { samplesOf } from './sound.js';
import { described, draw, rowsOf, tokensOf, widthFor } from './timeline.js';

const shown = new Set();

/** Draws all again, in other colours or another width. */
export function redraw() {
  for (const view of shown) {
    if (view.canvas.isConnected) {
      view.draw();
    } else {
      shown.delete(view);
    }
  }
}

/**
 * A recording that can be seen and heard: waveform, pitch, tokens.
 *
 * @param file the sound
 * @param name what it is, for who does not see it
 * @param model whose tokens are shown; the chosen one's, where none is given
 * @param tokens of which it was made, with their times; where there are none, it is asked which the model hears in it
 * @param encoded what the server said of it before, or null
 * @param onencoded gets what the server says of it, and the model that does
 */
export function speechView({ file, name, model = null, tokens = [], encoded = null, onencoded = () => {} }) {
  const address = URL.createObjectURL(file);
  const audio = element('audio', { src: address, preload: 'auto' });
  const play = element('button', { type: 'button', textContent: 'Play', 'aria-label': `Play ${name}` });
  const place = element('input', {
    type: 'range', min: 0, max: 1, step: 0.01, value: 0, 'aria-label': `Place in ${name}`,
  });
  const time = element('span', { textContent: clock(0), 'aria-live': 'off' });
  const canvas = element('canvas', {
    role: 'img', 'aria-label': `Waveform, pitch and tokens of ${name}`,
  });
  const scroll = element('div', {
    className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': `Picture of ${name}`,
  }, canvas);
  const detail = element('output', { textContent: 'Finding the tokens…' });
  const legend = element('span', { className: 'legend' });
  const trouble = element('div');
  const view = element(
    'div', { className: 'speech' },
    element('div', { className: 'bar' }, play, place, time),
    scroll, detail, legend, trouble, audio,
  );
  const state = { samples: null, seconds: 0, pitch: null, rows: [], cursor: 0 };

  function paint() {
    draw(canvas, state, widthFor(state.seconds, Math.max(120, scroll.clientWidth)));
  }

  function move(seconds) {
    state.cursor = seconds;
    place.value = seconds;
    place.setAttribute('aria-valuetext', described(seconds, state.rows, state.pitch));
    time.textContent = `${clock(seconds)} of ${clock(state.seconds)}`;
    paint();
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * state.seconds;
  }

  function follow() {
    move(audio.currentTime);
    if (!audio.paused) {
      detail.textContent = described(audio.currentTime, state.rows, state.pitch);
      requestAnimationFrame(follow);
    }
  }

  function start(seconds) {
    document.querySelectorAll('audio').forEach((other) => other !== audio && other.pause());
    if (seconds !== undefined) {
      audio.currentTime = seconds;
    }
    audio.play().catch(() => {
      trouble.replaceChildren(failure(new Error('The browser cannot play this kind of sound.')));
    });
  }

  play.onclick = () => (audio.paused ? start() : audio.pause());
  audio.onplay = () => {
    play.textContent = 'Pause';
    detail.setAttribute('aria-live', 'off'); // it changes all the time
    follow();
  };
  audio.onpause = () => {
    play.textContent = 'Play';
    detail.setAttribute('aria-live', 'polite');
  };
  audio.onended = () => {
    view.dataset.heard = 'true';
  };
  place.oninput = () => {
    audio.currentTime = Number(place.value);
    move(Number(place.value));
    detail.textContent = described(state.cursor, state.rows, state.pitch);
  };
  canvas.onclick = (event) => start(at(event));
  canvas.onpointermove = (event) => {
    detail.textContent = described(at(event), state.rows, state.pitch);
  };

  function tell(rows, seconds, source) {
    state.rows = rows;
    state.seconds = state.seconds || seconds;
    place.max = state.seconds;
    detail.textContent = described(state.cursor, state.rows, state.pitch);
    legend.replaceChildren(
      ...state.rows.flatMap((row) => [
        element('b', { className: row.prefix.toLowerCase(), textContent: row.title }),
        ` ${row.tokens.length} tokens  `,
      ]),
      element('b', { className: 'pi', textContent: '—' }),
      ` fundamental frequency, 60 to 500 Hz; tokens as ${source}`,
    );
    view.dataset.source = source;
    view.dataset.tokens = state.rows.reduce((sum, row) => sum + row.tokens.length, 0);
    move(state.cursor);
  }

  async function find() {
    const by = model ?? models.chosen;
    trouble.replaceChildren();
    if (tokens.length) {
      tell(rowsOf(tokens), tokens.at(-1).end, 'generated');
      return;
    }
    try {
      encoded ??= await encode(file, by);
      tell(tokensOf(encoded, by.frame_rates), encoded.seconds, 'heard');
      onencoded(encoded, by);
    } catch (error) {
      detail.textContent = '';
      trouble.replaceChildren(failure(error, find));
    }
  }

  (async () => {
    const read = await samplesOf(file);
    if (read) {
      state.samples = read.samples;
      state.seconds = read.samples.length / read.rate;
      state.pitch = pitchOf(read.samples, read.rate);
      place.max = state.seconds;
    }
    move(0);
    await find();
  })();
  shown.add({ canvas, draw: paint });
  return view;
}
