// SPDX-License-Identifier: Apache-2.0

// What a layer may compute of a row instead of W x + b: whatever maps rows to rows, one by one, and
// one operation that looks at all rows of a request.

#ifndef HILLOCK_SERVER_CORE_MODEL_ROW_OPERATION_H_
#define HILLOCK_SERVER_CORE_MODEL_ROW_OPERATION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "server/core/model/value_id.h"

namespace hillock::model {

// A function of one element, or of two or three: a row of kFunctions.
struct Function {
  std::string_view name;  // in files and for people
  size_t arity;
  double (*reference)(double a, double b, double c);

  // Whether it can make infinities or NaN of finite numbers.
  bool may_be_non_finite = false;
};

std::span<const Function> Functions();
const Function* FindFunction(std::string_view name);  // null when there is none

// A function of some elements that gives one: a row of kReductions.
struct Reduction {
  std::string_view name;
  double (*reference)(std::span<const double> x);  // of at least one
  bool may_be_non_finite = false;
};

std::span<const Reduction> Reductions();
const Reduction* FindReduction(std::string_view name);

// y[c] = scale[c] * x[c] + shift[c].
struct Scale {
  std::vector<float> scale;  // [outputs]
  std::vector<float> shift;  // [outputs]
};

// y[c] = the element columns[c] of the sources, which lie side by side. Joins, cuts, picks, repeats
// and reorders.
struct Select {
  std::vector<uint32_t> columns;  // [outputs]
};

// y[c] = f(a[c], b[c], ...): as many sources as the function takes, each as wide as the output, or
// of one element that stands for all.
struct Combine {
  const Function* function = nullptr;
};

// y[g] = f(x[g * n], ..., x[g * n + n - 1]), with n = width of the source / outputs. Sums are in
// double, in an order that depends on n alone.
struct Reduce {
  const Reduction* reduction = nullptr;
};

// Of each `group` columns, with the mean and the variance of them (of the population):
//   centered:  y = (x - mean) / sqrt(variance + epsilon) * scale + shift
//   else:      y = x / sqrt(mean of squares + epsilon) * scale + shift
struct Normalize {
  bool centered = true;
  float epsilon = 0;
  size_t group = 0;          // at least 1, divides the width
  std::vector<float> scale;  // [outputs], or empty: all 1
  std::vector<float> shift;  // [outputs], or empty: all 0
};

// Each element of the source becomes `width` columns: those of the table at the key that it equals,
// or `otherwise`, where it equals none. NaN equals none.
struct Lookup {
  std::vector<float> keys;       // ascending; empty: 0, 1, 2 and so on
  bool wraps = false;            // without keys: -1 is the last entry, -2 the one before, and so on
  size_t width = 0;              // at least 1
  std::vector<float> table;      // [entries][width]
  std::vector<float> otherwise;  // [width]

  size_t entries() const { return table.size() / width; }
};

// y = the same in each row. There is no source.
struct Constant {
  std::vector<float> values;  // [outputs]
};

// y = (q - zero) * scale, q = clamp(round(x / scale) + zero, 0, 255): x on a grid of 256 numbers
// over the range of x in all columns and rows of a request, and 0. Halves are rounded to even. With
// low and high of that range,
//   scale = (high - low) / 255, or 1 if that is 0;  zero = round(-low / scale).
// NaN stays NaN, and is in no range. Source: ONNX, DynamicQuantizeLinear.
struct DynamicQuantize {};

using RowOperation =
    std::variant<Scale, Select, Combine, Reduce, Normalize, Lookup, Constant, DynamicQuantize>;

// "scale", "select", ..., by the operation's kind; a combination and a reduction have the name of
// their function.
std::string_view NameOf(const RowOperation& operation);

// Whether it can make infinities or NaN of finite numbers, apart from overflow.
bool MayBeNonFinite(const RowOperation& operation);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_ROW_OPERATION_H_
