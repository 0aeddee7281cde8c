# SPDX-License-Identifier: Apache-2.0
"""Opens pages of `hillock load --html` in headless Chromium, on a desktop and on a phone.

usage: load_report.py BUILD ROOT SCRATCH CHROMIUM
Pictures are left in BUILD/live_page.
"""

import json
import pathlib
import re
import subprocess
import sys

from browser import Browser
from report import Report

MODEL = "digits-relu"
READY = re.compile(r" ready: .* grpc ([^,]+), http ([^,]+),")
SIZES = [(1280, 1400), (390, 844)]
CHARTS = {"Throughput and latency", "Percentiles", "Distribution of latencies", "Rate over time",
          "Latency over time", "In the server over time"}


class Pages:
    def __init__(self, root, build, scratch, grpc, http, program):
        self._root, self._build, self._scratch = root, build, scratch
        self._grpc, self._http = grpc, http
        self._pictures = build / "live_page"
        self._pictures.mkdir(exist_ok=True)
        self._browser = Browser(program)

    def close(self):
        self._browser.close()

    def load(self, name, *options):
        """The page, and what --json says of the same runs."""
        page = self._scratch / f"{name}.html"
        printed = subprocess.run(
            [self._build / "hillock", "load", MODEL, "--server", self._grpc, "--metrics", self._http,
             "--input", self._root / f"models/{MODEL}/held_out.csv", "--warm-up", "0.1", "--json",
             "--html", page, *options], check=True, stdout=subprocess.PIPE, text=True)
        return page, json.loads(printed.stdout)

    def look(self, name, want_charts, *options):
        page, loaded = self.load(name, *options)
        for width, height in SIZES:
            self._browser.open(page.as_uri(), width, height, dark=width < 600)
            self._browser.wait_for(f"document.querySelectorAll('svg').length > 0 "
                                   f"&& location.pathname.endsWith('{page.name}')")
            charts = set(self._browser.evaluate(
                "[...document.querySelectorAll('svg')].map(node => node.ariaLabel)"))
            assert charts >= want_charts, f"{want_charts - charts} missing"
            wide = self._browser.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{wide} pixels wide, want at most {width}"
            self._browser.screenshot(self._pictures / f"{name}_{width}.png")
        self.numbers(loaded)
        assert not self._browser.errors, self._browser.errors
        return f"{len(loaded['runs'])} runs, {len(charts)} kinds of charts, {page.stat().st_size} bytes"

    def numbers(self, loaded):
        cells = self._browser.evaluate("[...document.querySelector('table').rows].slice(1)"
                                       ".map(row => row.cells[1].textContent)")
        shown = [int(text.replace(",", "")) for text in cells]
        measured = [run["requests"] for run in loaded["runs"]]
        assert shown == measured, f"got {shown} requests, want {measured}"


def main():
    build, root, scratch = (pathlib.Path(name).resolve() for name in sys.argv[1:4])
    report = Report("load report")
    server = subprocess.Popen(
        [build / "hillock-server", "--repository", root / "models", "--listen", "127.0.0.1:0",
         "--http-listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    pages = None
    try:
        ready = next(found for line in server.stdout if (found := READY.search(line)))
        pages = Pages(root, build, scratch, ready[1], ready[2], sys.argv[4])
        report.check("sweep", pages.look, "load_sweep", CHARTS, "--outstanding", "1,4,16",
                     "--duration", "2")
        report.check("search", pages.look, "load_search", {"Percentiles"}, "--rate", "100:2000",
                     "--max-p99", "50", "--duration", "0.3")
    finally:
        if pages:
            pages.close()
        server.kill()
        server.wait()
    sys.exit(report.failed)


if __name__ == "__main__":
    main()
