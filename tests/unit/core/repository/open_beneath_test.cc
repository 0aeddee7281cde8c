// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/open_beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include "server/core/base/descriptor.h"
#include "tests/support/temporary_folder.h"

namespace hillock::repository {
namespace {

// Makes openat2 fail on this thread, as where the kernel has none.
bool ForbidOpenat2() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(code), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

class OpenBeneathTest : public ::testing::TestWithParam<bool> {
 protected:
  OpenBeneathTest() {
    folder_.Write("top/a/file", "inside");
    folder_.Write("outside/file", "outside");
  }
  void Link(const std::string& to, const std::string& from) const {
    std::filesystem::create_symlink(to, folder_.path() / "top" / from);
  }

  // What is read through `path` from top, or the error.
  std::string Read(const std::string& path) const {
    std::string text;
    std::thread([&] {
      if (!GetParam() && !ForbidOpenat2()) return;
      const Descriptor top(open(folder_.Path("top").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      const Descriptor file(OpenBeneath(top.get(), path, O_RDONLY));
      if (file.get() < 0) {
        text = strerrorname_np(errno);
        return;
      }
      char bytes[16];
      const ssize_t n = read(file.get(), bytes, sizeof(bytes));
      text = n < 0 ? strerrorname_np(errno) : std::string(bytes, static_cast<size_t>(n));
    }).join();
    return text;
  }

  testing::TemporaryFolder folder_;
};

TEST_P(OpenBeneathTest, FollowsLinksThatEndBeneath) {
  Link("a/file", "plain");
  Link("../a/file", "a/up");
  Link(folder_.Path("top/a/file"), "absolute");
  Link("../top/a/file", "detour");
  Link("a", "folder");
  for (const char* path :
       {"a/file", "plain", "a/up", "absolute", "detour", "folder/file", "a/../a/file"}) {
    EXPECT_EQ(Read(path), "inside") << path;
  }
}

TEST_P(OpenBeneathTest, OpensNothingElse) {
  Link("../outside/file", "relative");
  Link(folder_.Path("outside/file"), "absolute");
  Link("../outside", "folder");
  Link("/proc/self/root", "magic");
  Link("../top-not/file", "neighbor");
  folder_.Write("top-not/file", "outside");
  for (const std::string path :
       {"relative", "absolute", "folder/file", "neighbor", "../outside/file"}) {
    EXPECT_EQ(Read(path), "EXDEV") << path;
  }
  EXPECT_EQ(Read("magic" + folder_.Path("outside/file")), "EXDEV");
}

TEST_P(OpenBeneathTest, SaysWhatIsWrong) {
  Link("nothing", "dangling");
  Link("circle", "circle");
  EXPECT_EQ(Read("dangling"), "ENOENT");
  EXPECT_EQ(Read("nothing"), "ENOENT");
  EXPECT_EQ(Read("circle"), "ELOOP");
}

INSTANTIATE_TEST_SUITE_P(Openat2, OpenBeneathTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "IsThere" : "IsMissing"; });

}  // namespace
}  // namespace hillock::repository
