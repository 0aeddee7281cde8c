#include "server/model/onnx/outputs.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "server/model/onnx/utf8.h"

namespace hillock::model::onnx {
namespace {

constexpr std::string_view kNamedOutput = "probabilities";

// What the outputs of a graph come to.
struct Served {
  std::string_view name;
  std::optional<Rows> rows;
  std::vector<std::string> classes;
  std::optional<Label> label;
  std::string_view label_name;
};

absl::Status TakeRows(const Chain& chain, std::string_view name, const Rows& rows, Served& served) {
  if (served.rows &&
      !(chain.SameOrder(*served.rows, rows) && chain.SameOrder(rows, *served.rows))) {
    return absl::UnimplementedError(
        fmt::format("outputs '{}' and '{}' are different values, want one, and labels of it",
                    Excerpt(served.name), Excerpt(name)));
  }
  served.name = name;
  served.rows = rows;
  return absl::OkStatus();
}

absl::Status Take(const Chain& chain, const GraphOutput& output, Served& served) {
  if (const auto* const rows = std::get_if<Rows>(output.value)) {
    return TakeRows(chain, output.name, *rows, served);
  }
  if (const auto* const named = std::get_if<NamedRows>(output.value)) {
    served.classes = named->classes;
    return TakeRows(chain, kNamedOutput, named->rows, served);
  }
  if (const auto* const label = std::get_if<Label>(output.value)) {
    if (served.label) {
      return absl::UnimplementedError(fmt::format("outputs '{}' and '{}' are both class labels",
                                                  Excerpt(served.label_name),
                                                  Excerpt(output.name)));
    }
    served.label = *label;
    served.label_name = output.name;
  }
  return absl::OkStatus();
}

std::vector<std::string> Indices(size_t count) {
  std::vector<std::string> indices;
  for (size_t i = 0; i < count; ++i) indices.push_back(fmt::format("{}", i));
  return indices;
}

absl::Status CheckNames(const std::vector<std::string>& classes) {
  for (size_t i = 0; i < classes.size(); ++i) {
    if (!IsUtf8(classes[i])) {
      return absl::InvalidArgumentError(fmt::format("class label {} is not UTF-8", i));
    }
  }
  return absl::OkStatus();
}

absl::Status SetLabels(const Chain& chain, Served& served, float& threshold) {
  if (!served.label) return CheckNames(served.classes);
  const Label& label = *served.label;
  if (!served.rows) {
    served.rows = label.source;
    served.name = kNamedOutput;
  }
  if (!chain.SameOrder(label.source, *served.rows)) {
    return absl::UnimplementedError(fmt::format("label '{}' is not drawn from output '{}'",
                                                Excerpt(served.label_name), Excerpt(served.name)));
  }
  const size_t width = served.rows->width();
  if (label.by_threshold) {
    if (width > 1) return absl::OkStatus();
    // The graph says "above", the format "from ... on".
    threshold = std::nextafter(label.threshold, std::numeric_limits<float>::infinity());
  }
  if (!label.classes.empty()) served.classes = label.classes;
  if (served.classes.empty()) served.classes = Indices(label.by_threshold ? 2 : width);
  return CheckNames(served.classes);
}

}  // namespace

absl::StatusOr<Mlp> MakeModel(Chain chain, const std::vector<GraphOutput>& outputs) {
  Served served;
  float threshold = kDefaultThreshold;
  for (const GraphOutput& output : outputs) {
    HILLOCK_RETURN_IF_ERROR(Take(chain, output, served));
  }
  HILLOCK_RETURN_IF_ERROR(SetLabels(chain, served, threshold));
  if (!served.rows) {
    return absl::InvalidArgumentError("no output of the graph depends on its input");
  }
  auto mlp = std::move(chain).Finish(*served.rows);
  if (!mlp.ok()) {
    return Annotate(mlp.status(), fmt::format("output '{}'", Excerpt(served.name)));
  }
  mlp->outputs = {
      {std::string(served.name), mlp->layers.size(), std::move(served.classes), threshold}};
  return mlp;
}

}  // namespace hillock::model::onnx
