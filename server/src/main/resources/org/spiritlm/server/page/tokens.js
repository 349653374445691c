import { blob } from './api.js';
import { element, failure, takeFiles } from './elements.js';
import { encode, models, named } from './models.js';
import { recorder } from './recorder.js';
import { speechView } from './speech-view.js';
import { remember, retain, retained } from './store.js';

const MOST = 2000; // tokens that are coloured

/** Speech tokens as text: edited, coloured by kind, heard. */
export async function tokens() {
  const page = document.getElementById('page-tokens');
  const form = page.querySelector('form');
  const text = document.getElementById('token-text');
  const colours = document.getElementById('token-colours');
  const results = page.querySelector('.results');
  remember('tokens', [text, ...form.querySelectorAll('select')]);

  const fail = (error) => results.replaceChildren(...(error ? [failure(error)] : []));

  function colour() {
    const found = [...text.value.matchAll(/\[(Hu|Pi|St)\d+\]/g)];
    const counts = ['Hu', 'Pi', 'St'].map((kind) => found.filter((each) => each[1] === kind).length);
    colours.replaceChildren(
      element('span', { textContent: `${counts[0]} phonetic, ${counts[1]} pitch, ${counts[2]} style: ` }),
      ...found.slice(0, MOST).map((each) =>
        element('span', { className: each[1].toLowerCase(), textContent: each[0] })),
      found.length > MOST ? ' …' : '',
    );
    colours.hidden = !found.length;
  }

  async function take(file) {
    fail(null);
    try {
      text.value = (await encode(file, models.chosen)).tokens;
      text.dispatchEvent(new Event('input'));
    } catch (error) {
      results.replaceChildren(failure(error, () => take(file)));
    }
  }

  /** Shows what was spoken, and keeps it with what is found in it. */
  function show(spoken) {
    const { file, encoded } = spoken;
    const name = 'the speech of these tokens';
    const onencoded = (found) => retain('tokens', { ...spoken, encoded: found });
    const model = named(spoken.model);
    results.replaceChildren(element('article', {}, speechView({ file, name, model, encoded, onencoded })));
  }

  async function hear() {
    const button = form.querySelector('button');
    button.disabled = true;
    fail(null);
    try {
      const model = models.chosen;
      const asked = { model: model.id, tokens: text.value.trim(), voice: form.elements.voice.value || 'default' };
      if (!asked.tokens) {
        throw new Error('Paste tokens such as [Hu12][Hu40], or take those of a recording.');
      }
      if (form.elements.style.value) {
        asked.style_name = form.elements.style.value;
      }
      show({ file: await blob('api/decode', asked), model: model.id });
    } catch (error) {
      results.replaceChildren(failure(error, error.status === undefined ? null : hear));
    } finally {
      button.disabled = false;
    }
  }

  text.addEventListener('input', colour);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    hear();
  });
  recorder(page.querySelector('.recorder'), take, fail);
  takeFiles(page.querySelector('.drop'), take);
  colour();
  const spoken = await retained('tokens');
  if (named(spoken?.model)) {
    show(spoken);
  }
}
