# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server with KServe's InferenceRESTClient.

usage: rest_kserve_client.py ADDRESS MODELS
"""

import asyncio
import pathlib
import sys

import httpx
import kserve
import numpy as np
from kserve.inference_client import InferenceRESTClient, RESTConfig

import examples
from report import Report


def request(example: examples.Example, binary: bool) -> kserve.InferRequest:
    rows = np.array(example.rows, np.float32).reshape(example.count, example.width)
    tensor = kserve.InferInput("input", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    parameters = {"binary_data_output": True} if binary else None
    return kserve.InferRequest(model_name=example.model, infer_inputs=[tensor], request_id="7",
                               parameters=parameters)


def verdict(example: examples.Example, response: kserve.InferResponse) -> str:
    values, labels = (output.as_numpy() for output in response.outputs[:2])
    return example.verdict(values.ravel().tolist(),
                           [label.decode() if isinstance(label, bytes) else str(label)
                            for label in labels.ravel()])


class Caller:
    """One call each, on a loop and a client of its own."""

    def __init__(self, address: str):
        self._url = f"http://{address}"

    def _ask(self, ask):
        async def run():
            async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
                return await ask(client)
        return asyncio.run(run())

    def health(self) -> str:
        async def ask(client):
            return (await client.is_server_live(self._url), await client.is_server_ready(self._url),
                    await client.is_model_ready(self._url, "iris"),
                    await client.is_model_ready(self._url, "nobody"))
        answers = self._ask(ask)
        assert answers == (True, True, True, False), answers
        return "live, ready, iris ready, nobody not"

    def infer(self, example: examples.Example, binary: bool) -> str:
        return verdict(example, self._ask(lambda client: client.infer(
            self._url, request(example, binary), model_name=example.model)))

    def unknown(self, example: examples.Example) -> str:
        try:
            self._ask(lambda client: client.infer(self._url, request(example, False),
                                                  model_name="nobody"))
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == 404, error
            return str(error).partition(" for url")[0]
        raise AssertionError("was not refused")


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    address, models = sys.argv[1], pathlib.Path(sys.argv[2])
    report = Report("kserve")
    caller = Caller(address)
    report.check("health", caller.health)
    for example in examples.read_all(models):
        if not example.asked:
            report.check(f"infer {example.model}, JSON", caller.infer, example, False)
            report.check(f"infer {example.model}, binary", caller.infer, example, True)
    report.check("infer of nobody", caller.unknown, examples.read_all(models)[0])
    report.finish()


if __name__ == "__main__":
    main()
