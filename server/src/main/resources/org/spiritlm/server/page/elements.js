/** Elements of the page. Text only ever becomes text: nothing here reads HTML. */

/** An element with properties, listeners (`onclick`) and children; strings become text. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) {
      made.addEventListener(key.slice(2), value);
    } else if (key.startsWith('aria-') || key === 'role' || key === 'for') {
      made.setAttribute(key, value);
    } else {
      made[key] = value;
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Control characters as signs that can be seen, but for line breaks and tabs. */
export function visible(text) {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '\ufffd');
}

/** A message about what failed, with a button to try again where there is something to try. */
export function failure(error, again) {
  return element(
    'div',
    { className: 'failure', role: 'alert' },
    visible(error.message),
    again ? element('button', { type: 'button', textContent: 'Try again', onclick: again }) : null,
  );
}

/** Seconds for people: `0:07.3`. */
export function clock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, '0')}.${tenths % 10}`;
}

/** Fills a list of choices and keeps what was chosen. */
export function fill(select, names, first) {
  const chosen = select.value;
  select.replaceChildren(
    ...(first === undefined ? [] : [element('option', { value: '', textContent: first })]),
    ...names.map((name) => element('option', { value: name, textContent: name })),
  );
  select.value = names.includes(chosen) ? chosen : select.options[0]?.value ?? '';
  select.closest('label').hidden = select.options.length < 2;
}

/** Takes files that are dropped on an element. */
export function takeFiles(target, take) {
  for (const kind of ['dragenter', 'dragover']) {
    target.addEventListener(kind, (event) => {
      event.preventDefault();
      target.classList.add('over');
    });
  }
  target.addEventListener('dragleave', () => target.classList.remove('over'));
  target.addEventListener('drop', (event) => {
    event.preventDefault();
    target.classList.remove('over');
    [...event.dataTransfer.files].forEach(take);
  });
}
