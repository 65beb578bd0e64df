#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dst_load::test_support {

/// A folder of its own that vanishes with what is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string Path(std::string_view name) const { return (root_ / name).string(); }
  /// Writes a file, readable to us only, and returns its path.
  std::string Write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path root_;
};

}  // namespace dst_load::test_support
