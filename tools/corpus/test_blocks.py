"""python -m unittest discover tools/corpus"""

import json
import multiprocessing
import pathlib
import tempfile
import unittest

from blocks import alone, begin, gather, write

WORKERS = 4
BLOCKS = 30


def work(corpus: pathlib.Path, worker: int) -> None:
    for block in range(BLOCKS):
        write(corpus / "parts" / f"{worker}-{block:05d}.rejected", [])
        write(corpus / "parts" / f"{worker}-{block:05d}.jsonl", [{"id": f"{worker}-{block}-{i}"} for i in range(20)])
        gather(corpus)


class BlocksTest(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.corpus = pathlib.Path(self.directory.name)
        (self.corpus / "parts").mkdir()

    def test_several_processes_list_all_blocks_of_one_corpus(self) -> None:
        workers = [multiprocessing.Process(target=work, args=(self.corpus, i)) for i in range(WORKERS)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
            self.assertEqual(each.exitcode, 0)
        lines = (self.corpus / "manifest.jsonl").read_text().splitlines()
        self.assertEqual(len({json.loads(line)["id"] for line in lines}), WORKERS * BLOCKS * 20)
        self.assertEqual(len(lines), WORKERS * BLOCKS * 20)

    def test_a_corpus_takes_no_other_text(self) -> None:
        described = self.corpus / "plain.json"
        begin(described, {"text_sha256": "a"})
        begin(described, {"text_sha256": "a"})
        with self.assertRaisesRegex(SystemExit, "other sentences"):
            begin(described, {"text_sha256": "b"})
        self.assertEqual(json.loads(described.read_text()), {"text_sha256": "a"})

    def test_a_second_process_of_one_kind_is_refused(self) -> None:
        with alone(self.corpus / ".lock", wait=False):
            with self.assertRaisesRegex(SystemExit, "another process"):
                with alone(self.corpus / ".lock", wait=False):
                    self.fail("both have it")


if __name__ == "__main__":
    unittest.main()
