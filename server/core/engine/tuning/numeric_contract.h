// SPDX-License-Identifier: Apache-2.0

// What an answer of oneDNN has to fulfil before the engine uses it. Both checks are thread-safe.

#ifndef HILLOCK_SERVER_CORE_ENGINE_TUNING_NUMERIC_CONTRACT_H_
#define HILLOCK_SERVER_CORE_ENGINE_TUNING_NUMERIC_CONTRACT_H_

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/kernel/onednn.h"

namespace hillock::engine {

// Whether oneDNN answers a row of this dense layer alike in every bucket: measured true of its
// packed kernels, and false of its plain gemm, which sums one row in another order than many.
// FAILED_PRECONDITION where it does not.
absl::Status CheckBatchInvariance(const kernel::onednn::Dense& dense);

// Whether oneDNN gives the reference's values for NaN and the infinities. FAILED_PRECONDITION with
// the first that it does not, UNIMPLEMENTED where it lacks the activation.
absl::Status CheckNonFinite(const activation::Spec& spec, const activation::Params& params);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_TUNING_NUMERIC_CONTRACT_H_
