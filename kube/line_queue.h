#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/time.h"

namespace dst_load::kube {

/// A line, and when it arrived.
struct StampedLine {
  std::string text;
  WallTime received;
};

/// Between the thread that reads a watch, which does nothing but stamp, and the one that parses: so an arrival's time
/// holds no parsing of those before it. Thread-safe.
class LineQueue {
 public:
  explicit LineQueue(std::size_t most_bytes = 64U << 20U) : most_bytes_(most_bytes) {}

  /// Blocks while the queue is full. False once it is closed or `stop` is asked.
  bool Push(StampedLine line, std::stop_token stop);
  /// Blocks while the queue is empty. nullopt once it is closed and empty.
  std::optional<StampedLine> Pop();
  void Close();

 private:
  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<StampedLine> lines_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace dst_load::kube
