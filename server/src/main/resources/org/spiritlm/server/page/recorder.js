import { clock, element } from './elements.js';
import { wavOf } from './sound.js';

/** Why there is no microphone, in words that help. */
function explained(error) {
  const messages = {
    NotFoundError: 'No microphone was found. Connect one, or choose a sound file.',
    NotAllowedError:
      'The browser does not allow the microphone. Allow it for this page in the address bar, or choose a sound file.',
    NotReadableError: 'The microphone is used by another program. Close it, or choose a sound file.',
  };
  return new Error(messages[error.name] ?? `The microphone cannot be used: ${error.message}`);
}

async function open() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      'Browsers give the microphone only to pages over HTTPS, or on this machine. Choose a sound file.',
    );
  }
  const stream = await navigator.mediaDevices
    .getUserMedia({ audio: { channelCount: 1 } })
    .catch((error) => {
      throw explained(error);
    });
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule('page/recorder-worklet.js');
  } catch (error) {
    stream.getTracks().forEach((track) => track.stop());
    throw explained(error);
  }
  const node = new AudioWorkletNode(context, 'recorder');
  context.createMediaStreamSource(stream).connect(node).connect(context.destination); // it gives silence
  await context.resume();
  return { stream, context, node };
}

/**
 * Buttons to record and to choose files.
 *
 * @param place where they go
 * @param take gets each sound: a file and its name
 * @param fail gets what went wrong
 */
export function recorder(place, take, fail) {
  let recording = null;
  const level = element('meter', { max: 1, value: 0, hidden: true, 'aria-label': 'Loudness' });
  const time = element('span', { role: 'timer' });
  const chooser = element('input', {
    type: 'file',
    accept: 'audio/*,video/*',
    hidden: true,
    onchange: () => {
      [...chooser.files].forEach((file) => take(file, file.name));
      chooser.value = '';
    },
  });
  const button = element('button', { type: 'button', textContent: 'Record', onclick: toggle });

  async function toggle() {
    if (recording) {
      stop();
      return;
    }
    button.disabled = true;
    try {
      const opened = await open();
      const pieces = [];
      let length = 0;
      opened.node.port.onmessage = ({ data }) => {
        pieces.push(data);
        length += data.length;
        level.value = Math.min(1, 3 * Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length));
        time.textContent = clock(length / opened.context.sampleRate);
      };
      recording = { ...opened, pieces };
      button.textContent = 'Stop recording';
      level.hidden = false;
      fail(null);
    } catch (error) {
      fail(error);
    } finally {
      button.disabled = false;
    }
  }

  function stop() {
    const { stream, context, node, pieces } = recording;
    recording = null;
    node.port.onmessage = null;
    stream.getTracks().forEach((track) => track.stop());
    const rate = context.sampleRate;
    context.close().catch(() => {});
    button.textContent = 'Record';
    level.hidden = true;
    time.textContent = '';
    const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    if (samples.length < rate / 5) {
      fail(new Error('That was too short to hear anything. Record again.'));
      return;
    }
    take(wavOf(samples, rate), 'recording');
  }

  place.append(
    button,
    level,
    time,
    element('button', { type: 'button', textContent: 'Choose a file', onclick: () => chooser.click() }),
    chooser,
  );
}
