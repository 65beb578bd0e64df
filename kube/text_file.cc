#include "kube/text_file.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace dst_load::kube {
namespace {

constexpr std::size_t kLargest = 16U << 20U;

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int cause = errno;
    return Fail(cause == ENOENT ? Code::kNotFound : Code::kInvalid,
                fmt::format("read {}: {}", path, std::generic_category().message(cause)));
  }
  // Piece by piece: a token is read every minute, and is not worth room for the largest file.
  std::string text;
  std::array<char, 4096> piece{};
  do {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kLargest) return Fail(Code::kInvalid, fmt::format("read {}: larger than 16 MiB", path));
  } while (file);
  if (file.bad()) return Fail(Code::kInvalid, fmt::format("read {}: is not a readable file", path));
  return text;
}

std::string_view Clip(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string Trim(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace dst_load::kube
