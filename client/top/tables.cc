// SPDX-License-Identifier: Apache-2.0
#include "client/top/tables.h"

#include <algorithm>
#include <utility>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

Lines LinesOf(const Table& table) {
  Lines lines;
  const std::string text = table.Render();
  for (size_t first = 0; first < text.size();) {
    const size_t end = text.find('\n', first);
    lines.push_back(text.substr(first, end - first));
    first = end + 1;
  }
  return lines;
}

// A rate of less than a unit is not nothing.
std::string RateText(double rate) {
  return rate > 0 && rate < 9.5 ? FormatNumber(rate) : FormatCount(rate);
}

}  // namespace

Lines ModelTable(std::span<const TopModel> models) {
  Table table({{"model"},
               {"state"},
               {"requests/s", Align::kRight},
               {"failures/s", Align::kRight},
               {"rows/s", Align::kRight},
               {"rows/batch", Align::kRight},
               {"p50", Align::kRight},
               {"p99", Align::kRight},
               {"queue p99", Align::kRight},
               {"compute p99", Align::kRight},
               {"queued", Align::kRight}});
  for (const TopModel& m : models) {
    table.AddRow({Printable(m.name), Printable(m.state), RateText(m.requests_per_second),
                  RateText(m.failures_per_second), RateText(m.rows_per_second),
                  FormatNumber(m.rows_per_batch), FormatSeconds(m.p50), FormatSeconds(m.p99),
                  FormatSeconds(m.queue_p99), FormatSeconds(m.compute_p99),
                  FormatCount(m.queue_rows)});
  }
  return LinesOf(table);
}

Lines ActivationTable(std::span<const TopActivation> activations) {
  Table table({{"activation"},
               {"backend"},
               {"elements/s", Align::kRight},
               {"ns/element", Align::kRight},
               {"of a core", Align::kRight}});
  for (const TopActivation& a : activations) {
    table.AddRow({Printable(a.name), Printable(a.backend), RateText(a.elements_per_second),
                  FormatNumber(a.nanos_per_element), FormatPercent(a.cores)});
  }
  return LinesOf(table);
}

Lines ReactorTable(std::span<const TopReactor> reactors) {
  Table table({{"reactor"},
               {"busy", Align::kRight},
               {"connections", Align::kRight},
               {"calls", Align::kRight}});
  for (const TopReactor& r : reactors) {
    table.AddRow({Printable(r.name), FormatPercent(r.busy), FormatCount(r.connections),
                  FormatCount(r.calls)});
  }
  return LinesOf(table);
}

Lines LayerTable(std::span<const TopLayer> layers, std::string_view model) {
  std::vector<Column> columns{
      {"layer"}, {"activation"}, {"saturated", Align::kRight}, {"dead units", Align::kRight}};
  if (model.empty()) columns.insert(columns.begin(), Column{"model"});
  Table table(std::move(columns));
  for (const TopLayer& l : layers) {
    if (!model.empty() && l.model != model) continue;
    std::vector<std::string> cells{Printable(l.layer), Printable(l.activation),
                                   FormatPercent(l.saturated), FormatCount(l.dead_units)};
    if (model.empty()) cells.insert(cells.begin(), Printable(l.model));
    table.AddRow(std::move(cells));
  }
  return LinesOf(table);
}

std::string CutTo(std::string_view text, size_t columns) {
  while (DisplayWidth(text) > columns) {
    size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xc0) == 0x80) --last;
    text = text.substr(0, last);
  }
  return std::string(text);
}

}  // namespace hillock::client
