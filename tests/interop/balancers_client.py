# SPDX-License-Identifier: Apache-2.0
"""Calls Hillock through a balancer, or by gRPC's round robin, until its standard input ends: some
threads without a retry policy, some with that of deploy/service_config.json. For each line on its
standard input it prints, as JSON, what became of the calls since the line before.

usage: balancers_client.py TARGET REQUEST_FILE WORKERS PAUSE_SECONDS
"""

import json
import pathlib
import sys
import threading
import time

import grpc

METHOD = "/inference.GRPCInferenceService/ModelInfer"
TIMEOUT_SECONDS = 10
MAX_ERRORS = 100

CONFIG = pathlib.Path(__file__).parents[2] / "deploy" / "service_config.json"

OPTIONS = [
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.service_config_disable_resolution", 1),
    # 30 s by default, which is long for a test.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    # gRPC tries nothing again that is larger than this, 256 KiB by default.
    ("grpc.per_rpc_retry_buffer_size", 1 << 20),
]


class Calls:
    """Those of some threads on one channel."""

    def __init__(self, target: str, request: bytes, pause: float, options: list):
        self._request = request
        self._pause = pause
        self._call = grpc.insecure_channel(target, options=options).unary_unary(METHOD)
        self._lock = threading.Lock()
        self._made = 0
        self._errors: list = []

    def work(self) -> None:
        while True:
            start = time.monotonic()
            error = None
            try:
                self._call(self._request, timeout=TIMEOUT_SECONDS)
            except grpc.RpcError as failed:
                error = {"start": start, "end": time.monotonic(),
                         "what": f"{failed.code().name}: {failed.details()}"}
            with self._lock:
                self._made += 1
                if error:
                    self._errors.append(error)
            time.sleep(self._pause)

    def take(self) -> dict:
        with self._lock:
            made, errors = self._made, self._errors
            self._made, self._errors = 0, []
        return {"calls": made, "failed": len(errors), "errors": errors[:MAX_ERRORS]}


def main() -> None:
    target, file, workers, pause = sys.argv[1:]
    with open(file, "rb") as opened:
        request = opened.read()
    kinds = {
        "plain": Calls(target, request, float(pause), OPTIONS),
        "retry": Calls(target, request, float(pause),
                       OPTIONS + [("grpc.service_config", CONFIG.read_text())]),
    }
    for calls in kinds.values():
        for _ in range(int(workers)):
            threading.Thread(target=calls.work, daemon=True).start()
    for _ in sys.stdin:
        print(json.dumps({kind: calls.take() for kind, calls in kinds.items()}), flush=True)


if __name__ == "__main__":
    main()
