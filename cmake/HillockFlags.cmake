# SPDX-License-Identifier: Apache-2.0

# How this project's own code is compiled. There is no -march and no -m: instruction sets are chosen
# at run time. There is no -ffast-math, and contraction is off so that a multiply-add happens only
# where the source says so and results do not depend on the compiler's taste.
add_library(hillock_flags INTERFACE)
target_compile_features(hillock_flags INTERFACE cxx_std_20)
target_compile_options(hillock_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -ffp-contract=off
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${HILLOCK_WERROR}>:-Werror>)
