#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace dst_load::workers {

struct LifecycleOptions {
  Micros ramp_up{0};
  std::optional<Micros> max_lifetime{};
  std::optional<Micros> reset_interval{};
  Micros reopen_delay = std::chrono::milliseconds{100};  ///< before a stream that worked is opened again
  Micros retry_delay = std::chrono::seconds{1};          ///< before one that could not be opened is
  Micros longest_delay = std::chrono::seconds{10};       ///< to which both double
  Micros healthy_after = std::chrono::seconds{10};       ///< a stream open this long has worked, message or not
};

/// How a stream ended.
enum class Ending { kReset, kServer, kFailure };

/// When each stream is opened, closed and opened again. One heap for all: no timer a stream.
///
/// Pure: time is handed in. Not thread-safe.
class Lifecycle {
 public:
  enum class Kind { kOpen, kReset };
  struct Action {
    std::uint32_t stream;
    Kind kind;
    bool operator==(const Action&) const = default;
  };
  /// A stream's place among all of the process, for spreading them evenly over the ramp-up and over a lifetime.
  struct Place {
    std::uint64_t index;
    std::uint64_t of;
  };

  /// Streams are the indexes of `places`.
  Lifecycle(LifecycleOptions options, std::vector<Place> places, std::uint64_t seed);

  void Begin(MonoTime now);
  /// When TakeDue next has something; nullopt: never.
  std::optional<MonoTime> Next() const;
  std::optional<Action> TakeDue(MonoTime now);

  void Opened(std::uint32_t stream, MonoTime now);
  /// `worked`: a message had come. Call it also for a stream that never opened.
  void Ended(std::uint32_t stream, Ending ending, bool worked, MonoTime now);
  /// Resets nothing from now on; what ends is still opened again.
  void KeepOpen();

 private:
  struct Stream {
    Place place;
    std::uint32_t generation = 0;  ///< of its entry in the heap: older ones are void
    std::uint32_t failures = 0;
    bool open = false;
    bool first_life = true;
    MonoTime opened{};
  };
  struct Entry {
    MonoTime when;
    std::uint32_t stream;
    std::uint32_t generation;
    Kind kind;
    bool operator>(const Entry& other) const { return when > other.when; }
  };

  void Push(std::uint32_t stream, MonoTime when, Kind kind);
  void ResetAll(MonoTime now);
  Micros Delay(Stream& stream, Ending ending);

  const LifecycleOptions options_;
  std::vector<Stream> streams_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::optional<MonoTime> next_reset_;
  bool keep_open_ = false;
  Random random_;
};

}  // namespace dst_load::workers
