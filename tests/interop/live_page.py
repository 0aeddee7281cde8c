# SPDX-License-Identifier: Apache-2.0
"""Opens the live page of a server under load in headless Chromium, on a desktop and on a phone.

usage: live_page.py BUILD ROOT SCRATCH CHROMIUM
Pictures are left in BUILD/live_page.
"""

import array
import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib

from browser import Browser
from report import Report

CHECKSUM_TAG = bytes([15 << 3 | 5])  # model.mlp's field 15, see proto/mlp.proto
DYING = "digits-dying-relu"
SATURATED = "digits-saturated-sigmoid"
READY = re.compile(r" ready: .* grpc ([^,]+), http ([^,]+),")
SIZES = [(1280, 900), (390, 844)]


def mlp_class(root):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={root / 'proto'}", f"--python_out={folder}",
                        "mlp.proto"], check=True)
        spec = importlib.util.spec_from_file_location("mlp_pb2", f"{folder}/mlp_pb2.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.Mlp


def spoil(mlp_type, source, target, change):
    """A copy of a model whose first layer's floats (weights, bias) are changed."""
    content = source.read_bytes()
    model = mlp_type.FromString(content[:-len(CHECKSUM_TAG) - 4])
    layer = model.layers[0]
    weights, bias = array.array("f", layer.weights), array.array("f", layer.bias)
    change(weights, bias)
    layer.weights, layer.bias = weights.tobytes(), bias.tobytes()
    body = model.SerializeToString(deterministic=True)
    target.parent.mkdir(parents=True)
    target.write_bytes(body + CHECKSUM_TAG + zlib.crc32(body).to_bytes(4, "little"))


def kill_units(_, bias):
    for unit in range(len(bias) // 2):
        bias[unit] = -1000


def saturate(weights, _):
    for i in range(len(weights)):
        weights[i] *= 50


def make_models(root, folder):
    mlp_type = mlp_class(root)
    models = root / "models"
    for name in ("iris", "digits-relu", "digits-tanh"):
        shutil.copytree(models / name / "1", folder / name / "1")
    spoil(mlp_type, models / "digits-relu/1/model.mlp", folder / DYING / "1/model.mlp", kill_units)
    spoil(mlp_type, models / "digits-sigmoid/1/model.mlp", folder / SATURATED / "1/model.mlp",
          saturate)


def metric(page, name, **labels):
    """The sum of the samples with these labels."""
    total = 0
    for line in page.splitlines():
        if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            total += float(line.rpartition(" ")[2])
    return total


class Visit:
    """The page of one server."""

    def __init__(self, root, build, http, grpc, program):
        self._root, self._build, self._url, self._grpc = root, build, f"http://{http}", grpc
        self._pictures = build / "live_page"
        self._pictures.mkdir(exist_ok=True)
        self._browser = Browser(program)

    def close(self):
        self._browser.close()

    def load(self, seconds):
        for name in (DYING, SATURATED, "digits-relu", "digits-tanh", "iris"):
            data = "iris" if name == "iris" else "digits-relu"
            subprocess.run([self._build / "hillock", "load", "--server", self._grpc, name, "--input",
                            self._root / f"models/{data}/held_out.csv", "--warm-up", "0",
                            "--duration", str(seconds)], check=True, stdout=subprocess.DEVNULL)

    def show(self, width, height, dark):
        """With the details of the two spoilt models open."""
        self._browser.open(self._url, width, height, dark)
        self._browser.wait_for("document.querySelectorAll('.model').length === 5")
        for name in (DYING, SATURATED):
            self._browser.evaluate(f"document.querySelector('[data-model={name}] summary').click()")
        self._browser.wait_for("document.querySelectorAll('.model svg.curve').length >= 2")

    def charts(self, width, height):
        self.show(width, height, dark=width < 600)
        found = {kind: self._browser.evaluate(f"document.querySelectorAll('{kind}').length") for kind in
                 (".model svg.curve", ".mass", ".flat", "svg.history", ".gradient .rung",
                  "#activations svg.curve")}
        assert all(found.values()), found
        wide = self._browser.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{wide} pixels wide, want at most {width}"
        self._browser.screenshot(self._pictures / f"{width}.png")
        assert not self._browser.errors, self._browser.errors
        return ", ".join(f"{count} {kind.split('.')[-1]}" for kind, count in found.items())

    def value(self, selector):
        text = self._browser.evaluate(f"document.querySelector('{selector}')?.dataset.value")
        assert text is not None, f"{selector}: not on the page"
        return float(text)

    def numbers(self):
        """The page's numbers are those of /metrics, which stand still now."""
        time.sleep(5)
        with urllib.request.urlopen(f"{self._url}/metrics") as answer:
            page = answer.read().decode()
        for name in (DYING, SATURATED, "iris"):
            got = self.value(f"[data-model={name}] [data-name=requests]")
            want = metric(page, "hillock_requests_total", model=name)
            assert got == want > 0, f"{name}: {got} requests, want {want}"
        for activation in ("relu", "sigmoid", "softmax"):
            got = self._browser.evaluate(
                f"[...document.querySelectorAll('[data-activation={activation}] [data-name=elements]')]"
                ".reduce((all, node) => all + Number(node.dataset.value), 0)")
            want = metric(page, "hillock_activation_elements_total", activation=activation)
            assert got == want > 0, f"{activation}: {got} elements, want {want}"
        dead = self.value(f"[data-model={DYING}] [data-name=dead]")
        assert dead == metric(page, "hillock_layer_dead_units", model=DYING, layer="layer0") > 0
        return f"{dead:.0f} dead units"

    def recognizable(self):
        """The spoilt models carry a mark, the others none."""
        marks = self._browser.evaluate(
            "Object.fromEntries([...document.querySelectorAll('.model')].map(m => [m.dataset.model, "
            "[...m.querySelectorAll('.name .chip.bad')].map(c => c.textContent).join('; ')]))")
        assert "units dead" in marks[DYING], marks
        assert "saturated" in marks[SATURATED], marks
        assert not marks["digits-tanh"] and not marks["iris"], marks
        return f"{marks[DYING]}; {marks[SATURATED]}"

    def usable(self):
        """By keyboard and screen reader: every picture has a name, every model can be reached."""
        nameless = self._browser.evaluate(
            "[...document.querySelectorAll('svg, [role=img]')].filter(n => !n.ariaLabel).length")
        assert nameless == 0, f"{nameless} pictures without a name"
        assert self._browser.evaluate("document.documentElement.lang") == "en"
        assert self._browser.evaluate("document.querySelectorAll('details > summary').length") == 5

    def steady(self):
        """What the page keeps does not grow once its history is full."""
        def look():
            for _ in range(3):
                self._browser.evaluate("(async () => { for (let i = 0; i < 100; ++i) await round(i); })()")
            return (self._browser.heap_bytes(),
                    self._browser.evaluate("document.querySelectorAll('*').length"))

        (before, nodes), (after, nodes_after) = look(), look()
        assert nodes_after == nodes, f"{nodes_after} nodes, {nodes} before"
        assert after < 1.1 * before, f"{after} bytes, {before} before"
        return f"{before >> 10}, then {after >> 10} KiB and {nodes} nodes, 300 rounds each"

    def light(self):
        with urllib.request.urlopen(self._url) as answer:
            size = len(answer.read())
        assert size < 150_000, f"{size} bytes"
        paint = self._browser.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
        assert paint is None or paint < 2000, f"first paint after {paint} ms"
        return f"{size} bytes, first paint after {paint or 0:.0f} ms"


def main():
    build, root, scratch = (pathlib.Path(name) for name in sys.argv[1:4])
    make_models(root, scratch / "models")
    report = Report("live page")
    server = subprocess.Popen(
        [build / "hillock-server", "--repository", scratch / "models", "--listen", "127.0.0.1:0",
         "--http-listen", "127.0.0.1:0", "--profile-every", "4"], stdout=subprocess.PIPE, text=True)
    visit = None
    try:
        ready = next(found for line in server.stdout if (found := READY.search(line)))
        visit = Visit(root, build, ready[2], ready[1], sys.argv[4])
        report.check("load", visit.load, 1)
        for width, height in SIZES:
            report.check(f"charts at {width} pixels", visit.charts, width, height)
        report.check("numbers", visit.numbers)
        report.check("dying and saturated units", visit.recognizable)
        report.check("names and headings", visit.usable)
        report.check("size", visit.light)
        report.check("memory", visit.steady)
    finally:
        if visit:
            visit.close()
        server.kill()
        server.wait()
    sys.exit(report.failed)


if __name__ == "__main__":
    main()
