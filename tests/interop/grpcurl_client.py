# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server with grpcurl, which knows the protocol from the server's reflection.

usage: grpcurl_client.py GRPCURL ADDRESS MODELS
"""

import base64
import json
import pathlib
import sys

import examples
import program
from report import Report

SERVICE = "inference.GRPCInferenceService"
NOT_FOUND = 64 + 5  # grpcurl's exit code for a status


class Grpcurl:
    def __init__(self, grpcurl: str, address: str):
        self._start = [grpcurl, "-plaintext"]
        self._address = address

    def ask(self, *what: str) -> str:
        return program.run([*self._start, self._address, *what])

    def call(self, method: str, *messages: dict, code: int = 0) -> str:
        return program.run([*self._start, "-d", "@", self._address, method],
                           "\n".join(map(json.dumps, messages)), code)


def documents(text: str) -> list[dict]:
    """The JSON objects that stand one after another in a text."""
    found, decoder = [], json.JSONDecoder()
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


def values_and_labels(response: dict) -> tuple[list[float], list[str]]:
    values, labels = (tensor["contents"] for tensor in response["outputs"])
    return (list(map(float, values["fp32_contents"])),
            [base64.b64decode(label).decode() for label in labels["bytes_contents"]])


def services(client: Grpcurl) -> str:
    names = client.ask("list").split()
    assert SERVICE in names, names
    return f"{len(names)} services"


def describe(client: Grpcurl) -> str:
    text = client.ask("describe", ".inference.ModelInferRequest")
    assert "repeated bytes raw_input_contents = 7" in text, text
    return "message inference.ModelInferRequest"


def infer(client: Grpcurl, example: examples.Example) -> str:
    response, = documents(client.call(f"{SERVICE}/ModelInfer", example.request(example.rows)))
    return example.verdict(*values_and_labels(response))


def stream(client: Grpcurl, example: examples.Example) -> str:
    """A request for each row."""
    responses = documents(client.call(f"{SERVICE}/ModelStreamInfer",
                                      *map(example.request, example.each_row())))
    values, labels = [], []
    for response in responses:
        more_values, more_labels = values_and_labels(response["infer_response"])
        values += more_values
        labels += more_labels
    return example.verdict(values, labels)


def statistics(client: Grpcurl) -> str:
    response, = documents(client.call(f"{SERVICE}/ModelStatistics", {"name": "iris"}))
    success = response["model_stats"][0]["inference_stats"]["success"]
    assert int(success["count"]) > 0, response
    return f"{success['count']} requests"


def health(client: Grpcurl) -> str:
    response, = documents(client.call("grpc.health.v1.Health/Check", {"service": "iris"}))
    assert response == {"status": "SERVING"}, response
    return "SERVING"


def nobody(client: Grpcurl) -> str:
    said = client.call(f"{SERVICE}/ModelInfer", {"model_name": "nobody"}, code=NOT_FOUND)
    assert "'nobody' is not found" in said, said
    return " ".join(said.split())


def main() -> None:
    grpcurl, address, models = sys.argv[1:]
    client = Grpcurl(grpcurl, address)
    report = Report("grpcurl")
    known = {example.model: example for example in examples.read_all(pathlib.Path(models))}
    report.check("list", services, client)
    report.check("describe", describe, client)
    report.check("Health.Check iris", health, client)
    for name in ("iris", "digits-relu"):
        report.check(f"ModelInfer {name}", infer, client, known[name])
        report.check(f"ModelStreamInfer {name}, each row", stream, client, known[name])
    report.check("ModelStatistics iris", statistics, client)
    report.check("ModelInfer of nobody", nobody, client)
    report.finish()


if __name__ == "__main__":
    main()
