// SPDX-License-Identifier: Apache-2.0

// What is counted of a reactor, whatever the model. As in model_metrics.h, everything that reads
// the cells goes through the ForEach functions.

#ifndef HILLOCK_SERVER_METRICS_REACTOR_CELLS_H_
#define HILLOCK_SERVER_METRICS_REACTOR_CELLS_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/activation/backend.h"
#include "server/metrics/cells.h"
#include "server/metrics/families.h"
#include "server/metrics/model_metrics.h"

namespace hillock::metrics {

// The two ways in which a step's activation runs: values of the label `path`, by position.
inline constexpr std::array<std::string_view, 2> kPathLabels = {"fused", "split"};
inline constexpr size_t kFused = 0;
inline constexpr size_t kSplit = 1;

// What one activation did on one reactor.
struct ActivationCells {
  std::array<TimeHistogram, kBackendNames.size()> nanos;  // of passes of its own
  std::array<Counter, kBackendNames.size()> timed_elements;
  std::array<std::array<Counter, kPathLabels.size()>, kBackendNames.size()> elements;
  std::array<TimeHistogram, kPathLabels.size()> layer_nanos;

  // Calls visit(family, labels after that of the activation, a's cell, b's cell ...) for each cell.
  template <class Visit, class... Cells>
  static void ForEach(const Visit& visit, Cells&... cells) {
    for (size_t b = 0; b < kBackendNames.size(); ++b) {
      const auto backend = std::pair("backend", kBackendNames[b]);
      visit(kActivationSeconds, LabelList{backend}, cells.nanos[b]...);
      visit(kActivationTimedElements, LabelList{backend}, cells.timed_elements[b]...);
      for (size_t p = 0; p < kPathLabels.size(); ++p) {
        visit(kActivationElements, LabelList{backend, {"path", kPathLabels[p]}},
              cells.elements[b][p]...);
      }
    }
    for (size_t p = 0; p < kPathLabels.size(); ++p) {
      visit(kLayerSeconds, LabelList{{"path", kPathLabels[p]}}, cells.layer_nanos[p]...);
    }
  }
};

// The cells of one reactor, written by it alone.
struct alignas(64) ReactorCells {
  explicit ReactorCells(size_t activation_count) : activations(activation_count) {}

  std::vector<ActivationCells> activations;    // by index in the table
  std::array<Counter, kStatusCodes> unrouted;  // requests that name no model served, by code

  // Answers to REST by HTTP's status code, from 200 to 599.
  static constexpr int kFirstHttpCode = 200;
  static constexpr size_t kHttpCodes = 400;
  std::array<Counter, kHttpCodes> rest_answers;

  Counter busy_nanos;  // time that it did not wait

  // REQUIRES: 200 <= http_code < 600.
  void CountRestAnswer(int http_code) {
    rest_answers[static_cast<size_t>(http_code - kFirstHttpCode)].Add(1);
  }

  // The same for the requests without a model.
  template <class Visit, class... Cells>
  static void ForEachUnrouted(const Visit& visit, Cells&... cells) {
    for (size_t code = 0; code < kStatusCodes; ++code) {
      visit(kRequests, LabelList{{"code", kStatusCodeNames[code]}}, cells.unrouted[code]...);
    }
  }

  // The same for REST's answers.
  template <class Visit, class... Cells>
  static void ForEachRestAnswer(const Visit& visit, Cells&... cells) {
    for (size_t i = 0; i < kHttpCodes; ++i) {
      const std::string code = std::to_string(kFirstHttpCode + static_cast<int>(i));
      visit(kRestAnswers, LabelList{{"code", code}}, cells.rest_answers[i]...);
    }
  }
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_REACTOR_CELLS_H_
