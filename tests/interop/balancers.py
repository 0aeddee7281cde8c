# SPDX-License-Identifier: Apache-2.0
"""Replicas of the server behind balancers, under load: how evenly requests are spread, and what fails
when replicas are added, replaced and killed.

usage: balancers.py [OPTION...] BUILD_DIR MODELS NAME=PROGRAM...

NAME is envoy, nginx, haproxy or round_robin. All have the same replicas. Each one's clients ask for a
model of their own, so that the replicas' metrics tell them apart.
"""

import argparse
import itertools
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import grpc

import inference_pb2
from balancers_client import METHOD, OPTIONS
from balancers_proxies import KINDS
from name_server import NameServer
from report import Report

HERE = pathlib.Path(__file__).parent
MODELS = ("digits-relu", "digits-tanh", "digits-elu", "digits-sigmoid")
BOUNDED = "digits-sin"  # of which no request may wait for another
BOUNDED_ROWS = 16
PUSHBACK = "grpc-retry-pushback-ms"
BURST = 200
OUTSTANDING = 32
WIDTH = 64
PORT = 21801  # of every replica, as they have an address each
METRICS_PORT = 21802
REPLICAS = 3
START_SECONDS = 30
FIND_SECONDS = 40
EXIT_SECONDS = 40
AGE_SECONDS = 10
ENDPOINTS_SECONDS = 0.5  # how long after SIGTERM others learn that a replica goes
STOPPED_SECONDS = 0.2  # of one that is about to be killed, so that calls are in flight
NOTICED_SECONDS = 0.1  # after the end of a process; a call that begins later was not in flight
EVEN = 0.1
SHARE_TRIES = 4


def await_(what: str, seconds: float, condition) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


class Replica:
    def __init__(self, command: list[str], address: str):
        self.address = address
        self._command = command + ["--listen", f"{address}:{PORT}",
                                   "--http-listen", f"{address}:{METRICS_PORT}"]
        self._process = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        said = []
        for line in self._process.stdout:
            said.append(line)
            if " ready: " in line:
                threading.Thread(target=self._process.stdout.read, daemon=True).start()
                return
        raise AssertionError(f"the server does not start: {''.join(said)}")

    def served(self) -> dict[str, int]:
        """Requests that went well, by model."""
        with urllib.request.urlopen(f"http://{self.address}:{METRICS_PORT}/metrics") as page:
            text = page.read().decode()
        counts = re.findall(r'^hillock_requests_total\{model="([^"]+)".*code="OK"\} (\d+)', text,
                            re.MULTILINE)
        return {model: int(count) for model, count in counts}

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, want: int) -> None:
        code = self._process.wait(EXIT_SECONDS)
        assert code == want, f"the server ended with {code}"

    def kill(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Client:
    """What calls through one balancer."""

    def __init__(self, kind: str, balancer, model: str, folder: pathlib.Path, given):
        self.kind = kind
        self.balancer = balancer
        self.model = model
        self.report = Report(kind)
        self.request = str(request_file(folder, model, given.rows))
        self._command = [sys.executable, "-B", str(HERE / "balancers_client.py"), balancer.target,
                         self.request, str(given.workers), str(given.pause)]
        self._process = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def take(self) -> dict:
        """What became of the calls since the last time, by kind of client."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def kill(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def request_file(folder: pathlib.Path, model: str, rows: int) -> pathlib.Path:
    request = inference_pb2.ModelInferRequest(model_name=model)
    request.inputs.add(name="input", datatype="FP32", shape=[rows, WIDTH])
    request.raw_input_contents.append(bytes(4 * rows * WIDTH))
    path = folder / f"{model}.request"
    path.write_bytes(request.SerializeToString())
    return path


def flood(client: Client, calls: int) -> float:
    """Calls as fast as answers come, beside the steady load. Returns how many a second."""
    request = pathlib.Path(client.request).read_bytes()
    room = threading.Semaphore(OUTSTANDING)
    start = time.monotonic()
    with grpc.insecure_channel(client.balancer.target, options=OPTIONS) as channel:
        call = channel.unary_unary(METHOD)
        made = []
        for _ in range(calls):
            room.acquire()
            made.append(call.future(request, timeout=10))
            made[-1].add_done_callback(lambda _: room.release())
        for one in made:
            one.result()
    return calls / (time.monotonic() - start)


class Shares:
    def __init__(self, counts: list[int], rate: float):
        fair = sum(counts) / len(counts)
        self.off = max(abs(count - fair) for count in counts) / fair
        shares = ", ".join(f"{100 * count / sum(counts):.1f}" for count in counts)
        self._text = (f"{shares} % of {sum(counts)}: {100 * self.off:.1f} % from even at most; "
                      f"{rate:,.0f}/s")

    def verdict(self) -> str:
        assert self.off <= EVEN, self._text
        return self._text


class Trial:
    def __init__(self, given, folder: pathlib.Path):
        self._given = given
        self._dns = NameServer()
        self._replicas: list[Replica] = []
        self._numbers = itertools.count(1)
        repository = folder / "models"
        for model in (*MODELS, BOUNDED):
            shutil.copytree(given.models / model, repository / model)
        (repository / BOUNDED / "options.txtpb").write_text("max_queue_rows: 1\n")
        self._bounded = request_file(folder, BOUNDED, BOUNDED_ROWS).read_bytes()
        self._command = [str(given.build / "hillock-server"), "--repository", str(repository),
                         "--reactors", "1", "--drain-wait", str(given.drain_wait),
                         "--max-connection-age", str(AGE_SECONDS)]
        self._clients = []
        for balancer, model in zip(given.balancers, MODELS):
            name, _, program = balancer.partition("=")
            (folder / name).mkdir()
            self._clients.append(Client(
                name, KINDS[name](program, folder / name, self._dns.port, PORT), model,
                folder, given))

    def run(self) -> bool:
        try:
            for _ in range(REPLICAS):
                self._add()
            for client in self._clients:
                client.balancer.start()
                client.start()
            self._await_all_found(self._replicas)
            self._shares(f"shares of {REPLICAS} replicas")
            self._each(f"{BURST} calls of which none may wait", self._overload)
            self._scale_out()
            self._roll()
            self._strike()
        finally:
            for client in self._clients:
                client.kill()
                client.balancer.stop()
            for replica in self._replicas:
                replica.kill()
        return any(client.report.failed for client in self._clients)

    def _add(self) -> Replica:
        """A replica at an address that none had before, as in Kubernetes."""
        replica = Replica(self._command, f"127.77.0.{next(self._numbers)}")
        replica.start()
        self._replicas.append(replica)
        self._announce()
        return replica

    def _announce(self) -> None:
        addresses = [replica.address for replica in self._replicas]
        self._dns.addresses = addresses
        for client in self._clients:
            client.balancer.set_replicas(addresses)

    def _await_all_found(self, replicas: list[Replica], but: tuple[str, ...] = ()) -> None:
        models = {client.model for client in self._clients if client.kind not in but}
        for replica in replicas:
            await_(f"calls through each balancer at {replica.address}", FIND_SECONDS,
                   lambda replica=replica: models <= {
                       model for model, count in replica.served().items() if count})

    def _take(self) -> dict[str, dict]:
        return {client.kind: client.take() for client in self._clients}

    def _each(self, call: str, verdict) -> None:
        for client in self._clients:
            client.report.check(call, verdict, client)

    def _shares(self, call: str) -> None:
        """A server that a busy machine gives less time rightly gets less, so there are some tries."""
        for _ in range(SHARE_TRIES):
            measured = [self._measure_shares(client) for client in self._clients]
            if all(shares.off <= EVEN for shares in measured):
                break
        verdicts = iter(measured)
        self._each(call, lambda _: next(verdicts).verdict())

    def _measure_shares(self, client: Client) -> "Shares":
        before = [replica.served().get(client.model, 0) for replica in self._replicas]
        rate = flood(client, self._given.calls)
        after = [replica.served()[client.model] for replica in self._replicas]
        return Shares([new - old for new, old in zip(after, before)], rate)

    def _overload(self, client: Client) -> str:
        with grpc.insecure_channel(client.balancer.target, options=OPTIONS) as channel:
            call = channel.unary_unary(METHOD)
            calls = [call.future(self._bounded, timeout=10) for _ in range(BURST)]
            refused = [made for made in calls if made.code() != grpc.StatusCode.OK]
            advised = [made for made in refused
                       if made.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and
                       PUSHBACK in dict(made.trailing_metadata())]
        assert refused, "all of them were served"
        assert len(advised) == len(refused), \
            f"{len(refused) - len(advised)} of {len(refused)} refused without {PUSHBACK}"
        return f"{len(refused)} refused, each with {PUSHBACK}"

    def _scale_out(self) -> None:
        self._take()
        added = self._add()
        start = time.monotonic()
        found = {}
        waiting = {client.model: client.kind for client in self._clients}

        def all_found() -> bool:
            for model in [model for model, count in added.served().items() if count]:
                if model in waiting:
                    found[waiting.pop(model)] = time.monotonic() - start
            return not waiting

        await_("calls at the added replica", FIND_SECONDS, all_found)
        time.sleep(1)
        self._shares(f"shares with one more, age {AGE_SECONDS} s")
        made = self._take()
        self._each("found the added replica", lambda client:
                   f"after {found[client.kind]:.1f} s; {none_failed(made[client.kind])}")

    def _roll(self) -> None:
        self._take()
        go = self._start_go()
        start = time.monotonic()
        for _ in range(self._given.restarts):
            added = self._add()
            # The clients' own resolver asks again when a connection has ended.
            self._await_all_found([added], but=("round_robin",))
            old = self._replicas[0]
            old.signal(signal.SIGTERM)
            time.sleep(ENDPOINTS_SECONDS)
            self._replicas.remove(old)
            self._announce()
            old.wait(0)
        seconds = time.monotonic() - start
        made = self._take()
        self._each(f"{self._given.restarts} replicas replaced in {seconds:.0f} s",
                   lambda client: none_failed(made[client.kind]))
        for client, process in go.items():
            said, _ = process.communicate(timeout=EXIT_SECONDS)
            client.report.check("grpc-go, meanwhile", go_verdict, json.loads(said))

    # gRPC's round robin in Go has a test of its own, rollout.sh.
    def _start_go(self) -> dict[Client, subprocess.Popen]:
        clients = [client for client in self._clients if client.kind != "round_robin"]
        return {client: subprocess.Popen(
            [self._given.grpc_go, client.balancer.target.removeprefix("ipv4:"), METHOD,
             client.request], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                for client in clients if self._given.grpc_go}

    def _strike(self) -> None:
        self._await_all_found(self._replicas)
        self._take()
        strikes = []
        for _ in range(self._given.kills):
            killed = self._replicas[0]
            killed.signal(signal.SIGSTOP)
            stopped = time.monotonic()
            time.sleep(STOPPED_SECONDS)
            killed.signal(signal.SIGKILL)
            killed.wait(-signal.SIGKILL)
            strikes.append((stopped, time.monotonic()))
            time.sleep(1)
            killed.start()
            self._replicas.append(self._replicas.pop(0))
            self._await_all_found([killed])
        made = self._take()
        self._each(f"{self._given.kills} killed, without a retry policy",
                   lambda client: only_in_flight(made[client.kind]["plain"], strikes,
                                                 self._given.workers))
        self._each(f"{self._given.kills} killed, with the retry policy",
                   lambda client: none_failed({"retry": made[client.kind]["retry"]}))


def none_failed(kinds: dict) -> str:
    calls = sum(made["calls"] for made in kinds.values())
    errors = [error["what"] for made in kinds.values() for error in made["errors"]]
    assert not errors, f"{len(errors)} of {calls} calls failed: {errors[:3]}"
    assert calls, "no call was made"
    return f"0 of {calls} calls failed"


def go_verdict(made: dict) -> str:
    assert made["failed"] == 0, f"{made['failed']} of {made['calls']} failed: {made['errors'][:3]}"
    return f"0 of {made['calls']} calls failed"


def only_in_flight(made: dict, strikes: list[tuple[float, float]], workers: int) -> str:
    """Each caller has one call in flight, and may make another before the end is noticed."""
    errors = made["errors"]
    for stopped, dead in strikes:
        hit = [error for error in errors
               if error["start"] <= dead + NOTICED_SECONDS and error["end"] >= stopped]
        assert len(hit) <= 2 * workers, f"{len(hit)} failed of {workers} callers: {hit[:3]}"
        errors = [error for error in errors if error not in hit]
    assert not errors, f"{len(errors)} failed that were not in flight: {errors[:3]} {strikes}"
    return f"{made['failed']} of {made['calls']} calls failed, all of them in flight"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--calls", type=int, default=4000, help="that shares are counted over")
    parser.add_argument("--rows", type=int, default=16, help="of a request")
    parser.add_argument("--workers", type=int, default=3, help="of each kind of client")
    parser.add_argument("--pause", type=float, default=0.01, help="seconds between calls")
    parser.add_argument("--drain-wait", type=float, default=3, help="of the replicas, seconds")
    parser.add_argument("--grpc-go", help="the program of go/rollout.go, to call as well")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("balancers", nargs="+", metavar="NAME=PROGRAM")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        failed = Trial(given, pathlib.Path(folder)).run()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
