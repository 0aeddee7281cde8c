// SPDX-License-Identifier: Apache-2.0

// Small valid models of row operations, for tests of whatever reads and writes them.

#ifndef HILLOCK_TESTS_UNIT_CORE_MODEL_GRAPH_MODELS_H_
#define HILLOCK_TESTS_UNIT_CORE_MODEL_GRAPH_MODELS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/core/model/mlp.h"

namespace hillock::model {

// A layer with the identity as its activation, for the end of `mlp`. Returns what it computes.
inline ValueId AddOperation(Mlp& mlp, RowOperation operation, std::vector<ValueId> operands,
                            size_t outputs) {
  Layer layer;
  layer.name = "layer" + std::to_string(mlp.layers.size());
  layer.operation = std::move(operation);
  layer.operands = std::move(operands);
  layer.outputs = outputs;
  layer.activation = activation::Find("identity");
  layer.params = *activation::ResolveParams(*layer.activation, {});
  mlp.layers.push_back(std::move(layer));
  return OutputOf(mlp.layers.size() - 1);
}

inline void AddOutput(Mlp& mlp, std::string name, ValueId source) {
  mlp.outputs.push_back({.name = std::move(name), .source = source});
}

struct NamedModel {
  std::string name;
  Mlp mlp;
};

// One operation over an input of `width`; operands are slices of it where there are several.
inline NamedModel ModelOf(RowOperation operation, size_t width, size_t outputs, std::string kind) {
  Mlp mlp;
  mlp.inputs = {FlatInput("input", width)};
  AddOutput(mlp, "output", AddOperation(mlp, std::move(operation), {ValueId::kInput}, outputs));
  return {std::move(kind), std::move(mlp)};
}

// The function of operands that are as wide as the output, but for the last of several, which has
// one column.
inline NamedModel ModelOf(const Function& function) {
  Mlp mlp;
  mlp.inputs = {FlatInput("input", 3)};
  std::vector<ValueId> operands{ValueId::kInput};
  for (size_t i = 1; i < function.arity; ++i) {
    std::vector<uint32_t> columns{2, 0, 1};
    if (i + 1 == function.arity) columns.resize(1);
    const size_t outputs = columns.size();
    operands.push_back(AddOperation(mlp, Select{std::move(columns)}, {ValueId::kInput}, outputs));
  }
  AddOutput(mlp, "output", AddOperation(mlp, Combine{&function}, std::move(operands), 3));
  return {std::string(function.name), std::move(mlp)};
}

// Every function, every reduction and every form of the other operations.
inline std::vector<NamedModel> EveryOperation() {
  std::vector<NamedModel> models;
  for (const Function& function : Functions()) models.push_back(ModelOf(function));
  for (const Reduction& reduction : Reductions()) {
    const std::string name = "reduce_" + std::string(reduction.name);
    models.push_back(ModelOf(Reduce{&reduction}, 6, 1, name));
    models.push_back(ModelOf(Reduce{&reduction}, 6, 2, name + "_of_groups"));
  }
  models.push_back(ModelOf(Scale{{2, -0.5f}, {0, 1}}, 2, 2, "scale"));
  models.push_back(ModelOf(Select{{2, 2, 0}}, 3, 3, "select"));
  const Normalize centered{true, 1e-5f, 4, {1, 2, 3, 4}, {0, 0, 1, 0}};
  models.push_back(ModelOf(centered, 4, 4, "layer_normalization"));
  models.push_back(ModelOf(Normalize{true, 1e-3f, 2, {}, {}}, 4, 4, "group_normalization"));
  models.push_back(ModelOf(Normalize{false, 1e-6f, 4, {1, 2, 3, 4}, {}}, 4, 4, "rms"));
  models.push_back(ModelOf(Normalize{false, 0, 2, {}, {}}, 4, 4, "rms_of_groups"));
  models.push_back(ModelOf(Lookup{{}, true, 2, {1, 2, 3, 4, 5, 6}, {0, 0}}, 2, 4, "embedding"));
  models.push_back(ModelOf(Lookup{{}, false, 1, {7, 8, 9}, {-1}}, 2, 2, "table"));
  models.push_back(ModelOf(Lookup{{-1, 0.5f, 3}, false, 3, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}},
                           1, 3, "keys"));
  models.push_back(ModelOf(DynamicQuantize{}, 3, 3, "dynamic_quantize"));
  Mlp constant = ModelOf(Select{{0}}, 1, 1, "").mlp;
  const ValueId three = AddOperation(constant, Constant{{1, 2, 3}}, {}, 3);
  AddOutput(constant, "both",
            AddOperation(constant, Select{{3, 0, 1, 2}}, {OutputOf(0), three}, 4));
  models.push_back({"constant", std::move(constant)});
  return models;
}

// A model that uses every field of inputs, outputs and layers.
inline Mlp EveryField() {
  Mlp mlp;
  mlp.producer = "a test";
  mlp.inputs = {
      {.name = "age",
       .datatype = Datatype::kInt64,
       .shape = {-1},
       .width = 1,
       .low = {0},
       .high = {9}},
      {.name = "town", .datatype = Datatype::kBytes, .shape = {-1, 1}, .width = 1},
      {.name = "picture", .shape = {-1, 1, 2, 2}, .width = 4, .takes_non_finite = true},
      {.name = "state", .datatype = Datatype::kFp64, .shape = {2}, .width = 2, .shared = true},
      {.name = "scalar", .shape = {}, .width = 1, .shared = true},
      {.name = "unused",
       .datatype = Datatype::kBool,
       .shape = {1, -1},
       .width = 1,
       .required = false}};
  mlp.words = {"Bern", "Ulm", std::string("\xff\0", 2)};
  const ValueId soft = AddOperation(mlp, Select{{2, 3, 4, 5}}, {ValueId::kInput}, 4);
  mlp.layers.back().activation = activation::Find("softmax");
  mlp.layers.back().group = 2;
  const ValueId best = AddOperation(mlp, Reduce{FindReduction("argmax")}, {soft}, 1);
  mlp.outputs = {
      {.name = "chances",
       .source = soft,
       .shape = {-1, 2, 2},
       .column_names = {"a", "b", "c", "d"}},
      {.name = "best", .source = best, .datatype = Datatype::kInt64, .shape = {-1}},
      {.name = "towns",
       .datatype = Datatype::kBytes,
       .shape = {2},
       .is_constant = true,
       .constant = {1, 0}},
      {.name = "version", .datatype = Datatype::kInt32, .is_constant = true, .constant = {3}}};
  mlp.left_out = {{"noise", "node 'n' (RandomNormal): draws random numbers"}};
  return mlp;
}

}  // namespace hillock::model

#endif  // HILLOCK_TESTS_UNIT_CORE_MODEL_GRAPH_MODELS_H_
