#include "test/support/temp_dir.h"

#include <fstream>
#include <system_error>

#include "base/random.h"

namespace dst_load::test_support {

TempDir::TempDir() : root_(std::filesystem::temp_directory_path() / ("dst-load-test-" + RandomHex(8))) {
  std::filesystem::create_directory(root_);
  std::filesystem::permissions(root_, std::filesystem::perms::owner_all);
}

TempDir::~TempDir() {
  std::error_code ignored;  // a test's leftovers in /tmp are no failure of the test
  std::filesystem::remove_all(root_, ignored);
}

std::string TempDir::Write(std::string_view name, std::string_view text) const {
  const std::string path = Path(name);
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write |
                                         std::filesystem::perms::owner_exec);
  return path;
}

}  // namespace dst_load::test_support
