#!/usr/bin/env python3
"""Measures what Spark costs: 'prepare' beside the plain tokenizer ('encode') on the same recordings.

usage: prepare.py MODEL [--audio FILE] [--few N] [--many N] [--rounds N] [--cores N] [--workers]

Each is run with few and with many recordings; the difference is what the additional recordings take,
without the start of the JVM, of Spark and of the model. The two commands take turns. Besides the
time on the clock the CPU time is printed, which other work on the machine changes less.

With --workers, two workers of Spark's own cluster, each kept to a core of its own where there is
taskset, are measured beside one instead; and two processes of 'encode' with a thread each beside one,
which is what the cores allow. Workers are slow until their JVMs have compiled what they run: let the few be 60
recordings or more.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(words, environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    clock = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(" ".join(words[:2]) + " failed:\n" + done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return clock, cpu, done.stdout


@contextlib.contextmanager
def cluster(folder, workers):
    """A master of Spark and its workers; gives what --master takes."""
    target = ROOT / "spark" / "target"
    jars = [str(target / "spiritlm-spark.jar"), *(target / "classpath").read_text().strip().split(":")]
    home = pathlib.Path(folder, f"spark-{workers}")
    (home / "jars").mkdir(parents=True)
    for jar in jars:
        (home / "jars" / pathlib.Path(jar).name).symlink_to(jar)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_SCALA_VERSION": "2.13"}
    url = f"spark://localhost:{port}"
    java = ["java", f"@{ROOT / 'spark' / 'jvm.options'}", "-cp", ":".join(jars)]
    processes = []

    def start(*words, core=None):
        pinned = [] if core is None or shutil.which("taskset") is None else ["taskset", "--cpu-list", str(core)]
        output = open(home / f"{len(processes)}.log", "w")
        processes.append(subprocess.Popen([*pinned, *java, *words], env=environment, stdout=output, stderr=output))

    try:
        start("org.apache.spark.deploy.master.Master", "--host", "localhost", "--port", str(port), "--webui-port", "0")
        for worker in range(workers):
            work = home / f"work-{worker}"
            work.mkdir()
            start("org.apache.spark.deploy.worker.Worker", "--host", "localhost", "--webui-port", "0", "--cores", "1",
                  "--memory", "2G", "--work-dir", str(work), url, core=worker)
        yield url
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def compare_workers(options, encode, prepare, folder):
    """Seconds of audio a second by one worker and by two, and by one plain process and by two, which take turns."""
    def plain(processes, count):
        with concurrent.futures.ThreadPoolExecutor(processes) as pool:
            began = time.monotonic()
            seconds = sum(done[2] for done in pool.map(lambda _: encode(count, 1), range(processes)))
            return time.monotonic() - began, None, seconds

    with cluster(folder, 1) as one, cluster(folder, 2) as two:
        measured = {
            "one worker": lambda count: prepare(count, one),
            "two workers": lambda count: prepare(count, two),
            "one process": lambda count: plain(1, count),
            "two processes": lambda count: plain(2, count),
        }
        rates = {name: [] for name in measured}
        for round_ in range(options.rounds):
            for name, command in measured.items():
                few, many = command(options.few), command(options.many)
                rates[name].append((many[2] - few[2]) / (many[0] - few[0]))
                print(f"{name}, round {round_ + 1}: {rates[name][-1]:6.2f} seconds of audio/s; "
                      f"start {few[0]:.1f} s", flush=True)
    medians = {name: statistics.median(each) for name, each in rates.items()}
    for one, two in (("one worker", "two workers"), ("one process", "two processes")):
        print(f"{one} {medians[one]:.2f}, {two} {medians[two]:.2f}, ratio {medians[two] / medians[one]:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--audio", default=str(ROOT / "examples" / "speech.flac"))
    parser.add_argument("--few", type=int, default=4)
    parser.add_argument("--many", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--workers", action="store_true")
    options = parser.parse_args()
    spiritlm = str(ROOT / "spiritlm")
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        def encode(count, threads=options.cores):
            files = [options.audio] * count
            words = [spiritlm, "encode", *files, "--json", "--model", options.model, "--device", "cpu"]
            clock, cpu, out = run([*words, "--threads", str(threads)], environment)
            return clock, cpu, sum(json.loads(line)["seconds"] for line in out.splitlines())

        def prepare(count, master=f"local[{options.cores}]"):
            manifest = pathlib.Path(folder, f"{count}.jsonl")
            lines = [{"id": str(i), "audio": str(pathlib.Path(options.audio).resolve())} for i in range(count)]
            manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
            words = [spiritlm, "prepare", str(manifest), "-o", str(pathlib.Path(folder, "out")), "--force", "--json"]
            words += ["--model", options.model, "--device", "cpu", "--master", master]
            if master.startswith("spark:"):
                words += ["--partitions", "4"]
            clock, cpu, out = run(words, environment)
            return clock, cpu, json.loads(out)["seconds"]

        prepare(1)  # builds what is missing
        if options.workers:
            compare_workers(options, encode, prepare, folder)
            return
        encode(1)
        rates = {"encode": [], "prepare": []}
        for round_ in range(options.rounds):
            for name, command in (("encode", encode), ("prepare", prepare)):
                few, many = command(options.few), command(options.many)
                seconds = many[2] - few[2]
                rates[name].append((seconds / (many[0] - few[0]), seconds / (many[1] - few[1])))
                print(f"{name:8} round {round_ + 1}: {rates[name][-1][0]:6.2f} seconds of audio/s, "
                      f"{rates[name][-1][1]:6.2f} a CPU second; start {few[0]:.1f} s", flush=True)
        for at, what in enumerate(("on the clock", "by CPU time")):
            plain = statistics.median(rate[at] for rate in rates["encode"])
            spark = statistics.median(rate[at] for rate in rates["prepare"])
            print(f"{what}: encode {plain:.2f}, prepare {spark:.2f}, ratio {spark / plain:.2f}")


if __name__ == "__main__":
    main()
