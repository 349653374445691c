import { json } from './api.js';
import { element } from './elements.js';
import { remember } from './store.js';

/** The models that the server has, in its order, and the one that the page asks. */
export const models = { all: [], chosen: { voices: [], styles: [], frame_rates: {} } };

/** A model as people read it. */
export function titled(model) {
  return `${model.id} (${model.variant.toUpperCase()})`;
}

/** A model by its name, or none. */
export function named(id) {
  return models.all.find((each) => each.id === id);
}

/** The chosen model, and where there is one, the first of the other variant; BASE first. */
export function compared() {
  const other = models.all.find((each) => each.variant !== models.chosen.variant);
  if (!other) {
    return [models.chosen];
  }
  return models.chosen.variant === 'base' ? [models.chosen, other] : [other, models.chosen];
}

/** The tokens that a model, or the server's first, finds in a recording. */
export async function encode(file, { id }) {
  return json(id ? `api/encode?model=${encodeURIComponent(id)}` : 'api/encode', file);
}

/** Asks the server for its models; of several a list lets people choose, which `onchosen` hears of. */
export async function find(select, onchosen) {
  const before = models.all;
  models.all = (await json('v1/models', undefined, { method: 'GET' })).data;
  const asked = select.value;
  select.replaceChildren(
    ...models.all.map((each) => element('option', { value: each.id, textContent: titled(each) })),
  );
  select.value = (named(asked) ?? models.all[0]).id;
  select.closest('label').hidden = models.all.length < 2;
  const choose = () => {
    models.chosen = named(select.value);
    onchosen();
  };
  if (!before.length) {
    remember('model', [select]);
    select.addEventListener('input', choose);
  }
  choose();
}
