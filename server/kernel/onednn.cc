#include "server/kernel/onednn.h"

#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>
#include <iterator>
#include <utility>
#include <vector>

#include "server/base/aligned_buffer.h"
#include "server/kernel/fallback.h"

// Of libgomp, the runtime that the distributions build oneDNN with. <omp.h> belongs to the compiler
// and may speak of another runtime.
extern "C" void omp_set_num_threads(int threads);

namespace hillock::kernel::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;

constexpr std::string_view kSoftmax = "softmax";
constexpr std::string_view kLogSoftmax = "logsoftmax";
constexpr std::string_view kPrelu = "prelu";

struct Named {
  std::string_view name;
  algorithm value;
};

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

const dnnl::engine& Cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// Threads come from the reactors; OpenMP's setting is the calling thread's own.
bool UseOneThread() {
  omp_set_num_threads(1);
  return true;
}

memory::dim Dim(size_t n) { return static_cast<memory::dim>(n); }

memory::data_type TypeOf(Precision precision) {
  return precision == Precision::kBf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc Matrix(size_t rows, size_t cols, Precision precision = Precision::kF32) {
  return {{Dim(rows), Dim(cols)}, TypeOf(precision), memory::format_tag::ab};
}

memory::desc Vector(size_t n) { return {{Dim(n)}, memory::data_type::f32, memory::format_tag::a}; }

dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

dnnl::primitive_attr WithEltwise(const Algorithm& fused) {
  dnnl::primitive_attr attr = UserScratchpad();
  dnnl::post_ops ops;
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(*FindEltwise(fused.name), fused.alpha, fused.beta);
#else
  ops.append_eltwise(1.0f, *FindEltwise(fused.name), fused.alpha, fused.beta);
#endif
  attr.set_post_ops(ops);
  return attr;
}

struct DenseShape {
  size_t inputs;
  size_t outputs;
  Precision precision;

  memory::desc AnyWeights() const {
    return {{Dim(outputs), Dim(inputs)}, TypeOf(precision), memory::format_tag::any};
  }
};

dnnl::inner_product_forward::primitive_desc DescribeDense(size_t rows, const DenseShape& shape,
                                                          const memory::desc& weights,
                                                          const dnnl::primitive_attr& attr) {
  const auto kind = dnnl::prop_kind::forward_inference;
  const memory::desc src = Matrix(rows, shape.inputs, shape.precision);
  const memory::desc dst = Matrix(rows, shape.outputs);
#if DNNL_VERSION_MAJOR >= 3
  return {Cpu(), kind, src, weights, Vector(shape.outputs), dst, attr};
#else
  return {{kind, src, weights, Vector(shape.outputs), dst}, attr, Cpu()};
#endif
}

dnnl::eltwise_forward::primitive_desc DescribeEltwise(size_t rows, size_t cols,
                                                      const Algorithm& form) {
  const auto kind = dnnl::prop_kind::forward_inference;
  const algorithm name = *FindEltwise(form.name);
#if DNNL_VERSION_MAJOR >= 3
  return {
      Cpu(),           kind, name, Matrix(rows, cols), Matrix(rows, cols), form.alpha, form.beta,
      UserScratchpad()};
#else
  return {{kind, name, Matrix(rows, cols), form.alpha, form.beta}, UserScratchpad(), Cpu()};
#endif
}

#if DNNL_VERSION_MAJOR >= 3
using LogSoftmaxForward = dnnl::softmax_forward;

dnnl::softmax_forward::primitive_desc DescribeRow(size_t rows, size_t cols, algorithm name) {
  return {Cpu(),
          dnnl::prop_kind::forward_inference,
          name,
          Matrix(rows, cols),
          Matrix(rows, cols),
          1,
          UserScratchpad()};
}

dnnl::softmax_forward::primitive_desc DescribeSoftmax(size_t rows, size_t cols) {
  return DescribeRow(rows, cols, algorithm::softmax_accurate);
}

LogSoftmaxForward::primitive_desc DescribeLogSoftmax(size_t rows, size_t cols) {
  return DescribeRow(rows, cols, algorithm::softmax_log);
}

dnnl::prelu_forward::primitive_desc DescribePrelu(size_t rows, size_t cols) {
  return {Cpu(),
          dnnl::prop_kind::forward_inference,
          Matrix(rows, cols),
          Matrix(1, cols),
          Matrix(rows, cols),
          UserScratchpad()};
}
#else
using LogSoftmaxForward = dnnl::logsoftmax_forward;

dnnl::softmax_forward::primitive_desc DescribeSoftmax(size_t rows, size_t cols) {
  return {{dnnl::prop_kind::forward_inference, Matrix(rows, cols), 1}, UserScratchpad(), Cpu()};
}

LogSoftmaxForward::primitive_desc DescribeLogSoftmax(size_t rows, size_t cols) {
  return {{dnnl::prop_kind::forward_inference, Matrix(rows, cols), 1}, UserScratchpad(), Cpu()};
}

dnnl::prelu_forward::primitive_desc DescribePrelu(size_t rows, size_t cols) {
  return {{dnnl::prop_kind::forward_inference, Matrix(rows, cols), Matrix(1, cols)},
          UserScratchpad(),
          Cpu()};
}
#endif

absl::Status FromException(std::string_view what, const dnnl::error& error) {
  return absl::InternalError(fmt::format("oneDNN {}: {}", what, error.what()));
}

// One primitive of a bucket and what binding it needs to know.
struct Prepared {
  dnnl::primitive primitive;
  memory::desc src;
  memory::desc dst;
  memory::desc scratch;
  size_t rounded = 0;  // elements of the source that are rounded to bf16 first

  // Where in the workspace's scratch they are: behind the primitive's own, on a cache line.
  size_t RoundedAt() const { return (scratch.get_size() + 63) / 64 * 64; }
  size_t ScratchBytes() const { return RoundedAt() + rounded * sizeof(uint16_t); }
};

template <class Description, class Primitive>
Prepared Prepare(const Description& description) {
  return {Primitive(description), description.src_desc(), description.dst_desc(),
          description.scratchpad_desc(), 0};
}

Prepared PrepareActivation(size_t rows, size_t cols, const Algorithm& form) {
  if (form.name == kSoftmax) {
    const auto description = DescribeSoftmax(rows, cols);
    return Prepare<decltype(description), dnnl::softmax_forward>(description);
  }
  if (form.name == kLogSoftmax) {
    const auto description = DescribeLogSoftmax(rows, cols);
    return Prepare<decltype(description), LogSoftmaxForward>(description);
  }
  if (form.name == kPrelu) {
    const auto description = DescribePrelu(rows, cols);
    return Prepare<decltype(description), dnnl::prelu_forward>(description);
  }
  const auto description = DescribeEltwise(rows, cols, form);
  return Prepare<decltype(description), dnnl::eltwise_forward>(description);
}

size_t LargestScratch(const std::vector<Prepared>& prepared) {
  size_t bytes = 0;
  for (const Prepared& p : prepared) bytes = std::max(bytes, p.ScratchBytes());
  return bytes;
}

}  // namespace

std::string Version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

bool HasFastBf16() {
  const unsigned needed = dnnl_cpu_isa_avx512_core_bf16;  // AMX has its bits, too
  return (static_cast<unsigned>(dnnl_get_effective_cpu_isa()) & needed) == needed;
}

std::optional<Algorithm> AlgorithmOf(const activation::Spec& spec,
                                     const activation::Params& params) {
  const activation::OneDnnForm& form = spec.onednn;
  const bool known = form.algorithm == kSoftmax || form.algorithm == kLogSoftmax ||
                     form.algorithm == kPrelu || FindEltwise(form.algorithm);
  if (!known) return std::nullopt;
  return Algorithm{form.algorithm, form.alpha ? form.alpha(params) : 0.0f,
                   form.beta ? form.beta(params) : 0.0f};
}

bool CanFuse(const Algorithm& algorithm) { return FindEltwise(algorithm.name).has_value(); }

struct Workspace::Impl {
  dnnl::stream stream{Cpu()};
  AlignedBuffer<std::byte> scratch;
};

Workspace::Workspace(size_t scratch_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->scratch = AlignedBuffer<std::byte>(std::max<size_t>(scratch_bytes, 1));
}
Workspace::~Workspace() = default;

struct Call::Impl {
  // Floats to round before the primitive runs; none when n is 0.
  struct Rounding {
    const float* src = nullptr;
    uint16_t* dst = nullptr;
    size_t n = 0;
  };

  Rounding rounding;
  dnnl::primitive primitive;
  dnnl::stream stream;
  std::vector<memory> memories;  // owned by the arguments' side; they hold the handles in `args`
  std::vector<dnnl_exec_arg_t> args;

  void Add(int name, memory value) {
    args.push_back({name, value.get()});
    memories.push_back(std::move(value));
  }
};

Call::Call() = default;
Call::Call(Call&&) noexcept = default;
Call& Call::operator=(Call&&) noexcept = default;
Call::~Call() = default;

bool Call::Run() noexcept {
  [[maybe_unused]] thread_local const bool single = UseOneThread();
  const Impl::Rounding& rounding = impl_->rounding;
  if (rounding.n > 0) fallback::RoundToBf16(rounding.src, rounding.dst, rounding.n);
  return dnnl_primitive_execute(impl_->primitive.get(), impl_->stream.get(),
                                static_cast<int>(impl_->args.size()),
                                impl_->args.data()) == dnnl_success;
}

// Makes calls out of prepared primitives.
class Binder {
 public:
  Binder(const Prepared& prepared, const float* src, float* dst, Workspace& workspace) {
    call_.impl_ = std::make_unique<Call::Impl>();
    call_.impl_->primitive = prepared.primitive;
    call_.impl_->stream = workspace.impl_->stream;
    std::byte* const scratch = workspace.impl_->scratch.data();
    // oneDNN's handle type has no const; the source is only read.
    void* source = const_cast<float*>(src);
    if (prepared.rounded > 0) {
      source = scratch + prepared.RoundedAt();
      call_.impl_->rounding = {src, static_cast<uint16_t*>(source), prepared.rounded};
    }
    Add(DNNL_ARG_SRC, memory(prepared.src, Cpu(), source));
    Add(DNNL_ARG_DST, memory(prepared.dst, Cpu(), dst));
    Add(DNNL_ARG_SCRATCHPAD, memory(prepared.scratch, Cpu(), scratch));
  }
  Binder& Add(int name, memory value) {
    call_.impl_->Add(name, std::move(value));
    return *this;
  }
  Call Take() { return std::move(call_); }

 private:
  Call call_;
};

struct Dense::Impl {
  memory weights;
  memory bias;
  AlignedBuffer<float> weights_storage;
  AlignedBuffer<float> bias_storage;
  std::vector<Prepared> plain;  // by bucket
  std::vector<Prepared> fused;  // by bucket; empty without an activation
  std::string implementation;

  void Pack(const memory::desc& layout, const DenseShape& shape, std::span<const float> source) {
    weights_storage = AlignedBuffer<float>((layout.get_size() + sizeof(float) - 1) / sizeof(float));
    weights = memory(layout, Cpu(), weights_storage.data());
    memory plain_weights(Matrix(shape.outputs, shape.inputs), Cpu(),
                         const_cast<float*>(source.data()));
    dnnl::stream stream(Cpu());
    dnnl::reorder(plain_weights, weights).execute(stream, plain_weights, weights);
    stream.wait();
  }

  void PrepareBuckets(const DenseShape& shape, std::span<const size_t> buckets,
                      const dnnl::primitive_attr& attr, std::vector<Prepared>& out) {
    for (const size_t rows : buckets) {
      const auto description = DescribeDense(rows, shape, weights.get_desc(), attr);
      out.push_back(Prepare<decltype(description), dnnl::inner_product_forward>(description));
      if (shape.precision == Precision::kBf16) out.back().rounded = rows * shape.inputs;
    }
  }
};

Dense::Dense(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dense::~Dense() = default;

absl::StatusOr<std::unique_ptr<Dense>> Dense::Create(size_t inputs, size_t outputs,
                                                     std::span<const float> weights,
                                                     std::span<const float> bias,
                                                     std::span<const size_t> buckets,
                                                     const std::optional<Algorithm>& fused,
                                                     Precision precision) try {
  UseOneThread();
  auto impl = std::make_unique<Impl>();
  const DenseShape shape{inputs, outputs, precision};
  const auto largest = DescribeDense(buckets.back(), shape, shape.AnyWeights(), UserScratchpad());
  impl->implementation = largest.impl_info_str();
  impl->Pack(largest.weights_desc(), shape, weights);
  impl->bias_storage = AlignedBuffer<float>(outputs);
  std::ranges::copy(bias, impl->bias_storage.data());
  impl->bias = memory(Vector(outputs), Cpu(), impl->bias_storage.data());
  impl->PrepareBuckets(shape, buckets, UserScratchpad(), impl->plain);
  if (fused) impl->PrepareBuckets(shape, buckets, WithEltwise(*fused), impl->fused);
  return std::unique_ptr<Dense>(new Dense(std::move(impl)));
} catch (const dnnl::error& error) {
  return FromException(fmt::format("dense {}x{} in {}", inputs, outputs, PrecisionName(precision)),
                       error);
}

size_t Dense::scratch_bytes() const {
  return std::max(LargestScratch(impl_->plain), LargestScratch(impl_->fused));
}

size_t Dense::bytes() const {
  return (impl_->weights_storage.size() + impl_->bias_storage.size()) * sizeof(float);
}

const std::string& Dense::implementation() const { return impl_->implementation; }

Call Dense::Bind(size_t bucket, bool with_activation, const float* src, float* dst,
                 Workspace& workspace) const {
  const Prepared& prepared = (with_activation ? impl_->fused : impl_->plain)[bucket];
  return Binder(prepared, src, dst, workspace)
      .Add(DNNL_ARG_WEIGHTS, impl_->weights)
      .Add(DNNL_ARG_BIAS, impl_->bias)
      .Take();
}

struct Activation::Impl {
  std::vector<Prepared> prepared;  // by bucket
  AlignedBuffer<float> slopes_storage;
  std::optional<memory> slopes;
};

Activation::Activation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Activation::~Activation() = default;

absl::StatusOr<std::unique_ptr<Activation>> Activation::Create(
    const Algorithm& algorithm, size_t cols, std::span<const float> slopes,
    std::span<const size_t> buckets) try {
  UseOneThread();
  auto impl = std::make_unique<Impl>();
  for (const size_t rows : buckets) {
    impl->prepared.push_back(PrepareActivation(rows, cols, algorithm));
  }
  if (algorithm.name == kPrelu) {
    impl->slopes_storage = AlignedBuffer<float>(cols);
    std::ranges::copy(slopes, impl->slopes_storage.data());
    impl->slopes = memory(Matrix(1, cols), Cpu(), impl->slopes_storage.data());
  }
  return std::unique_ptr<Activation>(new Activation(std::move(impl)));
} catch (const dnnl::error& error) {
  return FromException(fmt::format("{} over {} columns", algorithm.name, cols), error);
}

size_t Activation::scratch_bytes() const { return LargestScratch(impl_->prepared); }

Call Activation::Bind(size_t bucket, const float* src, float* dst, Workspace& workspace) const {
  Binder binder(impl_->prepared[bucket], src, dst, workspace);
  if (impl_->slopes) binder.Add(DNNL_ARG_WEIGHTS, *impl_->slopes);
  return binder.Take();
}

}  // namespace hillock::kernel::onednn
