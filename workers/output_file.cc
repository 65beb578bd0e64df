#include "workers/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/random.h"

namespace dst_load::workers {
namespace {

tl::unexpected<Error> Cannot(const char* verb, const std::string& path) {
  return Fail(Code::kUnavailable, std::string(verb) + " " + path + ": " + std::strerror(errno));
}

Status WriteAll(int file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Cannot("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// What is no regular file (a pipe, /dev/stdout) cannot be replaced: it is written to.
bool IsSpecial(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode);
}

}  // namespace

Status WriteOutputFile(const std::string& path, std::string_view text) {
  constexpr mode_t kReadable = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
  const bool special = IsSpecial(path);
  const std::string beside = special ? path : path + "." + RandomHex(4);
  const int file = ::open(beside.c_str(), O_WRONLY | O_CLOEXEC | (special ? 0 : O_CREAT | O_EXCL), kReadable);
  if (file < 0) return Cannot("write", path);
  Status written = WriteAll(file, path, text);
  if (::close(file) != 0 && written) written = Cannot("write", path);
  if (special) return written;
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) written = Cannot("write", path);
  if (!written) ::unlink(beside.c_str());
  return written;
}

Status MakeOutputDir(const std::string& dir) {
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed) return Fail(Code::kUnavailable, "create " + dir + ": " + failed.message());
  if (!std::filesystem::is_directory(dir, failed)) return Fail(Code::kUnavailable, "create " + dir + ": is no folder");
  return {};
}

}  // namespace dst_load::workers
