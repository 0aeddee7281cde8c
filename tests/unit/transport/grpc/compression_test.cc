// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/compression.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <string>

#include "tests/support/random.h"
#include "tests/support/status_matchers.h"

namespace hillock::transport {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

Buffer BufferOf(std::string_view text) {
  Buffer buffer;
  buffer.Append(text);
  return buffer;
}

Buffer Zipped(std::string_view text) {
  Buffer out;
  Gzip(text, out);
  return out;
}

TEST(CompressionTest, FindsEncodings) {
  EXPECT_EQ(FindEncoding("identity"), Encoding::kIdentity);
  EXPECT_EQ(FindEncoding("gzip"), Encoding::kGzip);
  EXPECT_EQ(FindEncoding("deflate"), Encoding::kDeflate);
  EXPECT_FALSE(FindEncoding("snappy"));
}

TEST(CompressionTest, GivesBackWhatWasCompressed) {
  for (const size_t size : {0, 1, 1000, 300'000}) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * i >> 3);
    for (const size_t step : {size_t{1000}, size_t{1} << 30}) {
      Inflater inflater(Zipped(text), size, Buffer());
      absl::StatusOr<bool> done = false;
      while (done.ok() && !*done) done = inflater.Step(step);
      ASSERT_THAT(done, IsOkAndHolds(true)) << size << " bytes in steps of " << step;
      EXPECT_EQ(inflater.TakeOutput().view(), text);
    }
  }
}

TEST(CompressionTest, TakesZlibsFormat) {
  const std::string text(1000, 'd');
  std::string packed(compressBound(text.size()), '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  Inflater inflater(BufferOf(packed.substr(0, size)), 1000, Buffer());
  ASSERT_THAT(inflater.Step(1 << 20), IsOkAndHolds(true));
  EXPECT_EQ(inflater.TakeOutput().view(), text);
}

TEST(CompressionTest, StopsAfterEveryStep) {
  constexpr size_t kBytes = 1 << 20;
  constexpr size_t kStep = 10'000;
  Inflater inflater(Zipped(std::string(kBytes, 'x')), kBytes, Buffer());
  for (size_t done = kStep; done < kBytes; done += kStep) {
    ASSERT_THAT(inflater.Step(kStep), IsOkAndHolds(false)) << done;
  }
  EXPECT_THAT(inflater.Step(kStep), IsOkAndHolds(true));
}

TEST(CompressionTest, StopsBeyondTheLimit) {
  Inflater inflater(Zipped(std::string(1001, 'x')), 1000, Buffer());
  EXPECT_THAT(inflater.Step(1 << 20),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("more than 1000 bytes")));
}

TEST(CompressionTest, StopsWhereTheBudgetEnds) {
  MemoryBudget budget(size_t{2} << 20);
  MemoryAccount account(budget);
  Inflater inflater(Zipped(std::string(8 << 20, 'x')), 16 << 20, Buffer(account));
  EXPECT_THAT(inflater.Step(16 << 20),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("used up")));
}

TEST(CompressionTest, RefusesDamage) {
  const Buffer sound = Zipped("a text that is long enough to be cut in many places");
  for (size_t size = 0; size < sound.size(); ++size) {
    Inflater inflater(BufferOf(sound.view().substr(0, size)), 1000, Buffer());
    EXPECT_THAT(inflater.Step(1000), StatusIs(absl::StatusCode::kInternal, HasSubstr("cannot")))
        << "cut to " << size;
  }
}

}  // namespace
}  // namespace hillock::transport
