#include "base/log_scope.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace dst_load::log {
namespace {

thread_local const Scope* innermost = nullptr;

}  // namespace

Scope::Scope(std::initializer_list<Field> fields) : outer_(innermost) {
  for (const auto& [key, value] : fields) {
    if (!value.empty()) fields_.emplace_back(key, value);
  }
  innermost = this;
}

Scope::~Scope() { innermost = outer_; }

std::string ScopeText(std::initializer_list<Field> own) {
  std::set<std::string_view> said;
  for (const auto& field : own) said.insert(field.first);
  std::string text;
  for (const Scope* scope = innermost; scope != nullptr; scope = scope->outer_) {
    std::string part;
    for (const auto& [key, value] : scope->fields_) {
      if (said.insert(key).second) part += fmt::format(R"(,"{}":"{}")", EscapeJson(key), EscapeJson(value));
    }
    text.insert(0, part);
  }
  return text;
}

}  // namespace dst_load::log
