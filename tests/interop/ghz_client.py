# SPDX-License-Identifier: Apache-2.0
"""Loads a Hillock server with ghz and looks at how every request ended.

usage: ghz_client.py GHZ ADDRESS MODELS
"""

import json
import pathlib
import sys

import examples
import program
from report import Report

REQUESTS = 1000
AT_ONCE = 16
CROWD = 3000  # at once: more than a server takes on one connection


def load(ghz: str, address: str, method: str, data, status: str, requests: int = REQUESTS,
         at_once: int = AT_ONCE) -> str:
    """The share of requests that ended as they should."""
    said = program.run([ghz, "--insecure", "--call", f"inference.GRPCInferenceService/{method}",
                        "--total", str(requests), "--concurrency", str(at_once),
                        "--data", json.dumps(data), "--format", "json", address])
    ended = json.loads(said)["statusCodeDistribution"]
    assert ended == {status: requests}, ended
    return f"{requests} of {requests} {status}, {at_once} at once"


def main() -> None:
    ghz, address, models = sys.argv[1:]
    report = Report("ghz")
    known = {example.model: example for example in examples.read_all(pathlib.Path(models))}
    for name in ("iris", "digits-relu"):
        row = next(known[name].each_row())
        report.check(f"ModelInfer {name}", load, ghz, address, "ModelInfer",
                     known[name].request(row), "OK")
    rows = known["iris"].rows
    report.check("ModelInfer iris, all rows a request", load, ghz, address, "ModelInfer",
                 known["iris"].request(rows), "OK")
    report.check("ModelInfer iris, all rows, one connection", load, ghz, address, "ModelInfer",
                 known["iris"].request(rows), "OK", 2 * CROWD, CROWD)
    report.check("ModelInfer of nobody", load, ghz, address, "ModelInfer",
                 {"model_name": "nobody"}, "NotFound")
    report.finish()


if __name__ == "__main__":
    main()
