#include "server/core/onnx/lowering/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "server/core/base/utf8.h"
#include "server/core/onnx/lowering/layers.h"

namespace hillock::onnx {
namespace {

constexpr std::string_view kProbabilities = "probabilities";

// An output of the model, as far as the graph says.
struct Served {
  std::string name;
  Rows rows;
  std::vector<std::string> classes;
  std::string_view label_name;  // of the graph's labels; empty for none
  float threshold = model::kDefaultThreshold;
  bool multilabel = false;
};

std::vector<std::string> Indices(size_t count) {
  std::vector<std::string> indices;
  for (size_t i = 0; i < count; ++i) indices.push_back(fmt::format("{}", i));
  return indices;
}

absl::Status CheckNames(const Served& served) {
  for (size_t i = 0; i < served.classes.size(); ++i) {
    if (!IsUtf8(served.classes[i])) {
      return absl::InvalidArgumentError(fmt::format("class label {} is not UTF-8", i));
    }
  }
  return absl::OkStatus();
}

class Collector {
 public:
  Collector(const Tree& tree, Budget& budget) : tree_(tree), budget_(budget) {}

  absl::StatusOr<std::vector<Served>> Run(const std::vector<GraphOutput>& outputs) && {
    for (const GraphOutput& output : outputs) {
      HILLOCK_RETURN_IF_ERROR(Annotate(Charge(*output.value, budget_),
                                       fmt::format("output '{}'", Excerpt(output.name))));
      if (const auto* const rows = std::get_if<Rows>(output.value)) {
        served_.push_back({std::string(output.name), *rows, {}, {}});
      } else if (const auto* const named = std::get_if<NamedRows>(output.value)) {
        served_.push_back({FreeName(output.name), named->rows, named->classes, {}});
      }
    }
    for (const GraphOutput& output : outputs) {
      const auto* const label = std::get_if<Label>(output.value);
      if (label != nullptr) HILLOCK_RETURN_IF_ERROR(AddLabel(output.name, *label));
    }
    for (const Served& served : served_) HILLOCK_RETURN_IF_ERROR(CheckNames(served));
    return std::move(served_);
  }

 private:
  // "probabilities", for what has no name of its own in the graph, if that is not taken.
  std::string FreeName(std::string_view otherwise) const {
    const bool taken = std::ranges::find(served_, kProbabilities, &Served::name) != served_.end();
    return std::string(taken ? otherwise : kProbabilities);
  }

  // The output that the labels are drawn from.
  Served& SourceOf(std::string_view name, const Label& label) {
    const auto same = [&](const Served& s) { return Tree::Same(label.source, s.rows); };
    const auto alike = [&](const Served& s) { return tree_.SameOrder(label.source, s.rows); };
    auto found = std::ranges::find_if(served_, same);
    if (found == served_.end() && !label.by_threshold) {
      found = std::ranges::find_if(served_, alike);
    }
    if (found != served_.end()) return *found;
    const std::string own = fmt::format("{}_scores", name);
    return served_.emplace_back(
        Served{served_.empty() ? FreeName(own) : own, label.source, {}, {}});
  }

  absl::Status AddLabel(std::string_view name, const Label& label) {
    Served& served = SourceOf(name, label);
    if (!served.label_name.empty()) {
      return absl::UnimplementedError(fmt::format("outputs '{}' and '{}' are both labels of '{}'",
                                                  Excerpt(served.label_name), Excerpt(name),
                                                  Excerpt(served.name)));
    }
    served.label_name = name;
    if (label.by_threshold) {
      // The graph says "above", the format "from ... on".
      served.threshold = std::nextafter(label.threshold, std::numeric_limits<float>::infinity());
    }
    return SetClasses(label, served);
  }

  absl::Status SetClasses(const Label& label, Served& served) {
    served.multilabel = label.is_multilabel();
    if (served.multilabel) {
      served.classes.clear();
      return absl::OkStatus();
    }
    if (!label.classes.empty()) served.classes = label.classes;
    if (!served.classes.empty()) return absl::OkStatus();
    const size_t count = label.by_threshold ? 2 : served.rows.width();
    HILLOCK_RETURN_IF_ERROR(budget_.Take(count, sizeof(std::string)));
    served.classes = Indices(count);
    return absl::OkStatus();
  }

  const Tree& tree_;
  Budget& budget_;
  std::vector<Served> served_;
};

}  // namespace

absl::StatusOr<model::Mlp> MakeModel(Tree tree, const std::vector<GraphOutput>& outputs,
                                     Budget& budget) {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<Served> all, Collector(tree, budget).Run(outputs));
  if (all.empty()) {
    return absl::InvalidArgumentError("no output of the graph depends on its input");
  }
  if (all.size() > model::kMaxOutputs) {
    return absl::UnimplementedError(
        fmt::format("the graph has {} outputs, want at most {}", all.size(), model::kMaxOutputs));
  }
  std::vector<Wanted> wanted;
  for (const Served& served : all) wanted.push_back({served.name, served.rows});
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, MakeLayers(std::move(tree), wanted, budget));
  for (size_t i = 0; i < all.size(); ++i) {
    mlp.outputs[i].name = std::move(all[i].name);
    mlp.outputs[i].class_labels = std::move(all[i].classes);
    mlp.outputs[i].threshold = all[i].threshold;
    mlp.outputs[i].multilabel = all[i].multilabel;
  }
  return mlp;
}

}  // namespace hillock::onnx
