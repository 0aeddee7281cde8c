#include "tests/bench/bench_server.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "proto/inference.pb.h"
#include "server/model/mlp.h"
#include "server/model/writer.h"

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
  mlp.input_name = "input";
  mlp.output_name = "output";
  for (size_t i = 0; i + 1 < shape.widths.size(); ++i) {
    model::Layer layer;
    layer.name = fmt::format("layer{}", i);
    layer.inputs = shape.widths[i];
    layer.outputs = shape.widths[i + 1];
    layer.weights =
        RandomFloats(layer.inputs * layer.outputs, 1.0f / static_cast<float>(layer.inputs));
    layer.bias = RandomFloats(layer.outputs, 0.1f);
    layer.activation = activation::Find(i + 2 == shape.widths.size() ? "identity" : "relu");
    mlp.layers.push_back(std::move(layer));
  }
  return mlp;
}

void WriteModel(const fs::path& repository, const Shape& shape) {
  const fs::path folder = repository / shape.name / "1";
  fs::create_directories(folder);
  std::ofstream(folder / "model.mlp", std::ios::binary) << model::WriteMlp(MakeModel(shape));
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

BenchServer::BenchServer(const std::vector<Shape>& shapes, const std::vector<std::string>& options,
                         const std::vector<int>& cores) {
  const fs::path repository =
      fs::temp_directory_path() / fmt::format("hillock-bench-{}", std::random_device()());
  for (const Shape& shape : shapes) WriteModel(repository, shape);
  std::vector<std::string> command = {
      HILLOCK_SERVER_BINARY, "--repository",     repository.string(), "--listen",
      "127.0.0.1:0",         "--metrics-listen", "127.0.0.1:0"};
  command.insert(command.end(), options.begin(), options.end());
  process_ = std::make_unique<Process>(command, cores);
  address_ = AddressIn(process_->WaitForLine("ready:"));
  fs::remove_all(repository);
}

}  // namespace hillock::bench
