#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes hillock.json, the dashboard that Grafana shows.

    dashboard.py            writes hillock.json beside this file
    dashboard.py --check    exits with 1 if hillock.json is not what this file makes

Needs the package of requirements.txt, which has Grafana's schema as typed builders.
"""

import argparse
import json
import pathlib
import sys

from grafana_foundation_sdk.builders import (bargauge, common, dashboard, heatmap, prometheus, stat,
                                             table, timeseries)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models import prometheus as prometheus_model
from grafana_foundation_sdk.models import units

FILE = pathlib.Path(__file__).resolve().parent / "hillock.json"

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
SERVER = 'job=~"$job", instance=~"$instance"'
MODEL = SERVER + ', model=~"$model"'

COLUMNS = 24
HEIGHT = 8
FLAT_WARNING = 0.5  # shares of a layer's elements that are flat
FLAT_ALERT = 0.9  # as HillockVanishingGradient has it


def rate(metric, by="", matching=MODEL):
    """Events a second, added up over all labels but those named."""
    grouping = f" by ({by})" if by else ""
    return f"sum{grouping} (rate({metric}{{{matching}}}[$__rate_interval]))"


def quantile(share, metric, by="", matching=MODEL):
    buckets = rate(metric + "_bucket", f"{by}, le" if by else "le", matching)
    return f"histogram_quantile({share}, {buckets})"


def mean(total, count, by, matching=MODEL):
    return f"{rate(total, by, matching)} / {rate(count, by, matching)}"


def stage(name):
    return f'{MODEL}, stage="{name}"'


def range_query(expression, legend):
    return prometheus.Dataquery().expr(expression).legend_format(legend).range()


def instant_query(expression, legend):
    return prometheus.Dataquery().expr(expression).legend_format(legend).instant()


def with_queries(panel, query, queries):
    for letter, (legend, expression) in zip("ABCDEFGH", queries.items()):
        panel.with_target(query(expression, legend).ref_id(letter))
    return panel.datasource(SOURCE)


def number(title, expression, unit, about, bad=None):
    """One number; red from `bad` on."""
    steps = [model.Threshold(value=None, color="green")]
    if bad is not None:
        steps.append(model.Threshold(value=bad, color="red"))
    panel = (stat.Panel().title(title).description(about).unit(unit).height(4).span(COLUMNS // 6)
             .color_mode(style.BigValueColorMode.VALUE)
             .graph_mode(style.BigValueGraphMode.AREA)
             .thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE)
                         .steps(steps)))
    return with_queries(panel, range_query, {"": expression})


def lines(title, queries, unit, about, span=COLUMNS // 2, stacked=False):
    """Lines over time; `queries` are by legend."""
    panel = (timeseries.Panel().title(title).description(about).unit(unit).min(0)
             .height(HEIGHT).span(span).line_width(1).fill_opacity(30 if stacked else 0)
             .show_points(style.VisibilityMode.NEVER)
             .tooltip(common.VizTooltipOptions().mode(style.TooltipDisplayMode.MULTI)
                      .sort(style.SortOrder.DESCENDING))
             .legend(common.VizLegendOptions().show_legend(True)
                     .display_mode(style.LegendDisplayMode.TABLE)
                     .placement(style.LegendPlacement.RIGHT).calcs(["lastNotNull", "max"])))
    if stacked:
        panel.stacking(common.StackingConfig().mode(style.StackingMode.NORMAL))
    return with_queries(panel, range_query, queries)


def bars(title, expression, legend, unit, about, warning=None, alert=None):
    """How much it is now, a bar for each series."""
    steps = [model.Threshold(value=None, color="green")]
    if warning is not None:
        steps += [model.Threshold(value=warning, color="orange"),
                  model.Threshold(value=alert, color="red")]
    panel = (bargauge.Panel().title(title).description(about).unit(unit).min(0)
             .height(HEIGHT).span(COLUMNS // 2)
             .orientation(style.VizOrientation.HORIZONTAL)
             .display_mode(style.BarGaugeDisplayMode.BASIC)
             .thresholds(dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE)
                         .steps(steps)))
    if alert is not None and alert <= 1:
        panel.max(1)
    return with_queries(panel, instant_query, {legend: expression})


def rows(title, expression, about):
    """A table with a row for each series and a column for each label."""
    panel = table.Panel().title(title).description(about).height(HEIGHT).span(COLUMNS // 2)
    query = instant_query(expression, "").format(prometheus_model.PromQueryFormat.TABLE)
    hidden = {name: True for name in ("Time", "Value", "__name__", "job")}
    return panel.with_target(query.ref_id("A")).datasource(SOURCE).with_transformation(
        model.DataTransformerConfig(id_val="organize", options={"excludeByName": hidden}))


def distribution(title, expression, about):
    """Over time, how many fell into each bucket of a histogram of seconds."""
    panel = (heatmap.Panel().title(title).description(about).height(HEIGHT).span(COLUMNS // 2)
             .y_axis(heatmap.YAxisConfig().unit(units.Seconds))
             .color(heatmap.HeatmapColorOptions().mode(heatmap_model.HeatmapColorMode.SCHEME)
                    .scheme("Oranges").steps(64))
             .calculate(False).cell_gap(1))
    query = range_query(expression, "{{le}}").format(prometheus_model.PromQueryFormat.HEATMAP)
    return panel.with_target(query.ref_id("A")).datasource(SOURCE)


def overview():
    requests = "hillock_requests_total"
    failed = rate(requests, matching=MODEL + ', code!="OK"')
    yield number("Requests", rate(requests), units.RequestsPerSecond,
                 "Requests answered a second, with whatever code.")
    yield number("Not OK", f"({failed} or vector(0)) / {rate(requests)}", units.PercentUnit,
                 "Of all requests, those that got another code than OK.", bad=0.01)
    yield number("p99", quantile(0.99, "hillock_request_seconds", matching=stage("total")),
                 units.Seconds, "99 of 100 requests take less inside the server.", bad=0.1)
    yield number("Shed", f"{rate('hillock_shed_total')} or vector(0)", units.RequestsPerSecond,
                 "Requests a second that a queue refused or dropped.", bad=1)
    yield number("Rows waiting", f"sum(hillock_queue_rows{{{MODEL}}})", units.Short,
                 "Rows admitted and not yet answered.")
    yield number("Models not served",
                 f'sum(hillock_model_state{{{MODEL}, state="UNAVAILABLE"}}) or vector(0)',
                 units.Short, "Model versions that could not be loaded, on all servers.", bad=1)
    yield lines("Requests by code", {"{{code}}": rate(requests, "code")}, units.RequestsPerSecond,
                "Answers a second by gRPC status code.", stacked=True)
    yield lines("Latency", {
        f"{stage_name} p{percent}": quantile(percent / 100, "hillock_request_seconds",
                                             matching=stage(stage_name))
        for stage_name in ("total", "queue", "compute") for percent in (50, 99)
    }, units.Seconds, "Time inside the server: total, waiting for a batch, and computing.")
    yield lines("Shed by reason", {"{{reason}}": rate("hillock_shed_total", "reason")},
                units.RequestsPerSecond,
                "queue_rows, queue_bytes, queue_time: a bound was reached. deadline: it could not "
                "be met. expired: it passed in the queue. cancelled: the caller left. Empty while "
                "nothing was shed.")
    waiting = f"sum by (model) (hillock_queue_rows{{{MODEL}}})"
    yield lines("Rows waiting by model", {"{{model}}": waiting}, units.Short,
                "Rows admitted and not yet answered.")
    yield distribution("Distribution of latency", rate("hillock_request_seconds_bucket", "le",
                                                       stage("total")),
                       "Requests a second by how long they took inside the server.")
    yield rows("Alerts that fire", 'ALERTS{alertname=~"Hillock.*", alertstate="firing"}',
               "What alerts.yml has found. Empty is good.")


def models():
    yield lines("Requests", {"{{model}}": rate("hillock_requests_total", "model")},
                units.RequestsPerSecond, "By model; those without a name asked for one that is not "
                "served.")
    yield lines("Rows", {"{{model}}": rate("hillock_rows_total", "model")}, units.Short,
                "Rows computed a second.")
    yield lines("p50", {"{{model}}": quantile(0.5, "hillock_request_seconds", "model",
                                              stage("total"))},
                units.Seconds, "Half of the requests take less inside the server.")
    yield lines("p99", {"{{model}}": quantile(0.99, "hillock_request_seconds", "model",
                                              stage("total"))},
                units.Seconds, "99 of 100 requests take less inside the server.")
    yield lines("Rows of a batch", {"{{model}}": mean("hillock_batch_rows_sum",
                                                      "hillock_batch_rows_count", "model")},
                units.Short, "Mean number of rows that ran together.")
    yield lines("Share of waiting", {
        "{{model}}": f"{rate('hillock_request_seconds_sum', 'model', stage('queue'))} / "
                     + rate("hillock_request_seconds_sum", "model",
                            MODEL + ', stage=~"queue|compute"')
    }, units.PercentUnit, "Of the time of served requests, the part in which they waited for "
                          "their batch.")
    states = f"max by (instance, model, version, state) (hillock_model_state{{{MODEL}}})"
    yield rows("States", states, "READY or UNAVAILABLE.")
    yield bars("Size of weights", f"max by (model, version) (hillock_model_bytes{{{MODEL}}})",
               "{{model}} {{version}}", units.BytesIEC, "Packed weights.")


def activations():
    by = "activation, backend"
    seconds = "hillock_activation_seconds"
    legend = "{{activation}} {{backend}}"
    per_element = mean(seconds + "_sum", "hillock_activation_timed_elements_total", by, SERVER)
    elements = rate("hillock_activation_elements_total", by, SERVER)
    yield lines("p50 of a pass", {legend: quantile(0.5, seconds, by, SERVER)}, units.Seconds,
                "Time of one activation over a batch.")
    yield lines("p99 of a pass", {legend: quantile(0.99, seconds, by, SERVER)}, units.Seconds,
                "Time of one activation over a batch.")
    yield lines("Throughput", {legend: elements}, units.OpsPerSecond,
                "Elements a second, all of them, fused or in a pass of their own.")
    yield lines("Time of an element", {legend: per_element}, units.Seconds,
                "Of the passes that were timed on their own.")
    yield lines("Cores that activations take", {legend: f"({elements}) * ({per_element})"},
                units.Short, "Elements a second x time of an element: what the activations would "
                "cost in passes of their own. Fused ones cost less.", stacked=True)
    yield lines("Elements by path", {
        "{{activation}} {{path}}": rate("hillock_activation_elements_total", "activation, path",
                                        SERVER)
    }, units.OpsPerSecond, "fused: inside the dense layer; split: in a pass of its own.")
    yield lines("p99 of a layer", {
        "{{activation}} {{path}}": quantile(0.99, "hillock_layer_seconds", "activation, path",
                                            SERVER)
    }, units.Seconds, "Time of one layer, dense part and activation, over a batch.")
    yield lines("Cores that layers take", {
        "{{activation}} {{path}}": rate("hillock_layer_seconds_sum", "activation, path", SERVER)
    }, units.Short, "Seconds a second, dense part and activation.", stacked=True)


def inside():
    by = "model, layer, activation"
    legend = "{{model}} {{layer}} {{activation}}"
    share = mean("hillock_activation_saturated_elements_total",
                 "hillock_activation_sampled_elements_total", by)
    dead = f"max by (model, layer) (hillock_layer_dead_units{{{MODEL}}})"
    yield bars("Saturated share", f"sort_desc({share})", legend, units.PercentUnit,
               "Of the sampled elements, those where the activation is flat, so that no gradient "
               "passes. A ReLU is flat for half of its inputs, a softmax that is sure for all.",
               FLAT_WARNING, FLAT_ALERT)
    yield lines("Saturated share over time", {legend: share}, units.PercentUnit,
                "A share that grows says that inputs move away from what the model was trained on.")
    yield bars("Dead units", f"sort_desc({dead})", "{{model}} {{layer}}", units.Short,
               "Units that were flat on every sampled row of 64 batches.")
    yield lines("Dead units over time", {"{{model}} {{layer}}": dead}, units.Short,
                "Units that were flat on every sampled row of 64 batches.")


def process():
    cpu = f"rate(process_cpu_seconds_total{{{SERVER}}}[$__rate_interval])"
    yield lines("Cores in use", {"{{instance}}": cpu}, units.Short,
                "User and system time. Polling between requests counts.")
    busy = f"rate(hillock_reactor_busy_seconds_total{{{SERVER}}}[$__rate_interval])"
    yield lines("Busy reactors", {"{{instance}} {{reactor}}": busy}, units.PercentUnit,
                "Share of the time in which a reactor did not wait for work.")
    yield lines("Memory", {
        "{{instance}}": f"process_resident_memory_bytes{{{SERVER}}}",
        "{{instance}} at most": f"hillock_memory_limit_bytes{{{SERVER}}}",
        "{{instance}} requests": f"hillock_buffered_bytes{{{SERVER}}}",
    }, units.BytesIEC, "Resident memory, and what of it requests and answers hold.")
    yield lines("Connections and calls", {
        "{{instance}} connections": f"sum by (instance) (hillock_connections{{{SERVER}}})",
        "{{instance}} calls": f"sum by (instance) (hillock_calls{{{SERVER}}})",
    }, units.Short, "What is open now. A stream is a call.")
    yield lines("Traffic", {
        "requests": rate("hillock_request_bytes_total"),
        "answers": rate("hillock_answer_bytes_total"),
    }, units.BytesPerSecondIEC, "Bytes a second of requests and answers.")
    yield lines("Open descriptors", {
        "{{instance}}": f"process_open_fds{{{SERVER}}}",
        "{{instance}} at most": f"process_max_fds{{{SERVER}}}",
    }, units.Short, "Connections and files.")
    uptime = f"time() - process_start_time_seconds{{{SERVER}}}"
    yield lines("Time since start", {"{{instance}}": uptime}, units.DurationSeconds,
                "Falls to 0 with each restart.")
    yield lines("Answers scrapes", {"{{instance}}": f"up{{{SERVER}}}"}, units.Short,
                "1 when the last scrape was answered.")
    yield rows("Builds", f"hillock_build_info{{{SERVER}}}", "What each server is made of.")


SECTIONS = {
    "Overview": overview,
    "Models": models,
    "Activations": activations,
    "Inside the network": inside,
    "Process": process,
}


def choice(name, label, query):
    """A variable of which one, several or all values can be chosen."""
    everything = model.VariableOption(text="All", value="$__all", selected=True)
    return (dashboard.QueryVariable(name).label(label).query(query).datasource(SOURCE)
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC)
            .multi(True).include_all(True).all_value(".*").current(everything))


def build():
    page = (dashboard.Dashboard("Hillock").uid("hillock").tags(["hillock", "inference"])
            .description("Made by dashboard.py. Change that, not this.")
            .readonly().refresh("30s").time("now-1h", "now").timezone("browser")
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .with_variable(dashboard.DatasourceVariable("datasource").label("Source")
                           .type("prometheus"))
            .with_variable(choice("job", "Job", "label_values(hillock_build_info, job)"))
            .with_variable(choice("instance", "Server",
                                  'label_values(hillock_build_info{job=~"$job"}, instance)'))
            .with_variable(choice("model", "Model",
                                  f"label_values(hillock_queue_rows{{{SERVER}}}, model)")))
    identifier = 0
    for title, panels in SECTIONS.items():
        identifier += 1
        page.with_row(dashboard.Row(title).id(identifier))
        for panel in panels():
            identifier += 1
            page.with_panel(panel.id(identifier))
    return json.dumps(page.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    made = build()
    if not parser.parse_args().check:
        FILE.write_text(made, encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != made:
        sys.exit(f"{FILE.name} is not what dashboard.py makes: run it")


if __name__ == "__main__":
    main()
