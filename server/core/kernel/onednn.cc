#include "server/core/kernel/onednn.h"

#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>
#include <iterator>
#include <utility>
#include <vector>

#include "server/core/base/aligned_buffer.h"
#include "server/core/base/background_thread.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/output_tiles.h"

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

size_t ToCacheLine(size_t bytes) { return (bytes + 63) / 64 * 64; }

// One primitive of a bucket and what binding it needs to know. In the workspace's scratch the
// rounded source comes first, where every tile of a layer finds it.
struct Prepared {
  dnnl::primitive primitive;
  memory::desc src;
  memory::desc dst;
  memory::desc scratch;
  size_t rounded = 0;  // elements of the source that are rounded to bf16 first
  size_t rows = 0;     // whose results are put in their places afterwards, each
  size_t cols = 0;     // of so many elements

  size_t ResultAt() const { return ToCacheLine(rounded * sizeof(uint16_t)); }
  size_t OwnAt() const { return ResultAt() + ToCacheLine(rows * cols * sizeof(float)); }
  size_t ScratchBytes() const { return OwnAt() + scratch.get_size(); }
};

template <class Description, class Primitive>
Prepared Prepare(const Description& description) {
  return {Primitive(description), description.src_desc(), description.dst_desc(),
          description.scratchpad_desc()};
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
  // Floats to round before the first primitive runs; none when n is 0.
  struct Rounding {
    const float* src = nullptr;
    uint16_t* dst = nullptr;
    size_t n = 0;
  };

  // A tile's result, to be laid into rows of `stride` floats; none when rows is 0. oneDNN has no
  // fast kernel that writes such rows.
  struct Spread {
    const float* src = nullptr;
    float* dst = nullptr;
    size_t rows = 0;
    size_t cols = 0;
    size_t stride = 0;

    void Run() const {
      for (size_t r = 0; r < rows; ++r) std::copy_n(src + r * cols, cols, dst + r * stride);
    }
  };

  struct Execution {
    dnnl::primitive primitive;
    std::vector<memory> memories;  // owned by the arguments' side; they hold the handles in `args`
    std::vector<dnnl_exec_arg_t> args;
    Spread spread;

    void Add(int name, memory value) {
      args.push_back({name, value.get()});
      memories.push_back(std::move(value));
    }
  };

  Rounding rounding;
  dnnl::stream stream;
  std::vector<Execution> tiles;
};

Call::Call() = default;
Call::Call(Call&&) noexcept = default;
Call& Call::operator=(Call&&) noexcept = default;
Call::~Call() = default;

bool Call::Run() noexcept {
  for (size_t tile = 0; tile < impl_->tiles.size(); ++tile) {
    if (!RunTile(tile)) return false;
  }
  return true;
}

bool Call::RunTile(size_t tile) noexcept {
  [[maybe_unused]] thread_local const bool single = UseOneThread();
  const Impl::Rounding& rounding = impl_->rounding;
  if (tile == 0 && rounding.n > 0) fallback::RoundToBf16(rounding.src, rounding.dst, rounding.n);
  const Impl::Execution& execution = impl_->tiles[tile];
  const bool done = dnnl_primitive_execute(execution.primitive.get(), impl_->stream.get(),
                                           static_cast<int>(execution.args.size()),
                                           execution.args.data()) == dnnl_success;
  if (done) execution.spread.Run();
  return done;
}

// Makes calls out of prepared primitives.
class Binder {
 public:
  explicit Binder(Workspace& workspace) : scratch_(workspace.impl_->scratch.data()) {
    call_.impl_ = std::make_unique<Call::Impl>();
    call_.impl_->stream = workspace.impl_->stream;
  }

  // A primitive whose result goes to dst, or to the columns from dst on of rows of `stride` floats.
  Binder& AddPiece(const Prepared& prepared, const float* src, float* dst, size_t stride) {
    Call::Impl::Execution& tile = call_.impl_->tiles.emplace_back();
    tile.primitive = prepared.primitive;
    tile.Add(DNNL_ARG_SRC, memory(prepared.src, Cpu(), Source(prepared, src)));
    tile.Add(DNNL_ARG_DST, memory(prepared.dst, Cpu(), Result(prepared, dst, stride, tile)));
    tile.Add(DNNL_ARG_SCRATCHPAD, memory(prepared.scratch, Cpu(), scratch_ + prepared.OwnAt()));
    return *this;
  }

  // An argument of the last tile.
  Binder& Add(int name, memory value) {
    call_.impl_->tiles.back().Add(name, std::move(value));
    return *this;
  }

  Call Take() { return std::move(call_); }

 private:
  void* Source(const Prepared& prepared, const float* src) {
    // oneDNN's handle type has no const; the source is only read.
    if (prepared.rounded == 0) return const_cast<float*>(src);
    auto* const rounded = reinterpret_cast<uint16_t*>(scratch_);
    call_.impl_->rounding = {src, rounded, prepared.rounded};
    return rounded;
  }

  float* Result(const Prepared& prepared, float* dst, size_t stride,
                Call::Impl::Execution& tile) const {
    if (prepared.rows == 0) return dst;
    auto* const result = reinterpret_cast<float*>(scratch_ + prepared.ResultAt());
    tile.spread = {result, dst, prepared.rows, prepared.cols, stride};
    return result;
  }

  std::byte* scratch_;
  Call call_;
};

struct Dense::Impl {
  // The primitives of tiles as wide as each other, by bucket.
  struct Primitives {
    std::vector<Prepared> plain;
    std::vector<Prepared> fused;  // empty without an activation
  };
  struct Part {
    size_t first;  // output
    memory weights;
    memory bias;
    AlignedBuffer<float> weights_storage;
    AlignedBuffer<float> bias_storage;
    std::shared_ptr<const Primitives> primitives;

    void Pack(const memory::desc& layout, const DenseShape& shape, std::span<const float> source) {
      const size_t floats = (layout.get_size() + sizeof(float) - 1) / sizeof(float);
      weights_storage = AlignedBuffer<float>(floats);
      weights = memory(layout, Cpu(), weights_storage.data());
      memory plain_weights(Matrix(shape.outputs, shape.inputs), Cpu(),
                           const_cast<float*>(source.data()));
      dnnl::stream stream(Cpu());
      dnnl::reorder(plain_weights, weights).execute(stream, plain_weights, weights);
      stream.wait();
    }

    void CopyBias(std::span<const float> source) {
      bias_storage = AlignedBuffer<float>(source.size());
      std::ranges::copy(source, bias_storage.data());
      bias = memory(Vector(source.size()), Cpu(), bias_storage.data());
    }
  };

  size_t outputs = 0;
  std::vector<Part> parts;  // one a tile
  std::string implementation;

  std::vector<Prepared> PrepareBuckets(const DenseShape& shape, const memory::desc& weights,
                                       std::span<const size_t> buckets,
                                       const dnnl::primitive_attr& attr) const {
    std::vector<Prepared> prepared;
    for (const size_t rows : buckets) {
      YieldIfContended();
      const auto description = DescribeDense(rows, shape, weights, attr);
      prepared.push_back(Prepare<decltype(description), dnnl::inner_product_forward>(description));
      if (shape.precision == Precision::kBf16) prepared.back().rounded = rows * shape.inputs;
      if (shape.outputs < outputs) {
        prepared.back().rows = rows;
        prepared.back().cols = shape.outputs;
      }
    }
    return prepared;
  }

  // `weights` and `bias` are of the part's outputs alone.
  Part MakePart(size_t first, const DenseShape& shape, std::span<const float> weights,
                std::span<const float> bias, std::span<const size_t> buckets,
                const std::optional<Algorithm>& fused) {
    const auto largest = DescribeDense(buckets.back(), shape, shape.AnyWeights(), UserScratchpad());
    if (parts.empty()) implementation = largest.impl_info_str();
    Part part;
    part.first = first;
    part.Pack(largest.weights_desc(), shape, weights);
    part.CopyBias(bias);
    if (!parts.empty() && parts.back().bias_storage.size() == shape.outputs) {
      part.primitives = parts.back().primitives;
      return part;
    }
    Primitives made;
    const memory::desc layout = part.weights.get_desc();
    made.plain = PrepareBuckets(shape, layout, buckets, UserScratchpad());
    if (fused) made.fused = PrepareBuckets(shape, layout, buckets, WithEltwise(*fused));
    part.primitives = std::make_shared<const Primitives>(std::move(made));
    return part;
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
  impl->outputs = outputs;
  for (const OutputTile& tile : TilesOf(inputs, outputs)) {
    impl->parts.push_back(
        impl->MakePart(tile.first, {inputs, tile.outputs, precision},
                       weights.subspan(tile.first * inputs, tile.outputs * inputs),
                       bias.subspan(tile.first, tile.outputs), buckets, fused));
  }
  return std::unique_ptr<Dense>(new Dense(std::move(impl)));
} catch (const dnnl::error& error) {
  return FromException(fmt::format("dense {}x{} in {}", inputs, outputs, PrecisionName(precision)),
                       error);
}

size_t Dense::scratch_bytes() const {
  size_t bytes = 0;
  for (const Impl::Part& part : impl_->parts) {
    bytes = std::max(
        {bytes, LargestScratch(part.primitives->plain), LargestScratch(part.primitives->fused)});
  }
  return bytes;
}

size_t Dense::bytes() const {
  size_t floats = 0;
  for (const Impl::Part& part : impl_->parts) {
    floats += part.weights_storage.size() + part.bias_storage.size();
  }
  return floats * sizeof(float);
}

const std::string& Dense::implementation() const { return impl_->implementation; }

Call Dense::Bind(size_t bucket, bool with_activation, const float* src, float* dst,
                 Workspace& workspace) const {
  Binder binder(workspace);
  for (const Impl::Part& part : impl_->parts) {
    const Impl::Primitives& primitives = *part.primitives;
    const auto& prepared = with_activation ? primitives.fused : primitives.plain;
    binder.AddPiece(prepared[bucket], src, dst + part.first, impl_->outputs)
        .Add(DNNL_ARG_WEIGHTS, part.weights)
        .Add(DNNL_ARG_BIAS, part.bias);
  }
  return binder.Take();
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
    YieldIfContended();
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
  Binder binder(workspace);
  binder.AddPiece(impl_->prepared[bucket], src, dst, 0);
  if (impl_->slopes) binder.Add(DNNL_ARG_WEIGHTS, *impl_->slopes);
  return binder.Take();
}

}  // namespace hillock::kernel::onednn
