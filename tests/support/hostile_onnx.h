// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_HOSTILE_ONNX_H_
#define HILLOCK_TESTS_SUPPORT_HOSTILE_ONNX_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hillock::testing {

// ONNX files whose size grows with `n`, made to cost an importer more than it should: each has
// something that a careless one does again for all that came before, or for every reader.
struct HostileOnnx {
  std::string_view name;
  std::string (*make)(size_t n);
};

std::span<const HostileOnnx> HostileOnnxFiles();

// Those among them that are about row operations, and about bytes that are read more than once.
std::span<const HostileOnnx> HostileRowFiles();
std::span<const HostileOnnx> HostileNestedFiles();

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_HOSTILE_ONNX_H_
