#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/random.h"
#include "coordination/tls.h"

namespace dst_load::coordination {
namespace {

constexpr const char* kCaFile = "ca.crt";
constexpr const char* kTokenFile = "token";

Result<std::string> ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return Fail(Code::kInvalid, "read " + path + ": missing, unreadable or empty");
  return text.str();
}

Status WriteAll(int file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail(Code::kUnavailable, "write " + path + ": " + std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// Whole or not at all: written beside and renamed.
Status WriteSecret(const std::string& path, const std::string& text) {
  const std::string beside = path + "." + RandomHex(4);
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return Fail(Code::kUnavailable, "write " + path + ": " + std::strerror(errno));
  Status written = WriteAll(file, path, text);
  if (::close(file) != 0 && written) written = Fail(Code::kUnavailable, "write " + path + ": " + std::strerror(errno));
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) {
    written = Fail(Code::kUnavailable, "write " + path + ": " + std::strerror(errno));
  }
  if (!written) ::unlink(beside.c_str());
  return written;
}

}  // namespace

Result<Credentials> ReadCredentials(const std::string& dir) {
  auto ca = ReadText(dir + "/" + kCaFile);
  if (!ca) return Fail(ca.error());
  auto token = ReadText(dir + "/" + kTokenFile);
  if (!token) return Fail(token.error());
  // A token written by hand ends with a line break.
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r' || token->back() == ' ')) token->pop_back();
  if (token->empty()) return Fail(Code::kInvalid, "read " + dir + "/" + kTokenFile + ": empty");
  if (ca->find("BEGIN CERTIFICATE") == std::string::npos) {
    return Fail(Code::kInvalid, "read " + dir + "/" + kCaFile + ": no PEM certificate");
  }
  return Credentials{std::move(*ca), std::move(*token)};
}

Status WriteCredentials(const std::string& dir, const Credentials& credentials) {
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed) return Fail(Code::kUnavailable, "create " + dir + ": " + failed.message());
  if (auto written = WriteSecret(dir + "/" + kCaFile, credentials.ca_pem); !written) return written;
  return WriteSecret(dir + "/" + kTokenFile, credentials.token);
}

}  // namespace dst_load::coordination
