"""A corpus that is made in blocks of utterances, each of which is there whole or not at all."""

import hashlib
import json
import pathlib
import re


def split(text: str) -> str:
    """The part of the corpus, as `corpus synthesize` chooses it."""
    letters = re.sub(r"[\W_]+", " ", text.lower()).strip()
    digest = hashlib.sha256(letters.encode()).digest()
    step = ((digest[0] << 8 | digest[1]) * 20) >> 16
    return {0: "dev", 1: "test"}.get(step, "train")


def write(file: pathlib.Path, objects: list[dict]) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_text("".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in objects), encoding="utf-8")
    part.rename(file)


def gather(corpus: pathlib.Path) -> None:
    """Lists all blocks that are there."""
    for ending, name in (("jsonl", "manifest.jsonl"), ("rejected", "rejected.jsonl")):
        part = corpus / f".{name}.part"
        with part.open("wb") as out:
            for file in sorted((corpus / "parts").glob(f"*.{ending}")):
                out.write(file.read_bytes())
        part.rename(corpus / name)
