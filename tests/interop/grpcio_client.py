# SPDX-License-Identifier: Apache-2.0
"""Calls a Hillock server with plain grpcio and the stubs that protoc makes of proto/*.proto.

usage: grpcio_client.py ADDRESS MODELS
The folder with the generated stubs must be on PYTHONPATH.
"""

import array
import asyncio
import itertools
import pathlib
import sys

import grpc
from google.protobuf import descriptor_pb2

import bytes_tensor
import examples
import health_pb2
import health_pb2_grpc
import inference_pb2 as pb
import inference_pb2_grpc
import reflection_pb2
import reflection_pb2_grpc
from report import Report

OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]
SERVICE = "inference.GRPCInferenceService"
DEADLINE_SECONDS = 60


def infer_request(model: str, width: int, rows, raw: bool = True,
                  outputs=()) -> pb.ModelInferRequest:
    rows = array.array("f", rows)
    request = pb.ModelInferRequest(model_name=model, id="an id")
    for name in outputs:
        request.outputs.add(name=name)
    tensor = request.inputs.add(name="input", datatype="FP32", shape=[len(rows) // width, width])
    if raw:
        request.raw_input_contents.append(rows.tobytes())
    else:
        tensor.contents.fp32_contents.extend(rows)
    return request


def values_and_labels(response: pb.ModelInferResponse) -> tuple[list[float], list[str]]:
    assert response.id == "an id", response.id
    assert [tensor.datatype for tensor in response.outputs] == ["FP32", "BYTES"]
    if response.raw_output_contents:
        values, labels = response.raw_output_contents
        return list(array.array("f", values)), bytes_tensor.elements(labels)
    values, labels = (tensor.contents for tensor in response.outputs)
    return list(values.fp32_contents), [label.decode() for label in labels.bytes_contents]


class Client:
    def __init__(self, address: str):
        self.address = address
        self.channel = grpc.insecure_channel(address, OPTIONS)
        self.inference = inference_pb2_grpc.GRPCInferenceServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)
        self.reflection = reflection_pb2_grpc.ServerReflectionStub(self.channel)

    def infer(self, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
        return self.inference.ModelInfer(request, timeout=DEADLINE_SECONDS)

    def predict(self, example: examples.Example, raw: bool) -> str:
        response = self.infer(infer_request(example.model, example.width, example.rows, raw,
                                            example.asked))
        assert bool(response.raw_output_contents) == raw
        return example.verdict(*values_and_labels(response))

    def predict_asynchronously(self, example: examples.Example) -> str:
        """A request for each row, all at once, through grpc.aio."""
        async def ask_all():
            async with grpc.aio.insecure_channel(self.address, OPTIONS) as channel:
                stub = inference_pb2_grpc.GRPCInferenceServiceStub(channel)
                return await asyncio.gather(*(
                    stub.ModelInfer(infer_request(example.model, example.width, row))
                    for row in zip(*[iter(example.rows)] * example.width)))
        answers = [values_and_labels(response) for response in asyncio.run(ask_all())]
        return example.verdict(list(itertools.chain(*(values for values, _ in answers))),
                               list(itertools.chain(*(labels for _, labels in answers))))

    def predict_in_a_stream(self, example: examples.Example) -> str:
        """A request for each row, and one that fails, in one stream."""
        requests = [infer_request(example.model, example.width, row)
                    for row in zip(*[iter(example.rows)] * example.width)]
        requests.append(infer_request("nobody", 1, [0]))
        *answers, error = self.inference.ModelStreamInfer(iter(requests), timeout=DEADLINE_SECONDS)
        assert error.error_message.startswith("NOT_FOUND: "), error
        assert error.infer_response.id == "an id", error
        answers = [values_and_labels(answer.infer_response) for answer in answers]
        return example.verdict(list(itertools.chain(*(values for values, _ in answers))),
                               list(itertools.chain(*(labels for _, labels in answers))))

    def list_services(self) -> str:
        answer, = self._reflect(list_services="*")
        names = [service.name for service in answer.list_services_response.service]
        for name in (SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"):
            assert name in names, names
        return f"{len(names)} services"

    def describe_service(self) -> str:
        answer, = self._reflect(file_containing_symbol=SERVICE)
        content, = answer.file_descriptor_response.file_descriptor_proto
        got = descriptor_pb2.FileDescriptorProto.FromString(content)
        want = descriptor_pb2.FileDescriptorProto()
        pb.DESCRIPTOR.CopyToProto(want)
        assert got.service == want.service and got.message_type == want.message_type
        return f"{len(got.message_type)} messages as in the proto"

    def _reflect(self, **question) -> list[reflection_pb2.ServerReflectionResponse]:
        request = reflection_pb2.ServerReflectionRequest(**question)
        return list(self.reflection.ServerReflectionInfo(iter([request])))


def check_metadata(report: Report, client: Client, models: int) -> None:
    def answers(method: str, request, **want) -> str:
        response = getattr(client.inference, method)(request, timeout=DEADLINE_SECONDS)
        for field, value in want.items():
            assert getattr(response, field) == value, response
        return ", ".join(f"{field} {value}" for field, value in want.items())

    def index() -> str:
        ready = client.inference.RepositoryIndex(pb.RepositoryIndexRequest(ready=True)).models
        assert len(ready) >= models and all(model.state == "READY" for model in ready), ready
        return f"{len(ready)} models ready"

    def shapes() -> str:
        metadata = client.inference.ModelMetadata(pb.ModelMetadataRequest(name="iris"))
        tensors = [(t.name, t.datatype, list(t.shape))
                   for t in itertools.chain(metadata.inputs, metadata.outputs)]
        assert tensors == [("input", "FP32", [-1, 4]), ("probabilities", "FP32", [-1, 3]),
                           ("label", "BYTES", [-1])], tensors
        return "4 inputs, 3 outputs, labels"

    report.check("ServerLive", answers, "ServerLive", pb.ServerLiveRequest(), live=True)
    report.check("ServerReady", answers, "ServerReady", pb.ServerReadyRequest(), ready=True)
    report.check("ServerMetadata", answers, "ServerMetadata", pb.ServerMetadataRequest(),
                 name="hillock")
    report.check("ModelReady", answers, "ModelReady", pb.ModelReadyRequest(name="iris"),
                 ready=True)
    report.check("ModelReady of nobody", answers, "ModelReady",
                 pb.ModelReadyRequest(name="nobody"), ready=False)
    report.check("ModelMetadata", shapes)
    report.check("RepositoryIndex", index)


def check_errors(report: Report, client: Client) -> None:
    def fails(call, code: grpc.StatusCode, text: str) -> str:
        try:
            call()
        except grpc.RpcError as error:
            assert error.code() == code and text in error.details(), (error.code(),
                                                                      error.details())
            return f"{code.name}: {error.details()}"
        raise AssertionError(f"an answer, want {code.name}")

    row = [5.1, 3.5, 1.4, 0.2]
    not_a_number = infer_request("iris", 4, [float("nan")] * 4)
    unknown = client.channel.unary_unary(f"/{SERVICE}/SystemSharedMemoryStatus")
    late = infer_request("iris", 4, row)
    codes = grpc.StatusCode
    for call, function, code, text in [
            ("ModelInfer of nobody", lambda: client.infer(infer_request("nobody", 4, row)),
             codes.NOT_FOUND, "'nobody'"),
            ("ModelInfer of a wrong width", lambda: client.infer(infer_request("iris", 2, row)),
             codes.INVALID_ARGUMENT, "got shape [2, 2]"),
            ("ModelInfer of NaN", lambda: client.infer(not_a_number),
             codes.INVALID_ARGUMENT, "row 0, column 0"),
            ("ModelInfer too late", lambda: client.inference.ModelInfer(late, timeout=-1),
             codes.DEADLINE_EXCEEDED, ""),
            ("a method that is not there", lambda: unknown(b""), codes.UNIMPLEMENTED, ""),
            ("Health.Check of nobody",
             lambda: client.health.Check(health_pb2.HealthCheckRequest(service="nobody")),
             codes.NOT_FOUND, "'nobody'")]:
        report.check(call, fails, function, code, text)


def check_health(report: Report, client: Client) -> None:
    def serving(response: health_pb2.HealthCheckResponse) -> str:
        assert response.status == health_pb2.HealthCheckResponse.SERVING, response
        return "SERVING"

    def watch() -> str:
        stream = client.health.Watch(health_pb2.HealthCheckRequest())
        first = serving(next(stream))
        stream.cancel()
        return first

    for service in ("", SERVICE, "iris"):
        request = health_pb2.HealthCheckRequest(service=service)
        report.check(f"Health.Check {service}", lambda: serving(client.health.Check(request)))
    report.check("Health.Watch", watch)


def main() -> None:
    address, models = sys.argv[1:]
    client = Client(address)
    report = Report("grpcio")
    known = examples.read_all(pathlib.Path(models))
    check_metadata(report, client, len({example.model for example in known}))
    for example in known:
        name = f"{example.model} {example.output}"
        report.check(f"ModelInfer {name}, raw", client.predict, example, True)
        report.check(f"ModelInfer {name}, typed", client.predict, example, False)
    for example in known:
        if example.model in ("iris", "digits-relu"):
            report.check(f"ModelInfer {example.model}, asynchronous rows",
                         client.predict_asynchronously, example)
            report.check(f"ModelStreamInfer {example.model}, rows",
                         client.predict_in_a_stream, example)
    check_errors(report, client)
    check_health(report, client)
    report.check("ServerReflection, services", client.list_services)
    report.check("ServerReflection, file", client.describe_service)
    report.finish()


if __name__ == "__main__":
    main()
