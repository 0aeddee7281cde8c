# SPDX-License-Identifier: Apache-2.0

# Headers that most files include, precompiled once for all of this project's own targets, which
# halves the time of a build from nothing. It is for images and off otherwise, since a file that forgets to include
# one of them compiles all the same.
file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cc "")
add_library(hillock_precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cc)
# A precompiled header is valid only for the options that it was compiled with. The second option is
# for ccache.
target_compile_options(hillock_flags INTERFACE -pthread -fpch-preprocess)
target_link_libraries(hillock_precompiled PRIVATE hillock_flags absl::statusor fmt::fmt)
target_precompile_headers(hillock_precompiled PRIVATE
  <algorithm> <array> <chrono> <cmath> <cstddef> <cstdint> <functional> <limits> <map> <memory>
  <optional> <span> <string> <string_view> <utility> <vector>
  <absl/status/statusor.h> <fmt/format.h>)
