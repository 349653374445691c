// Asks a server by OpenAI's client for JavaScript and prints what it understood, as one JSON object.
// usage: node client.mjs BASE-URL MODEL RECORDING
import { createReadStream, readFileSync } from 'node:fs';
import OpenAI from 'openai';

const [baseURL, model, recording] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });

const question = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'He said' },
      {
        type: 'input_audio',
        input_audio: { data: readFileSync(recording).toString('base64'), format: 'wav' },
      },
    ],
  },
];
const common = { model, messages: question, temperature: 0, max_completion_tokens: 30 };
const spoken = { ...common, modalities: ['audio'], audio: { voice: 'default', format: 'pcm16' } };

/** What the pieces of a stream are together. */
async function together(stream) {
  const whole = { pieces: 0, text: '', audio: [], id: null };
  for await (const chunk of stream) {
    whole.pieces++;
    const delta = chunk.choices[0]?.delta ?? {};
    whole.text += delta.content ?? '';
    whole.id ??= delta.audio?.id ?? null;
    if (delta.audio?.data) {
      whole.audio.push(Buffer.from(delta.audio.data, 'base64'));
    }
  }
  return { ...whole, audio: Buffer.concat(whole.audio).toString('base64') };
}

const heard = {};
heard.models = (await client.models.list()).data.map((each) => each.id);

const answer = await client.chat.completions.create(common);
heard.text = answer.choices[0].message.content;
heard.usage = answer.usage;
heard.streamedText = await together(
  await client.chat.completions.create({ ...common, stream: true }),
);

const message = (await client.chat.completions.create(spoken)).choices[0].message;
heard.audio = message.audio.data;
heard.streamedAudio = await together(
  await client.chat.completions.create({ ...spoken, stream: true }),
);
const next = await client.chat.completions.create({
  ...common,
  messages: [
    ...question,
    { role: 'assistant', audio: { id: message.audio.id } },
    { role: 'user', content: 'and then' },
  ],
});
heard.next = next.choices[0].message.content;

const speech = await client.audio.speech.create({
  model,
  input: 'Say this',
  voice: 'default',
  response_format: 'wav',
  seed: 3,
});
heard.speech = Buffer.from(await speech.arrayBuffer()).toString('base64');

heard.transcript = (
  await client.audio.transcriptions.create({ model, file: createReadStream(recording) })
).text;
heard.streamedTranscript = { deltas: '', done: null };
for await (const event of await client.audio.transcriptions.create({
  model,
  file: createReadStream(recording),
  stream: true,
})) {
  if (event.type === 'transcript.text.delta') {
    heard.streamedTranscript.deltas += event.delta;
  } else if (event.type === 'transcript.text.done') {
    heard.streamedTranscript.done = event.text;
  }
}

try {
  await client.chat.completions.create({ ...spoken, audio: { voice: 'nobody', format: 'wav' } });
} catch (error) {
  heard.error = { type: error.constructor.name, status: error.status, code: error.code };
}

console.log(JSON.stringify(heard));
