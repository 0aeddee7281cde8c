// SPDX-License-Identifier: Apache-2.0
#include "server/logging.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

namespace hillock {
namespace {

constexpr size_t kMaxWaitingLines = 8192;

// How long a process that exits waits for the reader of its log.
constexpr auto kFlushTime = std::chrono::milliseconds(500);

// The message as a JSON string, quotes included.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text(message.payload.data(), message.payload.size());
    const std::string quoted =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

// The message on one line: what a file or a folder's name brings along cannot begin a line of its
// own, nor change a terminal.
class TextMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    for (const char c : message.payload) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= ' ' && byte != 0x7f) {
        out.push_back(c);
      } else {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
      }
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<TextMessage>();
  }
};

// What LogEvent() logs with.
struct Events {
  LogFormat format = LogFormat::kText;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
};

Events& TheEvents() {
  static Events events;
  return events;
}

std::unique_ptr<spdlog::pattern_formatter> Formatter(const std::string& pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonMessage>('*').add_flag<TextMessage>('$').set_pattern(pattern);
  return formatter;
}

std::shared_ptr<spdlog::logger> LoggerOf(
    std::string name, const std::string& pattern,
    const std::shared_ptr<spdlog::details::thread_pool>& pool) {
  auto logger = std::make_shared<spdlog::async_logger>(
      std::move(name), std::make_shared<spdlog::sinks::stdout_sink_mt>(), pool,
      spdlog::async_overflow_policy::overrun_oldest);
  logger->set_formatter(Formatter(pattern));
  logger->flush_on(spdlog::level::info);
  return logger;
}

void Await(spdlog::details::thread_pool& pool, std::chrono::steady_clock::time_point end) {
  while (pool.queue_size() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void SetUpLogging(LogFormat format) {
  const bool json = format == LogFormat::kJson;
  const std::string begin =
      json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",)" : "%Y-%m-%dT%H:%M:%S.%eZ %l ";
  spdlog::init_thread_pool(kMaxWaitingLines, 1);
  spdlog::set_default_logger(
      LoggerOf("hillock", begin + (json ? R"("message":%*})" : "%$"), spdlog::thread_pool()));
  auto pool = std::make_shared<spdlog::details::thread_pool>(kMaxWaitingLines, 1);
  TheEvents() = {format, pool, LoggerOf("events", begin + (json ? "%v}" : "%$"), pool)};
}

void LogEvent(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  const Events& events = TheEvents();
  events.logger->log(level == LogLevel::kError ? spdlog::level::err : spdlog::level::info, "{}",
                     FormatFields(events.format, message, fields));
}

// The flush is queued after what was logged: once it has left the queue, all of that is written.
void FlushLog() {
  const auto deadline = std::chrono::steady_clock::now() + kFlushTime;
  const Events& events = TheEvents();
  events.logger->flush();
  spdlog::default_logger()->flush();
  Await(*events.pool, deadline);
  Await(*spdlog::thread_pool(), deadline);
}

}  // namespace hillock
