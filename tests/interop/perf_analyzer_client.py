"""Measures a Hillock server with Triton's perf_analyzer and holds its report against what was asked.

usage: perf_analyzer_client.py ADDRESS COMMAND...
COMMAND starts perf_analyzer.
"""

import csv
import pathlib
import re
import sys
import tempfile

import program
from report import Report

REQUESTS = 500
SERVER_COLUMNS = ("Server Queue", "Server Compute Input", "Server Compute Infer",
                  "Server Compute Output")


def measure(command: list[str], model: str, rows: int, at_once: int, *options: str) -> str:
    """The times that the server has of it, in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "table.csv"
        # Its random floats are random bits, NaN among them, which the server refuses.
        said = program.run([*command, "-m", model, "-b", str(rows), "--input-data", "zero",
                            "--request-count", str(REQUESTS), "-f", str(table), *options])
        with table.open(newline="") as file:
            line, = csv.DictReader(file)
    check_counts(said, rows, at_once)
    return ", ".join(f"{name.removeprefix('Server ').lower()} {line[name]}"
                     for name in SERVER_COLUMNS) + " us"


def check_counts(said: str, rows: int, at_once: int) -> None:
    """Whether the server's counts agree with the client's.

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
    address, *command = sys.argv[1:]
    command += ["-i", "grpc", "-u", address]
    report = Report("perf_analyzer")
    four = ("--concurrency-range", "4")
    for what, model, rows, at_once, options in (
            ("ModelInfer iris", "iris", 1, 1, ()),
            ("ModelInfer iris, 8 rows, 4 at once", "iris", 8, 4, four),
            ("ModelInfer digits-relu, asynchronous", "digits-relu", 1, 4, ("--async", *four)),
            ("ModelStreamInfer digits-relu", "digits-relu", 1, 4, ("--async", "--streaming", *four)),
            ("ModelInfer fashion-mnist, 500 a second", "fashion-mnist", 1, REQUESTS,
             ("--request-rate-range", "500"))):
        report.check(what, measure, command, model, rows, at_once, *options)
    report.finish()


if __name__ == "__main__":
    main()
