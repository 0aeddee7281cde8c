# SPDX-License-Identifier: Apache-2.0
"""Measures a Hillock server with Triton's perf_analyzer and holds its report against what was asked.

usage: perf_analyzer_client.py ADDRESS METRICS COMMAND...
METRICS is the address of the server's metrics page, COMMAND starts perf_analyzer.
"""

import collections
import csv
import pathlib
import re
import subprocess
import sys
import tempfile

import metrics_page
import program
from report import Report

REQUESTS = 500
ATTEMPTS = 3
SERVER_COLUMNS = ("Server Queue", "Server Compute Input", "Server Compute Infer",
                  "Server Compute Output")
ENDED = re.compile(r'^hillock_requests_total\{(?=.*model="([^"]+)").*code="(\w+)".*\} (\d+)$',
                   re.MULTILINE)


class Measurer:
    def __init__(self, address: str, metrics: str, command: list[str]):
        self._metrics = metrics
        self._command = [*command, "-i", "grpc", "-u", address]

    def measure(self, model: str, rows: int, at_once: int, *options: str) -> str:
        """The times that the server has of it, in microseconds.

        perf_analyzer once waited for ever, perhaps for a request of its own that it had not counted:
        at times its counts are some short. It may try again, unless a request has failed.
        """
        missed = ""
        for _ in range(ATTEMPTS):
            before = self._ended(model)
            try:
                times = self._measure_once(model, rows, at_once, *options)
            except subprocess.TimeoutExpired as error:
                ended = self._ended(model) - before
                assert ended.keys() <= {"OK"}, ended
                missed += f", after {error.timeout} s without an end and {ended['OK']} answers"
                continue
            ended = self._ended(model) - before
            assert ended == {"OK": REQUESTS}, ended
            return times + missed
        raise TimeoutError(missed)

    def _measure_once(self, model: str, rows: int, at_once: int, *options: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            table = pathlib.Path(folder) / "table.csv"
            # Its random floats are random bits, NaN among them, which the server refuses.
            said = program.run([*self._command, "-m", model, "-b", str(rows),
                                "--input-data", "zero", "--request-count", str(REQUESTS),
                                "-f", str(table), *options])
            with table.open(newline="") as file:
                line, = csv.DictReader(file)
        check_counts(said, rows, at_once)
        return ", ".join(f"{name.removeprefix('Server ').lower()} {line[name]}"
                         for name in SERVER_COLUMNS) + " us"

    def _ended(self, model: str) -> collections.Counter:
        """Requests of the model that the server has answered, by status code."""
        page = metrics_page.read(self._metrics)
        return collections.Counter(
            {code: int(count) for name, code, count in ENDED.findall(page) if name == model})


def check_counts(said: str, rows: int, at_once: int) -> None:
    """Whether the server's statistics, as perf_analyzer read them, agree with each other.

    They are asked for while requests are on their way, so some of those may be missing, and a
    request is counted when it is answered, its rows when they are computed.
    """
    counts = dict(re.findall(r"^ *(\w[\w ]*) count: (\d+)$", said, re.MULTILINE))
    requests, succeeded, inferences = (
        int(counts[what]) for what in ("Request", "Successful request", "Inference"))
    assert requests == REQUESTS, counts
    assert 0 < succeeded <= requests + at_once, counts
    assert abs(inferences - succeeded * rows) <= at_once * rows, counts


def main() -> None:
    address, metrics, *command = sys.argv[1:]
    measurer = Measurer(address, metrics, command)
    report = Report("perf_analyzer")
    four = ("--concurrency-range", "4")
    for what, model, rows, at_once, options in (
            ("ModelInfer iris", "iris", 1, 1, ()),
            ("ModelInfer iris, 8 rows, 4 at once", "iris", 8, 4, four),
            ("ModelInfer digits-relu, asynchronous", "digits-relu", 1, 4, ("--async", *four)),
            ("ModelStreamInfer digits-relu", "digits-relu", 1, 4, ("--async", "--streaming", *four)),
            ("ModelInfer fashion-mnist, 500 a second", "fashion-mnist", 1, REQUESTS,
             ("--request-rate-range", "500"))):
        report.check(what, measurer.measure, model, rows, at_once, *options)
    report.finish()


if __name__ == "__main__":
    main()
