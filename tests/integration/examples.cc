#include "tests/integration/examples.h"

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

#include "server/base/status.h"
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
    example.labels.push_back(fields.back());
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
  for (const Fields& fields : ReadCsv(example.model + "/expected.csv")) {
    example.predicted.push_back(fields[0]);
    example.outputs = fields.size() - 1;
    for (size_t i = 1; i < fields.size(); ++i) example.expected.push_back(ToFloat(fields[i]));
  }
}

size_t Correct(const std::string& model) {
  for (const Fields& fields : ReadCsv("accuracy.csv")) {
    if (fields[0] == model) return std::stoul(fields[2]);
  }
  return 0;
}

std::unique_ptr<const Example> ReadExample(const std::string& model) {
  auto example = std::make_unique<Example>();
  example->model = model;
  const bool pixels = std::filesystem::exists(ModelFile(model + "/held_out.npy"));
  pixels ? ReadHeldOutPixels(*example) : ReadHeldOut(*example);
  ReadExpected(*example);
  example->correct = Correct(model);
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
  for (const Fields& fields : ReadCsv("accuracy.csv")) names.push_back(fields[0]);
  return names;
}

const Example& FindExample(std::string_view model) {
  static std::map<std::string, std::unique_ptr<const Example>> examples;
  const std::string name(model);
  auto& example = examples[name];
  if (example == nullptr) example = ReadExample(name);
  return *example;
}

std::string TestName(const std::string& name) {
  std::string safe = name;
  for (char& c : safe) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return safe;
}

void ExpectTrainersAnswers(ServerProcess& server, const Example& example) {
  const auto answer = Infer(server, MakeRequest(example.model, example.width, example.rows));
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->width, example.outputs);
  EXPECT_THAT(answer->values,
              ::testing::Pointwise(::testing::FloatNear(kTolerance), example.expected));
  EXPECT_EQ(answer->labels, example.predicted);
  EXPECT_EQ(CountEqual(answer->labels, example.labels), example.correct);
}

}  // namespace hillock::testing
