// SPDX-License-Identifier: Apache-2.0
#include "server/access_log.h"

#include <string>
#include <vector>

#include "server/logging.h"
#include "server/metrics/model_metrics.h"

namespace hillock {
namespace {

double Micros(Nanos time) { return static_cast<double>(time) * 1e-3; }

std::vector<LogField> FieldsOf(const rpc::RequestRecord& record) {
  std::vector<LogField> fields = {{"model", std::string(Excerpt(record.model))}};
  if (record.version > 0) fields.push_back({"version", record.version});
  const auto code = static_cast<size_t>(record.status.code());
  fields.push_back({"code", std::string(metrics::kStatusCodeNames[code])});
  if (record.rows > 0) fields.push_back({"rows", static_cast<int64_t>(record.rows)});
  if (record.status.ok()) {
    fields.push_back({"queue_us", Micros(record.queue)});
    fields.push_back({"compute_us", Micros(record.compute)});
  }
  fields.push_back({"total_us", Micros(record.total)});
  if (!record.id.empty()) fields.push_back({"request_id", std::string(Excerpt(record.id))});
  if (!record.trace_id.empty()) fields.push_back({"trace_id", std::string(record.trace_id)});
  if (!record.status.ok()) fields.push_back({"error", std::string(record.status.message())});
  return fields;
}

}  // namespace

void LogRequest(const rpc::RequestRecord& record) {
  const bool fault = rpc::IsFault(record.status.code());
  LogEvent(fault ? LogLevel::kError : LogLevel::kInfo, "request", FieldsOf(record));
}

}  // namespace hillock
