#include "base/random.h"

#include <random>

#include <fmt/format.h>

namespace dst_load {

std::uint64_t Random::Next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

std::uint64_t Random::Below(std::uint64_t bound) {
  if (bound == 0) return 0;
  // Reject the uneven tail, so that no value is likelier than another.
  const std::uint64_t tail = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t value = Next();
    if (value >= tail) return value % bound;
  }
}

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

std::string RandomHex(std::size_t bytes) {
  std::random_device device;
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += fmt::format("{:02x}", device() & 0xffU);
  return out;
}

}  // namespace dst_load
