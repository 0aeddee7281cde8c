# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server over REST with Triton's own client library.

usage: rest_tritonclient_client.py ADDRESS MODELS
The server leaves loading to its callers (--model-control explicit).
"""

import pathlib
import sys

import numpy as np
import tritonclient.http
from tritonclient.utils import InferenceServerException

import examples
from report import Report

Client = tritonclient.http.InferenceServerClient


def tensor(rows: np.ndarray, binary: bool) -> tritonclient.http.InferInput:
    made = tritonclient.http.InferInput("input", list(rows.shape), "FP32")
    made.set_data_from_numpy(rows, binary_data=binary)
    return made


def all_rows(example: examples.Example) -> np.ndarray:
    return np.array(example.rows, np.float32).reshape(example.count, example.width)


def verdict(example: examples.Example, result) -> str:
    names = [output["name"] for output in result.get_response()["outputs"]]
    values, labels = (result.as_numpy(name) for name in names)
    assert values.shape == (example.count, example.outputs), values.shape
    return example.verdict(values.ravel().tolist(), [as_text(label) for label in labels.ravel()])


def as_text(label) -> str:
    return label.decode() if isinstance(label, bytes) else str(label)


def infer(client: Client, example: examples.Example, binary: bool, compress: str | None = None) -> str:
    outputs = [tritonclient.http.InferRequestedOutput(name, binary_data=binary)
               for name in example.asked]
    if not outputs and not binary:
        outputs = [tritonclient.http.InferRequestedOutput(output["name"], binary_data=False)
                   for output in client.get_model_metadata(example.model)["outputs"]]
    return verdict(example, client.infer(
        example.model, [tensor(all_rows(example), binary)], outputs=outputs or None, request_id="7",
        request_compression_algorithm=compress, response_compression_algorithm=compress))


def async_infer(client: Client, example: examples.Example) -> str:
    pending = [client.async_infer(example.model, [tensor(all_rows(example), binary=True)])
               for _ in range(16)]
    return [verdict(example, answer.get_result()) for answer in pending][-1]


def refused(status: int, function, *arguments, **named) -> str:
    try:
        function(*arguments, **named)
    except InferenceServerException as error:
        assert str(status) in (error.status() or ""), error
        return str(error)
    raise AssertionError("was not refused")


def reload(client: Client, model: str) -> str:
    client.unload_model(model)
    assert not client.is_model_ready(model)
    states = {entry["name"]: entry["state"] for entry in client.get_model_repository_index()}
    assert states[model] == "UNAVAILABLE", states[model]
    client.load_model(model)
    assert client.is_model_ready(model)
    return "unloaded, loaded, ready"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    address, models = sys.argv[1], pathlib.Path(sys.argv[2])
    report = Report("tritonclient")
    with Client(address, concurrency=16) as client:
        report.check("health", lambda: f"live {client.is_server_live()}, "
                                       f"ready {client.is_server_ready()}")
        report.check("server metadata", lambda: client.get_server_metadata()["name"])
        for example in examples.read_all(models):
            report.check(f"infer {example.model}, binary", infer, client, example, True)
            report.check(f"infer {example.model}, JSON", infer, client, example, False)
        digits = next(e for e in examples.read_all(models) if e.model == "digits-relu")
        for algorithm in ("gzip", "deflate"):
            report.check(f"infer, {algorithm}", infer, client, digits, True, algorithm)
        report.check("async_infer, 16 at once", async_infer, client, digits)
        report.check("model metadata", lambda: client.get_model_metadata("iris")["inputs"][0])
        report.check("model config", lambda: client.get_model_config("iris")["max_batch_size"])
        report.check("statistics", lambda: client.get_inference_statistics("digits-relu")
                     ["model_stats"][0]["inference_count"])
        report.check("unload, index, load", reload, client, "xor-sin")
        report.check("infer of nobody", refused, 404, client.infer, "nobody",
                     [tensor(all_rows(digits), True)])
        report.check("infer of a wrong width", refused, 400, client.infer, "iris",
                     [tensor(all_rows(digits), True)], request_id="7")
        report.check("load with a config", refused, 501, client.load_model, "iris", config="{}")
    report.finish()


if __name__ == "__main__":
    main()
