"""Speaks sentences with natural voices: python speak.py SOURCES CORPUS [--voices V,V] [--limit N] [--workers N] [--threads N]

CORPUS must hold sentences.jsonl. It gets audio/ (16 kHz FLAC), manifest.jsonl, provenance.json, rejected.jsonl. What was
stopped goes on when the same command is given again: blocks of utterances are there whole or not at all, and the
manifest always lists those that are. Only one such process may work on a corpus, and plain.py beside it.
"""

import argparse
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import pathlib
import shutil
import sys
import time

import numpy as np
import onnx
import onnxruntime
import soundfile
from hibari import Hibari, dsp
from scipy.signal import resample_poly

import styles
from blocks import alone, begin, gather, split, write
from loudness import RATE, spoken

HERE = pathlib.Path(__file__).parent
BLOCK = 16  # utterances
MADE_RATE = 24000  # of both synthesizers
PITCH_RATE = 80  # values a second of the pitch at which they speak
KOKORO_PITCH = "/encoder/F0_proj/Conv_output_0"  # inside the model
KOKORO_LOWEST, HIBARI_LOWEST = 10.0, 40.0  # Hz; what is lower is unvoiced
# Of ten sentences, how many a voice speaks. heart is hibari's and fast, the others are Kokoro's and slow.
SHARES = {"heart": 6, "am_michael": 2, "af_bella": 1, "am_fenrir": 1}
FAST_BLOCKS = 4  # of the fast voice, before one of a slow one


class Kokoro:
    def __init__(self, folder: pathlib.Path, phonemes: Hibari, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        model = onnx.load(folder / "kokoro.onnx")
        model.graph.output.append(onnx.helper.make_tensor_value_info(KOKORO_PITCH, onnx.TensorProto.FLOAT, None))
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.folder = folder / "package/voices"
        self.phonemes = phonemes

    def speak(self, text: str, voice: str, speed: float) -> tuple[np.ndarray, np.ndarray]:
        vectors = np.fromfile(self.folder / f"{voice}.bin", np.float32).reshape(-1, 1, 256)  # one for each length
        sounds, pitches = [], []
        for phonemes in self.phonemes.phonemize(text):
            ids = self.phonemes.ids(phonemes)
            style = vectors[min(len(ids) - 2, len(vectors) - 1)]
            inputs = {"tokens": np.array([ids], np.int64), "style": style, "speed": np.array([speed], np.float32)}
            sound, pitch = (each.reshape(-1) for each in self.session.run(["audio", KOKORO_PITCH], inputs))
            sounds.append(sound)
            pitches.append(np.where(pitch > KOKORO_LOWEST, pitch, 0))
        return joined(sounds, pitches)


def joined(sounds: list[np.ndarray], pitches: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    sound, pitch = np.concatenate(sounds), np.concatenate(pitches)
    if len(sound) * PITCH_RATE != len(pitch) * MADE_RATE:
        raise ValueError(f"{len(sound)} samples have {len(pitch)} values of pitch")
    return sound, pitch


class Speakers:
    def __init__(self, folder: pathlib.Path, threads: int):
        self.hibari = Hibari()
        self.kokoro = Kokoro(folder, self.hibari, threads)

    def speak(self, text: str, voice: str, speed: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The sound, and the pitch that it was made with (0 where it has none)."""
        if voice != "heart":
            return self.kokoro.speak(text, voice, speed)
        random = np.random.default_rng(seed)
        sounds, pitches = [], []
        for phonemes in self.hibari.phonemize(text):
            ids = np.array([self.hibari.ids(phonemes)], np.int64)
            *parts, pitch = (each[0] for each in self.hibari.sess.run(None, {"ids": ids, "speed": np.array([speed], np.float32)}))
            sounds.append(dsp.synth(*parts, pitch, random))
            pitches.append(np.where(pitch > HIBARI_LOWEST, pitch, 0))
        return joined(sounds, pitches)


def plan(sentences: list[dict]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Blocks in the order in which they are spoken, by name, each of one voice."""
    pattern = [voice for voice, share in SHARES.items() for _ in range(share)]
    by_voice: dict[str, list[tuple[int, str]]] = {voice: [] for voice in SHARES}
    for number, sentence in enumerate(sentences):
        by_voice[pattern[number % len(pattern)]].append((number, sentence["text"]))
    blocks = {
        voice: [(f"{voice}-{i // BLOCK:05d}", each[i : i + BLOCK]) for i in range(0, len(each), BLOCK)]
        for voice, each in by_voice.items()
    }
    fast = blocks.pop("heart")
    slow = []
    while any(blocks.values()):  # in turns, as often as their shares
        for voice, each in blocks.items():
            slow += each[: SHARES[voice]]
            del each[: SHARES[voice]]
    ordered = []
    while fast or slow:
        ordered += fast[:FAST_BLOCKS] + slow[:1]
        del fast[:FAST_BLOCKS], slow[:1]
    return ordered


def utterance(corpus, speakers, name, voice, number, place, text) -> dict:
    style_name = list(styles.STYLES)[place % len(styles.STYLES)]
    random = np.random.default_rng([number, 1])
    style = styles.varied(styles.STYLES[style_name], random)
    sound, pitch = speakers.speak(text, voice, style.tempo, seed=number)
    if len(sound) < MADE_RATE // 4 or not np.isfinite(sound).all():
        raise ValueError("nothing was said")
    sound = resample_poly(sound, RATE, MADE_RATE)
    said = spoken(sound)
    sound = styles.apply(sound[said], styles.Curve(pitch, PITCH_RATE, said.start / RATE), style)
    if not np.isfinite(sound).all():
        raise ValueError("the style made no sound of it")
    identifier = f"{number:06d}-{voice}-{style_name}"
    file = corpus / "audio" / name / f"{identifier}.flac"
    soundfile.write(file, sound, RATE, subtype="PCM_16")
    return {
        "id": identifier,
        "audio": str(file.relative_to(corpus)),
        "start": 0.0,
        "end": len(sound) / RATE,
        "text": text,
        "speaker": voice,
        "style": style_name,
        "split": split(text),
    }


def begin_worker(folder: pathlib.Path, threads: int) -> None:
    global speakers
    speakers = Speakers(folder, threads)


def work(corpus: pathlib.Path, name: str, block: list[tuple[int, str]]) -> tuple[str, float, float]:
    before = time.time()
    return name, speak_block(corpus, speakers, name, block), time.time() - before


def speak_block(corpus, speakers, name, block) -> float:
    voice, _, index = name.rpartition("-")
    folder = corpus / "audio" / name
    shutil.rmtree(folder, ignore_errors=True)  # what a stop left
    folder.mkdir(parents=True)
    lines, rejected, seconds = [], [], 0.0
    for i, (number, text) in enumerate(block):
        try:
            each = utterance(corpus, speakers, name, voice, number, int(index) * BLOCK + i, text)
        except (ValueError, IndexError, KeyError, ZeroDivisionError) as reason:
            rejected.append({"id": f"{number:06d}-{voice}", "text": text, "reason": repr(reason)})
            continue
        lines.append(each)
        seconds += each["end"]
    parts = corpus / "parts"
    write(parts / f"{name}.rejected", rejected)
    write(parts / f"{name}.jsonl", lines)  # last: from now on the block is there
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=pathlib.Path)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--limit", type=int, help="speak only so many blocks, for a trial")
    parser.add_argument("--voices", help="speak only the blocks of these voices now, with commas between (default: all)")
    parser.add_argument("--workers", type=int, default=2, help="blocks spoken at a time (default: 2)")
    parser.add_argument("--threads", type=int, default=1, help="of Kokoro in each worker (default: 1)")
    arguments = parser.parse_args()
    (arguments.corpus / "parts").mkdir(parents=True, exist_ok=True)
    with alone(arguments.corpus / ".lock", wait=False):
        make(arguments.corpus, arguments)


def make(corpus: pathlib.Path, arguments: argparse.Namespace) -> None:
    text = (corpus / "sentences.jsonl").read_bytes()
    sources = json.loads((HERE / "sources.json").read_text())
    provenance = {"text_sha256": hashlib.sha256(text).hexdigest(), "shares": SHARES, **sources}
    begin(corpus / "provenance.json", provenance)
    ordered = plan([json.loads(line) for line in text.decode().splitlines()])
    if arguments.voices:
        chosen = set(arguments.voices.split(","))
        if not chosen <= SHARES.keys():
            sys.exit(f"--voices: expected some of {', '.join(SHARES)}, found {arguments.voices}")
        ordered = [each for each in ordered if each[0].rpartition("-")[0] in chosen]
    if arguments.limit:
        ordered = ordered[: arguments.limit]
    missing = [each for each in ordered if not (corpus / "parts" / f"{each[0]}.jsonl").exists()]
    print(f"{len(ordered) - len(missing)} of {len(ordered)} blocks are there", flush=True)
    made, began = 0.0, time.time()
    processes = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        arguments.workers, processes, begin_worker, (arguments.sources / "unpacked", arguments.threads)
    ) as pool:
        spoken = [pool.submit(work, corpus, name, block) for name, block in missing]
        for i, each in enumerate(concurrent.futures.as_completed(spoken)):
            name, seconds, took = each.result()
            made += seconds
            print(f"{name}: {seconds:.0f} s, {seconds / took:.1f} times as fast as spoken; {made / 3600:.2f} h made since the start", flush=True)
            if i % 20 == 19:
                gather(corpus)
    gather(corpus)
    print(f"done: {made / 3600:.2f} h in {(time.time() - began) / 3600:.2f} h", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
