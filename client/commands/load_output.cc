// SPDX-License-Identifier: Apache-2.0
#include "client/commands/load_output.h"

#include <string>

#include "client/results/compare.h"
#include "client/results/load_csv.h"
#include "client/results/load_json.h"
#include "client/results/load_page.h"
#include "client/results/load_summary.h"
#include "client/rows/file.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

absl::StatusOr<LoadSummary> ReadSummary(const std::string& path) {
  HILLOCK_ASSIGN_OR_RETURN(const std::string text, ReadWhole(path));
  return ParseLoadReport(text, path);
}

nlohmann::ordered_json ChangesJson(const std::vector<Change>& changes) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Change& change : changes) {
    json.push_back({{"run", change.run},
                    {"figure", change.figure},
                    {"before", change.before},
                    {"after", change.after},
                    {"change", change.share()},
                    {"noise", change.noise},
                    {"verdict", VerdictText(change.verdict)}});
  }
  return json;
}

}  // namespace

absl::Status CheckFiles(const LoadFlags& flags) {
  for (const std::string& path : {flags.csv, flags.html}) {
    if (!path.empty()) HILLOCK_RETURN_IF_ERROR(WriteWhole(path, ""));
  }
  return absl::OkStatus();
}

absl::Status WriteReport(const LoadFlags& flags, const LoadReport& report, const Console& console) {
  const nlohmann::ordered_json json = LoadJson(report);
  if (flags.json) {
    WriteJson(console.out, json);
  } else {
    console.out << LoadText(report);
  }
  if (flags.csv.empty() && flags.html.empty()) return absl::OkStatus();
  HILLOCK_ASSIGN_OR_RETURN(const LoadSummary summary, SummarizeLoad(json, ""));
  if (!flags.csv.empty()) HILLOCK_RETURN_IF_ERROR(WriteWhole(flags.csv, LoadCsv(summary)));
  if (flags.html.empty()) return absl::OkStatus();
  return WriteWhole(flags.html, LoadPage(summary));
}

absl::Status CompareReports(const LoadFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const LoadSummary before, ReadSummary(flags.compare[0]));
  HILLOCK_ASSIGN_OR_RETURN(const LoadSummary after, ReadSummary(flags.compare[1]));
  HILLOCK_ASSIGN_OR_RETURN(const auto changes, CompareLoads(before, after));
  if (flags.json) {
    WriteJson(console.out, ChangesJson(changes));
  } else {
    console.out << CompareText(before, after, changes);
  }
  if (flags.html.empty()) return absl::OkStatus();
  return WriteWhole(flags.html, ComparePage(before, after, changes));
}

}  // namespace hillock::client
