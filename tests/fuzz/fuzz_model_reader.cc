// SPDX-License-Identifier: Apache-2.0

// Any bytes are a model or an error; a model reads back from what it writes as the same bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/model/checksum.h"
#include "server/core/model/reader.h"
#include "server/core/model/writer.h"

namespace {

using hillock::model::ReadMlp;
using hillock::model::WriteMlp;

void Check(std::string_view content) {
  const auto mlp = ReadMlp(content);
  if (!mlp.ok()) return;
  const std::string written = WriteMlp(*mlp);
  const auto again = ReadMlp(written);
  HILLOCK_CHECK(again.ok());
  HILLOCK_CHECK(WriteMlp(*again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string content(reinterpret_cast<const char*>(data), size);
  Check(content);
  // Behind a checksum that fits, the bytes reach the parser.
  hillock::model::AppendTrailer(content);
  Check(content);
  return 0;
}
