// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_FUZZ_OUTPUT_WATCH_H_
#define HILLOCK_TESTS_FUZZ_OUTPUT_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace hillock::fuzz {

// Aborts when what a server sends is not HTTP/2's frames in an order that gRPC allows: settings
// first; of each stream headers, whole messages, trailers, and nothing after those or a reset. A
// client of HTTP/1.1 gets a text instead, and nothing else.
class OutputWatch {
 public:
  // The next bytes, cut anywhere.
  void Take(std::string_view bytes);

  // No more come. `whole`: the last frame should be complete.
  void End(bool whole) const;

 private:
  struct Frame {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    std::string_view payload;
  };
  struct Stream {
    size_t headers = 0;
    std::string data;  // of messages that are not complete
    bool ended = false;
  };

  bool IsAnswerToForeign() const;
  bool TakeFrame();
  void Check(const Frame& frame);
  void CheckHeaders(const Frame& frame, Stream& stream);
  void CheckData(const Frame& frame, Stream& stream);

  std::string bytes_;  // of a frame that is not complete
  size_t frames_ = 0;
  bool in_headers_ = false;  // CONTINUATION must follow
  std::map<uint32_t, Stream> streams_;
};

}  // namespace hillock::fuzz

#endif  // HILLOCK_TESTS_FUZZ_OUTPUT_WATCH_H_
