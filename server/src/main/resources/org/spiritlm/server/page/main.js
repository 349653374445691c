import { keep, key } from './api.js';
import { conversation } from './conversation.js';
import { failure, fill } from './elements.js';
import { compared, find, models, titled } from './models.js';
import { resynthesis } from './resynthesis.js';
import { scoring } from './scoring.js';
import { redraw } from './speech-view.js';
import { remember } from './store.js';
import { tokens } from './tokens.js';

const PAGES = ['conversation', 'resynthesis', 'tokens', 'scoring'];
const notice = document.getElementById('notice');

/** Shows the page that the address names. */
function show(focus) {
  const asked = location.hash.slice(1);
  if (asked === 'main') {
    return;
  }
  const page = PAGES.includes(asked) ? asked : PAGES[0];
  for (const each of PAGES) {
    document.getElementById(`page-${each}`).hidden = each !== page;
    const link = document.querySelector(`nav a[href="#${each}"]`);
    if (each === page) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  document.title = `${page[0].toUpperCase()}${page.slice(1)} – SpiritLM`;
  if (focus) {
    document.getElementById('main').focus();
  }
  redraw();
}

/** Offers what the chosen model has; where two are compared, the voices of both and each one's styles. */
function offer() {
  document.getElementById('model').textContent = models.all.length > 1 ? '' : titled(models.chosen);
  for (const name of PAGES) {
    const page = document.getElementById(`page-${name}`);
    const asked = name === 'resynthesis' ? compared() : [models.chosen];
    const voices = asked[0].voices.filter((voice) => asked.every((each) => each.voices.includes(voice)));
    const styles = [...new Set(asked.flatMap((each) => each.styles))];
    page.querySelectorAll('select[name=voice]').forEach((each) => fill(each, voices));
    page.querySelectorAll('select[name=style]').forEach((each) => fill(each, styles, 'as it comes'));
    page.querySelectorAll('input[name=code]').forEach((each) => {
      each.closest('label').hidden = asked.every((model) => model.variant !== 'expressive');
    });
  }
}

/** Asks the server what it has; tells what is wrong where it does not answer. */
async function connect() {
  const field = document.getElementById('key-field');
  try {
    await find(document.getElementById('asked'), offer);
    notice.replaceChildren();
    field.hidden = !key();
  } catch (error) {
    field.hidden = error.status !== 401 && !key();
    notice.replaceChildren(...failure(error, () => connect().catch(() => {})).childNodes);
    throw error;
  }
}

function colours() {
  const theme = document.getElementById('theme');
  remember('page', [theme]);
  const apply = () => {
    document.documentElement.dataset.theme = theme.value;
    redraw();
  };
  theme.addEventListener('input', apply);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  apply();
}

colours();
const field = document.getElementById('key');
field.value = key();
field.addEventListener('change', () => {
  keep(field.value.trim());
  connect().catch(() => {});
});
addEventListener('hashchange', () => show(true));
addEventListener('resize', redraw);
addEventListener('online', () => connect().catch(() => {}));
addEventListener('offline', () => notice.replaceChildren('The network is gone.'));
// a file that misses its place must not replace the page
for (const kind of ['dragover', 'drop']) {
  addEventListener(kind, (event) => event.preventDefault());
}
await connect().catch(() => {});
for (const page of [conversation, resynthesis, tokens, scoring]) {
  await page();
}
show(false);
document.documentElement.dataset.ready = 'true';
