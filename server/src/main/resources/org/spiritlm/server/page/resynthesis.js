import { blob } from './api.js';
import { element, failure, takeFiles, visible } from './elements.js';
import { compared, encode, models, named, titled } from './models.js';
import { recorder } from './recorder.js';
import { speechView } from './speech-view.js';
import { remember, retain, retained } from './store.js';

/** The commonest of some numbers. */
function commonest(numbers) {
  const counts = new Map();
  numbers.forEach((number) => counts.set(number, (counts.get(number) ?? 0) + 1));
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/**
 * What one model can say of a recording: all tokens (EXPRESSIVE), and beside it the phonetic ones (BASE). A
 * model that needs pitch and style to speak gets the recording's commonest throughout.
 */
function versions(encoded, code) {
  const all = { hubert: encoded.hubert };
  if (!encoded.pitch) {
    return [{ title: 'From the phonetic tokens (BASE)', units: all }];
  }
  const style = code === '' ? encoded.style : encoded.style.map(() => Number(code));
  return [
    { title: 'With pitch and style (EXPRESSIVE)', units: { ...all, pitch: encoded.pitch, style } },
    {
      title: 'Phonetic tokens alone (as BASE), pitch and style held',
      units: {
        ...all,
        pitch: encoded.pitch.map(() => commonest(encoded.pitch)),
        style: encoded.style.map(() => commonest(style)),
      },
    },
  ];
}

/** A recording spoken again: by a BASE and an EXPRESSIVE model where there are both, else as one model can. */
export async function resynthesis() {
  const page = document.getElementById('page-resynthesis');
  const form = page.querySelector('form');
  const results = page.querySelector('.results');
  const source = element('div');
  // the recording with its name, what models found in it, by their names, and what they made of it: objects with the
  // `file`, its `title`, the `model` and what that found in it (`encoded`)
  let taken = null;
  form.before(source);
  remember('resynthesis', form.querySelectorAll('input, select'));

  const fail = (error) => results.replaceChildren(...(error ? [failure(error)] : []));

  const keep = () => retain('resynthesis', taken);

  function take(file, name) {
    show({ file, name, encodings: new Map(), made: [] });
    keep();
  }

  function show(recording) {
    const { file, encodings, made } = recording;
    const name = visible(recording.name);
    taken = recording;
    const onencoded = (found, model) => {
      encodings.set(model.id, found);
      keep();
    };
    source.replaceChildren(
      element('article', { className: 'user' },
        element('h3', { textContent: name }),
        speechView({ file, name, encoded: encodings.get(models.chosen.id), onencoded })),
    );
    const known = made.filter((each) => named(each.model)); // by a model that is still there
    results.replaceChildren(...(known.length ? [columns(known)] : []));
  }

  function columns(made) {
    return element('div', { className: 'columns' }, ...made.map(view));
  }

  /** The view of something that a model made. */
  function view(spoken) {
    const { file, title, encoded } = spoken;
    const onencoded = (found) => {
      spoken.encoded = found;
      keep();
    };
    return element('article', {}, element('h3', { textContent: title }),
      speechView({ file, name: title, model: named(spoken.model), encoded, onencoded }));
  }

  /** What a model says of a recording; one thing where it does not stand alone. */
  async function spokenBy(model, { file: recording, encodings }, alone) {
    const encoded = encodings.get(model.id) ?? (await encode(recording, model));
    encodings.set(model.id, encoded);
    const all = versions(encoded, form.elements.code.value);
    const shown = alone ? all : [{ ...all[0], title: titled(model) }];
    const said = { predict_durations: form.elements.predict.checked, voice: form.elements.voice.value || 'default' };
    if (model.styles.includes(form.elements.style.value)) {
      said.style_name = form.elements.style.value;
    }
    const made = [];
    for (const { title, units } of shown) {
      const file = await blob('api/decode', { model: model.id, ...units, ...said });
      made.push({ file, title, model: model.id });
    }
    return made;
  }

  async function speak() {
    if (!taken?.encodings.size) {
      fail(new Error('Record something or choose a file first, and wait until its tokens are there.'));
      return;
    }
    const button = form.querySelector('button');
    button.disabled = true;
    results.replaceChildren(element('p', { className: 'making', textContent: 'Speaking' }));
    try {
      const asked = compared();
      const recording = taken;
      const made = [];
      for (const model of asked) {
        made.push(...(await spokenBy(model, recording, asked.length === 1)));
      }
      recording.made = made;
      if (recording === taken) {
        results.replaceChildren(columns(made));
        keep();
      }
    } catch (error) {
      results.replaceChildren(failure(error, speak));
    } finally {
      button.disabled = false;
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    speak();
  });
  recorder(page.querySelector('.recorder'), take, fail);
  takeFiles(page.querySelector('.drop'), (file) => take(file, file.name));
  const before = await retained('resynthesis');
  if (before) {
    show(before);
  }
}
