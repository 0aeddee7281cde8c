# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server with Triton's own client library.

usage: tritonclient_client.py ADDRESS MODELS
"""

import asyncio
import pathlib
import queue
import sys

import numpy as np
import tritonclient.grpc
import tritonclient.grpc.aio

import examples
from report import Report


def all_rows(example: examples.Example) -> np.ndarray:
    return np.array(example.rows, np.float32).reshape(example.count, example.width)


def tensors(example: examples.Example) -> list[tritonclient.grpc.InferInput]:
    return tensors_of(all_rows(example))


def tensors_of(rows: np.ndarray) -> list[tritonclient.grpc.InferInput]:
    tensor = tritonclient.grpc.InferInput("input", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    return [tensor]


def verdict(example: examples.Example, result) -> str:
    response = result.get_response()
    values, labels = (result.as_numpy(output.name) for output in response.outputs)
    assert values.shape == (example.count, example.outputs), values.shape
    return example.verdict(values.ravel().tolist(), [label.decode() for label in labels])


def infer(client, example: examples.Example) -> str:
    wanted = [tritonclient.grpc.InferRequestedOutput(name) for name in example.asked]
    return verdict(example, client.infer(example.model, tensors(example), outputs=wanted or None))


def async_infer(client, example: examples.Example) -> str:
    answers: queue.Queue = queue.Queue()
    client.async_infer(example.model, tensors(example),
                       lambda result, error: answers.put((result, error)))
    result, error = answers.get(timeout=60)
    assert error is None, error
    return verdict(example, result)


def aio_infer(address: str, example: examples.Example) -> str:
    async def ask():
        async with tritonclient.grpc.aio.InferenceServerClient(address) as client:
            return await client.infer(example.model, tensors(example))
    return verdict(example, asyncio.run(ask()))


def stream_all(client, requests: list[dict], headers: dict | None = None) -> list[tuple]:
    """Sends all requests on a stream; the (result, error) of each callback once it has ended."""
    answers = []
    client.start_stream(lambda result, error: answers.append((result, error)), headers=headers)
    for request in requests:
        client.async_stream_infer(**request)
    client.stop_stream()
    return answers


def stream_rows(client, example: examples.Example) -> str:
    """A request for each row."""
    answers = stream_all(client, [
        {"model_name": example.model, "inputs": tensors_of(row.reshape(1, -1)),
         "request_id": str(i), "enable_empty_final_response": True}
        for i, row in enumerate(all_rows(example))])
    values, labels = [], []
    for i, (result, error) in enumerate(answers):
        assert error is None, error
        response = result.get_response()
        assert response.id == str(i), f"id {response.id} as answer {i}"
        assert response.parameters["triton_final_response"].bool_param
        row, label = (result.as_numpy(output.name) for output in response.outputs)
        values += row.ravel().tolist()
        labels.append(label[0].decode())
    return example.verdict(values, labels)


def stream_error(client, example: examples.Example) -> str:
    good, bad = ({"model_name": name, "inputs": tensors(example)}
                 for name in (example.model, "nobody"))
    first, second, third = stream_all(client, [good, bad, good])
    verdict(example, first[0])
    verdict(example, third[0])
    result, error = second
    assert result is None and error.message().startswith("NOT_FOUND: "), second
    return error.message()


def stream_status(client, example: examples.Example) -> str:
    (result, error), = stream_all(client, [{"model_name": "nobody", "inputs": tensors(example)}],
                                  headers={"triton_grpc_error": "true"})
    assert result is None and error.status() == "StatusCode.NOT_FOUND", error
    return str(error)


def aio_stream(address: str, example: examples.Example) -> str:
    async def requests():
        yield {"model_name": example.model, "inputs": tensors(example)}

    async def ask():
        async with tritonclient.grpc.aio.InferenceServerClient(address) as client:
            return [answer async for answer in client.stream_infer(requests())]
    (result, error), = asyncio.run(ask())
    assert error is None, error
    return verdict(example, result)


def only_labels(client, example: examples.Example) -> str:
    wanted = [tritonclient.grpc.InferRequestedOutput("label")]
    result = client.infer(example.model, tensors(example), outputs=wanted)
    assert len(result.get_response().outputs) == 1
    assert [label.decode() for label in result.as_numpy("label")] == example.predicted
    return f"{example.count} labels"


def unknown_model(client, example: examples.Example) -> str:
    try:
        client.infer("nobody", tensors(example))
    except tritonclient.utils.InferenceServerException as error:
        assert error.status() == "StatusCode.NOT_FOUND", error
        return str(error)
    raise AssertionError("an answer, want NOT_FOUND")


def metadata(client) -> str:
    answer = client.get_model_metadata("iris")
    names = [tensor.name for tensor in (*answer.inputs, *answer.outputs)]
    assert names == ["input", "probabilities", "label"], names
    return ", ".join(names)


def must(answer: bool) -> None:
    assert answer


def main() -> None:
    address, models = sys.argv[1:]
    client = tritonclient.grpc.InferenceServerClient(address)
    report = Report("tritonclient")
    known = examples.read_all(pathlib.Path(models))
    iris = next(example for example in known if example.model == "iris")
    report.check("is_server_live", lambda: must(client.is_server_live()))
    report.check("is_server_ready", lambda: must(client.is_server_ready()))
    report.check("is_model_ready", lambda: must(client.is_model_ready("iris")))
    report.check("is_model_ready of nobody", lambda: must(not client.is_model_ready("nobody")))
    report.check("get_server_metadata", lambda: client.get_server_metadata().name)
    report.check("get_model_metadata", metadata, client)
    report.check("get_model_repository_index",
                 lambda: f"{len(client.get_model_repository_index().models)} models")
    for example in known:
        report.check(f"infer {example.model} {example.output}", infer, client, example)
    for name in ("iris", "digits-relu", "fashion-mnist"):
        example = next(example for example in known if example.model == name)
        report.check(f"async_infer {name}", async_infer, client, example)
        report.check(f"aio infer {name}", aio_infer, address, example)
        report.check(f"stream_infer {name}, each row", stream_rows, client, example)
        report.check(f"aio stream_infer {name}", aio_stream, address, example)
    report.check("infer iris, only labels", only_labels, client, iris)
    report.check("infer of nobody", unknown_model, client, iris)
    report.check("stream_infer of nobody", stream_error, client, iris)
    report.check("stream_infer of nobody, as a status", stream_status, client, iris)
    report.finish()


if __name__ == "__main__":
    main()
