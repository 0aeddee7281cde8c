// SPDX-License-Identifier: Apache-2.0

// What was measured of each activation: how exact and how fast either backend is.
//
// The figures stand in figures.inc, which tests/bench/activation_figures writes; tests/conformance
// holds the kernels to them.

#ifndef HILLOCK_SERVER_CORE_ACTIVATION_FIGURES_H_
#define HILLOCK_SERVER_CORE_ACTIVATION_FIGURES_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "server/core/activation/activation.h"

namespace hillock::activation {

// Absolute errors are looked for at arguments up to this magnitude: the range that oneDNN's own
// tests draw theirs from. Beyond it one rounding of a large answer would hide everything else.
inline constexpr float kAbsoluteErrorRange = 100;

// Elements that the time is taken over: 64 KiB in and as many out.
inline constexpr size_t kTimedElements = 16384;

// One backend, on every instruction set of the machine: the worst of them.
struct BackendFigures {
  double ulp = 0;         // worst error over all finite floats, in spacings of floats at the answer
  float ulp_at = 0;       // the argument that has it
  double absolute = 0;    // worst error at arguments up to kAbsoluteErrorRange
  float absolute_at = 0;  // the argument that has it
  double nanoseconds = 0;  // an element, on the best instruction set, one thread
};

struct Figures {
  std::string_view activation;
  BackendFigures fallback;
  std::optional<BackendFigures> onednn;  // none where the measured version has no algorithm
};

// Where and when everything was measured.
struct Machine {
  std::string_view cpu;               // the processor's name and family
  std::string_view instruction_sets;  // of the fallback, in Highway's names, the best first
  std::string_view onednn;            // version
  std::string_view date;              // YYYY-MM-DD
};

// Null for an activation that was not measured yet.
const Figures* FindFigures(const Spec& spec);

const Machine& MeasuredOn();

}  // namespace hillock::activation

#endif  // HILLOCK_SERVER_CORE_ACTIVATION_FIGURES_H_
