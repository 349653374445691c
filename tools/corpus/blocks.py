"""A corpus that is made in blocks of utterances, each of which is there whole or not at all."""

import contextlib
import fcntl
import hashlib
import json
import pathlib
import re
import sys
from collections.abc import Iterator


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


@contextlib.contextmanager
def alone(lock: pathlib.Path, wait: bool) -> Iterator[None]:
    """Holds a lock, which ends with the process; where another process has it, waits or ends."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            sys.exit(f"another process does the same in {lock.parent}")
        yield


def begin(described: pathlib.Path, provenance: dict) -> None:
    """Says what a corpus is made of, or ends where it was begun with something else."""
    if described.exists() and json.loads(described.read_text(encoding="utf-8")) != provenance:
        sys.exit(f"{described.parent} was begun with other sentences, voices or sources (see {described}); take another directory")
    part = described.with_name(f".{described.name}.part")
    part.write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")
    part.rename(described)


def gather(corpus: pathlib.Path) -> None:
    """Lists all blocks that are there; several processes may do so."""
    with alone(corpus / ".gather.lock", wait=True):
        for ending, name in (("jsonl", "manifest.jsonl"), ("rejected", "rejected.jsonl")):
            part = corpus / f".{name}.part"
            with part.open("wb") as out:
                for file in sorted((corpus / "parts").glob(f"*.{ending}")):
                    out.write(file.read_bytes())
            part.rename(corpus / name)
