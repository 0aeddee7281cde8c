// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/message_reader.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/wire/h2_peer.h"

namespace hillock::transport {
namespace {

using State = MessageReader::State;
using ::testing::ElementsAre;
using testing::Framed;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

class MessageReaderTest : public ::testing::Test {
 protected:
  MessageReaderTest() { reader_.Open(account_, limits_, unfinished_); }
  ~MessageReaderTest() override {
    reader_.Close();
    EXPECT_EQ(unfinished_, 0);
    EXPECT_EQ(account_.used(), 0);
  }

  // Feeds all of `bytes`, and appends the messages that they complete.
  absl::Status Feed(std::string_view bytes) {
    while (!bytes.empty()) {
      HILLOCK_RETURN_IF_ERROR(reader_.Read(bytes));
      while (reader_.inflating()) HILLOCK_RETURN_IF_ERROR(reader_.Inflate(100));
      if (reader_.state() != State::kComplete) continue;
      messages_.emplace_back(reader_.Take().view());
    }
    return absl::OkStatus();
  }

  MemoryBudget budget_{size_t{2} << 20};
  MemoryAccount account_{budget_};
  const MessageReader::Limits limits_{.message_bytes = 4 << 20, .unfinished_bytes = 3 << 20};
  size_t unfinished_ = 0;
  MessageReader reader_;
  std::vector<std::string> messages_;
};

TEST_F(MessageReaderTest, StopsAtTheEndOfAMessage) {
  const std::string bytes = Framed("one") + Framed("two");
  std::string_view rest = bytes;
  ASSERT_THAT(reader_.Read(rest), IsOk());
  EXPECT_EQ(rest, Framed("two"));
  EXPECT_EQ(reader_.state(), State::kComplete);
  EXPECT_EQ(reader_.Take().view(), "one");
  EXPECT_TRUE(reader_.between_messages());
}

TEST_F(MessageReaderTest, PutsMessagesTogetherByteByByte) {
  const std::string bytes = Framed("one") + Framed("") + Framed("three");
  for (const char byte : bytes) ASSERT_THAT(Feed({&byte, 1}), IsOk());
  EXPECT_THAT(messages_, ElementsAre("one", "", "three"));
  EXPECT_TRUE(reader_.between_messages());
}

TEST_F(MessageReaderTest, IsWithinAMessageFromItsFirstByteOn) {
  ASSERT_THAT(Feed(Framed("x").substr(0, 1)), IsOk());
  EXPECT_FALSE(reader_.between_messages());
}

TEST_F(MessageReaderTest, DecompressesInSteps) {
  const std::string text(10'000, 'a');
  Buffer zipped;
  Gzip(text, zipped);
  reader_.SetEncoding(Encoding::kGzip);
  ASSERT_THAT(Feed(Framed(zipped.view(), 1)), IsOk());
  EXPECT_THAT(messages_, ElementsAre(text));
  EXPECT_TRUE(reader_.was_compressed());
}

TEST_F(MessageReaderTest, TakesNoMemoryForAPrefix) {
  ASSERT_THAT(Feed(Framed(std::string(1 << 20, 'a')).substr(0, kPrefixBytes)), IsOk());
  EXPECT_EQ(account_.used(), 0);
  EXPECT_EQ(unfinished_, 0);
}

TEST_F(MessageReaderTest, LimitsTheUnfinishedMessagesOfAConnection) {
  unfinished_ = limits_.unfinished_bytes;
  EXPECT_THAT(Feed(Framed("one")),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("unfinished messages")));
  unfinished_ -= limits_.unfinished_bytes;
}

TEST_F(MessageReaderTest, RefusesWhatTheBudgetHasNoRoomFor) {
  EXPECT_THAT(Feed(Framed(std::string(3'000'000, 'a'))),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("memory for requests")));
}

TEST_F(MessageReaderTest, RefusesMalformedPrefixes) {
  EXPECT_THAT(Feed(Framed("x", 2)), StatusIs(absl::StatusCode::kInternal, HasSubstr("flag is 2")));
}

TEST_F(MessageReaderTest, RefusesCompressionThatNoHeaderAnnounced) {
  EXPECT_THAT(Feed(Framed("x", 1)),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("without a grpc-encoding")));
}

TEST_F(MessageReaderTest, RefusesWhatCannotBeDecompressed) {
  reader_.SetEncoding(Encoding::kGzip);
  EXPECT_THAT(Feed(Framed("no gzip", 1)),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("cannot be decompressed")));
}

}  // namespace
}  // namespace hillock::transport
