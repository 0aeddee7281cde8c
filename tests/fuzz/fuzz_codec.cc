// Any request is seen inside its own bytes or refused, and an accepted one is answered. A glance at
// its bytes shows what parsing them does, or nothing.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "proto/inference.pb.h"
#include "server/base/clock.h"
#include "server/base/status.h"
#include "server/metrics/registry.h"
#include "server/rpc/codec.h"
#include "server/rpc/glance.h"
#include "server/serving/served_model.h"
#include "tests/support/byte_buffers.h"
#include "tests/support/is_glance_of.h"
#include "tests/support/mlp_builder.h"

namespace {

using hillock::rpc::InferView;

constexpr size_t kMostRows = 64;

std::shared_ptr<hillock::serving::ServedModel> MakeModel() {
  static hillock::metrics::Registry registry(1, {});
  const auto mlp = hillock::testing::MlpBuilder(2)
                       .Add(3, "softmax")
                       .Output("output", {"a", "b", "c"})
                       .Add(1, "tanh")
                       .Output("value")
                       .From(1)
                       .Add(2, "sigmoid")
                       .Output("tags")
                       .Multilabel()
                       .Share();
  return *hillock::serving::ServedModel::Create("m", 1, mlp, {.limits = {.max_rows = kMostRows}}, 1,
                                                registry, hillock::Clock::Monotonic());
}

void Answer(const inference::ModelInferRequest& request, const hillock::serving::ServedModel& model,
            const InferView& view) {
  inference::ModelInferResponse response;
  hillock::rpc::ResponseEncoder encoder;
  const auto rooms = encoder.Begin(request, model, view, response);
  for (size_t i = 0; i < rooms.size(); ++i) {
    if (rooms[i] == nullptr) continue;
    std::memset(rooms[i], 0, view.rows * model.outputs()[i].width * sizeof(float));
  }
  encoder.End();
  HILLOCK_CHECK(static_cast<size_t>(response.outputs_size()) ==
                view.values.count() + view.labels.count());
}

// Slices are short, so that fields lie across them.
bool Glance(const uint8_t* data, size_t size, inference::ModelInferRequest& request) {
  grpc::ByteBuffer bytes =
      hillock::testing::InSlices({reinterpret_cast<const char*>(data), size}, 1 + size % 61);
  return hillock::rpc::Glance(bytes, request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto model = MakeModel();
  inference::ModelInferRequest glance;
  const bool seen = Glance(data, size, glance);
  inference::ModelInferRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  HILLOCK_CHECK(!seen || hillock::testing::IsGlanceOf(request, glance));
  const auto view = hillock::rpc::DecodeRequest(request, *model, {});
  if (!view.ok()) return 0;
  HILLOCK_CHECK(view->rows >= 1 && view->rows <= kMostRows);
  Answer(request, *model, *view);
  return 0;
}
