#include "kube/url.h"

#include <charconv>

#include <fmt/format.h>

namespace dst_load::kube {
namespace {

tl::unexpected<Error> Bad(std::string_view text, std::string_view cause) {
  return Fail(Code::kInvalid, fmt::format("server \"{}\": {}", text, cause));
}

bool Unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Splits "host", "host:port", "[v6]" and "[v6]:port"; the port's text is empty where there is none.
bool SplitAuthority(std::string_view authority, std::string& host, std::string_view& port) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else {
    const auto colon = authority.find(':');
    host = authority.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  if (host.empty() || (!rest.empty() && (rest[0] != ':' || rest.size() == 1))) return false;
  port = rest.empty() ? rest : rest.substr(1);
  return true;
}

}  // namespace

std::string Url::Authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return Bad(text, "must begin with https://");
  }
  if (rest.find_first_of("@?# \t\r\n") != std::string_view::npos) return Bad(text, "must be https://host:port/prefix");
  const auto slash = rest.find('/');
  std::string_view port;
  if (!SplitAuthority(rest.substr(0, slash), url.host, port)) return Bad(text, "has no usable host and port");
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port < 1 || url.port > 65535) {
      return Bad(text, "has no usable port");
    }
  }
  if (slash != std::string_view::npos) url.prefix = rest.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  return url;
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (Unreserved(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string Query(const std::vector<std::pair<std::string_view, std::string_view>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += fmt::format("{}{}={}", out.empty() ? '?' : '&', name, PercentEncode(value));
  }
  return out;
}

}  // namespace dst_load::kube
