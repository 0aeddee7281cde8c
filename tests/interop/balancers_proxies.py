# SPDX-License-Identifier: Apache-2.0
"""Proxies with the configurations of deploy/, changed in nothing but addresses."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
START_SECONDS = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as any_port:
        return any_port.getsockname()[1]


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert text.count(old) == 1, f"{text.count(old)} times in the configuration: {old}"
        text = text.replace(old, new)
    return text


class Proxy:
    def __init__(self, program: str, folder: pathlib.Path):
        self.port = free_port()
        self.target = f"ipv4:127.0.0.1:{self.port}"
        self._program = program
        self._folder = folder
        self._process = None
        self._log = folder / f"{type(self).__name__}.log"

    def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert self._process.poll() is None and time.monotonic() < deadline, \
                f"{self._program} does not start: {self._log.read_text()[-500:]}"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self._folder / name
        path.write_text(text)
        return path

    def command(self) -> list[str]:
        raise NotImplementedError

    def set_replicas(self, addresses: list[str]) -> None:
        """For those that do not ask a name server."""


class Envoy(Proxy):
    RESOLVER = """
    typed_dns_resolver_config:
      name: envoy.network.dns_resolver.cares
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig
        resolvers: [{{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}]
    load_assignment:"""

    def __init__(self, program: str, folder: pathlib.Path, dns_port: int, replica_port: int):
        super().__init__(program, folder)
        self._config = self.write("envoy.yaml", replaced(
            (DEPLOY / "envoy" / "envoy.yaml").read_text(), {
                "address: 0.0.0.0, port_value: 8001":
                    f"address: 127.0.0.1, port_value: {self.port}",
                "address: hillock-headless, port_value: 8001":
                    f"address: hillock.test, port_value: {replica_port}",
                "\n    load_assignment:": self.RESOLVER.format(port=dns_port),
            }))

    def command(self) -> list[str]:
        return [self._program, "--log-level", "error", "--concurrency", "1",
                "--disable-hot-restart", "--config-path", str(self._config)]


class Haproxy(Proxy):
    def __init__(self, program: str, folder: pathlib.Path, dns_port: int, replica_port: int):
        super().__init__(program, folder)
        self._config = self.write("haproxy.cfg", replaced(
            (DEPLOY / "haproxy" / "haproxy.cfg").read_text(), {
                "  maxconn 8000\n": "  maxconn 8000\n  nbthread 1\n",
                "0.0.0.0:8001": f"127.0.0.1:{self.port}",
                "10.96.0.10:53": f"127.0.0.1:{dns_port}",
                "hillock-headless.default.svc.cluster.local:8001": f"hillock.test:{replica_port}",
            }))

    def command(self) -> list[str]:
        return [self._program, "-db", "-f", str(self._config)]


class Nginx(Proxy):
    """Has a list of replicas and takes over a new one by a reload."""

    def __init__(self, program: str, folder: pathlib.Path, _dns_port: int, replica_port: int):
        super().__init__(program, folder)
        self._replica_port = replica_port
        self._prefix = folder / "nginx"
        (self._prefix / "body").mkdir(parents=True)

    def set_replicas(self, addresses: list[str]) -> None:
        servers = "\n".join(f"server {address}:{self._replica_port} max_fails=1 fail_timeout=2s;"
                            for address in addresses)
        old = "\n".join(f"    server hillock-{i}:8001 max_fails=1 fail_timeout=2s;"
                        for i in range(3))
        paths = "".join(f"{kind}_temp_path body;\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.write("nginx/nginx.conf", replaced(
            (DEPLOY / "nginx" / "nginx.conf").read_text(), {
                "worker_processes auto;": "worker_processes 1;\npid nginx.pid;\n",
                "access_log off;": f"access_log off;\n{paths}",
                "0.0.0.0:8001": f"127.0.0.1:{self.port}",
                old: servers,
            }))
        if self._process:
            self._process.send_signal(signal.SIGHUP)

    def command(self) -> list[str]:
        user = "user root;" if os.geteuid() == 0 else ""
        return [self._program, "-p", str(self._prefix), "-c", "nginx.conf", "-e", "stderr",
                "-g", f"daemon off; {user}"]


class RoundRobin:
    """gRPC's own, of the client."""

    def __init__(self, _program: str, _folder: pathlib.Path, dns_port: int, replica_port: int):
        self.target = f"dns://127.0.0.1:{dns_port}/hillock.test:{replica_port}"

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def set_replicas(self, addresses: list[str]) -> None:
        pass


KINDS = {"envoy": Envoy, "nginx": Nginx, "haproxy": Haproxy, "round_robin": RoundRobin}
