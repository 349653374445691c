"""Speaks sentences with the fast voice as it is: python plain.py SENTENCES CORPUS [--workers N]

Makes further speech for recognisers and language models, several hundred times as fast as it is spoken. CORPUS gets
audio/ (16 kHz WAV), manifest.jsonl, rejected.jsonl and plain.json, which says what was spoken; what was stopped goes on
when the same command is given again, and other sentences are refused. speak.py may work on the same corpus meanwhile.
Only sentences that are learnt from are spoken; their split in the manifest is `extra`.
"""

import argparse
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import pathlib
import shutil
import time
import wave

import numpy as np
from hibari import Hibari
from scipy.signal import resample_poly

from blocks import alone, begin, gather, split, write
from loudness import RATE, levelled, spoken

BLOCK = 100  # utterances
MADE_RATE = 24000
SLOWEST, FASTEST = 0.85, 1.25


def begin_worker() -> None:
    global hibari
    hibari = Hibari()


def save(file: pathlib.Path, sound: np.ndarray) -> None:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(np.round(sound * 32767).astype("<i2").tobytes())


def speak(corpus: pathlib.Path, name: str, block: list[tuple[int, str]]) -> float:
    folder = corpus / "audio" / name
    shutil.rmtree(folder, ignore_errors=True)  # what a stop left
    folder.mkdir(parents=True)
    lines, rejected = [], []
    for number, text in block:
        identifier = f"{number:06d}-plain"
        random = np.random.default_rng([number, 2])
        try:
            sound = hibari(text, speed=random.uniform(SLOWEST, FASTEST), seed=number)
            if len(sound) < MADE_RATE // 4 or not np.isfinite(sound).all():
                raise ValueError("nothing was said")
            sound = resample_poly(sound, RATE, MADE_RATE)
            sound = levelled(sound[spoken(sound)], random.uniform(-4, 4))
        except (ValueError, IndexError, KeyError, ZeroDivisionError) as reason:
            rejected.append({"id": identifier, "text": text, "reason": repr(reason)})
            continue
        file = folder / f"{identifier}.wav"
        save(file, sound)
        lines.append({
            "id": identifier, "audio": str(file.relative_to(corpus)), "start": 0.0, "end": len(sound) / RATE,
            "text": text, "speaker": "heart", "style": "neutral", "split": "extra",
        })
    write(corpus / "parts" / f"{name}.rejected", rejected)
    write(corpus / "parts" / f"{name}.jsonl", lines)  # last: from now on the block is there
    return sum(each["end"] for each in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=pathlib.Path)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="blocks spoken at a time (default: one a core)")
    arguments = parser.parse_args()
    (arguments.corpus / "parts").mkdir(parents=True, exist_ok=True)
    with alone(arguments.corpus / ".plain.lock", wait=False):
        make(arguments.corpus, arguments.sentences.read_bytes(), arguments.workers)


def make(corpus: pathlib.Path, sentences: bytes, workers: int) -> None:
    begin(corpus / "plain.json", {"text_sha256": hashlib.sha256(sentences).hexdigest(), "voice": "heart", "block": BLOCK})
    texts = [json.loads(line)["text"] for line in sentences.decode().splitlines()]
    learnt = [(number, text) for number, text in enumerate(texts) if split(text) == "train"]
    blocks = {f"plain-{i // BLOCK:05d}": learnt[i : i + BLOCK] for i in range(0, len(learnt), BLOCK)}
    missing = [name for name in blocks if not (corpus / "parts" / f"{name}.jsonl").exists()]
    print(f"{len(blocks) - len(missing)} of {len(blocks)} blocks are there", flush=True)
    began, made = time.time(), 0.0
    processes = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, processes, begin_worker) as pool:
        for seconds in pool.map(speak, [corpus] * len(missing), missing, [blocks[name] for name in missing]):
            made += seconds
    gather(corpus)
    took = time.time() - began
    print(f"done: {made / 3600:.2f} h in {took / 60:.1f} min, {made / took:.0f} times as fast as spoken", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
