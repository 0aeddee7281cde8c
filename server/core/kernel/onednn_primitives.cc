// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/onednn_primitives.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>

#include "server/core/kernel/fallback.h"

// Of libgomp, the runtime that the distributions build oneDNN with. <omp.h> belongs to the compiler
// and may speak of another runtime.
extern "C" void omp_set_num_threads(int threads);

namespace hillock::kernel::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;

constexpr auto kInference = dnnl::prop_kind::forward_inference;

struct Named {
  std::string_view name;
  algorithm value;
};

// Names are those of version 2, which the table of activations uses.
constexpr Named kEltwise[] = {
    {"eltwise_linear", algorithm::eltwise_linear},
    {"eltwise_relu", algorithm::eltwise_relu},
    {"eltwise_elu", algorithm::eltwise_elu},
    {"eltwise_logistic", algorithm::eltwise_logistic},
    {"eltwise_tanh", algorithm::eltwise_tanh},
    {"eltwise_swish", algorithm::eltwise_swish},
    {"eltwise_gelu_erf", algorithm::eltwise_gelu_erf},
    {"eltwise_gelu_tanh", algorithm::eltwise_gelu_tanh},
    {"eltwise_mish", algorithm::eltwise_mish},
    {"eltwise_soft_relu", algorithm::eltwise_soft_relu},
    {"eltwise_hardswish", algorithm::eltwise_hardswish},
    {"eltwise_clip", algorithm::eltwise_clip},
    {"eltwise_abs", algorithm::eltwise_abs},
    {"eltwise_square", algorithm::eltwise_square},
#if DNNL_VERSION_MAJOR >= 3
    {"eltwise_hardsigmoid", algorithm::eltwise_hardsigmoid},
    {"eltwise_logsigmoid", algorithm::eltwise_soft_relu},  // log(1 + e^(alpha x)) / alpha
#else
    {"eltwise_logsigmoid", algorithm::eltwise_logsigmoid},
#endif
};

std::optional<algorithm> FindEltwise(std::string_view name) {
  const auto it = std::ranges::find(kEltwise, name, &Named::name);
  return it == std::end(kEltwise) ? std::nullopt : std::optional(it->value);
}

memory::dim Dim(size_t n) { return static_cast<memory::dim>(n); }

// The types that PrecisionSpec::onednn_type can name.
struct NumberType {
  std::string_view name;
  memory::data_type value;
  size_t bytes;
  unsigned isa;  // what a CPU must have to multiply it fast: bits of dnnl_cpu_isa_t
  void (*round)(const float* src, void* dst, size_t n) noexcept;  // from f32; null for f32
};

void RoundToBf16(const float* src, void* dst, size_t n) noexcept {
  fallback::RoundToBf16(src, static_cast<uint16_t*>(dst), n);
}

constexpr NumberType kTypes[] = {
    {"f32", memory::data_type::f32, 4, 0, nullptr},
    // AMX has the bits of AVX512_BF16, too.
    {"bf16", memory::data_type::bf16, 2, dnnl_cpu_isa_avx512_core_bf16, &RoundToBf16},
};

const NumberType& TypeOf(Precision precision) {
  const auto type = std::ranges::find(kTypes, SpecOf(precision).onednn_type, &NumberType::name);
  HILLOCK_CHECK(type != std::end(kTypes));
  return *type;
}

// Scratch comes from the caller, so that a run allocates nothing.
dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

dnnl::primitive_attr AttributesOf(const std::optional<Algorithm>& fused) {
  dnnl::primitive_attr attr = UserScratchpad();
  if (!fused) return attr;
  dnnl::post_ops ops;
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(*FindEltwise(fused->name), fused->alpha, fused->beta);
#else
  ops.append_eltwise(1.0f, *FindEltwise(fused->name), fused->alpha, fused->beta);
#endif
  attr.set_post_ops(ops);
  return attr;
}

// Version 3 makes a primitive descriptor of its arguments. Version 2 makes it of an operation
// descriptor that holds them, and has a primitive of its own for the logarithm of softmax.

dnnl::eltwise_forward::primitive_desc DescribeEltwise(size_t rows, size_t cols,
                                                      const Algorithm& form) {
  const algorithm name = *FindEltwise(form.name);
#if DNNL_VERSION_MAJOR >= 3
  return {Cpu(),     kInference,      name, Matrix(rows, cols), Matrix(rows, cols), form.alpha,
          form.beta, UserScratchpad()};
#else
  return {{kInference, name, Matrix(rows, cols), form.alpha, form.beta}, UserScratchpad(), Cpu()};
#endif
}

#if DNNL_VERSION_MAJOR >= 3
using LogSoftmaxForward = dnnl::softmax_forward;

dnnl::softmax_forward::primitive_desc DescribeRow(size_t rows, size_t cols, algorithm name) {
  return {Cpu(), kInference, name, Matrix(rows, cols), Matrix(rows, cols), 1, UserScratchpad()};
}

dnnl::softmax_forward::primitive_desc DescribeSoftmax(size_t rows, size_t cols) {
  return DescribeRow(rows, cols, algorithm::softmax_accurate);
}

LogSoftmaxForward::primitive_desc DescribeLogSoftmax(size_t rows, size_t cols) {
  return DescribeRow(rows, cols, algorithm::softmax_log);
}

dnnl::prelu_forward::primitive_desc DescribePrelu(size_t rows, size_t cols) {
  return {Cpu(),           kInference,         Matrix(rows, cols),
          Matrix(1, cols), Matrix(rows, cols), UserScratchpad()};
}
#else
using LogSoftmaxForward = dnnl::logsoftmax_forward;

dnnl::softmax_forward::primitive_desc DescribeSoftmax(size_t rows, size_t cols) {
  return {{kInference, Matrix(rows, cols), 1}, UserScratchpad(), Cpu()};
}

LogSoftmaxForward::primitive_desc DescribeLogSoftmax(size_t rows, size_t cols) {
  return {{kInference, Matrix(rows, cols), 1}, UserScratchpad(), Cpu()};
}

dnnl::prelu_forward::primitive_desc DescribePrelu(size_t rows, size_t cols) {
  return {{kInference, Matrix(rows, cols), Matrix(1, cols)}, UserScratchpad(), Cpu()};
}
#endif

size_t ToCacheLine(size_t bytes) { return (bytes + 63) / 64 * 64; }

template <class Primitive>
Prepared Prepare(const typename Primitive::primitive_desc& description) {
  return {Primitive(description), description.src_desc(), description.dst_desc(),
          description.scratchpad_desc()};
}

}  // namespace

const dnnl::engine& Cpu() {
  static const dnnl::engine kEngine(dnnl::engine::kind::cpu, 0);
  return kEngine;
}

bool UseOneThread() {
  omp_set_num_threads(1);
  return true;
}

std::string Version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

bool IsFast(Precision precision) {
  const unsigned needed = TypeOf(precision).isa;
  return (static_cast<unsigned>(dnnl_get_effective_cpu_isa()) & needed) == needed;
}

bool HasEltwise(std::string_view name) { return FindEltwise(name).has_value(); }

memory::desc Matrix(size_t rows, size_t cols, Precision precision) {
  return {{Dim(rows), Dim(cols)}, TypeOf(precision).value, memory::format_tag::ab};
}

memory::desc Vector(size_t n) { return {{Dim(n)}, memory::data_type::f32, memory::format_tag::a}; }

memory::desc AnyWeights(const DenseShape& shape) {
  return {{Dim(shape.outputs), Dim(shape.inputs)},
          TypeOf(shape.precision).value,
          memory::format_tag::any};
}

dnnl::inner_product_forward::primitive_desc DescribeDense(size_t rows, const DenseShape& shape,
                                                          const memory::desc& weights,
                                                          const std::optional<Algorithm>& fused) {
  const memory::desc src = Matrix(rows, shape.inputs, shape.precision);
  const memory::desc dst = Matrix(rows, shape.outputs);
  const dnnl::primitive_attr attr = AttributesOf(fused);
#if DNNL_VERSION_MAJOR >= 3
  return {Cpu(), kInference, src, weights, Vector(shape.outputs), dst, attr};
#else
  return {{kInference, src, weights, Vector(shape.outputs), dst}, attr, Cpu()};
#endif
}

size_t Prepared::ResultAt() const { return ToCacheLine(rounding.bytes); }

size_t Prepared::OwnAt() const { return ResultAt() + ToCacheLine(rows * cols * sizeof(float)); }

// In f32 the source is used where it is. For any other type it is rounded into scratch by this
// project's own kernel, once for all tiles of a layer.
Prepared PrepareDense(size_t rows, const DenseShape& shape, const memory::desc& weights,
                      const std::optional<Algorithm>& fused) {
  auto prepared = Prepare<dnnl::inner_product_forward>(DescribeDense(rows, shape, weights, fused));
  const NumberType& type = TypeOf(shape.precision);
  const size_t n = rows * shape.inputs;
  if (type.round != nullptr) prepared.rounding = {type.round, n, n * type.bytes};
  return prepared;
}

Prepared PrepareActivation(size_t rows, size_t cols, const Algorithm& algorithm) {
  if (algorithm.name == kSoftmax)
    return Prepare<dnnl::softmax_forward>(DescribeSoftmax(rows, cols));
  if (algorithm.name == kLogSoftmax) {
    return Prepare<LogSoftmaxForward>(DescribeLogSoftmax(rows, cols));
  }
  if (algorithm.name == kPrelu) return Prepare<dnnl::prelu_forward>(DescribePrelu(rows, cols));
  return Prepare<dnnl::eltwise_forward>(DescribeEltwise(rows, cols, algorithm));
}

size_t LargestScratch(std::span<const Prepared> prepared) {
  size_t bytes = 0;
  for (const Prepared& p : prepared) bytes = std::max(bytes, p.ScratchBytes());
  return bytes;
}

absl::Status FromException(std::string_view what, const dnnl::error& error) {
  return absl::InternalError(fmt::format("oneDNN {}: {}", what, error.what()));
}

}  // namespace hillock::kernel::onednn
