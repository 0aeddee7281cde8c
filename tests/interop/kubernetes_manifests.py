# SPDX-License-Identifier: Apache-2.0
"""Checks deploy/kubernetes, deploy/kserve and deploy/compose.yaml against the published schemas, against
the types of the projects that read them, and against the real server. Broken copies have to fail.

usage: kubernetes_manifests.py BUILD_DIR ROOT KUSTOMIZE MANIFESTS KSERVE_PYTHON
MANIFESTS is the program of manifests/; KSERVE_PYTHON has KServe's package.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request

import kubernetes_validate
import yaml

from report import Report

HERE = pathlib.Path(__file__).parent
FAMILIES = HERE.parents[1] / "server" / "metrics" / "families.h"
READY = re.compile(r"\bready: 1 models, 0 unavailable, grpc \S+, http ([^,]+),")
# Of other projects, whose types check them.
FOREIGN = {"ScaledObject", "ServiceMonitor", "ClusterServingRuntime", "InferenceService"}
START_SECONDS = 30
GRACE_SECONDS = 5  # at least, beside what the server waits at SIGTERM

# Where, what is there, what is put in its place, and what the check has to say of it.
BROKEN = [
    ("kubernetes/base/deployment.yaml", "--drain-wait=5", "--drain-wate=5", "drain-wate"),
    ("kubernetes/base/deployment.yaml", "--listen=0.0.0.0:8001", "--grpc-port=8001", "grpc-port"),
    ("kubernetes/base/deployment.yaml", "--drain-seconds=10", "--drain-seconds=ten", "ten"),
    ("kubernetes/base/deployment.yaml", "readinessProbe:", "readinesProbe:", "readinesProbe"),
    ("kubernetes/base/deployment.yaml", "failureThreshold: 120", "failureThreshold: often",
     "often"),
    ("kubernetes/base/deployment.yaml", "terminationGracePeriodSeconds: 30",
     "terminationGracePeriodSeconds: 15", "terminationGracePeriodSeconds"),
    ("kubernetes/base/deployment.yaml", "readOnlyRootFilesystem: true",
     "readOnlyRootFilesystem: false", "readOnlyRootFilesystem"),
    ("kubernetes/base/disruption-budget.yaml", "app.kubernetes.io/name: hillock", "app: hillock",
     "selects"),
    ("kubernetes/base/kustomization.yaml", "newTag: 0.", "newTag: 99.", "99."),
    ("kubernetes/components/hpa/autoscaler.yaml", "averageUtilization: 60",
     "averageUtilization: high", "high"),
    ("kubernetes/components/keda/scaled-object.yaml", "maxReplicaCount:", "maxReplicas:",
     "maxReplicas"),
    ("kubernetes/components/keda/scaled-object.yaml", "hillock_request_seconds", "hillock_wait_seconds",
     "hillock_wait_seconds"),
    ("kubernetes/components/monitoring/service-monitor.yaml", "interval: 15s", "every: 15s",
     "every"),
    ("kubernetes/components/monitoring/service-monitor.yaml", "port: metrics", "port: numbers",
     "numbers"),
    ("kubernetes/components/network-policy/network-policy.yaml", "port: 8002", "number: 8002",
     "number"),
    ("kserve/runtime.yaml", "autoSelect: true", "autoselect: true", "autoselect"),
    ("kserve/runtime.yaml", "--repository=/mnt/models", "--model_name={{.Name}}", "model_name"),
    ("kserve/runtime.yaml", "name: h2c", "name: grpc", "h2c"),
    ("kserve/inference-service.yaml", "storageUri:", "storageURI:", "storageURI"),
    ("compose.yaml", "stop_grace_period:", "grace_period:", "grace_period"),
]


class Server:
    """The real one, started with the arguments of a container."""

    def __init__(self, build: pathlib.Path, repository: pathlib.Path, tokens: pathlib.Path):
        self._program = str(build / "hillock-server")
        self._ours = {"--repository": str(repository), "--listen": "127.0.0.1:0",
                      "--http-listen": "127.0.0.1:0", "--control-listen": "127.0.0.1:0",
                      "--auth-tokens": str(tokens)}
        self._metrics: dict[tuple[str, ...], set[str]] = {}

    def metrics(self, arguments: list[str]) -> set[str]:
        """The families of its metrics page. Fails if it does not start."""
        given = []
        for argument in arguments:
            option, equals, _ = argument.partition("=")
            given.append(f"{option}={self._ours[option]}" if equals and option in self._ours
                         else argument.replace("{{.Name}}", "iris"))
        key = tuple(given)
        if key not in self._metrics:
            self._metrics[key] = self._start(given)
        return self._metrics[key]

    def _start(self, arguments: list[str]) -> set[str]:
        with subprocess.Popen([self._program, "--repository", self._ours["--repository"],
                               *[word for word in arguments if not word.startswith("--repository=")]],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as process:
            said = []
            limit = threading.Timer(START_SECONDS, process.kill)
            limit.start()
            try:
                for line in process.stdout:
                    said.append(line)
                    if ready := READY.search(line.replace('"', "")):
                        return families(ready[1])
            finally:
                limit.cancel()
                process.kill()
        raise AssertionError(f"hillock-server does not start: {''.join(said[:3]).strip()}")


def families(address: str) -> set[str]:
    with urllib.request.urlopen(f"http://{address}/metrics") as page:
        return set(re.findall(r"^# TYPE (\S+)", page.read().decode(), re.MULTILINE))


class Check:
    def __init__(self, server: Server, deploy: pathlib.Path, version: str, programs: list[str]):
        self._server = server
        self._deploy = deploy
        self._version = version
        self._kustomize, self._manifests, self._kserve = programs

    def names(self) -> list[str]:
        """Of everything that can be built or read."""
        folders = [*sorted((self._deploy / "kubernetes" / "components").iterdir()),
                   *sorted((self._deploy / "kubernetes" / "overlays").iterdir())]
        return ["kubernetes/base", *(str(path.relative_to(self._deploy)) for path in folders),
                "kserve", "compose.yaml"]

    def _build(self, name: str) -> str:
        folder = self._deploy / name
        if folder.parent.name != "components":
            return run([self._kustomize, "build", str(folder)])
        with tempfile.TemporaryDirectory() as overlay:  # of this component alone
            base = self._deploy / "kubernetes" / "base"
            (pathlib.Path(overlay) / "kustomization.yaml").write_text(yaml.safe_dump({
                "resources": [os.path.relpath(base.resolve(), overlay)],
                "components": [os.path.relpath(folder.resolve(), overlay)]}))
            return run([self._kustomize, "build", overlay])

    def run(self, name: str) -> str:
        if name == "compose.yaml":
            return self._compose(self._deploy / name)
        objects = list(yaml.safe_load_all(self._build(name)))
        if name == "kserve":  # one of the two is enough for a cluster
            objects += yaml.safe_load_all(
                (self._deploy / name / "inference-service-keda.yaml").read_text())
        for thing in objects:
            if thing["kind"] not in FOREIGN:
                kubernetes_validate.validate(thing, kubernetes_validate.latest_version(),
                                             strict=True)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump_all(objects, file)
            file.flush()
            run([self._manifests, file.name])
            if name == "kserve":
                run([self._kserve, "-B", str(HERE / "kserve_types.py"), file.name])
        check_links(objects)
        known = set().union(*(self._pod(spec) for spec in pods(objects)))
        if known:
            check_metrics(objects, known)
        return ", ".join(sorted(thing["kind"] for thing in objects))

    def _pod(self, spec: dict) -> set[str]:
        container = spec["containers"][0]
        check_security(spec, container)
        assert container["image"] == f"hillock:{self._version}", \
            f"image {container['image']}, want hillock:{self._version}"
        check_grace(spec, container["args"])
        return self._server.metrics(container["args"])

    def _compose(self, file: pathlib.Path) -> str:
        said = run([self._manifests, "compose", str(file)]).strip()
        services = yaml.safe_load(file.read_text())["services"]
        assert f"0-{services['server']['image']}".endswith(f":-{self._version}}}"), \
            f"image {services['server']['image']}, want version {self._version}"
        self._server.metrics(services["server"]["command"])
        return said


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stderr.strip() or done.stdout.strip())[-500:]
    return done.stdout


def pods(objects: list[dict]) -> list[dict]:
    specs = [thing["spec"]["template"]["spec"] for thing in objects
             if thing["kind"] == "Deployment"]
    return specs + [thing["spec"] for thing in objects if thing["kind"] == "ClusterServingRuntime"]


def check_security(spec: dict, container: dict) -> None:
    """What Kubernetes' `restricted` profile wants, and a root that nothing can write."""
    of_pod, own = spec.get("securityContext", {}), container["securityContext"]
    want = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"},
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}}
    for field, value in want.items():
        got = own.get(field, of_pod.get(field))
        assert got == value, f"securityContext.{field} is {got}, want {value}"


def check_grace(spec: dict, arguments: list[str]) -> None:
    if "terminationGracePeriodSeconds" not in spec:
        return  # KServe's are those of the InferenceService
    waits = sum(float(argument.partition("=")[2]) for argument in arguments
                if re.match(r"--drain-(wait|seconds)=[\d.]+$", argument))
    grace = spec["terminationGracePeriodSeconds"]
    assert grace >= waits + GRACE_SECONDS, \
        f"terminationGracePeriodSeconds is {grace}; the server may take {waits:.0f}"


def check_links(objects: list[dict]) -> None:
    """Selectors that select nothing, and names of nothing, are valid in every schema."""
    by_kind: dict[str, list[dict]] = {}
    for thing in objects:
        by_kind.setdefault(thing["kind"], []).append(thing)
    if "Deployment" not in by_kind:
        return
    deployment = by_kind["Deployment"][0]
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    for service in by_kind["Service"]:
        assert service["spec"]["selector"].items() <= labels, "a Service selects no pods"
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, "no such port"
    selectors = [(kind, thing["spec"][field]) for kind, field in
                 (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector"))
                 for thing in by_kind.get(kind, [])]
    for kind, selector in selectors:
        assert selector["matchLabels"].items() <= labels, f"the {kind} selects no pods"
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for thing in by_kind.get(kind, []):
            name = thing["spec"]["scaleTargetRef"]["name"]
            assert name == deployment["metadata"]["name"], f"{kind} scales {name}"
            assert "replicas" not in deployment["spec"], f"replicas are the {kind}'s"
    for monitor in by_kind.get("ServiceMonitor", []):
        check_monitor(monitor, by_kind["Service"])


def check_monitor(monitor: dict, services: list[dict]) -> None:
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    for endpoint in monitor["spec"]["endpoints"]:
        found = [service["metadata"]["name"] for service in services
                 if wanted <= service["metadata"]["labels"].items() and
                 endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}]
        assert len(found) == 1, f"port {endpoint['port']} is of {found}, want one Service"


def check_metrics(objects: list[dict], known: set[str]) -> None:
    """A family that nothing was counted in yet is not on the page, but it has its row in the table."""
    known |= set(re.findall(r'"(hillock_\w+)"', FAMILIES.read_text()))
    text = yaml.safe_dump_all(thing for thing in objects
                              if thing["kind"] in ("ScaledObject", "InferenceService"))
    named = {re.sub("_(sum|count|bucket)$", "", name)
             for name in re.findall(r"\bhillock_\w+", text)}
    assert named <= known, f"the server has no metrics {sorted(named - known)}"


def refused(check: Check, name: str, says: str) -> str:
    try:
        check.run(name)
    except Exception as error:  # pylint: disable=broad-except
        text = " ".join(str(error).split())
        assert says in text, f"refused, but not for {says}: {text}"
        at = text.index(says)
        return f"refused: ...{text[max(0, at - 40):at + 60]}..."
    raise AssertionError("accepted")


def check_broken(report: Report, deploy: pathlib.Path, make_check) -> None:
    for file, old, new, says in BROKEN:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "deploy"
            shutil.copytree(deploy, copy)
            text = (copy / file).read_text()
            assert old in text, f"{file} has no {old}"
            (copy / file).write_text(text.replace(old, new, 1))
            name = file if file == "compose.yaml" else str(pathlib.Path(file).parent)
            report.check(new, refused, make_check(copy), name, says)


def main() -> None:
    build, root, *programs = sys.argv[1:]
    deploy = pathlib.Path(root) / "deploy"
    models = pathlib.Path(root) / "models"
    version = re.search(r"^project\(hillock VERSION ([\d.]+)",
                        (pathlib.Path(root) / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
    with tempfile.TemporaryDirectory() as folder:
        repository = pathlib.Path(folder) / "models"
        tokens = pathlib.Path(folder) / "tokens"
        tokens.write_text("web token-of-a-test-0123\n")
        (repository / "iris" / "1").mkdir(parents=True)
        shutil.copy(deploy / "kubernetes/components/configmap/iris.mlp",
                    repository / "iris/1/model.mlp")
        server = Server(pathlib.Path(build), repository, tokens)
        good = Check(server, deploy, version, programs)
        report = Report("manifests")
        for name in good.names():
            report.check(name, good.run, name)
        report.check("the ConfigMap's model is models/iris", same_bytes,
                     repository / "iris/1/model.mlp", models / "iris/1/model.mlp")
        broken = Report("broken")
        check_broken(broken, deploy, lambda copy: Check(server, copy, version, programs))
    sys.exit(1 if report.failed or broken.failed else 0)


def same_bytes(one: pathlib.Path, other: pathlib.Path) -> str:
    assert one.read_bytes() == other.read_bytes(), f"{one} and {other} differ"
    return f"{one.stat().st_size} bytes"


if __name__ == "__main__":
    main()
