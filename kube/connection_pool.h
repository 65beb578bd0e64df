#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kube/connection.h"

namespace dst_load::kube {

/// Idle connections for the next requests. One idle for long is dropped: the server closes it soon, and a request sent
/// into that gap would fail. Thread-safe.
class ConnectionPool {
 public:
  ConnectionPool(const Endpoint& endpoint, Micros timeout, const Clock& clock)
      : endpoint_(endpoint), timeout_(timeout), clock_(clock) {}

  /// The connection used last, or a new one. Errors: as Connection::Create.
  Result<std::unique_ptr<Connection>> Take();
  /// Only for a connection whose last request went well.
  void GiveBack(std::unique_ptr<Connection> connection);

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    MonoTime since;
  };
  const Endpoint& endpoint_;
  const Micros timeout_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  ///< oldest first
};

}  // namespace dst_load::kube
