// SPDX-License-Identifier: Apache-2.0
#include "client/report/activations_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "client/report/activation_text.h"

namespace hillock::client {
namespace {

using activation::All;
using activation::Figures;
using activation::Find;
using activation::Spec;
using ::testing::HasSubstr;
using ::testing::Not;

// An activation that nobody has measured.
Spec Unmeasured() {
  Spec spec = *Find("step");
  spec.name = "stairs";
  return spec;
}

TEST(ActivationsTableTest, HasALineForEach) {
  const std::string table = ActivationsTable(All());
  for (const Spec& spec : All()) {
    EXPECT_THAT(table, HasSubstr(fmt::format("\n{}  ", spec.name)));
    EXPECT_THAT(table, HasSubstr(std::string(spec.formula)));
  }
  EXPECT_THAT(table, HasSubstr(MachineText(activation::MeasuredOn())));
}

TEST(ActivationsTableTest, SaysWhatWasNotMeasured) {
  const Spec spec = Unmeasured();
  EXPECT_THAT(ActivationsTable({&spec, 1}),
              HasSubstr("stairs  1 if x >= 0, else 0  -           -     fallback  not measured"));
}

TEST(ActivationDetailTest, ShowsEverythingOfTheTable) {
  const Figures figures{.activation = "elu",
                        .fallback = {0.94, -0.25f, 4.2e-8, -1.5f, 0.2144},
                        .onednn = activation::BackendFigures{1.6e7, -1e-38f, 1e-7, -0.125f, 0.41}};
  const std::string detail = ActivationDetail(*Find("elu"), &figures);
  const std::string head =
      "elu           x if x > 0, else alpha (e^x - 1)\n"
      "scope         elementwise\n"
      "parameters    alpha = 1 (-100 to 100)\n"
      "values        f(-inf) = -1, f(-0) = -0, f(0) = 0, f(inf) = inf, f(nan) = nan\n"
      "|f'| < 0.001  x < -6.908\n"
      "ONNX          Elu, since 1\n"
      "oneDNN        eltwise_elu, alpha = 1\n"
      "tolerance     4 ULP on the fallback\n"
      "on fallback   worst error 0.94 ULP at x = -0.25, 4.2e-08 absolute at x = -1.5; 0.214 ns an "
      "element\n"
      "on onednn     worst error 1.6e+07 ULP at x = -9.99999935e-39, 1e-07 absolute at x = -0.125; "
      "0.410 ns an element\n"
      "measured on   ";
  EXPECT_EQ(detail.substr(0, head.size()), head);
  const std::string samples =
      "   x     f(x)    f'(x)\n"
      "  -4  -0.9817  0.01832\n"
      "  -2  -0.8647   0.1353\n"
      "  -1  -0.6321   0.3679\n"
      "-0.5  -0.3935   0.6065\n"
      "   0        0        1\n"
      " 0.5      0.5        1\n"
      "   1        1        1\n"
      "   2        2        1\n"
      "   4        4        1\n";
  EXPECT_EQ(detail.substr(detail.size() - samples.size()), samples);
}

TEST(ActivationDetailTest, SaysWhatWasNotMeasured) {
  const std::string detail = ActivationDetail(Unmeasured(), nullptr);
  EXPECT_THAT(detail, HasSubstr("on fallback   not measured\n"));
  EXPECT_THAT(detail, HasSubstr("on onednn     not measured\n"));
  EXPECT_THAT(detail, Not(HasSubstr("measured on")));
}

TEST(ActivationDetailTest, OfARowFunctionMapsARow) {
  EXPECT_THAT(ActivationDetail(*Find("softmax"), nullptr),
              HasSubstr("x_i    f(x)_i  df(x)_i / dx_i\n"
                        " -2  0.002315         0.00231\n"
                        "  0   0.01711         0.01682\n"
                        "  1    0.0465         0.04434\n"
                        "  4    0.9341         0.06158\n"));
}

TEST(ActivationsJsonTest, HasEverythingOfEach) {
  const nlohmann::ordered_json json = ActivationsJson(All());
  ASSERT_EQ(json.at("activations").size(), All().size());
  EXPECT_EQ(json.at("machine").at("onednn"), activation::MeasuredOn().onednn);
  const auto& gelu = json.at("activations")[Find("gelu_tanh")->index];
  EXPECT_EQ(gelu.at("onnx").dump(), R"({"op":"Gelu","since":20,"approximate":"tanh"})");
  EXPECT_EQ(gelu.at("onednn"), "eltwise_gelu_tanh");
  EXPECT_EQ(gelu.at("special_values").at("-inf"), 0.0);
  EXPECT_EQ(gelu.at("special_values").at("nan"), "nan");
  EXPECT_EQ(gelu.at("saturation").at("above"), "inf");
  EXPECT_GT(gelu.at("figures").at("fallback").at("ns_per_element"), 0);
  const auto& prelu = json.at("activations")[Find("prelu")->index];
  EXPECT_EQ(prelu.at("scope"), "per unit");
  EXPECT_EQ(prelu.at("params")[0].at("name"), "slope");
  EXPECT_EQ(prelu.at("params")[0].at("default"), 0.25);
  EXPECT_EQ(prelu.at("params")[0].at("onnx"), "slope");
  const auto& swish = json.at("activations")[Find("swish")->index];
  EXPECT_EQ(swish.at("params")[0].at("name"), "beta");
  EXPECT_EQ(swish.at("params")[0].at("onnx"), "alpha");
}

TEST(ActivationsJsonTest, HasNullForWhatThereIsNot) {
  const Spec spec = Unmeasured();
  const nlohmann::ordered_json json = ActivationsJson({&spec, 1}).at("activations")[0];
  for (const char* field : {"onnx", "onednn", "figures"}) {
    EXPECT_TRUE(json.at(field).is_null()) << field;
  }
  EXPECT_TRUE(json.at("params").empty());
}

}  // namespace
}  // namespace hillock::client
