// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_BENCH_BENCH_SERVER_H_
#define HILLOCK_TESTS_BENCH_BENCH_SERVER_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/process.h"

namespace hillock::bench {

// A model of random weights, relu between its layers.
struct Shape {
  std::string name;
  std::vector<size_t> widths;  // inputs first
  std::string options{};       // its options.txtpb
};

// A serialized ModelInferRequest of `rows` random rows.
std::string MakeRequest(const Shape& shape, size_t rows = 1);

// A repository of such models, each with its shape's name; it goes away with this.
class BenchRepository {
 public:
  BenchRepository();
  ~BenchRepository();
  BenchRepository(const BenchRepository&) = delete;
  BenchRepository& operator=(const BenchRepository&) = delete;

  // Writes a version aside and moves it into its place. Random weights differ each time.
  void Write(const Shape& shape, int version = 1) const;
  // Puts the files of version `from` in another version's place as well.
  void Repeat(const Shape& shape, int from, int version) const;
  void Remove(const Shape& shape, int version) const;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// The real server on the cores given. It lives as long as this.
class BenchServer {
 public:
  BenchServer(const BenchRepository& repository, const std::vector<std::string>& options,
              const std::vector<int>& cores);

  // With a model of each shape.
  BenchServer(const std::vector<Shape>& shapes, const std::vector<std::string>& options,
              const std::vector<int>& cores);

  // HOST:PORT of its gRPC service; empty when it did not start.
  const std::string& address() const { return address_; }

  const Process& process() const { return *process_; }

  // Bytes of its resident memory.
  size_t ResidentBytes() const { return process_->ResidentBytes(); }

 private:
  void Start(const std::string& repository, const std::vector<std::string>& options,
             const std::vector<int>& cores);

  std::unique_ptr<Process> process_;
  std::string address_;
};

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_BENCH_SERVER_H_
