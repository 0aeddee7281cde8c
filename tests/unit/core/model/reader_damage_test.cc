// SPDX-License-Identifier: Apache-2.0

// Files cut short, with flipped bytes, or not of this kind at all.

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <string>

#include "server/core/model/reader.h"
#include "server/core/model/writer.h"
#include "tests/support/allocations.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/graph_models.h"
#include "tests/unit/core/model/model_file.h"

namespace hillock::model {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr size_t kTrailerBytes = 5;

class DamagedFile : public ::testing::TestWithParam<std::string> {
 protected:
  // protobuf would print a line for every text that is not UTF-8.
  const google::protobuf::LogSilencer silence_;

  // Between them the three have every kind of field.
  static Mlp Chain() {
    return MlpBuilder(2).Add(3, "prelu").Add(2, "swish").Normalized().Labels({"no", "yes"}).Build();
  }
  static Mlp Tree() {
    Mlp mlp = MlpBuilder(2)
                  .Add(3, "relu")
                  .Output("trunk")
                  .Multilabel()
                  .Add(2, "softmax")
                  .Output("class", {"no", "yes"})
                  .From(1)
                  .Add(1, "tanh")
                  .Output("value", {"lost", "won"})
                  .Build();
    mlp.outputs[2].threshold = 0.25f;
    return mlp;
  }
  static Mlp Graph() {
    Mlp mlp = EveryField();
    const Normalize normalize{true, 1e-5f, 4, {1, 2, 3, 4}, {0, 0, 1, 0}};
    AddOutput(mlp, "z", AddOperation(mlp, normalize, {OutputOf(0)}, 4));
    const Lookup lookup{{-1, 2}, false, 1, {7, 8}, {-1}};
    AddOutput(mlp, "found", AddOperation(mlp, lookup, {OutputOf(1)}, 1));
    const ValueId constant = AddOperation(mlp, Constant{{5}}, {}, 1);
    const ValueId scaled = AddOperation(mlp, Scale{{2}, {3}}, {constant}, 1);
    AddOutput(mlp, "sum", AddOperation(mlp, Combine{FindFunction("add")}, {scaled, constant}, 1));
    mlp.offset.assign(mlp.input_width(), 1);
    mlp.scale.assign(mlp.input_width(), 2);
    return mlp;
  }
  static Mlp Model() {
    if (GetParam() == "graph") return Graph();
    return GetParam() == "chain" ? Chain() : Tree();
  }
  const std::string file_ = WriteMlp(Model());

  // The bytes before the trailer, then a trailer that fits them.
  static std::string Reseal(std::string body) {
    AppendTrailer(body);
    return body;
  }
  std::string Body() const { return file_.substr(0, file_.size() - kTrailerBytes); }

  // Whoever wrote the bytes, reading them ends in an error or a valid model, and cheaply.
  static void ExpectHarmless(const std::string& content) {
    const AllocationMeter meter(size_t{1} << 20);
    const auto mlp = ReadMlp(content);
    EXPECT_LT(meter.largest(), 4096 + 2 * content.size());
    if (mlp.ok()) {
      EXPECT_THAT(Validate(*mlp), IsOk());
    }
  }
};

TEST_P(DamagedFile, IsFineUndamaged) { EXPECT_THAT(ReadMlp(file_), IsOk()); }

TEST_P(DamagedFile, IsDataLossWhenCutAtAnyLength) {
  for (size_t length = 0; length < file_.size(); ++length) {
    EXPECT_THAT(ReadMlp(file_.substr(0, length)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")))
        << "length " << length;
  }
}

TEST_P(DamagedFile, IsDataLossWhenAnyByteIsFlipped) {
  for (size_t at = 0; at < file_.size(); ++at) {
    for (const int bits : {0x01, 0x80, 0xff}) {
      std::string damaged = file_;
      damaged[at] = static_cast<char>(damaged[at] ^ bits);
      EXPECT_THAT(ReadMlp(damaged), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")))
          << "byte " << at << " ^ " << bits;
    }
  }
}

TEST_P(DamagedFile, IsHarmlessWhenCutUnderARightChecksum) {
  for (size_t length = 0; length < Body().size(); ++length) {
    SCOPED_TRACE(length);
    ExpectHarmless(Reseal(Body().substr(0, length)));
  }
}

TEST_P(DamagedFile, IsHarmlessWhenAnyByteIsFlippedUnderARightChecksum) {
  const std::string body = Body();
  for (size_t at = 0; at < body.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(at);
      std::string damaged = body;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ExpectHarmless(Reseal(damaged));
    }
  }
}

TEST_P(DamagedFile, SaysThatTheChecksumDiffers) {
  std::string damaged = file_;
  damaged[10] = static_cast<char>(damaged[10] ^ 1);
  EXPECT_THAT(ReadMlp(damaged),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the content's CRC-32 is ")));
}

TEST_P(DamagedFile, SaysThatTheTrailerIsMissing) {
  EXPECT_THAT(ReadMlp(""), StatusIs(absl::StatusCode::kDataLoss,
                                    HasSubstr("0 bytes that do not end with a checksum")));
  EXPECT_THAT(ReadMlp(Body()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("truncated, or not a model.mlp")));
}

TEST_P(DamagedFile, SaysThatSealedBytesAreNoMessage) {
  EXPECT_THAT(ReadMlp(Reseal("\xff\xff\xff\xff")),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not a hillock.v1.Mlp message")));
}

TEST_P(DamagedFile, IsOfNoVersionWhenNothingIsSealed) {
  EXPECT_THAT(ReadMlp(Reseal("")), StatusIs(absl::StatusCode::kUnimplemented,
                                            HasSubstr("format version 0, want 1 to 3")));
}

INSTANTIATE_TEST_SUITE_P(Of, DamagedFile, ::testing::Values("chain", "tree", "graph"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace hillock::model
