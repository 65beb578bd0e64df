#include "kube/connection_pool.h"

namespace dst_load::kube {
namespace {

constexpr Micros kLongestIdle = std::chrono::seconds{30};
constexpr std::size_t kMostIdle = 8;

}  // namespace

Result<std::unique_ptr<Connection>> ConnectionPool::Take() {
  std::vector<Idle> stale;  // closed after the lock is released
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty() && clock_.Mono() - idle_.back().since <= kLongestIdle) {
      auto connection = std::move(idle_.back().connection);
      idle_.pop_back();
      return connection;
    }
    stale.swap(idle_);
  }
  return Connection::Create(endpoint_, timeout_, clock_);
}

void ConnectionPool::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back({std::move(connection), clock_.Mono()});
}

}  // namespace dst_load::kube
