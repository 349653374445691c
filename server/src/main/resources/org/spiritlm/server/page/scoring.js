import { json } from './api.js';
import { element, failure, visible } from './elements.js';
import { models } from './models.js';
import { remember } from './store.js';

const WORST = -12; // natural log-likelihood that has the strongest colour

/** From green (likely) over yellow to red; light enough for dark letters. */
function colour(logarithm) {
  const share = Math.max(0, Math.min(1, logarithm / WORST));
  return `hsl(${Math.round(130 * (1 - share))} 70% 75%)`;
}

/** How tokens of a model are written, by their ids. */
async function names(model, ids) {
  const asked = { model, prompt: ids, echo: true, max_tokens: 0, logprobs: 0 };
  return (await json('v1/completions', asked)).choices[0].logprobs.tokens;
}

function shown(letter, score, written, better) {
  const tokens = score.ids.map((id, i) => {
    const item = element('li', {}, visible(written[i] ?? String(id)).replaceAll('\n', '⏎'),
      element('small', { textContent: score.logprobs[i].toFixed(2) }));
    item.style.background = colour(score.logprobs[i]);
    return item;
  });
  return element(
    'article', { className: better ? 'better' : '' },
    element('h3', { textContent: `${letter}${better ? ': likelier' : ''}` }),
    element('p', { textContent:
      `sum ${score.sum.toFixed(3)}, mean ${score.mean.toFixed(3)} over ${score.tokens} tokens` }),
    element('ol', { className: 'scored', tabIndex: 0, 'aria-label': `Log-likelihoods of ${letter}` }, ...tokens),
  );
}

/** Two continuations and how likely the model finds each token of them. */
export function scoring() {
  const page = document.getElementById('page-scoring');
  const form = page.querySelector('form');
  const results = page.querySelector('.results');
  remember('scoring', form.querySelectorAll('textarea'));

  async function score() {
    const button = form.querySelector('button');
    button.disabled = true;
    results.replaceChildren(element('p', { className: 'making', textContent: 'Scoring' }));
    try {
      const continuations = [form.elements.a.value, form.elements.b.value];
      if (!form.elements.prompt.value || continuations.includes('')) {
        throw new Error('Fill in the beginning and both continuations.');
      }
      const pairs = continuations.map((continuation) => ({ prompt: form.elements.prompt.value, continuation }));
      const model = models.chosen.id;
      const { scores } = await json('api/score', { model, pairs });
      const written = await Promise.all(scores.map((each) => names(model, each.ids)));
      const made = scores.map((each, i) =>
        shown('AB'[i], each, written[i], each.sum > scores[1 - i].sum));
      results.replaceChildren(
        element('div', { className: 'columns' }, ...made),
        element('p', { className: 'hint', textContent:
          'Natural logarithms: 0 is certain, and each lower one is less likely.' }),
      );
    } catch (error) {
      results.replaceChildren(failure(error, error.status === undefined ? null : score));
    } finally {
      button.disabled = false;
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    score();
  });
}
