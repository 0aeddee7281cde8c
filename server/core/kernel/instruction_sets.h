// SPDX-License-Identifier: Apache-2.0

// Which instruction sets kernels are compiled for: all that Highway knows for the architecture,
// less these. Kernels keep vectors in arrays, for which their size has to be known. Whoever asks
// Highway about instruction sets includes this first.

#ifndef HILLOCK_SERVER_CORE_KERNEL_INSTRUCTION_SETS_H_
#define HILLOCK_SERVER_CORE_KERNEL_INSTRUCTION_SETS_H_

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#endif  // HILLOCK_SERVER_CORE_KERNEL_INSTRUCTION_SETS_H_
