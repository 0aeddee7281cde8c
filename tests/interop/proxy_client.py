# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server with grpcio through a proxy.

usage: proxy_client.py PROXY ADDRESS MODELS
The folder with the generated stubs must be on PYTHONPATH.
"""

import pathlib
import sys

import grpc

import examples
import grpcio_client
import health_pb2
from report import Report


def nobody(client: grpcio_client.Client) -> str:
    try:
        client.infer(grpcio_client.infer_request("nobody", 1, [0]))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        return f"NOT_FOUND: {error.details()}"
    raise AssertionError("an answer, want NOT_FOUND")


def health(client: grpcio_client.Client) -> str:
    response = client.health.Check(health_pb2.HealthCheckRequest())
    assert response.status == health_pb2.HealthCheckResponse.SERVING, response
    return "SERVING"


def main() -> None:
    proxy, address, models = sys.argv[1:]
    client = grpcio_client.Client(address)
    report = Report(proxy)
    for example in examples.read_all(pathlib.Path(models)):
        if example.model in ("iris", "digits-relu"):
            name = f"{example.model}"
            report.check(f"ModelInfer {name}, raw", client.predict, example, True)
            report.check(f"ModelInfer {name}, asynchronous rows", client.predict_asynchronously,
                         example)
            report.check(f"ModelStreamInfer {name}, rows", client.predict_in_a_stream, example)
    report.check("ModelInfer of nobody", nobody, client)
    report.check("Health.Check", health, client)
    report.finish()


if __name__ == "__main__":
    main()
