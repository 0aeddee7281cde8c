// SPDX-License-Identifier: Apache-2.0

// A step of a plan, of any kind.
//
// Another kind is a struct that fulfills StepKind and an alternative of Step, and its bound form an
// alternative of BoundStep (executor.h), with an overload where the executor binds. Nothing else
// but Plan::Add() names the kinds.

#ifndef HILLOCK_SERVER_CORE_ENGINE_STEP_H_
#define HILLOCK_SERVER_CORE_ENGINE_STEP_H_

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <variant>

#include "server/core/activation/activation.h"
#include "server/core/base/precision.h"
#include "server/core/engine/dense_step.h"
#include "server/core/engine/row_step.h"
#include "server/core/model/value_id.h"

namespace hillock::engine {

using model::ValueId;

template <typename S>
concept StepKind = requires(const S& step) {
  { step.name } -> std::convertible_to<std::string>;
  { step.outputs } -> std::convertible_to<size_t>;  // floats in a row of its value
  { step.activation } -> std::convertible_to<const activation::Spec*>;  // for metrics; never null
  { step.sources() } -> std::convertible_to<std::span<const ValueId>>;  // the values that it reads
  { step.may_write_over(ValueId::kInput) } -> std::same_as<bool>;       // its value, over a source
  { step.precision() } -> std::same_as<Precision>;
  { step.is_constant() } -> std::same_as<bool>;           // written once, when the step is bound
  { step.reads_whole_requests() } -> std::same_as<bool>;  // not row by row
  { step.bytes() } -> std::same_as<size_t>;               // of packed weights
  { step.scratch_bytes() } -> std::same_as<size_t>;       // of its neediest primitive
  { step.Describe() } -> std::same_as<std::string>;       // for people
};

using Step = std::variant<DenseStep, RowStep>;
static_assert(StepKind<DenseStep> && StepKind<RowStep>);

inline const std::string& NameOf(const Step& step) {
  return std::visit([](const auto& s) -> const std::string& { return s.name; }, step);
}

inline size_t OutputsOf(const Step& step) {
  return std::visit([](const auto& s) { return s.outputs; }, step);
}

inline const activation::Spec& ActivationOf(const Step& step) {
  return std::visit([](const auto& s) -> const activation::Spec& { return *s.activation; }, step);
}

inline std::span<const ValueId> SourcesOf(const Step& step) {
  return std::visit([](const auto& s) { return s.sources(); }, step);
}

inline bool MayWriteOver(const Step& step, ValueId source) {
  return std::visit([&](const auto& s) { return s.may_write_over(source); }, step);
}

inline Precision PrecisionOf(const Step& step) {
  return std::visit([](const auto& s) { return s.precision(); }, step);
}

inline bool IsConstant(const Step& step) {
  return std::visit([](const auto& s) { return s.is_constant(); }, step);
}

inline bool ReadsWholeRequests(const Step& step) {
  return std::visit([](const auto& s) { return s.reads_whole_requests(); }, step);
}

inline size_t BytesOf(const Step& step) {
  return std::visit([](const auto& s) { return s.bytes(); }, step);
}

inline size_t ScratchBytesOf(const Step& step) {
  return std::visit([](const auto& s) { return s.scratch_bytes(); }, step);
}

inline std::string Describe(const Step& step) {
  return std::visit([](const auto& s) { return s.Describe(); }, step);
}

// The step that computes a value; each step computes one. REQUIRES: not the input.
constexpr size_t StepOf(ValueId value) { return model::LayerOf(value); }

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_STEP_H_
