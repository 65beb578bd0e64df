#include "workers/reference/service_path.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace dst_load::workers::reference {
namespace {

bool IsLabel(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

Result<Target> ReadPath(std::string_view path, std::string_view cluster_domain) {
  const auto refuse = [path](const char* why) { return Fail(Code::kInvalid, fmt::format("\"{}\": {}", path, why)); };
  Target target;
  std::string_view host = path;
  if (const auto colon = path.find(':'); colon != std::string_view::npos) {
    host = path.substr(0, colon);
    const char* const end = path.data() + path.size();
    const auto [stop, failure] = std::from_chars(path.data() + colon + 1, end, target.port);
    if (failure != std::errc{} || stop != end || target.port == 0) return refuse("not a port");
  }
  const std::string suffix = fmt::format(".svc.{}", cluster_domain);
  if (!host.ends_with(suffix)) return refuse("not the name of a service of this cluster");
  host.remove_suffix(suffix.size());
  const auto dot = host.find('.');
  if (dot == std::string_view::npos) return refuse("no namespace");
  target.service = host.substr(0, dot);
  target.ns = host.substr(dot + 1);
  if (!IsLabel(target.service) || !IsLabel(target.ns)) return refuse("not the name of a service");
  return target;
}

}  // namespace dst_load::workers::reference
