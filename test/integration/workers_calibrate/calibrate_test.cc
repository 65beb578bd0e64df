// The binary as a user runs it: client and null destination in two processes.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace {

struct Ended {
  int code;
  std::string out;
};

Ended Calibrate(const std::string& flags) {
  const std::string command = std::string(DST_LOAD_CONTROLLER) + " calibrate --log-level=warn " + flags;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  Ended ended;
  std::array<char, 4096> bytes{};
  while (const std::size_t size = fread(bytes.data(), 1, bytes.size(), pipe)) ended.out.append(bytes.data(), size);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

}  // namespace

TEST_CASE("A tiny calibration sends and credits exactly what its cells say", "[calibrate]") {
  const Ended ended =
      Calibrate("--streams=20,40 --services=20 --updates-per-second=400 --duration=1s --threads=2 --json");
  REQUIRE(ended.code == 0);
  const auto calibration = nlohmann::json::parse(ended.out);
  CHECK(calibration["schema"] == "dst-load.dev/calibration/v1");
  CHECK(calibration["machine"]["cores"] >= 1);
  CHECK_FALSE(calibration["machine"]["kernel"].get<std::string>().empty());
  REQUIRE(calibration["cells"].size() == 2);
  for (const auto& cell : calibration["cells"]) {
    INFO(cell.dump());
    CHECK(cell["due"] == 400);
    CHECK(cell["credited"] == 400);
    CHECK(cell["missing"] == 0);
    CHECK(cell["pending"] == 0);
    CHECK(cell["violations"] == 0);
    CHECK(cell["server"]["messages"] == 40);
  }
}

TEST_CASE("The table has a row a cell", "[calibrate]") {
  const Ended ended = Calibrate("--streams=10 --updates-per-second=200,400 --duration=1s");
  REQUIRE(ended.code == 0);
  CHECK_THAT(ended.out, Catch::Contains("\n      10        200 ") && Catch::Contains("\n      10        400 "));
}

TEST_CASE("A cell that cannot be is refused before anything is measured", "[calibrate]") {
  CHECK(Calibrate("--streams=7 --services=3 2>/dev/null").code == 2);
  CHECK(Calibrate("--streams=many 2>/dev/null").code == 2);
}
