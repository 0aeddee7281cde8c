// SPDX-License-Identifier: Apache-2.0

// What the project knows about each activation function, read from the one table.
//
// Everything that treats activations (kernels, oneDNN, readers, metrics, tests, documentation) goes
// through All() and Find(); no other file lists them.

#ifndef HILLOCK_SERVER_CORE_ACTIVATION_ACTIVATION_H_
#define HILLOCK_SERVER_CORE_ACTIVATION_ACTIVATION_H_

#include <array>
#include <cstddef>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::activation {

inline constexpr size_t kMaxParams = 2;
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A unit whose derivative is smaller than this in magnitude passes practically no gradient back.
inline constexpr double kVanishing = 1e-3;

// The activation that leaves everything as it is.
inline constexpr std::string_view kIdentity = "identity";

// Parameter values in the order of Spec::params; unused ones are 0.
using Params = std::array<float, kMaxParams>;

// What one output of a function depends on: its own input; that and params[0], learned for each
// unit (column); or all inputs of its row.
enum class Scope { kElementwise, kPerUnit, kRow };

struct ParamSpec {
  std::string_view name;
  float default_value;
  float low;                        // smallest value allowed
  float high;                       // largest value allowed
  std::string_view onnx_name = {};  // of the ONNX attribute or input; empty: as `name`
  bool is_in_onnx = true;  // else the operator computes with the default, whatever is given

  std::string_view NameInOnnx() const { return onnx_name.empty() ? name : onnx_name; }
};

// How oneDNN computes the function: the name of its algorithm ("" where it has none) and the two
// scalars that the algorithm takes.
struct OneDnnForm {
  std::string_view algorithm = {};
  float (*alpha)(const Params&) = nullptr;  // null: 0
  float (*beta)(const Params&) = nullptr;   // null: 0
};

// The ONNX operator that computes the function ("" where none does), the first operator set that
// has it, and the attribute that must be set to tell it from a sibling ("" where there is none).
struct OnnxForm {
  std::string_view op = {};
  int since = 0;
  std::string_view attribute = {};
  std::string_view value = {};
};

// A node of an ONNX graph that computes the function where no operator does. An input is "x" (the
// function's own), the name of a parameter, "zero", "half", "one", or the name of an earlier node.
struct OnnxNode {
  std::string_view name = {};
  std::string_view op = {};
  std::array<std::string_view, 2> inputs{};
};

inline constexpr size_t kMaxOnnxNodes = 5;

// With default parameters the derivative stays under kVanishing for every x < below and x > above.
struct Saturation {
  float below = -kInfinity;
  float above = kInfinity;
};

// The fallback kernel's bound: |got - want| <= ulp * (spacing of floats at want), for want from the
// reference, over all finite floats; for a row function, over rows of up to 70.
struct Tolerance {
  double ulp = 0;
};

// One row of the table.
struct Spec {
  std::string_view name;     // the same on the wire, in files, metrics, command lines and tests
  std::string_view formula;  // for people
  std::array<ParamSpec, kMaxParams> params{};
  size_t param_count = 0;
  bool params_ascend = false;  // params[0] may not be greater than params[1]
  Scope scope = Scope::kElementwise;
  OneDnnForm onednn{};
  OnnxForm onnx{};

  // In their order, the last one gives the function; for the export of a function whose operator is
  // missing, newer than the export's operator set, or without a parameter that is not at its
  // default. A Cast is one to float.
  std::array<OnnxNode, kMaxOnnxNodes> onnx_decomposed{};

  Saturation saturation{};
  Tolerance tolerance{};

  // Filled in by the table itself.
  size_t index = 0;  // position in All()

  // The used ones of onnx_decomposed.
  std::span<const OnnxNode> onnx_nodes() const {
    size_t count = 0;
    while (count < kMaxOnnxNodes && !onnx_decomposed[count].op.empty()) ++count;
    return std::span(onnx_decomposed).first(count);
  }

  // f(x) and f'(x) in double precision, written without cancellation and independently of the
  // kernels. They define the special values: f of -0, of the infinities (limits) and of NaN (NaN).
  // For a per-unit function params[0] is the unit's own. Null for a row function, except the
  // derivative, which is then that of an output by its own input, as a function of the output.
  double (*reference)(double x, const Params& params) = nullptr;
  double (*derivative)(double x, const Params& params) = nullptr;

  // y = f(x) over one row of any length. Null but for a row function.
  void (*reference_row)(std::span<const double> x, std::span<double> y) = nullptr;
};

// Every activation, by index. Thread-safe; lives as long as the process.
std::span<const Spec> All();

// The activation of that name, or null.
const Spec* Find(std::string_view name);

// Defaults overlaid with `given`. INVALID_ARGUMENT for a name the activation does not have, a value
// outside its range or one that is not a number; the message says which would be right.
absl::StatusOr<Params> ResolveParams(const Spec& spec, const std::map<std::string, float>& given);

}  // namespace hillock::activation

#endif  // HILLOCK_SERVER_CORE_ACTIVATION_ACTIVATION_H_
