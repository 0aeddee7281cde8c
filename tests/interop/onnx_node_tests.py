# SPDX-License-Identifier: Apache-2.0
"""Asks a Hillock server what the ONNX project's own backend tests ask of an activation.

usage: onnx_node_tests.py BUILD_DIR
BUILD_DIR is where hillock-server and hillock are; the project's folder models/ must be on PYTHONPATH.

Every test of one node becomes a model of one layer: the identity matrix, no bias, the activation.
The server computes all of them with each of its backends, and every answer is compared with the
output that ONNX expects.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator

import numpy as np
import tritonclient.grpc

import metrics_page
import mlp_file
import onnx_layers

LEAST_TESTS = 75
NAMES_SHOWN = 4
TIMEOUT_SECONDS = 60
READY = re.compile(r" ready: .* grpc ([^,]+), http ([^,]+),")
ELEMENTS = re.compile(r'^hillock_activation_elements_total\{activation="(\w+)",backend="(\w+)".*'
                      r' [1-9]', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """|got - want| <= absolute + relative |want|."""
    relative: float
    absolute: float

    def allows(self, error: np.ndarray, want: np.ndarray) -> np.ndarray:
        return error <= self.absolute + self.relative * np.abs(want)  # False for NaN


# What oneDNN's own tests allow; `auto` may choose it.
ONEDNN = Tolerance(relative=4e-5, absolute=4e-6)
# 5 ULP. The fallback promises 4 from the exact value; ONNX's float32 outputs are up to 4 off
# themselves, and the two were 4 apart at most. Below the normal floats, where an ULP is no longer
# relative, as much as the smallest normal one.
FALLBACK = Tolerance(relative=5 * 2**-23, absolute=2**-126)
BACKENDS = {"auto": ONEDNN, "onednn": ONEDNN, "fallback": FALLBACK}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The worst difference of an answer's values, and what is wrong with it if anything is."""
    ulp: int = 0
    absolute: float = 0
    fault: str = ""

    def __str__(self) -> str:
        return "FAILED" if self.fault else f"{self.ulp:8,} {self.absolute:8.1e}"


class Server:
    def __init__(self, address: str, metrics: str):
        self._client = tritonclient.grpc.InferenceServerClient(
            address, channel_args=[("grpc.enable_http_proxy", 0)])
        self._metrics = metrics

    def infer(self, model: str, rows: np.ndarray) -> np.ndarray:
        tensor = tritonclient.grpc.InferInput("input", list(rows.shape), "FP32")
        tensor.set_data_from_numpy(rows)  # as raw contents
        answer = self._client.infer(model, [tensor], client_timeout=TIMEOUT_SECONDS)
        return answer.as_numpy("output")

    def activations_by_backend(self) -> dict[str, set[str]]:
        """What each backend has computed so far, by the metrics page."""
        seen = collections.defaultdict(set)
        for activation, backend in ELEMENTS.findall(metrics_page.read(self._metrics)):
            seen[backend].add(activation)
        return seen

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def running_server(program: pathlib.Path, repository: pathlib.Path, backend: str) -> Iterator[Server]:
    command = [program, "--repository", repository, "--backend", backend,
               "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        try:
            server = Server(*wait_until_ready(process))
            yield server
            server.close()
            process.terminate()
            process.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"the server ended with code {process.returncode} at SIGTERM")


def wait_until_ready(process: subprocess.Popen) -> tuple[str, str]:
    """The addresses of the service and of the metrics."""
    timer = threading.Timer(TIMEOUT_SECONDS, process.kill)
    timer.start()
    log = []
    try:
        for line in process.stdout:
            if match := READY.search(line):
                return match.groups()
            log.append(line)
    finally:
        timer.cancel()
    raise RuntimeError("the server did not become ready: " + "".join(log))


def read_forms(client: pathlib.Path) -> dict[str, onnx_layers.Form]:
    said = subprocess.run([client, "activations", "--json"], stdout=subprocess.PIPE, check=True,
                          timeout=TIMEOUT_SECONDS)
    return onnx_layers.read_forms(json.loads(said.stdout)["activations"])


def collect(forms: dict[str, onnx_layers.Form]
            ) -> tuple[list[onnx_layers.LayerTest], dict[str, list[str]]]:
    """The tests to run, and by reason the names of those that cannot be."""
    tests = []
    skipped = collections.defaultdict(list)
    for source in onnx_layers.read_sources():
        if source.has_activation(forms):
            try:
                tests.append(onnx_layers.to_layer_test(source, forms))
            except onnx_layers.Skip as reason:
                skipped[str(reason)].append(source.name)
    return tests, skipped


def write_model(test: onnx_layers.LayerTest, repository: pathlib.Path) -> None:
    width = test.rows.shape[1]
    message = mlp_file.proto().Mlp(producer="onnx_node_tests.py")
    message.input.width = message.output.width = width
    layer = message.layers.add(inputs=width, outputs=width,
                               weights=mlp_file.floats(np.identity(width)))
    layer.activation.name = test.activation
    layer.activation.parameters.update(test.parameters)
    if test.slopes is not None:
        layer.activation.slopes = mlp_file.floats(test.slopes)
    folder = repository / test.name / "1"
    folder.mkdir(parents=True)
    mlp_file.write(message, folder / "model.mlp")


def ask(server: Server, test: onnx_layers.LayerTest, tolerance: Tolerance) -> Outcome:
    try:
        got = server.infer(test.name, test.rows)
    except tritonclient.utils.InferenceServerException as error:
        return Outcome(fault=str(error))
    if got.shape != test.want.shape:
        return Outcome(fault=f"got shape {got.shape}, want {test.want.shape}")
    return compare(test, got, tolerance)


def compare(test: onnx_layers.LayerTest, got: np.ndarray, tolerance: Tolerance) -> Outcome:
    error = np.abs(got.astype(np.float64) - test.want)
    wrong = np.argwhere(~tolerance.allows(error, test.want))
    fault = ""
    if len(wrong):
        where = tuple(wrong[0])
        fault = (f"{len(wrong)} of {got.size} values, such as that of row {where[0]}, column "
                 f"{where[1]}, x = {test.rows[where]!s}: got {got[where]!s}, "
                 f"want {test.want[where]!s}")
    return Outcome(int(np.max(np.abs(ordinal(got) - ordinal(test.want)))), float(np.max(error)),
                   fault)


def ordinal(values: np.ndarray) -> np.ndarray:
    """Numbers the floats in their order, both zeros as 0."""
    bits = np.ascontiguousarray(values, np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -2**31 - bits, bits)


def backend_faults(backend: str, seen: dict[str, set[str]]) -> list[str]:
    """Whether the server ran what it was told to, so that no backend passes for another."""
    if backend == "fallback" and set(seen) != {"fallback"}:
        return [f"--backend fallback used {sorted(seen)}"]
    if backend == "onednn" and "onednn" not in seen:
        return [f"--backend onednn used {sorted(seen)}"]
    return []


def coverage_faults(tests: list[onnx_layers.LayerTest],
                    forms: dict[str, onnx_layers.Form]) -> list[str]:
    tested = {test.operator for test in tests}
    faults = [f"no test of {operator}" for operator in forms
              if onnx_layers.exists(operator) and operator not in tested]
    if len(tests) < LEAST_TESTS:
        faults.append(f"{len(tests)} tests, want {LEAST_TESTS} or more")
    return faults


def run_all(program: pathlib.Path, tests: list[onnx_layers.LayerTest],
            faults: list[str]) -> dict[str, list[Outcome]]:
    """The outcome of every test by backend."""
    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        repository = pathlib.Path(folder)
        for test in tests:
            write_model(test, repository)
        for backend, tolerance in BACKENDS.items():
            with running_server(program, repository, backend) as server:
                outcomes[backend] = [ask(server, test, tolerance) for test in tests]
                seen = server.activations_by_backend()
            faults += backend_faults(backend, seen)
            print(f"--backend {backend}: " + "; ".join(
                f"{name} computed {', '.join(sorted(seen[name]))}" for name in sorted(seen)))
    return outcomes


def print_table(tests: list[onnx_layers.LayerTest], outcomes: dict[str, list[Outcome]]) -> None:
    print(f"{'worst difference in ULP and absolute':<56}{'values':>7}"
          + "".join(f"{backend:>19}" for backend in outcomes))
    for test, *row in zip(tests, *outcomes.values()):
        print(f"{test.name:<37} {test.activation:<18}{test.rows.size:>7,}"
              + "".join(f"{outcome!s:>19}" for outcome in row))


def print_skipped(skipped: dict[str, list[str]]) -> None:
    for reason, names in skipped.items():
        shown = ", ".join(names[:NAMES_SHOWN]) + (", ..." if len(names) > NAMES_SHOWN else "")
        print(f"skipped {len(names)}, {reason}: {shown}")


def main() -> None:
    build = pathlib.Path(*sys.argv[1:])
    forms = read_forms(build / "hillock")
    tests, skipped = collect(forms)
    faults = coverage_faults(tests, forms)
    outcomes = run_all(build / "hillock-server", tests, faults)
    faults += [f"{test.name}, {backend}: {outcome.fault}" for backend, row in outcomes.items()
               for test, outcome in zip(tests, row) if outcome.fault]
    print_table(tests, outcomes)
    print_skipped(skipped)
    for fault in faults:
        print(f"FAILED: {fault}")
    left_out = sum(map(len, skipped.values()))
    print(f"onnx: {len(tests) + left_out} tests found, {len(tests)} run on each of "
          f"{len(outcomes)} backends, {left_out} skipped, {len(faults)} failures")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
