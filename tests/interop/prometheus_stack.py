# SPDX-License-Identifier: Apache-2.0
"""The processes of prometheus.py: a server, its load, Prometheus, and what Alertmanager tells."""

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

START_SECONDS = 30
LOW_PRIORITY = 10


def await_(what, seconds, condition):
    """What the condition gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.1)
    return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as any_port:
        return any_port.getsockname()[1]


def get_json(url, **parameters):
    """No proxy is asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error}: {error.read().decode()}") from None


class Children:
    """Processes that end with this one."""

    def __init__(self):
        self._running = []

    def start(self, command, log=subprocess.DEVNULL, nice=0):
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                   preexec_fn=lambda: os.nice(nice),
                                   env={**os.environ, "GOMAXPROCS": "1"})
        self._running.append(process)
        return process

    def end(self, process, by=signal.SIGTERM):
        process.send_signal(by)
        process.wait(timeout=START_SECONDS)
        self._running.remove(process)

    def end_all(self):
        for process in self._running:
            process.kill()
            process.wait()


class Server:
    """The server on a repository of its own."""

    def __init__(self, build, children, scratch):
        self.address = f"127.0.0.1:{free_port()}"
        self.metrics = f"127.0.0.1:{free_port()}"
        self._log = scratch / "server.log"
        self._children = children
        self._process = None
        self._command = [
            str(build / "hillock-server"), "--repository", str(scratch / "models"), "--listen",
            self.address, "--http-listen", self.metrics, "--profile-every", "4", "--reactors",
            "2", "--busy-poll-seconds", "0"]

    def start(self):
        with open(self._log, "wb") as log:
            self._process = self._children.start(self._command, log)
        await_(f"the server ({self._log.read_text()})", START_SECONDS,
               lambda: " ready: " in self._log.read_text())

    def kill(self):
        self._children.end(self._process, signal.SIGKILL)


class Load:
    """`hillock load` on several models at once."""

    def __init__(self, build, children, address):
        self._command = [str(build / "hillock"), "load", "--server", address, "--warm-up", "0",
                         "--duration", "600"]
        self._children = children
        self._running = {}

    def start(self, model, *options):
        self._running[model] = self._children.start([*self._command, model, *options],
                                                    nice=LOW_PRIORITY)

    def stop(self, model):
        self._children.end(self._running.pop(model), signal.SIGKILL)

    def stop_all(self):
        for model in list(self._running):
            self.stop(model)


class Receiver:
    """Takes what Alertmanager sends; `seen` has (name, status, model) of alerts."""

    def __init__(self):
        self.seen = set()
        self.messages = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                receiver.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, message):
        for alert in message["alerts"]:
            labels = alert["labels"]
            self.seen.add((labels["alertname"], alert["status"], labels.get("model", "")))
            self.messages.append(alert)


class Prometheus:
    def __init__(self, address):
        self._url = f"http://{address}/api/v1/"

    def get(self, path, **parameters):
        answer = get_json(self._url + path, **parameters)
        assert answer["status"] == "success", answer
        return answer["data"]

    def is_up(self):
        with contextlib.suppress(OSError, AssertionError):
            return self.get("status/runtimeinfo")

    def now(self, expression):
        """Value by labels."""
        return [(sample["metric"], float(sample["value"][1]))
                for sample in self.get("query", query=expression)["result"]]

    def one(self, expression):
        samples = self.now(expression)
        assert len(samples) == 1, f"{expression}: {len(samples)} series, want 1"
        return samples[0][1]

    def exemplars(self, metric):
        now = time.time()
        return self.get("query_exemplars", query=metric, start=now - 600, end=now)

    def rules(self, kind):
        groups = self.get("rules")["groups"]
        return [rule for group in groups for rule in group["rules"] if rule["type"] == kind]

    def firing(self):
        return {(labels["alertname"], labels.get("model", ""))
                for labels, _ in self.now('ALERTS{alertstate="firing"}')}
