# SPDX-License-Identifier: Apache-2.0
"""Runs Prometheus and Alertmanager with the files of deploy/prometheus against a server under load.

usage: prometheus.py BUILD_DIR ROOT SCRATCH [ALERTMANAGER...]

ALERTMANAGER is the command that starts it; without one only promtool is run.

The files are used as they are, but for addresses and durations: what takes minutes there takes
seconds here. Of the server's models one is damaged, one has a tiny queue, and one later gets inputs
of another unit; in the end the server is killed. Every recording rule and every query of the
dashboard must have data, and the alerts that this provokes must reach Alertmanager's receiver.
"""

import csv
import json
import math
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from prometheus_stack import (START_SECONDS, Children, Load, Prometheus, Receiver, Server, await_,
                              free_port, get_json)
from report import Report

# What durations of the files become.
SCRAPE = "1s"
FOR = "2s"
WINDOWS = {"5m": "8s", "10m": "2s", "30m": "40s", "1h": "10s", "1d": "20s"}
DURATIONS = [(r"(?<=\[)\w+(?=\])", WINDOWS), (r"(?<= offset )\w+", WINDOWS)]
RATE_INTERVAL = WINDOWS["5m"]  # as Grafana's $__rate_interval

HEALTHY = ["digits-gelu_erf", "digits-ncu", "digits-prelu", "digits-relu", "digits-tanh"]
BACKENDS = {"digits-tanh": "onednn", "digits-gelu_erf": "fallback"}  # whatever is faster here
SHIFTED = "digits-sigmoid"  # gets inputs SHIFT times too large
SHIFT = 1000
CROWDED = "digits-heads"  # has a queue of CROWDED_ROWS
CROWDED_ROWS = 16
DAMAGED = "broken"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
RATE = 100  # requests a second to each model
ROWS = 4  # of a request
HIDDEN = 32  # units of the first layer of these models

DATA_SECONDS = 45
ALERT_SECONDS = 45


def shorten(text):
    for pattern, durations in DURATIONS:
        text = re.sub(pattern, lambda found, by=durations: by[found[0]], text)
    return re.sub(r"(?<= for: )\w+", FOR, text)


def replace(text, changes):
    for old, new in changes.items():
        assert old in text, f"{old!r} is in the file no more"
        text = text.replace(old, new)
    return text


def write_configuration(source, scratch, metrics, alertmanager, receiver):
    for name in ("recording.yml", "alerts.yml"):
        (scratch / name).write_text(shorten((source / name).read_text()))
    (scratch / "prometheus.yml").write_text(replace(
        (source / "prometheus.yml").read_text(),
        {"15s": SCRAPE, "localhost:8002": metrics, "localhost:9093": alertmanager}))
    (scratch / "alertmanager.yml").write_text(replace(
        (source / "alertmanager.yml").read_text(),
        {"group_wait: 30s": "group_wait: 1s", "group_interval: 5m": "group_interval: 1s",
         "localhost:9094": receiver}))


def write_models(models, scratch):
    repository = scratch / "models"
    for name in [*HEALTHY, SHIFTED, CROWDED, "iris"]:
        shutil.copytree(models / name, repository / name)
    (repository / CROWDED / "options.txtpb").write_text(f"max_queue_rows: {CROWDED_ROWS}\n")
    for name, backend in BACKENDS.items():
        (repository / name / "options.txtpb").write_text(f'backend: "{backend}"\n')
    (repository / DAMAGED / "1").mkdir(parents=True)
    (repository / DAMAGED / "1" / "model.mlp").write_text("no model")


def write_rows(models, path, factor):
    with open(models / SHIFTED / "held_out.csv", encoding="utf-8") as file:
        rows = [[float(value) * factor for value in row[:-1]] for row in list(csv.reader(file))[1:]]
    with open(path, "w", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


class Run:
    """What the checks below look at."""

    def __init__(self, build, root, scratch, alertmanager):
        self.root = root
        self.source = root / "deploy/prometheus"
        self.scratch = scratch
        self.children = Children()
        self.server = Server(build, self.children, scratch)
        self.load = Load(build, self.children, self.server.address)
        self.receiver = Receiver()
        self.alertmanager = f"127.0.0.1:{free_port()}"
        self._alertmanager_command = alertmanager
        self._port = free_port()
        self.prometheus = Prometheus(f"127.0.0.1:{self._port}")
        write_models(root / "models", scratch)
        for name, factor in (("rows.csv", 1), ("shifted.csv", SHIFT)):
            write_rows(root / "models", scratch / name, factor)
        write_configuration(self.source, scratch, self.server.metrics, self.alertmanager,
                            self.receiver.address)

    def start(self):
        self.server.start()
        for model in [*HEALTHY, SHIFTED]:
            self.offer(model, "rows.csv")
        self.load.start("iris", "--rate", str(RATE), "--connections", "1", "--metadata",
                        f"traceparent=00-{TRACE_ID}-b7ad6b7169203331-01")
        self.load_crowded("--rows", "1", "--rate", "20")
        with open(self.scratch / "alertmanager.log", "wb") as log:
            self.children.start([*self._alertmanager_command,
                                 f"--config.file={self.scratch}/alertmanager.yml",
                                 f"--storage.path={self.scratch}/alertmanager",
                                 f"--web.listen-address={self.alertmanager}",
                                 "--cluster.listen-address="], log)
        with open(self.scratch / "prometheus.log", "wb") as log:
            self.children.start(["prometheus", f"--config.file={self.scratch}/prometheus.yml",
                                 f"--storage.tsdb.path={self.scratch}/prometheus",
                                 "--enable-feature=exemplar-storage",
                                 f"--web.listen-address=127.0.0.1:{self._port}"], log)
        await_("Prometheus", START_SECONDS, self.prometheus.is_up)

    def offer(self, model, rows):
        self.load.start(model, "--input", str(self.scratch / rows), "--rows", str(ROWS), "--rate",
                        str(RATE), "--connections", "2")

    def crowd(self):
        """Far more rows at a time than the queue of CROWDED takes."""
        self.load.stop(CROWDED)
        self.load_crowded("--rows", str(CROWDED_ROWS // 2), "--rate", "2000", "--arrivals",
                          "poisson")

    def load_crowded(self, *options):
        self.load.start(CROWDED, "--input", str(self.scratch / "rows.csv"), "--connections", "1",
                        *options)

    def shift(self):
        self.load.stop(SHIFTED)
        self.offer(SHIFTED, "shifted.csv")

    def await_notification(self, alert, status="firing", model=""):
        await_(f"{alert} of {model or 'any model'} as {status}; seen: {sorted(self.receiver.seen)}",
               ALERT_SECONDS, lambda: (alert, status, model) in self.receiver.seen)


def run_promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def check_files(run):
    said = run_promtool("check", "config", str(run.source / "prometheus.yml"))
    run_promtool("check", "config", str(run.scratch / "prometheus.yml"))
    return " and ".join(re.findall(r"(\d+ rules) found", said))


def check_rule_tests(run):
    files = sorted((run.source / "tests").glob("*.yml"))
    run_promtool("test", "rules", *map(str, files))
    return f"{len(files)} files pass"


def check_that_alerts_are_tested(run):
    """Each alert has a file that shows it firing and not firing."""
    alerts = run.prometheus.rules("alerting")
    for alert in alerts:
        text = (run.source / "tests" / f"{alert['name']}.yml").read_text()
        for expectation in ("exp_samples: []", f'ALERTS{{alertname="{alert["name"]}"'):
            assert expectation in text, f"{alert['name']}: no test with {expectation}"
        assert set(alert["annotations"]) == {"summary", "description"}, alert["name"]
    return f"{len(alerts)} alerts, each with a summary, a description and both cases"


def check_that_recording_tests_are_complete(run):
    text = (run.source / "tests/recording.yml").read_text()
    rules = run.prometheus.rules("recording")
    for rule in rules:
        assert rule["name"] in text, f"{rule['name']}: no test"
    return f"{len(rules)} rules have one"


def has_data(samples):
    return any(math.isfinite(value) for _, value in samples)


def check_recording_rules(run):
    rules = run.prometheus.rules("recording")
    series = 0
    for rule in rules:
        await_(f"data of {rule['name']}", DATA_SECONDS,
               lambda name=rule["name"]: has_data(run.prometheus.now(name)))
        series += len(run.prometheus.now(rule["name"]))
    return f"{len(rules)} rules, {series} series"


def check_figures(run):
    """Against what `hillock load` was told to send."""
    want = RATE * ROWS
    for metric, scale in (("rows", 1), ("requests", ROWS)):
        expression = f'{scale} * job_model:hillock_{metric}:rate5m{{model="{HEALTHY[0]}"}}'
        await_(f"{expression} near {want}", DATA_SECONDS,
               lambda e=expression: [rate for _, rate in run.prometheus.now(e)
                                     if abs(rate / want - 1) < 0.1])
    rows = run.prometheus.one(f'job_model:hillock_rows:rate5m{{model="{HEALTHY[0]}"}}')
    p99 = run.prometheus.one(f'job_model:hillock_request_seconds:p99_5m{{model="{HEALTHY[0]}"}}')
    return f"{rows:.0f} rows/s of {HEALTHY[0]}, sent {want}; p99 {p99 * 1e6:.0f} us"


def check_exemplars(run):
    """Buckets of the one model whose requests are traced lead to the trace."""
    found = await_("exemplars", DATA_SECONDS, lambda: run.prometheus.exemplars(
        "hillock_request_seconds_bucket"))
    models = {series["seriesLabels"]["model"] for series in found}
    ids = {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}
    assert (models, ids) == ({"iris"}, {TRACE_ID}), f"{models}, {ids}"
    return f"{len(found)} buckets lead to the trace"


def check_activation(run, activation, backend):
    where = f'{{activation="{activation}", backend="{backend}"}}'
    level = "job_activation_backend:hillock_activation_"
    figures = (await_(f"data of {level}{metric}{where}", DATA_SECONDS,
                      lambda m=metric: run.prometheus.now(level + m + where))[0][1]
               for metric in ("elements:rate5m", "seconds:p50_5m", "seconds:p99_5m"))
    elements, p50, p99 = figures
    assert elements > 0.5 * RATE * ROWS * HIDDEN, elements
    return f"{elements:.0f} elements/s, p50 {p50 * 1e6:.1f}, p99 {p99 * 1e6:.1f} us"


def saturated(run):
    return run.prometheus.one("job_model_layer_activation:hillock_activation_saturated:ratio5m"
                              f'{{model="{SHIFTED}", activation="sigmoid"}}')


def check_shift(run):
    """Inputs of another unit are seen in the network."""
    before = saturated(run)
    assert before < 0.3, f"{before:.0%} is flat before"
    run.shift()
    await_("flat sigmoids", DATA_SECONDS, lambda: saturated(run) > 0.95)
    units = f'job_model_layer:hillock_layer_dead_units:max{{model="{SHIFTED}", layer="layer0"}}'
    dead = await_("dead units", DATA_SECONDS, lambda: run.prometheus.one(units))
    return (f"flat sigmoids: {before:.1%}, then {saturated(run):.1%}; "
            f"dead units {dead:.0f} of {HIDDEN}")


def check_alert(run, alert, model):
    run.await_notification(alert, model=model)
    about = next(message["annotations"] for message in run.receiver.messages
                 if message["labels"]["alertname"] == alert
                 and message["labels"].get("model", "") == model)
    for text in about.values():
        assert "<" not in text, f"what a template lacks: {text}"
    return about["summary"]


def is_held_back(run, alert, model):
    """Whether Alertmanager has it and keeps it, as another one says the same."""
    return any(known["status"]["inhibitedBy"]
               for known in get_json(f"http://{run.alertmanager}/api/v2/alerts")
               if known["labels"]["alertname"] == alert and known["labels"].get("model") == model)


def check_held_back(run, alert, model):
    await_(f"{alert} of {model}, held back", ALERT_SECONDS, lambda: is_held_back(run, alert, model))
    return "held back"


def check_arrival(run, alert, model):
    """Sent or held back: which of the two depends on what comes first."""
    await_(f"{alert} of {model}", ALERT_SECONDS, lambda: is_held_back(run, alert, model)
           or (alert, "firing", model) in run.receiver.seen)
    return "arrived"


def expand(text):
    """As Grafana does when everything is chosen."""
    text = text.replace("$__rate_interval", RATE_INTERVAL)
    text = re.sub(r"\$(job|instance|model)\b", ".*", text)
    assert "$" not in text, text
    return text


def targets_of(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target


def samples_of(prometheus, target):
    expression = expand(target["expr"])
    if target.get("instant"):
        return prometheus.now(expression)
    now = time.time()
    found = prometheus.get("query_range", query=expression, start=now - 10, end=now, step=1)
    return [(series["metric"], float(value))
            for series in found["result"] for _, value in series["values"]]


def check_dashboard(run):
    dashboard = json.loads((run.root / "deploy/grafana/hillock.json").read_text())
    count = series = 0
    for title, target in targets_of(dashboard):
        samples = await_(
            f"data of {title!r}: {target['expr']}", DATA_SECONDS,
            lambda t=target: [s for s in samples_of(run.prometheus, t) if math.isfinite(s[1])])
        for label in re.findall(r"{{(\w+)}}", target.get("legendFormat", "")):
            assert any(label in labels for labels, _ in samples), f"{title!r}: no label {label}"
        count += 1
        series += len({tuple(sorted(labels.items())) for labels, _ in samples})
    return f"{count} queries, {series} series"


def check_variables(run):
    dashboard = json.loads((run.root / "deploy/grafana/hillock.json").read_text())
    found = []
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]).groups()
        values = run.prometheus.get(f"label/{label}/values", **{"match[]": expand(selector)})
        assert values, variable["name"]
        found.append(f"{variable['name']} {len(values)}")
    return ", ".join(found)


def check_down(run):
    run.load.stop_all()
    run.server.kill()
    run.await_notification("HillockDown")
    run.server.start()
    run.await_notification("HillockDown", "resolved")
    return "killed: fires; started: resolved"


def check_restarts(run):
    run.server.kill()
    run.server.start()
    run.await_notification("HillockRestarts")
    return "two restarts: fires"


def check_that_nothing_else_fires(run):
    """Of a healthy server beside a damaged model."""
    await_(f"HillockModelFailed alone: {run.prometheus.firing()}", ALERT_SECONDS,
           lambda: run.prometheus.firing() == {("HillockModelFailed", DAMAGED)})
    return "only HillockModelFailed fires"


def check_files_alone(run, report):
    report.check("promtool check config", check_files, run)
    report.check("promtool test rules", check_rule_tests, run)


def check_running(run, report):
    report.check("start", run.start)
    report.check("tests of alerts", check_that_alerts_are_tested, run)
    report.check("tests of recording rules", check_that_recording_tests_are_complete, run)
    report.check("rows and requests a second", check_figures, run)
    report.check("exemplars", check_exemplars, run)
    report.check("alert HillockModelFailed", check_alert, run, "HillockModelFailed", DAMAGED)
    report.check("other alerts", check_that_nothing_else_fires, run)
    run.crowd()
    report.check("inputs of another unit", check_shift, run)
    for model, backend in BACKENDS.items():
        activation = model.removeprefix("digits-")
        report.check(f"activation {activation}, {backend}", check_activation, run, activation,
                     backend)
    report.check("alert HillockErrors", check_held_back, run, "HillockErrors", CROWDED)
    report.check("alert HillockSaturationGrowing", check_arrival, run, "HillockSaturationGrowing",
                 SHIFTED)
    for alert, model in (("HillockShedding", CROWDED), ("HillockDeadUnitsGrowing", SHIFTED),
                         ("HillockVanishingGradient", SHIFTED)):
        report.check(f"alert {alert}", check_alert, run, alert, model)
    report.check("recording rules", check_recording_rules, run)
    report.check("dashboard", check_dashboard, run)
    report.check("variables of the dashboard", check_variables, run)
    report.check("alert HillockDown", check_down, run)
    report.check("alert HillockRestarts", check_restarts, run)


def main():
    build, root, scratch = map(pathlib.Path, sys.argv[1:4])
    alertmanager = sys.argv[4:]
    run = Run(build, root, scratch, alertmanager)
    report = Report("prometheus")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        check_files_alone(run, report)
        if alertmanager:
            check_running(run, report)
    finally:
        run.children.end_all()
    report.finish()


if __name__ == "__main__":
    main()
