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
    .getUserMedia({ audio: true })
    .catch((error) => {
      throw explained(error);
    });
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule('/page/recording-processor.js');
    const node = new AudioWorkletNode(context, 'recording', {
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    context.createMediaStreamSource(stream).connect(node).connect(context.destination); // it gives silence
    await context.resume();
    return { stream, context, node };
  } catch (error) {
    close(stream, context);
    throw explained(error);
  }
}

function close(stream, context) {
  stream.getTracks().forEach((track) => track.stop());
  context.close().catch(() => {});
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
    if (recording && recording.context.state !== 'running') {
      end(); // as where the system took the sound away
      return;
    }
    button.disabled = true;
    if (recording) {
      recording.node.port.postMessage('end'); // and what is left comes
      return;
    }
    try {
      const opened = await open();
      const pieces = [];
      let length = 0;
      opened.node.port.onmessage = ({ data }) => {
        if (data === null) {
          end();
          return;
        }
        pieces.push(data);
        length += data.length;
        if (data.length > 0) {
          level.value = Math.min(1, 3 * Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length));
        }
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

  function end() {
    const { stream, context, pieces } = recording;
    recording = null;
    const rate = context.sampleRate;
    close(stream, context);
    button.disabled = false;
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
