#include "kube/token_source.h"

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "kube/text_file.h"

namespace dst_load::kube {
namespace {

constexpr Micros kFresh = std::chrono::minutes{1};

/// What tells one version of a file from the next.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t seconds = 0, nanos = 0;
  bool operator==(const Stamp&) const = default;
};

Stamp StampOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

class TokenFile {
 public:
  TokenFile(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  Result<std::string> Current() {
    const std::lock_guard lock(mutex_);
    const MonoTime now = clock_.Mono();
    // Before reading: a file that is replaced meanwhile is read once more.
    const Stamp stamp = StampOf(path_);
    if (!token_.empty() && stamp == stamp_ && now - read_ < kFresh) return token_;
    auto text = ReadTextFile(path_);
    const std::string token = text ? Trim(*text) : "";
    if (!token.empty()) {
      token_ = token;
      stamp_ = stamp;
    } else if (token_.empty()) {
      return Fail(Code::kUnauthorized, text ? fmt::format("token file {} is empty", path_) : text.error().message);
    } else if (!warned_ || now - *warned_ >= kFresh) {
      warned_ = now;
      log::Warn("the token file can't be read, the last token stays in use", {{"path", path_}});
    }
    read_ = now;
    return token_;
  }

 private:
  const std::string path_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string token_;
  Stamp stamp_;
  MonoTime read_{};
  std::optional<MonoTime> warned_;
};

}  // namespace

TokenSource StaticToken(std::string token) {
  return [token = std::move(token)]() -> Result<std::string> { return token; };
}

TokenSource FileToken(std::string path, const Clock& clock) {
  // Shared, because the copies of a std::function must read the file once between them.
  return [file = std::make_shared<TokenFile>(std::move(path), clock)] { return file->Current(); };
}

}  // namespace dst_load::kube
