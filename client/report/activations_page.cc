// SPDX-License-Identifier: Apache-2.0
#include "client/report/activations_page.h"

#include <fmt/format.h>

#include <vector>

#include "client/report/activation_text.h"
#include "server/core/activation/activation.h"
#include "server/core/activation/figures.h"

namespace hillock::client {
namespace {

using activation::BackendFigures;
using activation::Figures;
using activation::Spec;

constexpr char kIntroduction[] =
    R"(<!-- Written by `hillock activations --markdown`. Do not edit: a test compares the two. -->
# Activations

{count} functions, one struct each in `table-inl.h`: formula, parameters and their ranges, SIMD kernel,
reference and derivative in double precision, ONNX operator, oneDNN algorithm, saturation, tolerance.
Kernels, model reader, plan, metrics, command line, tests and this page read that table. To add an
activation is to add a struct to it, and `CONTRIBUTING.md` says how to measure it.

`hillock activations NAME` shows one in full, `hillock plot NAME` draws it as the live server answers.

## What to know of them

**Saturation.** Backpropagation multiplies by f' at every layer. Where f is flat, almost nothing is
left of the gradient, and after a few such layers nothing: sigmoid, whose f' is 1/4 at best, and tanh
vanish on both sides. The column *flat* below says where |f'| < {vanishing}; the server counts the
elements that lie there in traffic, as `hillock_activation_saturated_elements_total`.

**Dying ReLU.** relu is flat for x < 0. A unit whose x is negative on every row is 0 on every row,
gets no gradient and stays so. leaky_relu and prelu keep a slope there, elu, selu, celu, swish, gelu
and mish a tail; `hillock_layer_dead_units` counts the units that traffic never wakes.

**Bending back.** A monotone activation makes one neuron a half plane: for XOR, whose classes no line
parts, it takes a hidden layer. ncu (x - x^3), gcu (x cos x) and sin rise and fall, so one neuron with
two weights and a bias can answer one way in the middle and another on both sides, as `models/xor-ncu`
does. The price
is growth: far out ncu and its derivative run away, so inputs have to stay small.

**A step learns nothing by itself.** step is the perceptron's threshold: f' is 0 everywhere, and what
trains it is a stand-in slope (`models/digits-step`). Serving needs only f.

**Stable softmax.** e^x overflows a float from about x = 88.7 on. softmax is the same for x and for x minus
any constant, so both row functions subtract the row's maximum first: every exponent is then at most 0
and the sum at least 1. log_softmax never takes the logarithm of a softmax that has become 0, and adds
the maximum's own term inside log1p, so a dominant class keeps its digits.

**Domains and poles.** sqrt, log and log1p are NaN outside of their domains, log and log1p -infinity at
the end of theirs, and reciprocal of a zero is infinite with the zero's sign, all as in IEEE 754. Every
function makes NaN of NaN.

**One-sided clips.** clip with min = -infinity or max = infinity has no bound on that side.
)";

constexpr char kMeasurements[] = R"(
## What was measured

Errors are the worst over more than 2^24 bit patterns of the float line, both signs, on every
instruction set of the machine, against the double reference: in ULP, spacings of floats at the exact
answer, over all finite floats, and absolute for |x| up to {range:g}. Where oneDNN's error in ULP is
huge, the exact answer is small next to its absolute error: a tail that it cuts off, or a difference
that cancels. Times are of {elements} elements in the cache, one thread. For row functions the errors
are over rows of 1 to 70 columns, the times of rows of 256.

Measured on {machine}.
)";

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) {
    row += cell.empty() ? " |" : fmt::format(" {} |", Escaped(cell));
  }
  row += '\n';
  return row;
}

std::string Code(std::string_view text) { return text.empty() ? "" : fmt::format("`{}`", text); }

std::string FunctionRow(const Spec& spec) {
  const bool by_row = spec.scope == activation::Scope::kRow;
  return Row({Code(spec.name), std::string(spec.formula), ParamsText(spec),
              by_row ? "by row" : SaturationText(spec.saturation), OnnxText(spec.onnx),
              Code(spec.onednn.algorithm)});
}

std::string At(const Spec& spec, const BackendFigures& figures) {
  const bool known = figures.ulp > 0 && spec.scope != activation::Scope::kRow;
  return known ? ValueText(figures.ulp_at) : "";
}

std::string AbsoluteText(double error) { return error == 0 ? "0" : fmt::format("{:.1e}", error); }

std::string FiguresRow(const Spec& spec) {
  const Figures* const figures = activation::FindFigures(spec);
  if (figures == nullptr) return Row({Code(spec.name), "not measured", "", "", "", "", "", "", ""});
  const BackendFigures& own = figures->fallback;
  std::vector<std::string> cells = {Code(spec.name), UlpText(own.ulp), At(spec, own),
                                    AbsoluteText(own.absolute),
                                    fmt::format("{:.3f}", own.nanoseconds)};
  if (const auto& onednn = figures->onednn) {
    cells.insert(cells.end(),
                 {UlpText(onednn->ulp), At(spec, *onednn), AbsoluteText(onednn->absolute),
                  fmt::format("{:.3f}", onednn->nanoseconds)});
  } else {
    cells.resize(9);
  }
  return Row(cells);
}

std::string Introduction() {
  return fmt::format(fmt::runtime(kIntroduction), fmt::arg("count", activation::All().size()),
                     fmt::arg("vanishing", activation::kVanishing));
}

std::string Measurements() {
  return fmt::format(fmt::runtime(kMeasurements),
                     fmt::arg("range", activation::kAbsoluteErrorRange),
                     fmt::arg("elements", activation::kTimedElements),
                     fmt::arg("machine", MachineText(activation::MeasuredOn())));
}

}  // namespace

std::string ActivationsPage() {
  std::string page = Introduction();
  page += "\n## The table\n\n";
  page += Row({"name", "f(x)", "parameters", "flat", "ONNX", "oneDNN"});
  page += Row({"---", "---", "---", "---", "---", "---"});
  for (const Spec& spec : activation::All()) page += FunctionRow(spec);
  page += Measurements() + "\n";
  page +=
      Row({"", "fallback ULP", "at x", "absolute", "ns", "oneDNN ULP", "at x", "absolute", "ns"});
  page += Row({"---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:"});
  for (const Spec& spec : activation::All()) page += FiguresRow(spec);
  return page;
}

}  // namespace hillock::client
