"""Measures a corpus of speak.py, by voice and style: python measure.py CORPUS [--utterances N]

Prints seconds, words a second, the pitch's median (Hz) and spread (semitones), the share of voiced frames, level
(dB), the highest amplitude, and how many recordings are clipped or of another length than the manifest says.
"""

import argparse
import collections
import json
import pathlib
import warnings

import numpy as np
import pyworld
import soundfile


def measured(corpus: pathlib.Path, utterance: dict) -> tuple:
    sound, rate = soundfile.read(corpus / utterance["audio"])
    rough, times = pyworld.dio(sound, rate, f0_floor=55, f0_ceil=550)
    pitch = pyworld.stonemask(sound, rough, times, rate)
    voiced = pitch[pitch > 0]
    middle = np.median(voiced) if len(voiced) else np.nan
    spread = np.std(12 * np.log2(voiced / middle)) if len(voiced) else np.nan
    peak = np.abs(sound).max()
    loud = np.abs(sound) > 0.02 * peak
    level = 10 * np.log10((sound[loud] ** 2).mean())
    seconds = len(sound) / rate
    wrong = rate != 16000 or abs(seconds - utterance["end"]) > 1e-9
    return seconds, len(utterance["text"].split()) / seconds, middle, spread, len(voiced) / len(pitch), level, peak, peak >= 0.999, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--utterances", type=int, default=100, help="of each voice and style at most (default: 100)")
    arguments = parser.parse_args()
    groups = collections.defaultdict(list)
    for line in (arguments.corpus / "manifest.jsonl").open(encoding="utf-8"):
        utterance = json.loads(line)
        groups[utterance["speaker"], utterance["style"]].append(utterance)
    total = sum(each["end"] for group in groups.values() for each in group)
    print(f"{sum(map(len, groups.values()))} utterances, {total / 3600:.2f} h")
    print(f"{'':24} number  hours words/s   Hz  semitones voiced    dB  peak clipped wrong")
    for (speaker, style), group in sorted(groups.items()):
        rows = np.array([measured(arguments.corpus, each) for each in group[: arguments.utterances]], float)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # whispers have no pitch
            mean = np.nanmean(rows, axis=0)
        print(
            f"{speaker:12}{style:12} {len(group):6} {sum(each['end'] for each in group) / 3600:6.3f} {mean[1]:7.2f} {mean[2]:4.0f}"
            f"  {mean[3]:9.2f} {mean[4]:6.2f} {mean[5]:5.1f} {rows[:, 6].max():5.2f} {int(rows[:, 7].sum()):7} {int(rows[:, 8].sum()):5}"
        )


if __name__ == "__main__":
    main()
