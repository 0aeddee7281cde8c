#ifndef HILLOCK_TESTS_BENCH_BENCH_SERVER_H_
#define HILLOCK_TESTS_BENCH_BENCH_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/process.h"

namespace hillock::bench {

// A model of random weights, relu between its layers.
struct Shape {
  std::string name;
  std::vector<size_t> widths;  // inputs first
};

// A serialized ModelInferRequest of `rows` random rows.
std::string MakeRequest(const Shape& shape, size_t rows = 1);

// The real server with a model of each shape, on the cores given. It lives as long as this.
class BenchServer {
 public:
  BenchServer(const std::vector<Shape>& shapes, const std::vector<std::string>& options,
              const std::vector<int>& cores);

  // HOST:PORT of its gRPC service; empty when it did not start.
  const std::string& address() const { return address_; }

  // Bytes of its resident memory.
  size_t ResidentBytes() const { return process_->ResidentBytes(); }

 private:
  std::unique_ptr<Process> process_;
  std::string address_;
};

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_BENCH_SERVER_H_
