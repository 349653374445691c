/** What survives a reload: messages and what pages show, with their sound, in IndexedDB, fields in localStorage. */

const PREFIX = 'spiritlm.';

function open() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('spiritlm', 2);
    opening.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        opening.result.createObjectStore('messages', { keyPath: 'number' });
      }
      opening.result.createObjectStore('pages');
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function work(kind, mode, action) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(kind, mode);
      const asked = action(transaction.objectStore(kind));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** All messages in their order; none where the browser keeps nothing. */
export async function messages() {
  return work('messages', 'readonly', (store) => store.getAll()).catch(() => []);
}

/** Keeps a message; a browser that is full, or private, goes on without. */
export async function keep(message) {
  await work('messages', 'readwrite', (store) => store.put(message)).catch(() => {});
}

export async function clear() {
  await work('messages', 'readwrite', (store) => store.clear()).catch(() => {});
}

/** Keeps what a page shows, beside its fields; without a value it is forgotten. */
export async function retain(page, shown) {
  await work('pages', 'readwrite', (store) => (shown ? store.put(shown, page) : store.delete(page))).catch(() => {});
}

/** What a page showed, or nothing. */
export async function retained(page) {
  return work('pages', 'readonly', (store) => store.get(page)).catch(() => undefined);
}

/** Keeps the values of fields by a name, and brings back what they had. */
export function remember(name, fields) {
  const held = JSON.parse(localStorage.getItem(PREFIX + name) ?? '{}');
  for (const field of fields) {
    const id = field.name || field.id;
    if (id in held) {
      set(field, held[id]);
    }
    field.addEventListener('input', () => {
      held[id] = field.type === 'checkbox' ? field.checked : field.value;
      try {
        localStorage.setItem(PREFIX + name, JSON.stringify(held));
      } catch {
        // full: it is only convenience
      }
    });
  }
}

function set(field, value) {
  if (field.type === 'checkbox') {
    field.checked = value;
  } else if (field.tagName === 'SELECT' && ![...field.options].some((each) => each.value === value)) {
    return;
  } else {
    field.value = value;
  }
}
