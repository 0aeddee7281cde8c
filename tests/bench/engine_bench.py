#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Hillock's engine against ONNX Runtime: same weights, rows and batches, one thread each.

Both sides run on one core and take turns, so that they meet the same moments of a shared machine.
Prints, for every model and batch, the median of the rounds' ratios of their times: below 1 Hillock
is faster. Before that it holds the answers of the two against each other. Where each of Hillock's
layers runs goes to standard error. ONNX Runtime computes in f32 whatever Hillock does.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

MODELS = {
    "chains": ("16-64-64-8", "13-512-256-128", "479-1024-1024-512-256-1", "784-512-256-10",
               "845-1024-512-256-1", "1024-2048-2048-2048-256"),
    "graphs": ("resnet-192-384-8", "layernorm-256-4", "swiglu-256-512-4", "residual-256-6"),
}
BATCHES = (1, 2, 4, 8, 16, 64, 256)
PACKAGES = ("numpy", "onnx", "onnxruntime")
TOLERANCE = {"f32": 1e-5, "bf16": 2e-2}  # of 1 + |answer|
DEEP = 10  # times the tolerance for nets that add up what their blocks make
MOST_RUNS_BETWEEN_LOOKS = 64  # at the clock, as in engine_bench.cc


def python_with_packages(build: pathlib.Path) -> pathlib.Path:
    """Of a virtual environment in the build folder. Says "skipped" and ends where none can be."""
    venv = build / "engine-bench-venv"
    python = venv / "bin" / "python"
    has_them = [python, "-c", "import " + ", ".join(PACKAGES)]
    if python.exists() and subprocess.run(has_them, stderr=subprocess.DEVNULL).returncode == 0:
        return python
    for command in ([sys.executable, "-m", "venv", "--clear", venv],
                    [python, "-m", "pip", "install", "--quiet", *PACKAGES]):
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            why = (made.stderr or made.stdout).strip().splitlines()[-1:]
            print("engine_bench: skipped, ONNX Runtime cannot be installed:", *why)
            sys.exit(0)
    return python


class Hillock:
    """The program of engine_bench.cc."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path, precision: str,
                 shapes: tuple[str, ...]):
        self._process = subprocess.Popen([program, folder, precision, *shapes], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._process.stdout.readline() != "ready\n":
            sys.exit("engine_bench: Hillock's side did not start")

    def seconds_a_batch(self, shape: str, rows: int, seconds: float) -> float:
        print(shape, rows, seconds, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


def make_onnx(shape: str, weights) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    import graph_models
    if shape in MODELS["graphs"]:
        return graph_models.make_onnx(shape, weights)
    widths = [int(width) for width in shape.split("-")]
    nodes, tensors, at, last = [], [], 0, "input"
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        for name, dims in ((f"w{i}", (outputs, inputs)), (f"b{i}", (outputs,))):
            count = dims[0] * (dims[1] if len(dims) > 1 else 1)
            tensors.append(numpy_helper.from_array(weights[at:at + count].reshape(dims), name))
            at += count
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"], transB=1))
        last = f"z{i}"
        if i + 2 < len(widths):
            nodes.append(helper.make_node("Relu", [last], [f"y{i}"]))
            last = f"y{i}"
    assert at == weights.size
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", width])
            for name, width in (("input", widths[0]), (last, widths[-1]))]
    graph = helper.make_graph(nodes, "mlp", ends[:1], ends[1:], tensors)
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


class OnnxRuntime:
    """The same models in this process, with inputs and outputs bound to memory beforehand."""

    def __init__(self, folder: pathlib.Path, shapes: tuple[str, ...]):
        import numpy
        import onnxruntime
        self._read = lambda shape, kind: numpy.fromfile(folder / f"{shape}.{kind}", numpy.float32)
        self._value = onnxruntime.OrtValue.ortvalue_from_numpy
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._sessions = {
            shape: onnxruntime.InferenceSession(make_onnx(shape, self._read(shape, "weights")),
                                                options, providers=["CPUExecutionProvider"])
            for shape in shapes}
        self._bound = {(shape, rows): self._bind(shape, rows) for shape in shapes
                       for rows in BATCHES}
        binding = self._bound[shapes[0], 1][0]
        # What it takes from Python into the library and back, which is not the library's.
        self.call_seconds = self._time(binding.synchronize_inputs, 0.05)

    def _bind(self, shape: str, rows: int):
        import numpy
        session = self._sessions[shape]
        columns = session.get_outputs()[0].shape[1]
        values = self._read(shape, "rows").reshape(max(BATCHES), -1)[:rows]
        source = self._value(values)
        answers = self._value(numpy.zeros((rows, columns), numpy.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input(session.get_inputs()[0].name, source)
        binding.bind_ortvalue_output(session.get_outputs()[0].name, answers)
        return binding, source, answers

    def largest_difference(self, shape: str, rows: int) -> float:
        """Between Hillock's answers and these, over 1 + |answer|."""
        binding, _, answers = self._bound[shape, rows]
        self._sessions[shape].run_with_iobinding(binding)
        got = answers.numpy()
        want = self._read(shape, "answers").reshape(max(BATCHES), -1)[:rows]
        return float((abs(got - want) / (1 + abs(want))).max())

    def seconds_a_batch(self, shape: str, rows: int, seconds: float) -> float:
        session, binding = self._sessions[shape], self._bound[shape, rows][0]

        def run() -> None:
            session.run_with_iobinding(binding)

        self._time(run, seconds / 4)
        return self._time(run, seconds) - self.call_seconds

    @staticmethod
    def _time(run: Callable[[], None], seconds: float) -> float:
        start, runs, following = time.perf_counter(), 0, 1
        while True:
            for _ in range(following):
                run()
            runs += following
            elapsed = time.perf_counter() - start
            if elapsed >= seconds:
                return elapsed / runs
            following = min(2 * following, MOST_RUNS_BETWEEN_LOOKS)


def check_answers(theirs: OnnxRuntime, shapes: tuple[str, ...], tolerance: float) -> None:
    worst = max(theirs.largest_difference(shape, rows) for shape in shapes for rows in BATCHES)
    print(f"answers differ by {worst:.1e} of 1 + |answer| at most, {tolerance:.0e} is allowed")
    if not worst <= tolerance:
        sys.exit("engine_bench: the answers differ, so the times say nothing")


def measure(ours: Hillock, theirs: OnnxRuntime, shape: str, rows: int, rounds: int,
            seconds: float) -> tuple[float, float]:
    """The median ratio, and the median of Hillock's seconds."""
    pairs = [(ours.seconds_a_batch(shape, rows, seconds),
              theirs.seconds_a_batch(shape, rows, seconds)) for _ in range(rounds)]
    return (statistics.median(mine / other for mine, other in pairs),
            statistics.median(mine for mine, _ in pairs))


def print_table(ours: Hillock, theirs: OnnxRuntime, shapes: tuple[str, ...], rounds: int,
                seconds: float) -> None:
    print("time of a batch, Hillock / ONNX Runtime (microseconds of Hillock)")
    print("| model |", *(f"{rows} |" for rows in BATCHES))
    print("| --- |", *("---: |" for _ in BATCHES))
    ratios = []
    for shape in shapes:
        print(f"| {shape} |", end="", flush=True)
        for rows in BATCHES:
            ratio, mine = measure(ours, theirs, shape, rows, rounds, seconds)
            ratios.append(ratio)
            print(f" {ratio:.2f} ({mine * 1e6:,.1f}) |", end="", flush=True)
        print()
    print(f"geometric mean {statistics.geometric_mean(ratios):.3f}, largest {max(ratios):.3f}, "
          f"above 1: {sum(ratio > 1 for ratio in ratios)} of {len(ratios)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="such as build/release")
    parser.add_argument("--models", choices=MODELS, default="chains")
    parser.add_argument("--precision", choices=TOLERANCE, default="f32", help="of Hillock")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--milliseconds", type=float, default=100, help="of each side in a round")
    arguments = parser.parse_args()
    python = python_with_packages(arguments.build.resolve())
    if pathlib.Path(sys.executable) != python:
        os.execv(python, [str(python), *sys.argv])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ["OMP_NUM_THREADS"] = "1"
    import onnxruntime
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program = arguments.build.resolve() / "tests" / "bench" / "engine_bench"
        shapes = MODELS[arguments.models]
        ours = Hillock(program, folder, arguments.precision, shapes)
        theirs = OnnxRuntime(folder, shapes)
        print(f"onnxruntime {onnxruntime.__version__}; {theirs.call_seconds * 1e6:.2f} us of each "
              "of its calls are Python's and not counted")
        check_answers(theirs, shapes, TOLERANCE[arguments.precision] *
                      (DEEP if arguments.models == "graphs" else 1))
    print(f"Hillock in {arguments.precision}:", end=" ")
    print_table(ours, theirs, shapes, arguments.rounds, arguments.milliseconds / 1000)


if __name__ == "__main__":
    main()
