// SPDX-License-Identifier: Apache-2.0

// Any bytes are a valid model or an error, with the bytes themselves as their external data.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/model/reader.h"
#include "server/core/model/writer.h"
#include "server/core/onnx/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  const auto mlp = hillock::onnx::ImportOnnx(
      content, [&](std::string_view) { return absl::StatusOr<std::string_view>(content); });
  if (!mlp.ok()) return 0;
  HILLOCK_CHECK(hillock::model::Validate(*mlp).ok());
  HILLOCK_CHECK(hillock::model::ReadMlp(hillock::model::WriteMlp(*mlp)).ok());
  return 0;
}
