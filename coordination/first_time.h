#pragma once

#include <cstddef>
#include <set>
#include <string>

namespace dst_load::coordination {

/// Tells the first time that a name is met from those after it. Beyond kMost names it forgets all and begins anew, so
/// that strangers cannot fill it. Not thread-safe.
class FirstTime {
 public:
  static constexpr std::size_t kMost = 1000;

  /// True the first time.
  bool Take(const std::string& name) {
    if (names_.contains(name)) return false;
    if (names_.size() >= kMost) names_.clear();
    names_.insert(name);
    return true;
  }
  /// The next time is the first again.
  void Forget(const std::string& name) { names_.erase(name); }

 private:
  std::set<std::string> names_;
};

}  // namespace dst_load::coordination
