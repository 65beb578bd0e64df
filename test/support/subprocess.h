#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace dst_load::test_support {

/// A program that runs until this object goes: it is then asked to end, and killed after five seconds. It is also
/// killed when the thread that started it ends, however that happens: start it on the main thread.
class Subprocess {
 public:
  /// Output and errors are written to `log`.
  Subprocess(const std::vector<std::string>& argv, const std::string& log);
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  bool Running();
  pid_t Pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// A TCP port of 127.0.0.1 that was free just now.
int FreePort();

}  // namespace dst_load::test_support
