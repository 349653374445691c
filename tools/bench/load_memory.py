#!/usr/bin/env python3
"""What memory it takes to load a language model, read a prompt and write some tokens: the weights are mapped and
must not be copied, so the most that was ever resident may be the weights' bytes and 1 GiB.

    python3 tools/bench/load_memory.py MODEL             a model directory with lm/*.safetensors or lm/*.bin
    python3 tools/bench/load_memory.py --preset 7b       makes one (13.5 GB, some minutes) and removes it again

Prints one JSON object; exits with 1 where the law does not hold. Linux only; build first (any `./spiritlm` command).
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ALLOWANCE = 1 << 30


def measure(model):
    classpath = (ROOT / "app/target/classpath").read_text().strip()
    command = ["java", "-XX:+UseSerialGC", f"-Dspiritlm.home={ROOT}",
               "-cp", f"{ROOT}/app/target/spiritlm-app.jar:{classpath}",
               str(ROOT / "tools/bench/LoadMemory.java"), str(model)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(output.splitlines()[-1])
    result["above_weights"] = result["peak"] - result["weights"]
    result["allowed"] = ALLOWANCE
    print(json.dumps(result))
    return result["above_weights"] <= ALLOWANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=pathlib.Path)
    parser.add_argument("--preset", help="make a model of this size (spiritlm init) and remove it again")
    parser.add_argument("--tokenizer", help="for --preset: a tokenizer.model, for the size of its vocabulary")
    parser.add_argument("--folder", help="for --preset: where there is room (default: the system's temporary folder)")
    arguments = parser.parse_args()
    if (arguments.model is None) == (arguments.preset is None):
        parser.error("give either MODEL or --preset")
    if arguments.model:
        sys.exit(0 if measure(arguments.model) else 1)
    folder = pathlib.Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        more = ["--tokenizer", arguments.tokenizer] if arguments.tokenizer else []
        subprocess.run([ROOT / "spiritlm", "init", "--preset", arguments.preset, "-o", folder / "model", *more],
                       check=True, stdout=subprocess.DEVNULL)
        sys.exit(0 if measure(folder / "model") else 1)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
