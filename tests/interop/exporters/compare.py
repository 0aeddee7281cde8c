# SPDX-License-Identifier: Apache-2.0
"""Asks a Hillock server for the answers to exported models and compares them with ONNX Runtime's.

usage: compare.py ADDRESS CASES
CASES is a folder that the export_*.py scripts wrote. The folder with the stubs that protoc makes of
inference.proto must be on PYTHONPATH. Requests have the names, datatypes and shapes that the file
declares; those of the answers and of the metadata must be the file's too. Prints a line a model,
and a line an exporter.
"""

import array
import base64
import json
import math
import pathlib
import sys

import grpc

import inference_pb2 as pb
import inference_pb2_grpc

DEADLINE_SECONDS = 60
OPTIONS = [("grpc.enable_http_proxy", 0)]
FLOATS = {"FP32": "f", "FP64": "d"}


def misfits(what: str, got, want: list[dict]):
    """Where the tensors of a message are not as wanted; an axis of -1 fits any size."""
    found = {tensor.name: tensor for tensor in got}
    for tensor in want:
        name, datatype, shape = tensor["name"], tensor["datatype"], tensor["shape"]
        known = found.pop(name, None)
        if known is None:
            yield f"{what} '{name}' is missing"
        elif known.datatype != datatype or len(known.shape) != len(shape) or any(
                size not in (-1, wanted) for size, wanted in zip(known.shape, shape)):
            yield (f"{what} '{name}': got {known.datatype} {list(known.shape)}, "
                   f"want {datatype} {shape}")
    yield from (f"{what} '{name}' is not in the file" for name in found)


def off_by(got: float, want: float) -> float:
    if got == want or math.isnan(got) and math.isnan(want):
        return 0.0
    difference = abs(got - want) / max(1.0, abs(want))
    return difference if math.isfinite(difference) else math.inf


def difference(got: bytes, want: dict) -> float:
    raw = base64.b64decode(want["raw"])
    kind = FLOATS.get(want["datatype"])
    if kind is None or len(got) != len(raw):
        return 0.0 if got == raw else math.inf
    return max(map(off_by, array.array(kind, got), array.array(kind, raw)), default=0.0)


def request_for(model: str, inputs: list[dict]) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name=model)
    for tensor in inputs:
        request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        request.raw_input_contents.append(base64.b64decode(tensor["raw"]))
    return request


def compare(stub, folder: pathlib.Path) -> float:
    metadata = stub.ModelMetadata(pb.ModelMetadataRequest(name=folder.name),
                                  timeout=DEADLINE_SECONDS)
    worst = 0.0
    for asked in json.loads((folder / "asked.json").read_text()):
        answer = stub.ModelInfer(request_for(folder.name, asked["inputs"]),
                                 timeout=DEADLINE_SECONDS)
        problems = [*misfits("declared input", metadata.inputs, asked["inputs"]),
                    *misfits("declared output", metadata.outputs, asked["outputs"]),
                    *misfits("output", answer.outputs, asked["outputs"])]
        assert not problems, "; ".join(problems)
        raw = dict(zip([output.name for output in answer.outputs], answer.raw_output_contents))
        for output in asked["outputs"]:
            off = difference(raw[output["name"]], output)
            assert off <= output["tolerance"], (
                f"output '{output['name']}' of shape {output['shape']} is off by {off:.1e}, "
                f"want at most {output['tolerance']:.0e}")
            worst = max(worst, off)
    return worst


def verdict(stub, folder: pathlib.Path) -> tuple[str, float, bool]:
    try:
        worst = compare(stub, folder)
        return f"{worst:.1e}", worst, True
    except grpc.RpcError as error:
        return f"FAILED: {error.details()}", 0.0, False
    except AssertionError as error:
        return f"FAILED: {error}", 0.0, False


def main() -> None:
    address, cases = sys.argv[1], pathlib.Path(sys.argv[2])
    stub = inference_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address, OPTIONS))
    worst, counts, failed = {}, {}, 0
    for folder in sorted(cases.iterdir()):
        exporter, _, model = folder.name.partition("-")
        text, off, good = verdict(stub, folder)
        print(f"{exporter:18} {model:30} {text}", flush=True)
        failed += not good
        worst[exporter] = max(worst.get(exporter, 0.0), off)
        counts[exporter] = counts.get(exporter, 0) + 1
    for exporter, off in worst.items():
        print(f"{exporter}: {counts[exporter]} models, worst difference {off:.1e}")
    if failed or not worst:
        sys.exit(f"{failed} of {sum(counts.values())} models failed")


if __name__ == "__main__":
    main()
