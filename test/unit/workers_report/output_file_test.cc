#include "workers/output_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "test/support/temp_dir.h"

namespace dst_load::workers {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t FilesIn(const std::string& dir) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir), {}));
}

TEST_CASE("A file is replaced as a whole and nothing stays beside it", "[output]") {
  const test_support::TempDir dir;
  const std::string path = dir.Path("report.json");
  REQUIRE(WriteOutputFile(path, "one"));
  REQUIRE(WriteOutputFile(path, "second"));
  REQUIRE(Read(path) == "second");
  REQUIRE(FilesIn(dir.Path("")) == 1);
  struct stat there {};
  REQUIRE(::stat(path.c_str(), &there) == 0);
  REQUIRE((there.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

TEST_CASE("What cannot be written is said with its path", "[output]") {
  const test_support::TempDir dir;
  const auto written = WriteOutputFile(dir.Path("absent/report.json"), "x");
  REQUIRE_FALSE(written);
  REQUIRE(written.error().message == "write " + dir.Path("absent/report.json") + ": No such file or directory");
  REQUIRE_FALSE(WriteOutputFile(dir.Path(""), "x"));
  REQUIRE(FilesIn(dir.Path("")) == 0);
}

TEST_CASE("Folders are made with those above them", "[output]") {
  const test_support::TempDir dir;
  REQUIRE(MakeOutputDir(dir.Path("a/b")));
  REQUIRE(MakeOutputDir(dir.Path("a/b")));
  REQUIRE(std::filesystem::is_directory(dir.Path("a/b")));
  const std::string file = dir.Write("file", "x");
  const auto made = MakeOutputDir(file);
  REQUIRE_FALSE(made);
  REQUIRE(made.error().message.find("create " + file + ": ") == 0);
}

}  // namespace
}  // namespace dst_load::workers
