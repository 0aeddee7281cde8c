// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bench_server.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "proto/inference.pb.h"
#include "server/core/model/mlp.h"
#include "server/core/model/writer.h"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;

std::vector<float> RandomFloats(size_t n, float scale) {
  static std::mt19937 engine(1);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> floats(n);
  for (float& f : floats) f = uniform(engine);
  return floats;
}

model::Mlp MakeModel(const Shape& shape) {
  model::Mlp mlp;
  mlp.inputs = {model::FlatInput("input", shape.widths.front())};
  for (size_t i = 0; i + 1 < shape.widths.size(); ++i) {
    model::Layer layer;
    layer.name = fmt::format("layer{}", i);
    layer.source = model::ValueId{i};
    layer.inputs = shape.widths[i];
    layer.outputs = shape.widths[i + 1];
    layer.weights =
        RandomFloats(layer.inputs * layer.outputs, 1.0f / static_cast<float>(layer.inputs));
    layer.bias = RandomFloats(layer.outputs, 0.1f);
    layer.activation = activation::Find(i + 2 == shape.widths.size() ? "identity" : "relu");
    mlp.layers.push_back(std::move(layer));
  }
  mlp.outputs = {{"output", model::OutputOf(mlp.layers.size() - 1)}};
  return mlp;
}

// The address after "grpc " in the server's line that says it is ready.
std::string AddressIn(const std::string& ready) {
  const size_t start = ready.find("grpc ");
  if (start == std::string::npos) return "";
  return ready.substr(start + 5, ready.find(',', start) - start - 5);
}

}  // namespace

std::string MakeRequest(const Shape& shape, size_t rows) {
  inference::ModelInferRequest request;
  request.set_model_name(shape.name);
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(static_cast<int64_t>(rows));
  input.add_shape(static_cast<int64_t>(shape.widths.front()));
  const std::vector<float> values = RandomFloats(rows * shape.widths.front(), 1.0f);
  request.add_raw_input_contents(
      std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
  return request.SerializeAsString();
}

BenchRepository::BenchRepository()
    : path_(fs::temp_directory_path() / fmt::format("hillock-bench-{}", std::random_device()())) {
  fs::create_directories(path_);
}

BenchRepository::~BenchRepository() { fs::remove_all(path_); }

void BenchRepository::Write(const Shape& shape, int version) const {
  const fs::path aside = path_ / ".aside";
  fs::create_directories(aside);
  std::ofstream(aside / "model.mlp", std::ios::binary) << model::WriteMlp(MakeModel(shape));
  fs::create_directories(path_ / shape.name);
  std::ofstream(path_ / shape.name / "options.txtpb") << shape.options;
  fs::rename(aside, path_ / shape.name / std::to_string(version));
}

void BenchRepository::Repeat(const Shape& shape, int from, int version) const {
  const fs::path aside = path_ / ".aside";
  fs::create_directories(aside);
  fs::create_hard_link(path_ / shape.name / std::to_string(from) / "model.mlp",
                       aside / "model.mlp");
  fs::rename(aside, path_ / shape.name / std::to_string(version));
}

void BenchRepository::Remove(const Shape& shape, int version) const {
  fs::remove_all(path_ / shape.name / std::to_string(version));
}

BenchServer::BenchServer(const BenchRepository& repository, const std::vector<std::string>& options,
                         const std::vector<int>& cores) {
  Start(repository.path(), options, cores);
}

BenchServer::BenchServer(const std::vector<Shape>& shapes, const std::vector<std::string>& options,
                         const std::vector<int>& cores) {
  const BenchRepository repository;
  for (const Shape& shape : shapes) repository.Write(shape);
  Start(repository.path(), options, cores);
}

void BenchServer::Start(const std::string& repository, const std::vector<std::string>& options,
                        const std::vector<int>& cores) {
  std::vector<std::string> command = {
      HILLOCK_SERVER_BINARY, "--repository",  repository,   "--listen",
      "127.0.0.1:0",         "--http-listen", "127.0.0.1:0"};
  command.insert(command.end(), options.begin(), options.end());
  process_ = std::make_unique<Process>(command, cores);
  address_ = AddressIn(process_->WaitForLine("ready:"));
}

}  // namespace hillock::bench
