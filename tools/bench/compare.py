#!/usr/bin/env python3
"""Measures `spiritlm bench` and PyTorch (peer.py) in turns and prints how many times as fast ours is.

Both programs stay alive for all rounds of one measurement and take turns, so that what else runs on
the machine meets both alike; the ratio of a pair of turns is one value, their median is the result.

    python3 tools/bench/compare.py --rounds 7 --threads 2 --python /opt/torch/bin/python hubert-10s
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAUNCHER = HERE.parent.parent / "spiritlm"


class Side:
    """One of the two programs, measuring one thing on request."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)

    def measure(self, round_number):
        self.process.stdin.write(f"{round_number}\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("{"):  # libraries print warnings between
                return json.loads(line)["value"]
        raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def environment_of(name, threads):
    """What our launcher sets, for both; training keeps memory that inference gives back."""
    common = dict(os.environ, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads,
                  GOMP_SPINCOUNT="10000", KMP_BLOCKTIME="0")
    if not name.startswith("train"):
        return dict(common, THP_MEM_ALLOC_ENABLE="1")
    return dict(common, THP_MEM_ALLOC_ENABLE="0", GLIBC_TUNABLES="glibc.malloc.hugetlb=1",
                MALLOC_MMAP_THRESHOLD_="33554432", MALLOC_TRIM_THRESHOLD_="8589934592",
                MALLOC_TOP_PAD_="67108864")


def compare(name, arguments):
    threads = str(arguments.threads)
    environment = environment_of(name, threads)
    ours = Side([str(LAUNCHER), "bench", name, "--on-request", "--json", "--threads", threads,
                 "--device", arguments.device], environment)
    peer = Side([arguments.python, str(HERE / "peer.py"), name, "--on-request",
                 "--threads", threads, "--device", arguments.device], environment)
    pairs = []
    for number in range(arguments.rounds + arguments.warmup):
        # Who goes first alternates too.
        if number % 2:
            theirs = peer.measure(number)
            pair = (ours.measure(number), theirs)
        else:
            mine = ours.measure(number)
            pair = (mine, peer.measure(number))
        if number >= arguments.warmup:
            pairs.append(pair)
    ours.close()
    peer.close()
    ratios = [mine / theirs for mine, theirs in pairs]
    return {
        "name": name,
        "ours": statistics.median(mine for mine, _ in pairs),
        "pytorch": statistics.median(theirs for _, theirs in pairs),
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
    }


def listed(command):
    output = subprocess.run(command + ["--list"], check=True, capture_output=True, text=True)
    return output.stdout.split()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="what to measure, or the beginning of its name; default: everything")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--warmup", type=int, default=2, help="rounds before that do not count")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu", help="for both: cpu, cuda or cuda:N")
    parser.add_argument("--python", default=sys.executable, help="one that has torch")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    arguments = parser.parse_args()
    common = set(listed([arguments.python, str(HERE / "peer.py")]))
    names = [name for name in listed([str(LAUNCHER), "bench"]) if name in common]
    if arguments.names:
        names = [name for name in names if name.startswith(tuple(arguments.names))]
    if not names:
        raise SystemExit("nothing to measure has such a name; see spiritlm bench --list")
    if not arguments.json:
        print(f"{'':28}{'spiritlm':>10}{'PyTorch':>10}{'ratio':>8}   (lowest to highest)")
    for name in names:
        row = compare(name, arguments)
        if arguments.json:
            print(json.dumps(row), flush=True)
        else:
            print(f"{name:28}{row['ours']:10.2f}{row['pytorch']:10.2f}{row['ratio']:8.2f}"
                  f"   ({row['lowest']:.2f} to {row['highest']:.2f})", flush=True)


if __name__ == "__main__":
    main()
