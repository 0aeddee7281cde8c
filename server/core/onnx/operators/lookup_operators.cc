// SPDX-License-Identifier: Apache-2.0

// Operators that look a value up among keys: classes, categories, labels, and what is missing.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

// Numbers, or codes of strings, that an attribute of one of several names lists.
struct Listed {
  std::vector<double> values;
  DataType type = DataType::kUndefined;  // none of the names is there
};

struct NamedList {
  std::string_view attribute;
  DataType type;
};

absl::StatusOr<Listed> ListOf(const Call& call, std::span<const NamedList> names) {
  for (const auto& [name, type] : names) {
    const AttributeView* const attribute = call.node.Find(name);
    if (attribute == nullptr) continue;
    Listed list{{}, type};
    if (type == DataType::kString) {
      HILLOCK_ASSIGN_OR_RETURN(const auto texts, attribute->Texts());
      for (const std::string_view text : texts) list.values.push_back(call.graph.CodeOf(text));
    } else if (type == DataType::kInt64) {
      HILLOCK_ASSIGN_OR_RETURN(const auto integers, attribute->Integers());
      for (const int64_t value : integers) list.values.push_back(static_cast<double>(value));
    } else {
      HILLOCK_ASSIGN_OR_RETURN(const auto reals, attribute->Reals());
      list.values.assign(reals.begin(), reals.end());
    }
    if (list.values.empty()) continue;
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(list.values.size(), 2 * sizeof(double)));
    return list;
  }
  return Listed{};
}

// Keys in ascending order; of equal ones the last counts.
absl::StatusOr<Rows> LookedUp(const Call& call, const Rows& x, const std::vector<double>& keys,
                              const std::vector<std::vector<float>>& entries,
                              std::vector<float> otherwise, Shape shape, DataType type) {
  std::map<float, size_t> sorted;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!std::isfinite(keys[i])) return absl::UnimplementedError("has keys that are not finite");
    if (x.is_integral()) HILLOCK_RETURN_IF_ERROR(CheckExact(keys[i]));
    sorted[static_cast<float>(keys[i])] = i;
  }
  model::Lookup lookup;
  lookup.width = otherwise.size();
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(sorted.size() * lookup.width, sizeof(float)));
  for (const auto& [key, entry] : sorted) {
    lookup.keys.push_back(key);
    lookup.table.insert(lookup.table.end(), entries[entry].begin(), entries[entry].end());
  }
  lookup.otherwise = std::move(otherwise);
  return call.graph.AddOperation(std::move(lookup), {x.value}, std::move(shape), type);
}

Outcome OneHot(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor depth, call.TensorAt(1));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor values, call.TensorAt(2));
  const int64_t axis = call.node.Integer("axis", -1);
  if (axis != -1 && axis != static_cast<int64_t>(x.shape.size())) {
    return absl::UnimplementedError("puts its columns before the last axis");
  }
  if (depth.size() != 1 || values.size() != 2) {
    return absl::InvalidArgumentError("has no single depth, or not two values");
  }
  HILLOCK_ASSIGN_OR_RETURN(const double size, NumberAt(depth, 0));
  HILLOCK_ASSIGN_OR_RETURN(const double off, NumberAt(values, 0));
  HILLOCK_ASSIGN_OR_RETURN(const double on, NumberAt(values, 1));
  if (!(size >= 1 && size < 1e6))
    return absl::InvalidArgumentError(fmt::format("has depth {}", size));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, OneHotOf(call, x, static_cast<size_t>(size), true,
                                               static_cast<float>(off), static_cast<float>(on)));
  if (values.kind == Tensor::Kind::kIntegers) rows.type = DataType::kInt64;
  return rows;
}

// A column for each category; a value that is none of them has 0 in all.
Outcome OneHotEncoder(const Call& call) {
  constexpr NamedList kCategories[] = {{"cats_strings", DataType::kString},
                                       {"cats_int64s", DataType::kInt64}};
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Listed categories, ListOf(call, kCategories));
  const size_t size = categories.values.size();
  if (size == 0) return absl::InvalidArgumentError("has no categories");
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(size * size, sizeof(float)));
  std::vector<std::vector<float>> entries(size, std::vector<float>(size, 0.0f));
  for (size_t i = 0; i < size; ++i) entries[i][i] = 1;
  Shape shape = x.shape;
  shape.push_back(static_cast<int64_t>(size));
  HILLOCK_ASSIGN_OR_RETURN(
      Rows rows, LookedUp(call, x, categories.values, entries, std::vector<float>(size, 0.0f),
                          std::move(shape), DataType::kFloat));
  return rows;
}

// What a tensor lists, as operator set 4 may have it in place of a list.
absl::StatusOr<Listed> ListOfTensor(const Call& call, const AttributeView& attribute) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, TensorOf(call, attribute));
  Listed list{{}, DataType::kFloat};
  if (tensor.kind == Tensor::Kind::kIntegers) list.type = DataType::kInt64;
  if (tensor.kind == Tensor::Kind::kStrings) list.type = DataType::kString;
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(tensor.size(), 2 * sizeof(double)));
  for (size_t i = 0; i < tensor.size(); ++i) {
    if (tensor.kind == Tensor::Kind::kStrings) {
      list.values.push_back(call.graph.CodeOf(tensor.strings[i]));
      continue;
    }
    HILLOCK_ASSIGN_OR_RETURN(list.values.emplace_back(), NumberAt(tensor, i));
  }
  return list;
}

// What a value that is no key becomes.
absl::StatusOr<double> DefaultOf(const Call& call, DataType type) {
  if (const AttributeView* const given = call.node.Find("default_tensor"); given && given->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(const Listed list, ListOfTensor(call, *given));
    if (list.values.size() == 1 && list.type == type) return list.values[0];
    return absl::InvalidArgumentError("has a default_tensor that is no single value of its type");
  }
  if (type == DataType::kString) {
    return call.graph.CodeOf(call.node.Text("default_string", "_Unused"));
  }
  if (type == DataType::kInt64) {
    return static_cast<double>(call.node.Integer("default_int64", -1));
  }
  return double{call.node.Real("default_float", -0.0f)};
}

// Operator set 1 has a list of strings, which stand for their positions, or the other way round.
absl::StatusOr<std::pair<Listed, Listed>> KeysAndValues(const Call& call, const Rows& x) {
  constexpr NamedList kKeys[] = {{"keys_strings", DataType::kString},
                                 {"keys_int64s", DataType::kInt64},
                                 {"keys_floats", DataType::kFloat}};
  constexpr NamedList kValues[] = {{"values_strings", DataType::kString},
                                   {"values_int64s", DataType::kInt64},
                                   {"values_floats", DataType::kFloat}};
  constexpr NamedList kClasses[] = {{"classes_strings", DataType::kString},
                                    {"cats_strings", DataType::kString}};
  constexpr NamedList kNumbers[] = {{"cats_int64s", DataType::kInt64}};
  HILLOCK_ASSIGN_OR_RETURN(Listed keys, ListOf(call, kKeys));
  HILLOCK_ASSIGN_OR_RETURN(Listed values, ListOf(call, kValues));
  if (const AttributeView* const given = call.node.Find("keys_tensor"); given && given->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(keys, ListOfTensor(call, *given));
  }
  if (const AttributeView* const given = call.node.Find("values_tensor"); given && given->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(values, ListOfTensor(call, *given));
  }
  if (!keys.values.empty()) return std::pair(std::move(keys), std::move(values));
  HILLOCK_ASSIGN_OR_RETURN(keys, ListOf(call, kClasses));
  HILLOCK_ASSIGN_OR_RETURN(values, ListOf(call, kNumbers));
  values.type = DataType::kInt64;
  for (size_t i = values.values.size(); i < keys.values.size(); ++i) {
    values.values.push_back(static_cast<double>(i));
  }
  if (x.type != DataType::kString) std::swap(keys, values);
  return std::pair(std::move(keys), std::move(values));
}

// What the elements of a constant become; of equal keys the last counts.
absl::StatusOr<Tensor> Encoded(const Call& call, const Rows& x, const Listed& keys,
                               const Listed& values, double otherwise) {
  std::map<double, double> entries;
  for (size_t i = 0; i < keys.values.size(); ++i) entries[keys.values[i]] = values.values[i];
  Tensor encoded{.shape = x.shape};
  encoded.kind = values.type == DataType::kString  ? Tensor::Kind::kStrings
                 : values.type == DataType::kInt64 ? Tensor::Kind::kIntegers
                                                   : Tensor::Kind::kFloats;
  for (size_t c = 0; c < x.width(); ++c) {
    const auto entry = entries.find(x.value.map.shift_at(c));
    const double value = entry == entries.end() ? otherwise : entry->second;
    if (encoded.kind == Tensor::Kind::kStrings) {
      encoded.strings.push_back(call.graph.WordOf(value));
      HILLOCK_RETURN_IF_ERROR(call.budget.TakeStrings({&encoded.strings.back(), 1}));
    } else if (encoded.kind == Tensor::Kind::kIntegers) {
      encoded.integers.push_back(static_cast<int64_t>(value));
    } else {
      encoded.floats.push_back(static_cast<float>(value));
    }
  }
  return encoded;
}

Outcome LabelEncoder(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto lists, KeysAndValues(call, x));
  const auto& [keys, values] = lists;
  if (keys.values.empty() || keys.values.size() != values.values.size()) {
    return absl::UnimplementedError(fmt::format("has {} keys and {} values as lists",
                                                keys.values.size(), values.values.size()));
  }
  if ((x.type == DataType::kString) != (keys.type == DataType::kString)) {
    return absl::InvalidArgumentError("has keys of another type than its input");
  }
  std::vector<std::vector<float>> entries;
  for (const double value : values.values) {
    if (values.type == DataType::kInt64) HILLOCK_RETURN_IF_ERROR(CheckExact(value));
    entries.push_back({static_cast<float>(value)});
  }
  HILLOCK_ASSIGN_OR_RETURN(const double default_value, DefaultOf(call, values.type));
  const auto otherwise = static_cast<float>(default_value);
  if (!call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor encoded, Encoded(call, x, keys, values, otherwise));
    return ValueOf(std::move(encoded));
  }
  HILLOCK_ASSIGN_OR_RETURN(
      Rows rows, LookedUp(call, x, keys.values, entries, {otherwise}, x.shape, values.type));
  return rows;
}

// NaN, or another value, is replaced, column by column.
Outcome Imputer(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  constexpr NamedList kImputed[] = {{"imputed_value_floats", DataType::kFloat},
                                    {"imputed_value_int64s", DataType::kInt64}};
  HILLOCK_ASSIGN_OR_RETURN(Listed imputed, ListOf(call, kImputed));
  if (imputed.values.size() != 1 && imputed.values.size() != x.width()) {
    return absl::InvalidArgumentError(
        fmt::format("imputes {} values for {} columns", imputed.values.size(), x.width()));
  }
  const bool integers = imputed.type == DataType::kInt64;
  const double replaced = integers
                              ? static_cast<double>(call.node.Integer("replaced_value_int64", 0))
                              : double{call.node.Real("replaced_value_float", 0)};
  Rows is_replaced = x;
  if (std::isnan(replaced)) {
    call.graph.SetTakesNonFinite();
    HILLOCK_ASSIGN_OR_RETURN(is_replaced, Combined(call, "is_nan", {x}, DataType::kBool));
  } else {
    HILLOCK_ASSIGN_OR_RETURN(
        is_replaced,
        Combined(call, "equal", {x, RowGraph::Constant({replaced}, {})}, DataType::kBool));
  }
  const Rows values = RowGraph::Constant(std::move(imputed.values), x.shape);
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Combined(call, "where", {is_replaced, values, x}, x.type));
  return rows;
}

Outcome Binarizer(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const Rows threshold = RowGraph::Constant({double{call.node.Real("threshold", 0)}}, {});
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Apply(call, "Greater", {x, threshold}));
  rows.type = x.type;
  return rows;
}

Outcome ZipMap(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Classes classes, ClassesOf(call));
  if (classes.names.size() != x.width()) {
    return absl::InvalidArgumentError(
        fmt::format("has {} class labels, want {}, one a column", classes.names.size(), x.width()));
  }
  x.column_names = std::move(classes.names);
  return x;
}

constexpr OperatorRow kRows[] = {
    {"", "OneHot", OneHot},
    {kMlDomain, "OneHotEncoder", OneHotEncoder},
    {kMlDomain, "LabelEncoder", LabelEncoder},
    {kMlDomain, "CategoryMapper", LabelEncoder},
    {kMlDomain, "Imputer", Imputer},
    {kMlDomain, "Binarizer", Binarizer},
    {kMlDomain, "ZipMap", ZipMap},
};

}  // namespace

// A lookup by position in a matrix that is `on` along its diagonal.
absl::StatusOr<Rows> OneHotOf(const Call& call, const Rows& x, size_t size, bool wraps, float off,
                              float on) {
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(size * size, sizeof(float)));
  model::Lookup lookup;
  lookup.wraps = wraps;
  lookup.width = size;
  lookup.table.assign(size * size, off);
  for (size_t i = 0; i < size; ++i) lookup.table[i * size + i] = on;
  lookup.otherwise.assign(size, off);
  Shape shape = x.shape;
  shape.push_back(static_cast<int64_t>(size));
  HILLOCK_ASSIGN_OR_RETURN(const size_t width, ElementCount(RowShape(shape)));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(width, sizeof(float)));
  return call.graph.AddOperation(std::move(lookup), {x.value}, std::move(shape), DataType::kFloat);
}

absl::StatusOr<Classes> ClassesOf(const Call& call) {
  Classes classes;
  if (const AttributeView* const texts = call.node.Find("classlabels_strings")) {
    HILLOCK_ASSIGN_OR_RETURN(const auto labels, texts->Texts());
    for (const std::string_view label : labels) {
      HILLOCK_RETURN_IF_ERROR(call.budget.Take(1, label.size() + sizeof(std::string)));
      classes.names.emplace_back(label);
      classes.values.push_back(call.graph.CodeOf(label));
    }
    if (!labels.empty()) classes.type = DataType::kString;
    if (!labels.empty()) return classes;
  }
  for (const std::string_view attribute : {"classlabels_int64s", "classlabels_ints"}) {
    const AttributeView* const integers = call.node.Find(attribute);
    if (integers == nullptr) continue;
    HILLOCK_ASSIGN_OR_RETURN(const auto labels, integers->Integers());
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(labels.size(), sizeof(std::string)));
    for (const int64_t label : labels) {
      classes.values.push_back(static_cast<double>(label));
      classes.names.push_back(fmt::format("{}", label));
    }
  }
  return classes;
}

// Labels 0, 1, 2, ... are the positions themselves. Any other label is looked up by its position,
// which is never beyond the table.
GraphValue ClassAt(const Call& call, const Rows& x, const Classes& classes) {
  call.graph.NameColumns(x, classes.names);
  const bool positions = classes.type == DataType::kInt64 && [&] {
    for (size_t i = 0; i < classes.values.size(); ++i) {
      if (classes.values[i] != static_cast<double>(i)) return false;
    }
    return true;
  }();
  if (positions) return x;
  for (const double value : classes.values) {
    if (const absl::Status exact = CheckExact(value); !exact.ok()) {
      return Unsupported{Annotate(exact, call.node.op)};
    }
  }
  model::Lookup lookup;
  lookup.width = 1;
  lookup.table.assign(classes.values.begin(), classes.values.end());
  lookup.otherwise = {std::numeric_limits<float>::quiet_NaN()};
  return call.graph.AddOperation(std::move(lookup), {x.value}, x.shape, classes.type);
}

std::span<const OperatorRow> LookupOperators() { return kRows; }

}  // namespace hillock::onnx
