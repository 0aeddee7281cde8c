// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/process_status.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace hillock::testing {

ProcessStatus ProcessStatus::Of(pid_t pid) {
  const std::filesystem::path folder = "/proc/" + std::to_string(pid);
  ProcessStatus status;
  std::ifstream file(folder / "status");
  for (std::string name; file >> name;) {
    if (name == "VmRSS:") {
      file >> status.resident_bytes;
      status.resident_bytes <<= 10;
    }
    if (name == "Threads:") file >> status.threads;
  }
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder / "fd", error), end; it != end;
       it.increment(error)) {
    ++status.descriptors;
  }
  return status;
}

std::ostream& operator<<(std::ostream& out, const ProcessStatus& status) {
  return out << (status.resident_bytes >> 20) << " MiB resident, " << status.threads << " threads, "
             << status.descriptors << " descriptors";
}

}  // namespace hillock::testing
