// Preloaded into a program, it makes the wall clock differ from the machine's by what a file says, in milliseconds. The
// file is looked at ten times a second. Monotonic clocks, and everything that waits by them, stay as they are.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using GetTime = int (*)(clockid_t, timespec*);

constexpr std::int64_t kSecond = 1'000'000'000, kMillisecond = 1'000'000;

int MachineTime(clockid_t id, timespec* out) {
  static const auto get = reinterpret_cast<GetTime>(dlsym(RTLD_NEXT, "clock_gettime"));
  return get(id, out);
}

std::int64_t ReadAhead() {
  static const char* const file = std::getenv("STEPPED_CLOCK_FILE");
  char text[32] = {};
  const int in = file == nullptr ? -1 : open(file, O_RDONLY | O_CLOEXEC);
  if (in < 0) return 0;
  const auto got = read(in, text, sizeof(text) - 1);
  close(in);
  return got > 0 ? std::strtoll(text, nullptr, 10) * kMillisecond : 0;
}

/// Nanoseconds.
std::int64_t Ahead() {
  static std::atomic<std::int64_t> looked{-kSecond}, ahead{0};
  timespec now{};
  MachineTime(CLOCK_MONOTONIC, &now);
  const std::int64_t at = now.tv_sec * kSecond + now.tv_nsec;
  std::int64_t last = looked.load();
  if (at - last >= kSecond / 10 && looked.compare_exchange_strong(last, at)) ahead = ReadAhead();
  return ahead.load();
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* out) {
  const int result = MachineTime(id, out);
  if (result != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return result;
  const std::int64_t at = out->tv_sec * kSecond + out->tv_nsec + Ahead();
  *out = {at / kSecond, at % kSecond};
  return 0;
}

int gettimeofday(timeval* out, void*) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *out = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
