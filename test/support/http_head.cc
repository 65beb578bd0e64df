#include "test/support/http_head.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <fmt/format.h>

namespace dst_load::test_support {
namespace {

HttpHead Parse(std::string_view text) {
  HttpHead head;
  const auto line = [&text] {
    const auto end = std::min(text.find("\r\n"), text.size());
    const std::string_view first = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    return first;
  };
  const std::string_view request = line();
  const auto space = request.find(' ');
  head.method = request.substr(0, space);
  head.target = request.substr(space + 1, request.rfind(' ') - space - 1);
  while (!text.empty()) {
    const std::string_view header = line();
    const auto colon = std::min(header.find(':'), header.size());
    std::string name(header.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto value = header.find_first_not_of(": ", colon);
    head.headers.emplace_back(std::move(name), value == std::string_view::npos ? "" : header.substr(value));
  }
  return head;
}

}  // namespace

std::string HttpHead::Header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
  return found == headers.end() ? "" : found->second;
}

std::string HttpRequest::AsOnlyOne(bool with_credentials) const {
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", head.method, head.target);
  for (const auto& [name, value] : head.headers) {
    if (name == "connection" || (name == "authorization" && !with_credentials)) continue;
    text += fmt::format("{}: {}\r\n", name, value);
  }
  return text + "connection: close\r\n\r\n" + body;
}

std::optional<HttpRequest> ReadRequest(TlsStream& from) {
  std::string text;
  std::size_t end = std::string::npos;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    const auto more = from.Read();
    if (!more) return std::nullopt;
    text += *more;
  }
  HttpRequest request{Parse(std::string_view(text).substr(0, end)), text.substr(end + 4)};
  const auto length = std::strtoull(request.head.Header("content-length").c_str(), nullptr, 10);
  while (request.body.size() < length) {
    const auto more = from.Read();
    if (!more) return std::nullopt;
    request.body += *more;
  }
  return request;
}

}  // namespace dst_load::test_support
