// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/examples.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

#include "server/core/base/status.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

constexpr float kTolerance = 1e-5f;

using Fields = std::vector<std::string>;

std::string ModelFile(const std::string& relative) {
  return std::string(HILLOCK_MODELS) + "/" + relative;
}

// The lines of a CSV file after its header. The files in models/ quote nothing.
std::vector<Fields> ReadCsv(const std::string& relative) {
  std::ifstream file(ModelFile(relative));
  HILLOCK_CHECK(file.good());
  std::vector<Fields> lines;
  for (std::string line; std::getline(file, line);) {
    Fields& fields = lines.emplace_back();
    std::istringstream rest(line);
    for (std::string field; std::getline(rest, field, ',');) fields.push_back(field);
  }
  lines.erase(lines.begin());
  return lines;
}

// Unlike std::stof, takes numbers that are smaller than the normal ones.
float ToFloat(const std::string& text) {
  char* end = nullptr;
  const float value = std::strtof(text.c_str(), &end);
  HILLOCK_CHECK(!text.empty() && *end == '\0');
  return value;
}

void ReadHeldOut(Example& example) {
  for (const Fields& fields : ReadCsv(example.model + "/held_out.csv")) {
    example.width = fields.size() - 1;
    for (size_t i = 0; i < example.width; ++i) example.rows.push_back(ToFloat(fields[i]));
    if (example.is_first) example.labels.push_back(fields.back());
  }
}

// The pixels of an NPY file, format 1, of unsigned bytes in row-major order.
std::vector<float> ReadNpyBytes(const std::string& relative) {
  std::ifstream file(ModelFile(relative), std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(file), {});
  HILLOCK_CHECK(content.starts_with("\x93NUMPY\x01"));
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(content[i]); };
  const size_t start = 10u + byte(8) + 256u * byte(9);
  HILLOCK_CHECK(content.substr(0, start).find("'|u1', 'fortran_order': False") !=
                std::string::npos);
  std::vector<float> pixels;
  for (size_t i = start; i < content.size(); ++i) pixels.push_back(byte(i));
  return pixels;
}

void ReadHeldOutPixels(Example& example) {
  for (const Fields& fields : ReadCsv(example.model + "/held_out_labels.csv")) {
    example.labels.push_back(fields[0]);
  }
  example.rows = ReadNpyBytes(example.model + "/held_out.npy");
  example.width = example.rows.size() / example.labels.size();
}

void ReadExpected(Example& example) {
  const std::string file = example.is_first ? "expected" : "expected-" + example.output;
  for (const Fields& fields : ReadCsv(example.model + "/" + file + ".csv")) {
    const size_t predicted = example.is_first ? 0 : 1;
    if (!example.is_first) example.labels.push_back(fields[0]);
    example.predicted.push_back(fields[predicted]);
    example.outputs = fields.size() - predicted - 1;
    for (size_t i = predicted + 1; i < fields.size(); ++i) {
      example.expected.push_back(ToFloat(fields[i]));
    }
  }
}

// The lines of accuracy.csv: model, output, rows, correct, accuracy.
std::vector<Fields> OutputsOf(const std::string& model) {
  std::vector<Fields> lines = ReadCsv("accuracy.csv");
  std::erase_if(lines, [&](const Fields& line) { return line[0] != model; });
  return lines;
}

std::unique_ptr<const Example> ReadExample(const std::string& name) {
  auto example = std::make_unique<Example>();
  const size_t colon = name.find(':');
  example->model = name.substr(0, colon);
  example->is_first = colon == std::string::npos;
  const std::vector<Fields> outputs = OutputsOf(example->model);
  const auto line = std::ranges::find_if(outputs, [&](const Fields& fields) {
    return example->is_first || fields[1] == name.substr(colon + 1);
  });
  HILLOCK_CHECK(line != outputs.end());
  example->output = (*line)[1];
  example->correct = std::stoul((*line)[3]);
  if (outputs.size() > 1) example->asked = {example->output, example->output + "_label"};
  const bool pixels = std::filesystem::exists(ModelFile(example->model + "/held_out.npy"));
  pixels ? ReadHeldOutPixels(*example) : ReadHeldOut(*example);
  ReadExpected(*example);
  HILLOCK_CHECK(example->rows.size() == example->count() * example->width);
  HILLOCK_CHECK(example->expected.size() == example->count() * example->outputs);
  return example;
}

size_t CountEqual(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  size_t equal = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) equal += a[i] == b[i];
  return equal;
}

}  // namespace

std::vector<std::string> ExampleNames() {
  std::vector<std::string> names;
  std::string last;  // model
  for (const Fields& fields : ReadCsv("accuracy.csv")) {
    names.push_back(fields[0] == last ? fields[0] + ":" + fields[1] : fields[0]);
    last = fields[0];
  }
  return names;
}

const Example& FindExample(std::string_view name) {
  static std::map<std::string, std::unique_ptr<const Example>, std::less<>> examples;
  const auto known = examples.find(name);
  if (known != examples.end()) return *known->second;
  return *examples.emplace(name, ReadExample(std::string(name))).first->second;
}

inference::ModelInferRequest MakeRequest(const Example& example, Form form) {
  return MakeRequest(example, 0, example.count(), form);
}

inference::ModelInferRequest MakeRequest(const Example& example, size_t first, size_t rows,
                                         Form form) {
  auto request = MakeRequest(example.model, example.width, example.Rows(first, rows), form);
  for (const std::string& output : example.asked) request.add_outputs()->set_name(output);
  return request;
}

std::string TestName(const std::string& name) {
  std::string safe = name;
  for (char& c : safe) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return safe;
}

void ExpectTrainersAnswers(ServerProcess& server, const Example& example) {
  const auto answer = Infer(server, MakeRequest(example));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->width, example.outputs);
  EXPECT_THAT(answer->values,
              ::testing::Pointwise(::testing::FloatNear(kTolerance), example.expected));
  EXPECT_EQ(answer->labels, example.predicted);
  EXPECT_EQ(CountEqual(answer->labels, example.labels), example.correct);
}

}  // namespace hillock::testing
