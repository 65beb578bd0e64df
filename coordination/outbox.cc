#include "coordination/outbox.h"

#include <algorithm>

namespace dst_load::coordination {

Outbox::Standing Outbox::StandingOf(const v1::ClientReport& report) {
  const bool joined = report.streams_target() > 0 && report.streams_joined() == report.streams_target();
  return {joined, report.concluded(), report.retired()};
}

bool Outbox::MayWait() const { return newest_.has_client() && StandingOf(newest_.client()) == taken_standing_; }

void Outbox::Put(v1::WorkerMessage report) {
  const std::lock_guard lock(mutex_);
  report.set_number(++number_);
  newest_ = std::move(report);
}

std::optional<v1::WorkerMessage> Outbox::Take() {
  const std::lock_guard lock(mutex_);
  if (taken_ == number_ || (taken_ > acked_ && MayWait())) return std::nullopt;
  taken_ = number_;
  taken_standing_ = StandingOf(newest_.client());
  return newest_;
}

void Outbox::Rewind() {
  const std::lock_guard lock(mutex_);
  taken_ = 0;
}

void Outbox::Acked(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  acked_ = std::max(acked_, std::min(number, number_));
  acked_changed_.notify_all();
}

bool Outbox::WaitAcked(Micros timeout) {
  std::unique_lock lock(mutex_);
  return acked_changed_.wait_for(lock, timeout, [&] { return acked_ == number_; });
}

}  // namespace dst_load::coordination
