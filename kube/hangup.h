#pragma once

#include <mutex>

namespace dst_load::kube {

/// Breaks a connection off from another thread, while a request is blocked in connect, read or write on it.
///
/// Keeps a duplicate of the socket, so that shutting it down can never hit a descriptor that was closed and given to
/// somebody else meanwhile. Once cut, it stays cut. Thread-safe.
class Hangup {
 public:
  Hangup() = default;
  ~Hangup();
  Hangup(const Hangup&) = delete;
  Hangup& operator=(const Hangup&) = delete;

  /// The connection is going to connect `socket`.
  void Opening(int socket);
  /// It did. A Cut that fell between the two calls had nothing to shut down, and is made up for here.
  void Opened();
  void Cut();

 private:
  std::mutex mutex_;
  int duplicate_ = -1;
  bool cut_ = false;
};

}  // namespace dst_load::kube
