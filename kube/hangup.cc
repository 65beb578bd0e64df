#include "kube/hangup.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dst_load::kube {

Hangup::~Hangup() {
  if (duplicate_ >= 0) close(duplicate_);
}

void Hangup::Opening(int socket) {
  const std::lock_guard lock(mutex_);
  if (duplicate_ >= 0) close(duplicate_);
  duplicate_ = fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void Hangup::Opened() {
  const std::lock_guard lock(mutex_);
  if (cut_ && duplicate_ >= 0) shutdown(duplicate_, SHUT_RDWR);
}

void Hangup::Cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  if (duplicate_ >= 0) shutdown(duplicate_, SHUT_RDWR);
}

}  // namespace dst_load::kube
