#include "kube/token_source.h"

#include <memory>
#include <mutex>

#include <fmt/format.h>

#include "base/log.h"
#include "kube/text_file.h"

namespace dst_load::kube {
namespace {

constexpr Micros kFresh = std::chrono::minutes{1};

class TokenFile {
 public:
  TokenFile(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  Result<std::string> Current() {
    const std::lock_guard lock(mutex_);
    const MonoTime now = clock_.Mono();
    if (!token_.empty() && now - read_ < kFresh) return token_;
    auto text = ReadTextFile(path_);
    const std::string token = text ? Trim(*text) : "";
    if (!token.empty()) {
      token_ = token;
    } else if (token_.empty()) {
      return Fail(Code::kUnauthorized, text ? fmt::format("token file {} is empty", path_) : text.error().message);
    } else {
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
  MonoTime read_{};
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
