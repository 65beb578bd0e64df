#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "measure/stream_set.h"

namespace dst_load::measure {

/// A stream's set changed before the truth did.
struct EarlySight {
  std::uint32_t stream = 0;
  bool added = false;
  bool inferred = false;  ///< a removal that no message named: the endpoint was absent after a reconnect
  WallTime t2{};
};

/// What streams saw of one endpoint ahead of the truth. One stream's sights alternate; the first one is the opposite of
/// what was true, and each change of the truth is answered by the first that is left. Not thread-safe.
class EarlyQueue {
 public:
  bool empty() const { return sights_.empty(); }
  bool Has(std::uint32_t stream) const { return streams_.Has(stream); }

  void Push(const EarlySight& sight);
  /// Forgets the stream's newest sight when it was an inferred removal: the message was a part of the set, not all of
  /// it.
  bool CancelInferredRemoval(std::uint32_t stream);
  /// Forgets what one stream saw; returns how many sights that were.
  std::uint32_t Forget(std::uint32_t stream);
  /// Appends what `streams` saw to `to`.
  void MoveTo(EarlyQueue& to, const StreamSet& streams);

  /// What one stream has to say to a change of the truth.
  struct Answer {
    std::uint32_t stream = 0;
    std::optional<WallTime> t2;       ///< when it saw the change; nullopt when it has not after all
    std::uint32_t dropped = 0;        ///< sights used up
    std::vector<EarlySight> unasked;  ///< of these, the ones that answer nothing: seen, and undone again
  };
  /// A change published at t1: each stream with sights answers. A sight that was undone later, and lies more than
  /// `lead` before t1, belongs to something else and is dropped together with what undid it.
  std::vector<Answer> AnswerChange(bool added, WallTime t1, Micros lead);

  struct Expired {
    std::uint32_t stream = 0;
    std::uint32_t dropped = 0;
    bool last = false;               ///< nothing of that stream is left
    WallTime since{};                ///< of the newest one dropped
    std::vector<EarlySight> sights;  ///< the ones dropped
  };
  /// Drops what was seen before `before`.
  std::vector<Expired> Expire(WallTime before);
  /// The oldest sight; only when not empty.
  WallTime Oldest() const;

 private:
  void SortByStream();

  StreamSet streams_;
  std::vector<EarlySight> sights_;  ///< each stream's in order of sight
};

}  // namespace dst_load::measure
