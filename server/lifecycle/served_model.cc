// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/served_model.h"

#include <algorithm>
#include <utility>

#include "server/core/engine/executor.h"

namespace hillock::lifecycle {
namespace {

std::vector<ServedInput> InputsOf(const model::Mlp& mlp) {
  std::vector<ServedInput> inputs;
  size_t offset = 0;
  for (const model::Input& input : mlp.inputs) {
    inputs.push_back({input, offset});
    offset += input.width;
  }
  return inputs;
}

std::vector<ServedOutput> OutputsOf(const model::Mlp& mlp) {
  const bool some_shared =
      std::ranges::any_of(mlp.inputs, [](const model::Input& input) { return input.shared; });
  std::vector<ServedOutput> outputs;
  for (const model::Output& output : mlp.outputs) {
    outputs.push_back(
        {output, mlp.width(output), output.has_labels() ? mlp.LabelName(output) : std::string()});
    outputs.back().output.shape = mlp.ShapeOf(output);
    outputs.back().shared =
        some_shared && !output.is_constant && !model::HasRows(outputs.back().output.shape);
  }
  return outputs;
}

// Of equal words the first one counts.
std::unordered_map<std::string_view, float> PositionsOf(const std::vector<std::string>& words) {
  std::unordered_map<std::string_view, float> positions;
  for (size_t i = 0; i < words.size(); ++i) positions.emplace(words[i], static_cast<float>(i));
  return positions;
}

}  // namespace

const std::string& ServedOutput::LabelOf(const float* row) const {
  const auto& labels = output.class_labels;
  if (width == 1) return labels[IsYes(row[0]) ? 1 : 0];
  return labels[static_cast<size_t>(std::max_element(row, row + width) - row)];
}

ServedModel::ServedModel(std::string name, int64_t version, const model::Mlp& mlp, Parts parts)
    : name_(std::move(name)),
      version_(version),
      inputs_(InputsOf(mlp)),
      outputs_(OutputsOf(mlp)),
      left_out_(mlp.left_out),
      words_(mlp.words),
      positions_(PositionsOf(words_)),
      input_width_(mlp.input_width()),
      answer_width_(mlp.answer_width()),
      parts_(std::move(parts)),
      queues_(parts_.executors.size()) {}

ServedModel::~ServedModel() = default;

float ServedModel::FindWord(std::string_view word) const {
  const auto found = positions_.find(word);
  return found == positions_.end() ? -1 : found->second;
}

}  // namespace hillock::lifecycle
