#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"

namespace dst_load::log {

/// Fields that every line of this thread has while the object is there: what a pass is about. Of a scope within a
/// scope, and of a line itself, a field of the same name counts instead; empty fields are left out.
///
/// Belongs to the thread that made it; scopes end in the order opposite to their beginning.
class Scope {
 public:
  explicit Scope(std::initializer_list<Field> fields);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  friend std::string ScopeText(std::initializer_list<Field> own);
  const Scope* const outer_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// The fields of this thread's scopes as they follow in a line that has fields of its `own`: `,"name":"x"`.
std::string ScopeText(std::initializer_list<Field> own = {});

}  // namespace dst_load::log
