// SPDX-License-Identifier: Apache-2.0
#include "client/load/requests.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <span>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxRequests = 1024;
constexpr size_t kMaxRandomRequests = 64;
constexpr size_t kMaxOrder = 65'536;
constexpr size_t kMaxFloats = (size_t{64} << 20) / sizeof(float);

// How many requests of `floats` floats there may be, at most `most`.
size_t Cap(size_t floats, size_t most) { return std::clamp<size_t>(kMaxFloats / floats, 1, most); }

std::vector<float> Repeated(std::span<const float> values, size_t first, size_t count) {
  std::vector<float> repeated;
  repeated.reserve(count);
  while (repeated.size() < count) {
    const auto rest =
        values.subspan(first, std::min(values.size() - first, count - repeated.size()));
    repeated.insert(repeated.end(), rest.begin(), rest.end());
    first = 0;
  }
  return repeated;
}

}  // namespace

std::vector<std::string> MakeRequests(const InferInput& input, size_t rows_per_request) {
  HILLOCK_CHECK(input.width > 0 && !input.values.empty() && rows_per_request > 0);
  HILLOCK_CHECK(input.values.size() % input.width == 0);
  const size_t rows = input.values.size() / input.width;
  const size_t floats = rows_per_request * input.width;
  const size_t count = std::min(rows / std::gcd(rows, rows_per_request), Cap(floats, kMaxRequests));
  std::vector<std::string> requests;
  for (size_t i = 0; i < count; ++i) {
    const std::vector<float> values =
        Repeated(input.values, i * floats % input.values.size(), floats);
    InferInput one = input;
    one.values = values;
    requests.push_back(MakeInferRequest(one).SerializeAsString());
  }
  return requests;
}

// Each turn everybody gains its weight, and who has most goes and pays for all. After as many turns
// as the weights add up to, everybody has gone as often as its weight says.
std::vector<uint32_t> WeightedOrder(std::span<const size_t> counts,
                                    std::span<const uint32_t> weights) {
  const auto sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  std::vector<int64_t> credit(weights.size());
  std::vector<size_t> sent(weights.size());
  std::vector<uint32_t> order;
  const auto is_done = [&] {
    return order.size() % static_cast<size_t>(sum) == 0 &&
           std::ranges::equal(sent, counts, std::ranges::greater_equal());
  };
  while (order.size() < kMaxOrder && !is_done()) {
    for (size_t i = 0; i < credit.size(); ++i) credit[i] += weights[i];
    const auto next = static_cast<size_t>(std::ranges::max_element(credit) - credit.begin());
    credit[next] -= sum;
    const auto earlier = counts.first(next);
    const size_t before = std::accumulate(earlier.begin(), earlier.end(), size_t{0});
    order.push_back(static_cast<uint32_t>(before + sent[next]++ % counts[next]));
  }
  return order;
}

Rows ZeroRows(size_t width) { return {width, std::vector<float>(width), {}}; }

Rows UniformRows(std::span<const InputColumns> inputs, size_t rows_per_request, uint64_t seed) {
  std::vector<bool> is_whole;  // by column
  for (const InputColumns& input : inputs) {
    HILLOCK_CHECK(input.kind != ElementKind::kString);
    is_whole.insert(is_whole.end(), input.width, input.kind != ElementKind::kNumber);
  }
  const size_t floats = rows_per_request * is_whole.size();
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Rows rows{is_whole.size(), std::vector<float>(Cap(floats, kMaxRandomRequests) * floats), {}};
  for (size_t i = 0; i < rows.values.size(); ++i) {
    const float value = uniform(random);
    rows.values[i] = !is_whole[i % rows.width] ? value : value < 0 ? 0.0f : 1.0f;
  }
  return rows;
}

}  // namespace hillock::client
