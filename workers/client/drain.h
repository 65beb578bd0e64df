#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"
#include "measure/truth.h"

namespace dst_load::workers {

/// Decides when a client that was told to drain has waited enough. Pure; not thread-safe.
class Drain {
 public:
  /// Told to: conclude no earlier than the truth has reached `last_seq`, and no later than `patience` from `now`.
  /// Telling it again, as a reconnect does, does not make it wait longer.
  void Ask(measure::Seq last_seq, MonoTime now, Micros patience) {
    last_seq_ = std::max(last_seq_, last_seq);
    if (!deadline_) deadline_ = now + patience;
  }
  measure::Seq LastSeq() const { return last_seq_; }
  bool Asked() const { return deadline_.has_value(); }
  /// True once: everything has settled, or patience is over.
  bool TakeDone(bool settled, measure::Seq truth_seq, MonoTime now) {
    if (!deadline_ || done_) return false;
    done_ = (settled && truth_seq >= last_seq_) || now >= *deadline_;
    return done_;
  }

 private:
  std::optional<MonoTime> deadline_;
  measure::Seq last_seq_ = 0;
  bool done_ = false;
};

}  // namespace dst_load::workers
