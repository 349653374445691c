#!/usr/bin/env python3
"""How a running server bears load: python3 tools/bench/serve.py [--url URL] [--model NAME] [--pid PID]

Prints one JSON object a measure:
  first_audio   seconds from a request to the first samples of a spoken answer, one request at a time: `metric` is the mean of
                all that the server noted, the others are what the client saw, behind the resampler to 24 kHz
  together      tokens a second of spoken answers to one client, and to several at once, each of whom asks again as soon as it
                is answered: medians of rounds, in which answers count that end while all ask; the shortest and the longest
                time that one of several answers took, and the least and the most tokens that one of the clients got in a round
  overload      what became of many requests at once (--requests), by status
  leaving       100 streamed requests whose clients go away at a random moment: answers the server works on a second later
  memory        resident MiB of the server (--pid; Linux) after every 250 of 1000 further requests, and what of it are keys and
                values of answers that it keeps for a prompt that goes on with them, up to its --cache-memory
Needs nothing beside Python.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import re
import statistics
import time
import typing
import urllib.error
import urllib.request

WORDS = "the house stood on a hill and many people came to see it in the morning when there was no wind".split()
SPOKEN = {"modalities": ["audio"], "audio": {"voice": "default", "format": "pcm16"}, "stream": True}
WHOLE = {"modalities": ["audio"], "audio": {"voice": "default", "format": "wav"}}
SETTLING = 1  # seconds of a round that are not counted
ROUND = 6  # seconds that are


class Rate(typing.NamedTuple):
    tokens: float  # a second, of all clients together
    shares: list[int]  # tokens of each client
    seconds: list[float]  # that each answer took


class Server:
    """Asks a server; no two prompts are alike, so that none was read before."""

    def __init__(self, url: str, model: str | None):
        self.url = url.rstrip("/")
        self.model = model
        self.asked = 0

    def open(self, **more):
        self.asked += 1
        text = " ".join(random.Random(self.asked).choices(WORDS, k=12))
        body = {"messages": [{"role": "user", "content": text}], "seed": self.asked, **more}
        if self.model:
            body["model"] = self.model
        request = urllib.request.Request(
            self.url + "/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        return urllib.request.urlopen(request, timeout=120)

    def first_audio(self) -> float | None:
        began = time.monotonic()
        with self.open(**SPOKEN, max_tokens=100) as events:
            for line in events:
                if b'"data"' in line:
                    return time.monotonic() - began
        return None  # an answer may end before it says anything

    def answer(self, tokens: int, **more) -> tuple[int, float]:
        began = time.monotonic()
        with self.open(max_tokens=tokens, **more) as answer:
            return json.load(answer)["usage"]["completion_tokens"], time.monotonic() - began

    def rate(self, streams: int, tokens: int) -> "Rate":
        """Of clients that ask again as soon as they are answered."""
        began = time.monotonic()
        counted, ends = began + SETTLING, began + SETTLING + ROUND

        def ask() -> list[tuple[int, float]]:
            answers = []
            while time.monotonic() < ends:
                made, seconds = self.answer(tokens, **WHOLE)
                if counted <= time.monotonic() <= ends:
                    answers.append((made, seconds))
            return answers

        each = at_once(streams, ask)
        shares = [sum(made for made, _ in answers) for answers in each]
        return Rate(sum(shares) / ROUND, shares, [seconds for answers in each for _, seconds in answers])

    def status(self, tokens: int) -> int:
        try:
            self.answer(tokens)
            return 200
        except urllib.error.HTTPError as error:
            error.read()
            return error.code

    def leave(self, number: int) -> None:
        try:
            answer = self.open(max_tokens=400, stream=True)
        except urllib.error.HTTPError:
            return  # too many were waiting
        time.sleep(random.Random(number).random() / 2)
        answer.close()

    def kept(self) -> int:
        return round(self.metric("spiritlm_engine_kept_bytes") / 2**20)

    def metric(self, name: str) -> float:
        text = urllib.request.urlopen(self.url + "/metrics", timeout=60).read().decode()
        return sum(float(each) for each in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))


def at_once(count: int, task) -> list:
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda number: task(), range(count)))


def resident(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) >> 10


def show(measure: str, **figures) -> None:
    print(json.dumps({"measure": measure, **figures}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--model")
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5, help="of the comparison of one client with several")
    parser.add_argument("--requests", type=int, default=320, help="of the overload: four times --max-batch and --max-waiting together")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--pid", type=int)
    options = parser.parse_args()
    server = Server(options.url, options.model)

    server.first_audio()
    all_times = [server.first_audio() for _ in range(20)]
    times = sorted(each for each in all_times if each is not None)
    if not times:
        raise SystemExit("no answer had audio")
    mean = server.metric("spiritlm_first_audio_seconds_sum") / server.metric("spiritlm_first_audio_seconds_count")
    show("first_audio", answers=len(times), metric=round(mean, 3), median=round(statistics.median(times), 3), least=round(times[0], 3), most=round(times[-1], 3))

    rounds = [(server.rate(1, options.tokens), server.rate(options.streams, options.tokens)) for _ in range(options.rounds)]
    seconds = [each for _, several in rounds for each in several.seconds]
    shares = [each for _, several in rounds for each in several.shares]
    show("together",
         one=round(statistics.median(one.tokens for one, _ in rounds), 1),
         several=round(statistics.median(several.tokens for _, several in rounds), 1),
         ratio=round(statistics.median(several.tokens / one.tokens for one, several in rounds), 2),
         ratios=[round(several.tokens / one.tokens, 2) for one, several in rounds],
         shortest=round(min(seconds), 2), longest=round(max(seconds), 2), least=min(shares), most=max(shares))

    began = time.monotonic()
    statuses = collections.Counter(at_once(options.requests, lambda: server.status(options.tokens)))
    show("overload", statuses=statuses, seconds=round(time.monotonic() - began, 1))

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        list(pool.map(server.leave, range(100)))
    time.sleep(1)
    show("leaving", active=server.metric("spiritlm_engine_active"), waiting=server.metric("spiritlm_engine_waiting"))

    if options.pid:
        sizes, kept = [resident(options.pid)], [server.kept()]
        for _ in range(4):
            with concurrent.futures.ThreadPoolExecutor(options.streams) as pool:
                list(pool.map(lambda number: server.status(20), range(250)))
            sizes.append(resident(options.pid))
            kept.append(server.kept())
        show("memory", mebibytes=sizes, kept=kept)


if __name__ == "__main__":
    main()
