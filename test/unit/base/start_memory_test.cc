#include "base/start_memory.h"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace dst_load;

namespace {

/// KiB of pages that files hold and this process maps.
long FilePages() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  }
  return -1;
}

struct Shape {
  virtual ~Shape() = default;
  virtual int Corners() const = 0;
};
struct Square final : Shape {
  int Corners() const override { return 4; }
};

TEST_CASE("What only starting needed is given back", "[start_memory]") {
  const long before = FilePages();
  REQUIRE(before > 0);
  ReturnStartMemory();
  CHECK(FilePages() < before);
}

TEST_CASE("Code, constants, tables that the loader wrote, and the heap stay what they were", "[start_memory]") {
  // A table of pointers is relocated when the program is loaded: it lies in a page that was written.
  static const char* const kNames[] = {"one", "two", "three"};
  static std::string changed = "before";
  changed = "after";
  const std::unique_ptr<Shape> shape = std::make_unique<Square>();
  const std::vector<std::string> kept(1000, "kept");
  ReturnStartMemory();
  CHECK(std::string(kNames[0]) + kNames[1] + kNames[2] == "onetwothree");
  CHECK(changed == "after");
  CHECK(shape->Corners() == 4);
  CHECK(kept == std::vector<std::string>(1000, "kept"));
}

}  // namespace
