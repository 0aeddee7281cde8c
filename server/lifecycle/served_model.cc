#include "server/lifecycle/served_model.h"

#include <algorithm>
#include <utility>

#include "server/core/engine/executor.h"

namespace hillock::lifecycle {
namespace {

std::vector<ServedOutput> OutputsOf(const model::Mlp& mlp) {
  std::vector<ServedOutput> outputs;
  for (const model::Output& output : mlp.outputs) {
    outputs.push_back(
        {output, mlp.width(output), output.has_labels() ? mlp.LabelName(output) : std::string()});
  }
  return outputs;
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
      input_name_(mlp.inputs.front().name),
      inputs_(parts.plan->inputs()),
      answer_width_(mlp.answer_width()),
      outputs_(OutputsOf(mlp)),
      parts_(std::move(parts)),
      queues_(parts_.executors.size()) {}

ServedModel::~ServedModel() = default;

}  // namespace hillock::lifecycle
