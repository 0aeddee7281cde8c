// SPDX-License-Identifier: Apache-2.0
#include "server/option_checks.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "server/core/repository/names.h"
#include "server/rpc/access/token_file.h"

namespace hillock {
namespace {

struct Unit {
  std::string_view name;
  uint64_t bytes;
};

constexpr std::array<Unit, 6> kUnits{{{"KiB", uint64_t{1} << 10},
                                      {"MiB", uint64_t{1} << 20},
                                      {"GiB", uint64_t{1} << 30},
                                      {"KB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000}}};

std::optional<uint64_t> ParseDigits(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

// None when it is no such text, or over 64 bits.
std::optional<uint64_t> ParseBytes(std::string_view text) {
  const auto unit =
      std::ranges::find_if(kUnits, [&](const Unit& one) { return text.ends_with(one.name); });
  if (unit == kUnits.end()) return ParseDigits(text);
  const auto number = ParseDigits(text.substr(0, text.size() - unit->name.size()));
  uint64_t bytes = 0;
  if (!number || __builtin_mul_overflow(*number, unit->bytes, &bytes)) return std::nullopt;
  return bytes;
}

// Makes `text` canonical, or returns what is wrong with it.
std::string Canonize(std::string& text, const transport::AddressRules& rules) {
  const auto address = transport::ParseAddress(text, rules);
  if (!address.ok()) return std::string(address.status().message());
  text = address->ToString();
  return "";
}

std::string UnreadableError(const std::string& path) {
  struct stat file {};
  int error = 0;
  if (stat(path.c_str(), &file) != 0 || access(path.c_str(), R_OK) != 0) error = errno;
  if (error == 0 && S_ISDIR(file.st_mode)) error = EISDIR;
  if (error == 0) return "";
  return fmt::format("cannot read '{}': {}", path, std::generic_category().message(error));
}

}  // namespace

CLI::Validator WholeNumber(uint64_t min, uint64_t max) {
  return CLI::Validator(
      [min, max](std::string& text) {
        const auto number = ParseDigits(text);
        if (number && *number >= min && *number <= max) return std::string();
        return fmt::format("got '{}', want a whole number from {} to {}", text, min, max);
      },
      fmt::format("[{} - {}]", min, max));
}

CLI::Validator ByteCount(uint64_t min, uint64_t max) {
  return CLI::Validator(
      [min, max](std::string& text) {
        const auto bytes = ParseBytes(text);
        if (!bytes || *bytes < min || *bytes > max) {
          return fmt::format(
              "got '{}', want a whole number of bytes from {} to {}, such as 1000000, 100MB or "
              "64MiB",
              text, min, max);
        }
        text = std::to_string(*bytes);
        return std::string();
      },
      fmt::format("[{} - {}] with KB, MB, GB, KiB, MiB, GiB", min, max));
}

CLI::Validator SecondsBetween(double min, double max) {
  return CLI::Validator(
      [min, max](std::string& text) {
        double seconds = 0;
        // Written so that NaN, which is neither below nor above anything, fails.
        const bool valid =
            CLI::detail::lexical_cast(text, seconds) && seconds >= min && seconds <= max;
        return valid ? std::string()
                     : fmt::format("got '{}', want {} to {} seconds", text, min, max);
      },
      fmt::format("SECONDS in [{} - {}]", min, max));
}

CLI::Validator AddressBy(const transport::AddressRules& rules) {
  return CLI::Validator([rules](std::string& text) { return Canonize(text, rules); }, "ADDRESS");
}

CLI::Validator AddressOrNothingBy(const transport::AddressRules& rules) {
  return CLI::Validator(
      [rules](std::string& text) { return text.empty() ? "" : Canonize(text, rules); }, "ADDRESS");
}

CLI::Validator ModelName() {
  return CLI::Validator(
      [](std::string& name) { return std::string(repository::CheckModelName(name).message()); },
      "NAME");
}

CLI::Validator ReadableFile() {
  return CLI::Validator([](std::string& path) { return UnreadableError(path); }, "FILE");
}

CLI::Validator TokenFile() {
  return CLI::Validator(
      [](std::string& path) { return std::string(rpc::ReadTokenFile(path).status().message()); },
      "FILE");
}

}  // namespace hillock
