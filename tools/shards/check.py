"""Reads training shards with Python's own safetensors library and checks them.

usage: python tools/shards/check.py SHARDS [--sequence N --seed S --length L]

Needs safetensors and numpy. Every tensor must lie as docs/interleaving.md says, and the checksums
must be right. With --sequence the first N sequences of the default sampler are made here once more,
from the description alone, and printed as the program prints them: one JSON list of ids a line.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file

MASK = 2**64 - 1
TENSORS = {
    "text": {"ids": np.int32},
    "speech": {"hubert": np.int16, "pitch": np.int16, "style": np.int16},
    "transcribed": {"hubert": np.int16, "pitch": np.int16, "style": np.int16, "ids": np.int32},
    "aligned": {
        "hubert": np.int16,
        "pitch": np.int16,
        "style": np.int16,
        "words": np.int32,
        "lexicon_text": np.uint8,
        "lexicon_first": np.int32,
        "lexicon_later": np.int32,
    },
}


def crc32c_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


TABLE = crc32c_table()


def crc32c(data):
    """CRC-32C of bytes, byte by byte with a table."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def checksum(*lists, key=None):
    """CRC-32C of a key and of lists, each of them after its length."""
    data = b"" if key is None else np.int64(key).tobytes()
    return crc32c(data + b"".join(np.int64(len(each)).tobytes() + each.tobytes() for each in lists))


def check_items(path, kind, tensors, keys, names):
    """The checksums of items and words."""
    values = [lists(tensors, name) for name in ("hubert", "pitch", "style", "ids") if name in TENSORS[kind]]
    words = lists(tensors, "words") if kind == "aligned" else []
    first = 0
    for i, expected in enumerate(tensors["checksums"]):
        parts = [names[i], *(each[i] for each in values)]
        if words:
            spans = slice(first, first + len(words[i]))
            first = spans.stop
            parts += [words[i], tensors["word_starts"][spans], tensors["word_ends"][spans]]
        assert checksum(*parts, key=keys[i]) == expected, f"{path}: checksum of item {i}"
    if words:
        lexicon = zip(*(lists(tensors, f"lexicon_{name}") for name in ("text", "first", "later")))
        for i, word in enumerate(lexicon):
            assert checksum(*word) == tensors["lexicon_checksums"][i], f"{path}: checksum of word {i}"


def lists(tensors, name):
    """The lists of a tensor and its offsets."""
    values, offsets = tensors[name], tensors[name + "_offsets"]
    return [values[a:b] for a, b in zip(offsets[:-1], offsets[1:])]


def item_key(name):
    key = 0xCBF29CE484222325
    for byte in name:
        key = (key ^ byte) * 0x100000001B3 & MASK
    return key


def check(path, record):
    """One shard; returns its tensors."""
    data = path.read_bytes()
    assert len(data) == record["bytes"], f"{path}: {len(data)} bytes"
    assert f"{crc32c(data):08x}" == record["crc32c"], f"{path}: checksum"
    tensors = load_file(path)
    keys, names = tensors.pop("keys"), lists(tensors, "names")
    assert len(keys) == len(names) == record["items"], f"{path}: items"
    for key, name in zip(keys, names):
        assert int(key) & MASK == item_key(name.tobytes()), f"{path}: key of {name.tobytes()}"
    expected = TENSORS[record["kind"]] | {"names": np.uint8}
    for name, kind in expected.items():
        values, offsets = tensors[name], tensors[name + "_offsets"]
        assert values.dtype == kind and values.ndim == 1, f"{path}: {name}"
        assert offsets.dtype == np.int64 and offsets[0] == 0 and offsets[-1] == len(values), f"{path}: {name}"
        assert (np.diff(offsets) >= 0).all(), f"{path}: offsets of {name}"
    if record["kind"] == "aligned":
        assert tensors["words"].max(initial=0) < len(lists(tensors, "lexicon_text")), f"{path}: words"
        assert len(tensors["word_starts"]) == len(tensors["word_ends"]) == len(tensors["words"]), f"{path}: frames"
        assert (tensors["word_starts"] <= tensors["word_ends"]).all(), f"{path}: frames"
    if "checksums" in tensors:
        check_items(path, record["kind"], tensors, keys, names)
    tensors["keys"] = keys
    return tensors


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


class Draws:
    """Random numbers of (seed, epoch, item)."""

    def __init__(self, seed, epoch, item):
        self.key, self.count = mix(mix(mix(seed & MASK) ^ epoch) ^ item), 0

    def next(self):
        self.count += 1
        return mix((self.key + self.count * 0x9E3779B97F4A7C15) & MASK)

    def between(self, least, most):
        return least + (((self.next() >> 32) * (most - least + 1)) >> 32)

    def coin(self):
        return self.next() >> 63 == 1


def permuted(place, count, key):
    """The number at a place of an order."""
    half = (max(1, count - 1).bit_length() + 1) // 2
    mask = (1 << half) - 1
    while True:
        left, right = place >> half, place & mask
        for step in range(6):
            left, right = right, left ^ (mix((key + step * 0x9E3779B97F4A7C15 + right) & MASK) & mask)
        place = (left << half) | right
        if place < count:
            return place


def stretch(form, units, begin, end):
    """The ids of some units with their pitch and style."""
    whole = end == len(units["hubert"])
    rates = dict(zip(("hubert", "pitch", "style"), form["rates"]))
    events = []
    for order, name in enumerate(("style", "pitch", "hubert")):
        low, high = form[name]
        if low == high or begin == end:
            continue
        rate, last, started = rates[name], None, False
        codes = [int(v) for v in units[name]]
        if name == "hubert":
            codes = codes[:end]
        for i, code in enumerate(codes):
            time = max(i / rate, begin / rates["hubert"])
            holds = i / rate <= begin / rates["hubert"] and (
                i + 1 == len(codes) or (i + 1) / rate > begin / rates["hubert"])
            if i / rate <= begin / rates["hubert"] and not holds:
                continue
            if i / rate >= end / rates["hubert"] and not whole and not holds:
                continue
            if started and form["merge_" + name] and code == last:
                continue
            events.append((time, order, i, low + code))
            last, started = code, True
    return [id for _, _, _, id in sorted(events)]


def spans(cuts, frames, draws):
    """Spans of text (True) and speech in turns, as (text, first word, end)."""
    words = len(cuts) - 1
    found, at, text = [], 0, draws.coin()
    while at < words:
        length = draws.between(10, 30) if text else draws.between(5, 15)
        end = min(words, at + length)
        if at == 0 and end == words and words > 1:
            end = draws.between(1, words - 1)
        kind = text
        if not text:
            while end < words and cuts[at] == cuts[end]:
                end += 1
            kind = cuts[at] == cuts[end]
        if found and found[-1][0] == kind:
            found[-1] = (kind, found[-1][1], end)
        else:
            found.append((kind, at, end))
        at, text = end, not text
    return found


def document(form, kind, tensors, item, seed, epoch):
    """The ids of one item."""
    if kind == "text":
        return form["text_start"] + [int(i) for i in tensors["lists"]["ids"][item]] + form["end"]
    units = {name: tensors["lists"][name][item] for name in ("hubert", "pitch", "style")}
    frames = len(units["hubert"])
    if kind in ("speech", "transcribed"):
        return form["speech_start"] + stretch(form, units, 0, frames) + form["end"]
    a, b = tensors["words_offsets"][item], tensors["words_offsets"][item + 1]
    words = tensors["words"][a:b]
    starts, ends = tensors["word_starts"][a:b].tolist(), tensors["word_ends"][a:b].tolist()
    last = max(ends)
    cuts = [min(starts[0], last)]
    for before, start in zip(ends[:-1], starts[1:]):
        cuts.append(min(last, max(cuts[-1], (before + start) // 2)))
    cuts.append(last)
    ids = []
    for text, first, end in spans(cuts, frames, Draws(seed, epoch, int(tensors["keys"][item]) & MASK)):
        place = "start" if not ids else "marker"
        ids += form[("text_" if text else "speech_") + place]
        if text:
            for word in range(first, end):
                ids += tensors["lists"]["lexicon_first" if word == first else "lexicon_later"][words[word]].tolist()
        else:
            ids += stretch(form, units, cuts[first], cuts[end])
    return ids + form["end"]


def sequences(form, kinds, seed, length, count):
    """The first sequences of the default sampler."""
    own = {"text": ["text"], "speech": ["speech", "transcribed"], "aligned": ["aligned"]}
    streams = [name for name in own if any(kinds.get(kind) for kind in own[name])]
    tokens, taken, buffer = [0] * len(streams), [0] * len(streams), []
    for _ in range(count):
        while len(buffer) < length:
            which = min(range(len(streams)), key=lambda s: tokens[s])
            shards = [shard for kind in own[streams[which]] for shard in kinds.get(kind, [])]
            items = sum(len(shard["keys"]) for shard in shards)
            epoch = taken[which] // items
            key = Draws(seed, epoch, item_key(streams[which].encode())).next()
            item = permuted(taken[which] % items, items, key)
            for shard in shards:
                if item < len(shard["keys"]):
                    break
                item -= len(shard["keys"])
            ids = document(form, shard["kind"], shard, item, seed, epoch)
            taken[which] += 1
            tokens[which] += len(ids)
            buffer += ids
        yield buffer[:length]
        buffer = buffer[length:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shards", type=pathlib.Path)
    parser.add_argument("--sequence", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--length", type=int, default=256)
    arguments = parser.parse_args()
    index = json.loads((arguments.shards / "shards.json").read_text())
    kinds = {}
    for record in index["shards"]:
        tensors = check(arguments.shards / record["file"], record)
        tensors["kind"] = record["kind"]
        tensors["lists"] = {n[:-8]: lists(tensors, n[:-8]) for n in list(tensors) if n.endswith("_offsets")}
        kinds.setdefault(record["kind"], []).append(tensors)
    for kind, shards in kinds.items():
        print(f"{kind}: {len(shards)} shards, {sum(len(s['keys']) for s in shards)} items", file=sys.stderr)
    for ids in sequences(index["sequence"], kinds, arguments.seed, arguments.length, arguments.sequence):
        print(json.dumps([int(i) for i in ids], separators=(",", ":")))


if __name__ == "__main__":
    main()
