/** The server's requests. Failures are `ApiError`s whose message says what happened and what to do. */

export class ApiError extends Error {
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const KEY = 'spiritlm.key';

export function key() {
  return sessionStorage.getItem(KEY) ?? '';
}

export function keep(value) {
  sessionStorage.setItem(KEY, value);
}

async function explained(response) {
  let told = {};
  try {
    told = (await response.json()).error ?? {};
  } catch {
    // a proxy's page, or nothing
  }
  const wait = response.headers.get('Retry-After');
  const messages = {
    401: 'This server asks for a key: enter it in “API key” on the conversation page.',
    413: `That is too large for this server: ${told.message ?? ''}`,
    429: `The queue is full: too many others are waiting. Try again in ${wait ?? 'a few'} seconds.`,
    503: 'The server is being stopped. Try again when it is back.',
    504: 'The answer took longer than the server allows. Ask for fewer tokens.',
  };
  const message = messages[response.status] ?? told.message ?? `The server answered ${response.status}.`;
  return new ApiError(message, response.status, told.code);
}

function lost(error) {
  return error.name === 'AbortError'
    ? error
    : new ApiError('The connection to the server is lost. Is it still running?', 0, 'lost');
}

/** A response, or an error that says why there is none. */
export async function request(path, body, { signal, method = 'POST' } = {}) {
  const headers = {};
  if (key()) {
    headers.Authorization = `Bearer ${key()}`;
  }
  const binary = body instanceof Blob;
  if (body !== undefined && !binary) {
    headers['Content-Type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      body: body === undefined || binary ? body : JSON.stringify(body),
    });
  } catch (error) {
    throw lost(error);
  }
  if (!response.ok) {
    throw await explained(response);
  }
  return response;
}

export async function json(path, body, options) {
  const response = await request(path, body, options);
  try {
    return await response.json();
  } catch (error) {
    throw lost(error);
  }
}

export async function blob(path, body, options) {
  const response = await request(path, body, options);
  try {
    return await response.blob();
  } catch (error) {
    throw lost(error);
  }
}

/** The objects of a stream of server-sent events, until `[DONE]`. */
export async function* events(path, body, options) {
  const response = await request(path, body, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        throw lost(error);
      });
      if (done) {
        throw lost(new Error('it ended early'));
      }
      const parts = (rest + value).split('\n\n');
      rest = parts.pop();
      for (const part of parts) {
        const data = part.replace(/^data: ?/, '');
        if (data === '[DONE]') {
          return;
        }
        const event = JSON.parse(data);
        if (event.error) {
          throw new ApiError(event.error.message, 200, event.error.code);
        }
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
