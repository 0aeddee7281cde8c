// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "client/results/chart.h"
#include "client/results/run_charts.h"
#include "client/text/units.h"
#include "server/core/base/version.h"

namespace hillock::client {
namespace {

// More runs than this are only in the table and the first chart: a page stays small.
constexpr size_t kMostRunsInFull = 4;

constexpr std::array<const char*, 7> kLatencies{"p50",    "p90", "p99", "p99.9",
                                                "p99.99", "max", "mean"};

// Colours of series have at least 3:1 contrast with both backgrounds.
constexpr char kStyle[] = R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1c1f24;--soft:#5b6470;--line:#d9dde3;
--c0:#1f6feb;--c1:#c2410c;--c2:#0f7b4f;--c3:#b4236e;--c4:#6d4bd0;--c5:#7a6200}
@media(prefers-color-scheme:dark){:root{--bg:#14171c;--fg:#e7eaef;--soft:#a3adba;--line:#343b45;
--c0:#6cb0ff;--c1:#ff9a5c;--c2:#4fd093;--c3:#ff7fb8;--c4:#b49cff;--c5:#e0c040}}
body{margin:0 auto;max-width:1320px;padding:16px;background:var(--bg);color:var(--fg);
font:15px/1.45 system-ui,sans-serif}
h1{font-size:22px;margin:8px 0}h2{font-size:18px;margin:28px 0 4px}h3{font-size:15px;margin:0 0 4px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:16px}
figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:12px;min-width:0}
figcaption{color:var(--soft);font-size:13px}figcaption span{margin-right:14px}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:12px}
i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
.w{width:40%}.w i{height:12px}
.g{stroke:var(--line)}.m{stroke:var(--soft);stroke-dasharray:3 3}
.l{fill:none;stroke-width:2;stroke-linejoin:round}.f{fill-opacity:.45;stroke:none}
.d{stroke:var(--bg)}
.one{max-width:720px;margin-top:16px}
@media(max-width:520px){svg text{font-size:17px}}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{padding:3px 8px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums}
.wrap{white-space:normal;overflow-wrap:anywhere}
.better{color:var(--c2);font-weight:600}.worse{color:var(--c1);font-weight:600}
)";

std::string SeriesStyle() {
  std::string css;
  for (int i = 0; i < 6; ++i) {
    css += fmt::format(
        ".l.s{0}{{stroke:var(--c{0})}}.f.s{0},.d.s{0}{{fill:var(--c{0})}}"
        ".b{0}{{background:var(--c{0})}}",
        i);
  }
  return css;
}

std::string Cell(std::string_view text) {
  return fmt::format("<td class=\"n\">{}</td>", Escaped(text));
}

std::string FailureText(const RunSummary& run) {
  std::string text;
  for (const auto& [code, count] : run.failures) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", FormatCount(count), code);
  }
  return text.empty() ? "none" : text;
}

std::string RunRow(const RunSummary& run) {
  std::string row = fmt::format("<tr><td>{}</td>", Escaped(run.name));
  row += Cell(FormatCount(run.requests)) + Cell(FormatCount(run.requests_per_second)) +
         Cell(FormatCount(run.rows_per_second));
  for (const char* const name : kLatencies) row += Cell(FormatSeconds(run.Latency(name)));
  return row + fmt::format("<td>{}</td></tr>\n", Escaped(FailureText(run)));
}

std::string RunTable(const LoadSummary& summary) {
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs\"><table><tr>"
      "<th>run</th><th class=\"n\">requests</th><th class=\"n\">requests/s</th><th "
      "class=\"n\">rows/s</th>";
  for (const char* const name : kLatencies) html += fmt::format("<th class=\"n\">{}</th>", name);
  html += "<th>failures</th></tr>\n";
  for (const RunSummary& run : summary.runs) html += RunRow(run);
  return html + "</table></div>\n";
}

std::string SearchText(const LoadSummary& summary) {
  if (summary.max_p99 == 0) return "";
  const std::string found =
      summary.found_rate == 0 ? "none was found" : FormatCount(summary.found_rate) + " requests/s";
  return fmt::format("<p>Highest rate that keeps p99 within {}: <b>{}</b></p>\n",
                     FormatSeconds(summary.max_p99), found);
}

std::string ThroughputHtml(std::span<const LoadSummary* const> loads) {
  return "<div class=\"one\">" + ChartHtml(ThroughputChart(loads)) + "</div>\n";
}

std::string RunSection(const RunSummary& run) {
  std::string html = fmt::format("<h2>{}</h2>\n<div class=\"grid\">\n", Escaped(run.name));
  html += ChartHtml(DistributionChart(run)) + ChartHtml(PercentileChart(run)) +
          ChartHtml(LatencyTimeChart(run)) + ChartHtml(RateTimeChart(run));
  if (!run.server.empty()) html += ChartHtml(ServerTimeChart(run));
  return html + ActivationBars(run) + "</div>\n";
}

std::string RunSections(const LoadSummary& summary) {
  std::string html;
  const size_t count = std::min(summary.runs.size(), kMostRunsInFull);
  for (const RunSummary& run : std::span(summary.runs).last(count)) html += RunSection(run);
  if (count == summary.runs.size()) return html;
  return fmt::format("<p>The last {} of {} runs in full:</p>\n", count, summary.runs.size()) + html;
}

std::string Facts(const LoadSummary& summary) {
  std::string html = fmt::format("<h2>How it was measured{}{}</h2>\n<table>\n",
                                 summary.source.empty() ? "" : ": ", Escaped(summary.source));
  for (const auto& [name, value] : summary.facts) {
    html += fmt::format("<tr><th>{}</th><td class=\"wrap\">{}</td></tr>\n", Escaped(name),
                        Escaped(value));
  }
  return html +
         "</table>\n<p>Latencies are those of requests that succeeded. Requests and rows a second "
         "count what ended before the run did. In an open loop a latency counts from when the "
         "request was due.</p>\n";
}

std::string Page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{0}</title>\n<style>{1}{2}</style></head>\n<body>\n<h1>{0}</h1>\n{3}"
      "<footer><p>Written by hillock {4}.</p></footer>\n</body></html>\n",
      Escaped(title), kStyle, SeriesStyle(), body, kVersion);
}

std::string ChangeRow(const Change& change) {
  const auto value = [&](double v) {
    return Cell(change.is_latency() ? FormatSeconds(v) : FormatCount(v));
  };
  const char* const style = change.verdict == Verdict::kBetter  ? "better"
                            : change.verdict == Verdict::kWorse ? "worse"
                                                                : "";
  return fmt::format("<tr><td>{}</td><td>{}</td>{}{}{}{}<td class=\"{}\">{}</td></tr>\n",
                     Escaped(change.run), Escaped(change.figure), value(change.before),
                     value(change.after), Cell(ShareText(change.share())),
                     Cell(FormatPercent(change.noise)), style, VerdictText(change.verdict));
}

std::string ChangeTable(std::span<const Change> changes) {
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Changes\"><table><tr>"
      "<th>run</th><th>figure</th><th class=\"n\">before</th><th class=\"n\">after</th><th "
      "class=\"n\">change</th><th class=\"n\">noise</th><th>verdict</th></tr>\n";
  for (const Change& change : changes) html += ChangeRow(change);
  return html +
         "</table></div>\n<p>The noise is two standard errors of the change, from how the figures "
         "moved within the runs.</p>\n";
}

}  // namespace

std::string LoadPage(const LoadSummary& summary) {
  const LoadSummary* const loads[] = {&summary};
  std::string body = SearchText(summary) + RunTable(summary);
  if (summary.runs.size() > 1) body += ThroughputHtml(loads);
  return Page("Load of " + summary.model, body + RunSections(summary) + Facts(summary));
}

std::string ComparePage(const LoadSummary& before, const LoadSummary& after,
                        std::span<const Change> changes) {
  const LoadSummary* const loads[] = {&before, &after};
  const std::string body =
      ChangeTable(changes) + ThroughputHtml(loads) + Facts(before) + Facts(after);
  return Page(fmt::format("{} before, {} after", before.source, after.source), body);
}

}  // namespace hillock::client
