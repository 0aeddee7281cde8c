#ifndef HILLOCK_SERVER_ENGINE_BACKEND_H_
#define HILLOCK_SERVER_ENGINE_BACKEND_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace hillock::engine {

// Who computes.
enum class Backend { kOneDnn, kFallback };
inline constexpr size_t kBackends = 2;

// "onednn" or "fallback".
constexpr std::string_view BackendName(Backend backend) {
  return backend == Backend::kOneDnn ? "onednn" : "fallback";
}

// What a backend is called that is chosen layer by layer.
inline constexpr std::string_view kAutoBackend = "auto";

// The name of a choice, none being automatic.
constexpr std::string_view BackendName(std::optional<Backend> backend) {
  return backend ? BackendName(*backend) : kAutoBackend;
}

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_ENGINE_BACKEND_H_
