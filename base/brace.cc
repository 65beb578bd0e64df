#include "base/brace.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace dst_load {
namespace {

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What stands between one pair of braces, spelled out.
Result<std::vector<std::string>> Alternatives(std::string_view inside, std::size_t limit) {
  std::vector<std::string> out;
  if (const auto dots = inside.find(".."); dots != std::string_view::npos) {
    const std::string_view from = inside.substr(0, dots);
    const auto first = Number(from);
    const auto last = Number(inside.substr(dots + 2));
    if (!first || !last || *last < *first)
      return Fail(Code::kInvalid, fmt::format("{{{}}} is not an ascending range such as {{1..10}}", inside));
    if (*last - *first >= limit)
      return Fail(Code::kInvalid, fmt::format("{{{}}} has more than {} members", inside, limit));
    const std::size_t width = from.size() > 1 && from[0] == '0' ? from.size() : 0;
    // Counted, because a last of 2^64-1 is never passed.
    for (std::uint64_t i = 0; i <= *last - *first; ++i) out.push_back(fmt::format("{:0{}}", *first + i, width));
    return out;
  }
  for (;;) {
    const auto comma = inside.find(',');
    out.emplace_back(inside.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    inside.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<std::vector<std::string>> ExpandBraces(std::string_view text, std::size_t limit) {
  std::vector<std::string> out{""};
  const std::string_view whole = text;
  for (;;) {
    const auto open = text.find('{');
    if (text.substr(0, open).find('}') != std::string_view::npos) {
      return Fail(Code::kInvalid, fmt::format("\"{}\" closes a brace that is not open", whole));
    }
    for (std::string& each : out) each += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    text.remove_prefix(open + 1);
    const auto close = text.find('}');
    if (close == std::string_view::npos)
      return Fail(Code::kInvalid, fmt::format("\"{}\" has an unclosed brace", whole));
    const std::string_view inside = text.substr(0, close);
    if (inside.find('{') != std::string_view::npos)
      return Fail(Code::kInvalid, fmt::format("\"{}\" has a brace inside braces", whole));
    const auto alternatives = Alternatives(inside, limit);
    if (!alternatives) return Fail(alternatives.error());
    text.remove_prefix(close + 1);
    if (out.size() * alternatives->size() > limit)
      return Fail(Code::kInvalid, fmt::format("\"{}\" expands to more than {} names", whole, limit));
    std::vector<std::string> product;
    product.reserve(out.size() * alternatives->size());
    for (const std::string& head : out) {
      for (const std::string& tail : *alternatives) product.push_back(head + tail);
    }
    out = std::move(product);
  }
}

}  // namespace dst_load
