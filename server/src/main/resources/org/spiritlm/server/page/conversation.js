import { base64, pcmOf, Player, wavOfPcm } from './sound.js';
import { element, failure, takeFiles, visible } from './elements.js';
import { events } from './api.js';
import { models, named } from './models.js';
import { recorder } from './recorder.js';
import { speechView } from './speech-view.js';
import * as store from './store.js';

const RATE = 24000; // Hz, of streamed answers
const MODALITIES = { both: ['text', 'audio'], audio: ['audio'], text: ['text'] };
const NUMBERS = ['temperature', 'top_p', 'top_k', 'repetition_penalty', 'max_tokens', 'seed'];

/**
 * The conversation. A message has its `number` (unlike that of any other, later ones have greater ones), `role`, `parts` in
 * order (`{text}` or `{sound, name, tokens, encoded}`), the id of the `model` that was asked, and an answer the `id` and the end of the
 * time (`until`, seconds) by which that model knows its tokens, and a `note` where it is not whole.
 */
export async function conversation() {
  const list = document.getElementById('messages');
  const form = document.getElementById('composer');
  const text = document.getElementById('text');
  const waiting = document.getElementById('pending');
  const send = document.getElementById('send');
  const stop = document.getElementById('stop');
  const trouble = element('div');
  const settings = [...document.querySelectorAll('#settings input, #settings select')];
  let said = [];
  let parts = [];
  let making = null;
  form.prepend(trouble);
  store.remember('settings', settings);
  store.remember('draft', [text]);

  const fail = (error) => trouble.replaceChildren(...(error ? [failure(error)] : []));

  function take(sound, name) {
    if (text.value.trim()) { // what was typed before comes before
      parts.push({ text: text.value.trim() });
      setText('');
    }
    parts.push({ sound, name });
    listParts();
  }

  function setText(value) {
    text.value = value;
    text.dispatchEvent(new Event('input'));
  }

  function listParts() {
    store.retain('draft', parts);
    waiting.replaceChildren(
      ...parts.map((part, i) => {
        const name = part.text ?? `${part.name}, ${Math.ceil(part.sound.size / 1024)} kB`;
        return element('li', {}, visible(name), element('button', {
          type: 'button', textContent: 'Remove', 'aria-label': `Remove ${visible(name)}`,
          onclick: () => {
            parts.splice(i, 1);
            listParts();
          },
        }));
      }),
    );
  }

  function view(message) {
    const own = message.role === 'user';
    const model = named(message.model);
    const body = element('div');
    const article = element(
      'article', { className: message.role },
      element('h3', { textContent: own ? 'You' : 'SpiritLM' }), body,
    );
    message.parts.forEach((part, i) => {
      body.append(
        part.text === undefined
          ? speechView({
            file: part.sound,
            name: own ? visible(part.name) : 'the answer',
            model,
            tokens: part.tokens,
            encoded: model && part.encoded,
            onencoded: (encoded) => {
              if (model && !part.encoded) {
                message.parts[i].encoded = encoded;
                store.keep(message);
              }
            },
          })
          : element('p', { textContent: visible(part.text) }),
      );
    });
    if (message.note) {
      body.append(element('p', { className: 'hint', textContent: message.note }));
    }
    return article;
  }

  function add(given) {
    const message = { ...given, number: Math.max(Date.now(), (said.at(-1)?.number ?? 0) + 1) };
    said.push(message);
    list.append(view(message));
    store.keep(message);
    list.lastElementChild.scrollIntoView({ block: 'nearest' });
  }

  async function sent(message, byName, model) {
    const known = message.id && message.model === model && message.until > Date.now() / 1000;
    if (byName && known) {
      return { role: message.role, audio: { id: message.id } };
    }
    const content = await Promise.all(
      message.parts.map(async (part) =>
        part.text === undefined
          ? { type: 'input_audio', input_audio: { data: await base64(part.sound), format: 'wav' } }
          : { type: 'text', text: part.text },
      ),
    );
    return { role: message.role, content };
  }

  /** @param from the first message that is sent */
  async function asked(from, byName, model) {
    const value = Object.fromEntries(settings.map((field) => [field.name, field.value]));
    const body = {
      model,
      messages: await Promise.all(said.slice(from).map((message) => sent(message, byName, model))),
      modalities: MODALITIES[value.answer],
      stream: true,
    };
    for (const name of NUMBERS) {
      if (value[name] !== '') {
        body[name] = Number(value[name]);
      }
    }
    if (value.answer !== 'text') {
      body.audio = { format: 'pcm16', voice: value.voice || 'default' };
      if (value.style) {
        body.audio.style = value.style;
      }
      if (value.max_seconds !== '') {
        body.max_seconds = Number(value.max_seconds);
      }
    }
    return body;
  }

  /** Asks for an answer; what was received of one that breaks off is kept. */
  async function answer() {
    fail(null);
    making = new AbortController();
    const { signal } = making;
    const before = said;
    send.disabled = true;
    stop.hidden = false;
    const player = new Player(RATE);
    const words = element('p', { className: 'making' });
    const state = element('p', { className: 'hint', textContent: 'Waiting for the first token…' });
    const article = element(
      'article', { className: 'assistant', 'aria-busy': 'true' },
      element('h3', { textContent: 'SpiritLM' }), words, state,
    );
    list.append(article);
    article.scrollIntoView({ block: 'nearest' });
    const made = { model: models.chosen.id, text: '', pcm: [], samples: 0, tokens: [], id: null, until: 0, notes: [] };
    let error = null;
    try {
      await receive(0, true, made, (pcm) => {
        player.play(pcm);
        article.dataset.playing = 'true';
        state.textContent = `${(made.samples / RATE).toFixed(1)} s of speech so far`;
      }, () => {
        words.textContent = visible(made.text);
      });
    } catch (caught) {
      error = caught.name === 'AbortError' ? null : caught;
      made.id = null;
    }
    if (signal.aborted) {
      player.stop();
    } else {
      player.finish();
    }
    article.remove();
    const got = [];
    if (made.text) {
      got.push({ text: made.text });
    }
    if (made.samples) {
      got.push({ sound: wavOfPcm(made.pcm, RATE), name: 'answer', tokens: made.tokens });
    }
    if (before !== said) {
      error = null; // all was cleared meanwhile
    } else if (got.length) {
      const { model, id, until } = made;
      add({ model, id, role: 'assistant', parts: got, until, note: made.notes.join(' ') });
    } else if (!error && !signal.aborted) {
      error = new Error('The model ended without saying anything. Try again, or another seed.');
    }
    making = null;
    send.disabled = false;
    stop.hidden = true;
    if (error) {
      trouble.replaceChildren(failure(error, answer));
    }
  }

  /** Receives an answer to the messages from one on; fewer where all have no room in the model's context. */
  async function receive(from, byName, made, onsound, ontext) {
    try {
      const options = { signal: making.signal };
      for await (const event of events('v1/chat/completions', await asked(from, byName, made.model), options)) {
        const choice = event.choices[0] ?? {};
        const delta = choice.delta ?? {};
        if (choice.finish_reason === 'length') {
          made.notes.push('It goes no further: “Most tokens” and “Most seconds of speech” in the settings allow more.');
        }
        const piece = delta.content ?? delta.audio?.transcript;
        if (piece) {
          made.text += piece;
          ontext();
        }
        if (delta.audio?.data) {
          const pcm = pcmOf(delta.audio.data);
          made.pcm.push(pcm);
          made.samples += pcm.length;
          onsound(pcm);
        }
        made.id = delta.audio?.id ?? made.id;
        made.until = delta.audio?.expires_at ?? made.until;
        made.tokens = delta.audio?.tokens ?? made.tokens;
      }
    } catch (error) {
      if (error.code === 'audio_not_found' && byName) { // the server was started anew
        await receive(from, false, made, onsound, ontext);
        return;
      }
      if (error.code === 'context_length_exceeded' && from < said.length - 1) {
        if (!from) {
          made.notes.push('The model could not be told the beginning of the conversation, which has no room in its context.');
        }
        await receive(Math.min(from + 2, said.length - 1), byName, made, onsound, ontext);
        return;
      }
      throw error;
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (making) {
      return;
    }
    const typed = text.value.trim();
    const all = typed ? [...parts, { text: typed }] : parts;
    if (!all.length) {
      fail(new Error('Type something, record, or choose a sound file first.'));
      return;
    }
    parts = [];
    listParts();
    setText('');
    add({ model: models.chosen.id, role: 'user', parts: all });
    answer();
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      form.requestSubmit();
    }
  });
  stop.addEventListener('click', () => making?.abort());
  document.getElementById('clear').addEventListener('click', async () => {
    if (!said.length || confirm('Forget all messages of this conversation?')) {
      making?.abort();
      said = [];
      list.replaceChildren();
      await store.clear();
    }
  });
  recorder(document.getElementById('recorder'), take, fail);
  takeFiles(form, (file) => take(file, file.name));

  parts = (await store.retained('draft')) ?? [];
  listParts();
  for (const message of await store.messages()) {
    said.push(message);
    list.append(view(message));
  }
}
