# SPDX-License-Identifier: Apache-2.0
"""Runs h2spec against a server. What fails must be listed here with the reason.

usage: h2spec.py H2SPEC ADDRESS
"""

import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TESTS = 145
TIMEOUT_SECONDS = 120

NO_DATA = "h2spec sends GET: the answer is 405, whose body is empty, so no DATA comes"
FORGOTTEN = "RFC 9113, 5.1, says MAY: nghttp2 keeps nothing of a closed stream and ignores it"
NEVER_OPENED = "gRPC's C core resets streams that it never opened: server/transport/frame_filter.h"
LISTED = {
    "generic/2/2": NO_DATA,
    "generic/2/3": NO_DATA,
    "http2/5.1/2": NEVER_OPENED,
    "http2/5.1/8": FORGOTTEN,
    "http2/5.1/9": FORGOTTEN,
    "http2/5.1/11": FORGOTTEN,
    "http2/5.1/12": FORGOTTEN,
    "http2/5.1.1/2": "nghttp2 takes a lower stream for one that was closed and ignores it",
    "http2/5.1.2/1": "each of the 1001 streams is answered before the next comes, so 1 is open",
    "http2/6.4/2": NEVER_OPENED,
}

# Some tests send a second frame and want an error for it. Whether it finds its stream is a race with
# the answer to the first, after which it is ignored; so what fails is tried this often again.
TRIES = 8


def run(h2spec: str, address: str, *tests: str) -> dict[str, str]:
    """For each test "passed", "skipped" or what was seen instead of what is right."""
    host, port = address.rsplit(":", 1)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.xml"
        subprocess.run([h2spec, "-h", host, "-p", port, "-o", "1", "-j", str(path), *tests],
                       timeout=TIMEOUT_SECONDS, check=False, stdout=subprocess.DEVNULL)
        suites = xml.etree.ElementTree.parse(path).getroot()
    return {f"{case.get('package')}/{number}": outcome(case)
            for suite in suites for number, case in enumerate(suite, 1)}


def outcome(case: xml.etree.ElementTree.Element) -> str:
    if case.find("skipped") is not None:
        return "skipped"
    for kind in ("error", "failure"):
        if (wrong := case.find(kind)) is not None:
            *_, seen = wrong.text.splitlines()
            return f"{case.get('classname')}: {seen}"
    return "passed"


def passes(h2spec: str, address: str, test: str) -> bool:
    return any("passed" in run(h2spec, address, test).values() for _ in range(TRIES))


def main() -> None:
    h2spec, address = sys.argv[1:]
    outcomes = run(h2spec, address)
    assert len(outcomes) == TESTS, f"{len(outcomes)} tests ran, want {TESTS}"
    wrong = {test: seen for test, seen in outcomes.items() if seen not in ("passed", "skipped")}
    failed = 0
    for test, seen in wrong.items():
        if test in LISTED:
            print(f"{'h2spec':<13} {test:<42} listed: {LISTED[test]}")
        elif not passes(h2spec, address, test):
            print(f"{'h2spec':<13} {test:<42} FAILED: {seen}")
            failed += 1
    skipped = sum(seen == "skipped" for seen in outcomes.values())
    listed = len(LISTED.keys() & wrong.keys())
    passed = TESTS - skipped - listed - failed
    print(f"h2spec: {passed} of {TESTS} pass, {listed} are listed, {skipped} need a longer answer, "
          f"{failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
