#include "client/api/model_input.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

inference::ModelMetadataResponse Metadata(const std::string& type, std::vector<int64_t> shape) {
  inference::ModelMetadataResponse metadata;
  metadata.set_name("m");
  auto& input = *metadata.add_inputs();
  input.set_name("x");
  input.set_datatype(type);
  input.mutable_shape()->Assign(shape.begin(), shape.end());
  return metadata;
}

TEST(OnlyInputTest, IsAMatrixOfFloats) {
  const auto input = OnlyInput(Metadata("FP32", {-1, 64}));
  ASSERT_THAT(input, IsOk());
  EXPECT_EQ(input->name, "x");
  EXPECT_EQ(input->width, 64u);
}

TEST(OnlyInputTest, NothingElseCanBeSent) {
  auto two = Metadata("FP32", {-1, 64});
  *two.add_inputs() = two.inputs(0);
  for (const auto& metadata :
       {inference::ModelMetadataResponse(), two, Metadata("FP64", {-1, 64}), Metadata("FP32", {-1}),
        Metadata("FP32", {-1, -1}), Metadata("FP32", {-1, 8, 8})}) {
    EXPECT_THAT(OnlyInput(metadata),
                StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("one FP32 input")))
        << metadata.ShortDebugString();
  }
}

}  // namespace
}  // namespace hillock::client
