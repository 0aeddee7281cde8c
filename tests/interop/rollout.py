# SPDX-License-Identifier: Apache-2.0
"""Restarts one of two servers again and again under clients that call both by turns: no call may
fail.

usage: rollout.py [--restarts N] BUILD_DIR MODELS NAME=COMMAND...

Each COMMAND is a client that calls until its standard input ends and then prints a report, as
rollout_client.py does. It may contain {addresses}, {method} and {request}, a file with the bytes of
a request, or {model} and {width}.
"""

import argparse
import json
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

import inference_pb2
from report import Report

MODEL = "digits-relu"
WIDTH = 64
METHOD = "/inference.GRPCInferenceService/ModelInfer"

# Below the ports that a system gives to clients, one of which could take the server's while it is
# down.
PORTS = range(21000, 29000)

READY_SECONDS = 60
EXIT_SECONDS = 40
RECONNECT_SECONDS = 20
SERVING_SECONDS = 0.1  # under load with all clients, before the next restart


def free_port(taken: set[int]) -> int:
    for port in PORTS:
        with socket.socket() as tried:
            if port not in taken and tried.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no port is free")


def connections(port: int) -> int:
    """Those that the server at a port has, by proc(5)."""
    established = "01"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in list(table)[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == established for row in rows)


def await_(what: str, seconds: float, condition) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.005)


class Server:
    def __init__(self, build: pathlib.Path, models: pathlib.Path, port: int):
        self.port = port
        self._command = [str(build / "hillock-server"), "--repository", str(models), "--listen",
                         f"127.0.0.1:{port}", "--http-listen", ""]
        self._process = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        said = []
        for line in self._process.stdout:
            said.append(line)
            if " ready: " in line:
                return
        raise AssertionError(f"the server does not start: {''.join(said)}")

    def stop(self) -> float:
        """How many seconds it took."""
        start = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(EXIT_SECONDS)
        self._process.stdout.close()
        assert code == 0, f"the server ended with {code}"
        return time.monotonic() - start

    def kill(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()


class Client:
    def __init__(self, name: str, command: str, **values):
        self.name = name
        self._process = subprocess.Popen(
            [word.format(**values) for word in shlex.split(command)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def finish(self) -> dict:
        said, _ = self._process.communicate(timeout=60)
        return json.loads(said)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()


def request_file(folder: str) -> str:
    request = inference_pb2.ModelInferRequest(model_name=MODEL)
    tensor = request.inputs.add(name="input", datatype="FP32", shape=[1, WIDTH])
    tensor.contents.fp32_contents.extend([0.0] * WIDTH)
    path = pathlib.Path(folder) / "request"
    path.write_bytes(request.SerializeToString())
    return str(path)


def restart(server: Server, others: Server, clients: int) -> float:
    """Returns how long the server took to stop, once all clients are back."""
    seconds = server.stop()
    server.start()
    await_("all clients at the restarted server", RECONNECT_SECONDS,
           lambda: connections(server.port) >= clients and connections(others.port) >= clients)
    time.sleep(SERVING_SECONDS)
    return seconds


def verdict(client: Client, restarts: int) -> str:
    made = client.finish()
    assert made["failed"] == 0, f"{made['failed']} of {made['calls']} failed: {made['errors']}"
    assert made["calls"] >= 10 * restarts, f"only {made['calls']} calls"
    return f"0 of {made['calls']} calls failed"


def run(given, clients: list[Client], servers: list[Server], request: str) -> None:
    for server in servers:
        server.start()
    addresses = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    for name, command in (client.split("=", 1) for client in given.clients):
        clients.append(Client(name, command, addresses=addresses, method=METHOD, request=request,
                              model=MODEL, width=WIDTH))
    for server in servers:
        await_("all clients", READY_SECONDS, lambda: connections(server.port) >= len(clients))
    time.sleep(SERVING_SECONDS)
    longest = max(restart(*servers, len(clients)) for _ in range(given.restarts))
    for client in clients:
        report = Report(client.name)
        report.check(f"{given.restarts} restarts of one of two servers", verdict, client,
                     given.restarts)
        given.failed = given.failed or report.failed
    print(f"rollout: a server took at most {longest:.2f} s to stop", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("clients", nargs="+", metavar="NAME=COMMAND")
    given = parser.parse_args()
    given.failed = False
    first = free_port(set())
    servers = [Server(given.build, given.models, port) for port in (first, free_port({first}))]
    clients: list[Client] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(given, clients, servers, request_file(folder))
        finally:
            for process in clients + servers:
                process.kill()
    sys.exit(1 if given.failed else 0)


if __name__ == "__main__":
    main()
