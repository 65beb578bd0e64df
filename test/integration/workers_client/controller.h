#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "test/support/temp_dir.h"

namespace dst_load::workers::test {

/// dst-load-controller as a process, with its outputs in files. Killed when it goes.
class Controller {
 public:
  explicit Controller(std::vector<std::string> args);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  pid_t Pid() const { return pid_; }
  void Signal(int signal) const;
  /// The exit code; nullopt when it does not end in ten seconds.
  std::optional<int> Ended();
  std::string Out() const { return Read("out"); }
  std::string Err() const { return Read("err"); }

 private:
  std::string Read(const char* name) const;

  test_support::TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> code_;
};

/// The body of a page on 127.0.0.1; empty when there is none.
std::string Page(int port, const std::string& path);

}  // namespace dst_load::workers::test
