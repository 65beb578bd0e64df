#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "base/time.h"

namespace dst_load::workers::churn {

/// A thread that calls `task` at once and then again `every` so long after it returned, until destroyed. The task is
/// given the token that says when: it must not go on for long then. What the task uses must outlive this.
class Periodic {
 public:
  Periodic(const char* thread_name, Micros every, std::function<void(const std::stop_token&)> task);

 private:
  std::jthread thread_;
};

}  // namespace dst_load::workers::churn
