"""Asks a Hillock server for the answers to exported models and compares them with ONNX Runtime's.

usage: compare.py ADDRESS CASES
CASES is a folder that the export_*.py scripts wrote. The folder with the stubs that protoc makes of
inference.proto, and the one with bytes_tensor.py, must be on PYTHONPATH. Prints a line a model, and a line an exporter.
"""

import array
import pathlib
import sys

import grpc

import bytes_tensor
import inference_pb2 as pb
import inference_pb2_grpc

TOLERANCE = 1e-5  # of the value, or absolute below 1
DEADLINE_SECONDS = 60
OPTIONS = [("grpc.enable_http_proxy", 0)]


def floats(path: pathlib.Path) -> array.array:
    return array.array("f", path.read_bytes())


def lines(tensor: pb.ModelInferResponse.InferOutputTensor, raw: bytes) -> list[str]:
    """The labels of each row, with spaces between several."""
    if tensor.datatype == "BYTES":
        return bytes_tensor.elements(raw)
    assert tensor.datatype == "INT64", f"'{tensor.name}' is {tensor.datatype}"
    rows, columns = tensor.shape
    integers = memoryview(raw).cast("q").tolist()
    assert len(integers) == rows * columns, f"'{tensor.name}' has {len(integers)} integers"
    return [" ".join(str(each) for each in integers[row * columns:(row + 1) * columns])
            for row in range(rows)]


def side_by_side(tensors: list[array.array], rows: int) -> array.array:
    """The rows of several tensors, of which each becomes one."""
    joined = array.array("f")
    for row in range(rows):
        for tensor in tensors:
            width = len(tensor) // rows
            joined.extend(tensor[row * width:(row + 1) * width])
    return joined


def ask(stub, model: str, rows: array.array):
    metadata = stub.ModelMetadata(pb.ModelMetadataRequest(name=model), timeout=DEADLINE_SECONDS)
    request = pb.ModelInferRequest(model_name=model)
    width = metadata.inputs[0].shape[1]
    request.inputs.add(name=metadata.inputs[0].name, datatype="FP32",
                       shape=[len(rows) // width, width])
    request.raw_input_contents.append(rows.tobytes())
    response = stub.ModelInfer(request, timeout=DEADLINE_SECONDS)
    tensors, labels = [], []
    for tensor, raw in zip(response.outputs, response.raw_output_contents):
        if tensor.datatype == "FP32":
            tensors.append(array.array("f", raw))
        else:
            labels = lines(tensor, raw)
    return side_by_side(tensors, len(rows) // width), labels


def difference(got: array.array, want: array.array) -> float:
    assert len(got) == len(want), f"{len(got)} values, want {len(want)}"
    return max(abs(g - w) / max(1.0, abs(w)) for g, w in zip(got, want))


def compare(stub, folder: pathlib.Path) -> float:
    got, labels = ask(stub, folder.name, floats(folder / "rows.f32"))
    worst = difference(got, floats(folder / "expected.f32"))
    assert worst <= TOLERANCE, f"off by {worst:.1e}, want at most {TOLERANCE:.0e}"
    expected = folder / "labels.txt"
    if expected.exists():
        assert labels == expected.read_text("utf-8").splitlines(), f"labels are {labels}"
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
