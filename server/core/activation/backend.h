// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ACTIVATION_BACKEND_H_
#define HILLOCK_SERVER_CORE_ACTIVATION_BACKEND_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hillock {

// Who computes.
enum class Backend { kOneDnn, kFallback };

// By backend: the names in options, files, the log and metrics.
inline constexpr std::array<std::string_view, 2> kBackendNames = {"onednn", "fallback"};

// What it is called when the backend is chosen layer by layer.
inline constexpr std::string_view kAutoBackend = "auto";

constexpr std::string_view BackendName(Backend backend) {
  return kBackendNames[static_cast<size_t>(backend)];
}

// The name of a wish; none leaves the choice to the server.
constexpr std::string_view BackendName(std::optional<Backend> wish) {
  return wish ? BackendName(*wish) : kAutoBackend;
}

// The wish of that name; nothing for a name that is none of them.
constexpr std::optional<std::optional<Backend>> FindBackend(std::string_view name) {
  if (name == kAutoBackend) return std::optional<Backend>();
  for (size_t i = 0; i < kBackendNames.size(); ++i) {
    if (name == kBackendNames[i]) return static_cast<Backend>(i);
  }
  return std::nullopt;
}

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_ACTIVATION_BACKEND_H_
