# SPDX-License-Identifier: Apache-2.0
"""Calls the servers at some addresses by turns, as steadily as they answer, until its standard input
ends. No retry policy is set. Prints what became of the calls as JSON.

usage: rollout_client.py grpcio ADDRESS,ADDRESS... METHOD REQUEST_FILE
       rollout_client.py tritonclient ADDRESS,ADDRESS... MODEL WIDTH
"""

import json
import sys
import threading
import time

import grpc

WORKERS = 2
PAUSE_SECONDS = 0.004
TIMEOUT_SECONDS = 10
MAX_ERRORS = 10
OPTIONS = [("grpc.lb_policy_name", "round_robin")]


def grpcio_call(target: str, method: str, file: str):
    with open(file, "rb") as opened:
        request = opened.read()
    call = grpc.insecure_channel(target, options=OPTIONS).unary_unary(method)

    def once() -> None:
        assert call(request, timeout=TIMEOUT_SECONDS)
    return once


def triton_call(target: str, model: str, width: str):
    import numpy  # pylint: disable=import-outside-toplevel
    from tritonclient import grpc as triton  # pylint: disable=import-outside-toplevel

    client = triton.InferenceServerClient(target, channel_args=OPTIONS)
    tensor = triton.InferInput("input", [1, int(width)], "FP32")
    tensor.set_data_from_numpy(numpy.zeros([1, int(width)], numpy.float32))

    def once() -> None:
        answer = client.infer(model, [tensor], client_timeout=TIMEOUT_SECONDS)
        assert answer.get_response().outputs
    return once


class Load:
    def __init__(self, call):
        self._call = call
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._calls = 0
        self._errors: list[str] = []

    def run(self) -> dict:
        threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        self._stop.set()
        for thread in threads:
            thread.join()
        return {"calls": self._calls, "failed": len(self._errors),
                "errors": self._errors[:MAX_ERRORS]}

    def _work(self) -> None:
        while not self._stop.is_set():
            error = self._once()
            with self._lock:
                self._calls += 1
                if error:
                    self._errors.append(error)
            time.sleep(PAUSE_SECONDS)

    def _once(self) -> str:
        try:
            self._call()
        except Exception as error:  # pylint: disable=broad-except
            return str(error) or type(error).__name__
        return ""


def main() -> None:
    client, addresses, *rest = sys.argv[1:]
    calls = {"grpcio": grpcio_call, "tritonclient": triton_call}
    print(json.dumps(Load(calls[client](f"ipv4:{addresses}", *rest)).run()))


if __name__ == "__main__":
    main()
