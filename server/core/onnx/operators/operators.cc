#include "server/core/onnx/operators/operators.h"

#include "server/core/activation/activation.h"

namespace hillock::onnx {
namespace {

constexpr std::string_view kMl = "ai.onnx.ml";

struct Row {
  std::string_view domain;
  std::string_view op;
  Operator handle;
};

constexpr Row kOperators[] = {
    {"", "Gemm", Gemm},
    {"", "MatMul", MatMul},
    {kMl, "LinearRegressor", LinearRegressor},
    {kMl, "LinearClassifier", LinearClassifier},
    {"", "BatchNormalization", BatchNormalization},
    {kMl, "Scaler", Scaler},
    {kMl, "Normalizer", Normalizer},
    {"", "Add", Arithmetic},
    {"", "Sub", Arithmetic},
    {"", "Mul", Arithmetic},
    {"", "Div", Arithmetic},
    {"", "Neg", Arithmetic},
    {"", "Clip", Clip},
    {"", "PRelu", Prelu},
    {"", "Identity", PassThrough},
    {"", "Dropout", PassThrough},
    {"", "CastLike", PassThrough},
    {"", "Cast", CastRows},
    {"", "Flatten", FlattenRows},
    {"", "Reshape", ReshapeRows},
    {"", "Squeeze", SqueezeRows},
    {"", "Unsqueeze", UnsqueezeRows},
    {"", "Transpose", TransposeRows},
    {"", "Shape", ShapeOfRows},
    {"", "ArgMax", ArgMax},
    {kMl, "Binarizer", Binarizer},
    {kMl, "ArrayFeatureExtractor", PickClass},
    {"", "Gather", PickClass},
    {kMl, "ZipMap", ZipMap},
    {"", "Concat", ConcatRows},
};

}  // namespace

Operator FindOperator(std::string_view domain, std::string_view op) {
  if (domain == "ai.onnx") domain = "";
  for (const Row& row : kOperators) {
    if (row.domain == domain && row.op == op) return row.handle;
  }
  if (!domain.empty()) return nullptr;
  if (FindPrimitive(op) != nullptr) return Elementwise;
  for (const activation::Spec& spec : activation::All()) {
    if (spec.onnx.op != op) continue;
    return spec.scope == activation::Scope::kRow ? RowActivation : Elementwise;
  }
  return nullptr;
}

}  // namespace hillock::onnx
