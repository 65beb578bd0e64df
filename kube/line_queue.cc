#include "kube/line_queue.h"

namespace dst_load::kube {

bool LineQueue::Push(StampedLine line, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  // One line may always wait, however long it is.
  const bool room =
      changed_.wait(lock, stop, [&] { return closed_ || lines_.empty() || bytes_ + line.text.size() <= most_bytes_; });
  if (!room || closed_) return false;
  bytes_ += line.text.size();
  lines_.push_back(std::move(line));
  changed_.notify_all();
  return true;
}

std::optional<StampedLine> LineQueue::Pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !lines_.empty(); });
  if (lines_.empty()) return std::nullopt;
  StampedLine line = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= line.text.size();
  changed_.notify_all();
  return line;
}

void LineQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace dst_load::kube
