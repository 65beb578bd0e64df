#include "kube/error_mapping.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "kube/text_file.h"

namespace dst_load::kube {
namespace {

constexpr std::size_t kLongestCause = 300;

Code CodeOf(std::int64_t http_status, std::string_view reason) {
  if (reason == "AlreadyExists") return Code::kAlreadyExists;
  if (reason == "Expired" || reason == "Gone") return Code::kGone;
  switch (http_status) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthorized;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 408:
      return Code::kUnavailable;
    case 409:
      return Code::kConflict;
    case 410:
      return Code::kGone;
    case 429:
      return Code::kThrottled;
    default:
      return http_status >= 500 && http_status < 600 ? Code::kUnavailable : Code::kInternal;
  }
}

/// An error is one line.
std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : Clip(text, kLongestCause)) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

/// What is no JSON may be in any encoding; messages are UTF-8, for they end in a status.
std::string Ascii(std::string_view text) {
  std::string out(text.substr(0, kLongestCause));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return out;
}

}  // namespace

Error ErrorFromResponse(std::string_view what, int http_status, std::string_view body) {
  const auto status = ParseJson(body);
  const bool is_status = status && StringAt(*status, "kind") == "Status";
  const Code code = CodeOf(http_status, is_status ? StringAt(*status, "reason") : "");
  std::string cause = OneLine(is_status ? StringAt(*status, "message") : Ascii(body));
  if (cause.empty()) cause = fmt::format("{} (HTTP {})", CodeName(code), http_status);
  return {code, fmt::format("{}: {}", what, cause)};
}

Error ErrorFromStatus(std::string_view what, const nlohmann::json& status) {
  const Code code = CodeOf(IntAt(status, "code").value_or(0), StringAt(status, "reason"));
  std::string cause = OneLine(StringAt(status, "message"));
  if (cause.empty()) cause = CodeName(code);
  return {code, fmt::format("{}: {}", what, cause)};
}

}  // namespace dst_load::kube
