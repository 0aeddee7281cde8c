# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server with KServe's client.

usage: kserve_client.py ADDRESS MODELS
"""

import asyncio
import logging
import pathlib
import sys

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest

import examples
from report import Report


class Client:
    def __init__(self, address: str):
        self._address = address

    def ask(self, method: str, *arguments):
        """What one of the client's coroutines answers."""
        async def asking():
            async with InferenceGRPCClient(self._address) as client:
                return await getattr(client, method)(*arguments)
        return asyncio.run(asking())

    def infer(self, example: examples.Example, raw: bool) -> str:
        response = self.ask("infer", request(example, raw))
        values, labels = (output.as_numpy() for output in response.outputs)
        return example.verdict(values.ravel().tolist(), [as_text(label) for label in labels])


def request(example: examples.Example, raw: bool) -> InferRequest:
    rows = np.array(example.rows, np.float32).reshape(example.count, example.width)
    tensor = InferInput("input", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows, binary_data=raw)
    return InferRequest(model_name=example.model, infer_inputs=[tensor])


def as_text(label) -> str:
    return label.decode() if isinstance(label, bytes) else str(label)


def unknown_model(client: Client, example: examples.Example) -> str:
    wrong = request(example, raw=True)
    wrong.model_name = "nobody"
    try:
        client.ask("infer", wrong)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        return f"NOT_FOUND: {error.details()}"
    raise AssertionError("an answer, want NOT_FOUND")


def must(answer: bool) -> None:
    assert answer


def main() -> None:
    address, models = sys.argv[1:]
    logging.disable()  # it logs every error that it raises
    client = Client(address)
    report = Report("kserve")
    known = examples.read_all(pathlib.Path(models))
    report.check("is_server_live", lambda: must(client.ask("is_server_live")))
    report.check("is_server_ready", lambda: must(client.ask("is_server_ready")))
    report.check("is_model_ready", lambda: must(client.ask("is_model_ready", "iris")))
    report.check("is_model_ready of nobody",
                 lambda: must(not client.ask("is_model_ready", "nobody")))
    for example in known:
        if example.model in ("iris", "digits-relu", "fashion-mnist"):
            report.check(f"infer {example.model}, raw", client.infer, example, True)
            report.check(f"infer {example.model}, typed", client.infer, example, False)
    report.check("infer of nobody", unknown_model, client, known[0])
    report.finish()


if __name__ == "__main__":
    main()
