#include "workers/reference/fault.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/random.h"

namespace dst_load::workers::reference {
namespace {

std::optional<FaultKind> KindOf(std::string_view name) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (FaultName(static_cast<FaultKind>(i)) == name) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

// Digits with at most one point: not all that from_chars would take.
std::optional<double> PercentOf(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
  if (failure != std::errc{} || stop != end || percent > 100) return std::nullopt;
  return percent;
}

// FNV-1a: the same on every machine, unlike std::hash.
std::uint64_t Fold(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return (hash ^ 0xff) * 0x100000001b3ULL;
}

std::uint64_t HashOf(const Target& target) {
  return Fold(Fold(0xcbf29ce484222325ULL, target.ns), target.service) ^ target.port;
}

// A generator of its own for each opportunity.
Random At(std::uint64_t seed, FaultKind kind, const Target& target, std::uint64_t stream, std::uint64_t number) {
  std::uint64_t state = seed;
  for (const std::uint64_t part : {static_cast<std::uint64_t>(kind), HashOf(target), stream, number}) {
    state = Random(state ^ part).Next();
  }
  return Random(state);
}

}  // namespace

std::string_view FaultName(FaultKind kind) {
  switch (kind) {
    case FaultKind::kDropAdd:
      return "drop-add";
    case FaultKind::kDropRemove:
      return "drop-remove";
    case FaultKind::kStale:
      return "stale";
    case FaultKind::kDuplicate:
      return "duplicate";
    case FaultKind::kDelay:
      return "delay";
    case FaultKind::kFlap:
      return "flap";
    case FaultKind::kUnknown:
      return "unknown";
    case FaultKind::kStall:
      return "stall";
    case FaultKind::kReset:
      return "reset";
    case FaultKind::kOverflow:
      return "overflow";
    case FaultKind::kSilentEmpty:
      return "silent-empty";
    case FaultKind::kWrongMetadata:
      return "wrong-metadata";
    case FaultKind::kBlock:
      return "block";
  }
  return "";
}

Result<FaultSpec> ReadFault(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = KindOf(text.substr(0, colon));
  if (!kind) {
    std::string known;
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
      known += fmt::format("{}{}", i == 0 ? "" : ", ", FaultName(static_cast<FaultKind>(i)));
    }
    return Fail(Code::kInvalid, fmt::format("--fault: \"{}\" is no fault of {}", text, known));
  }
  if (colon == std::string_view::npos) return FaultSpec{*kind};
  const auto percent = PercentOf(text.substr(colon + 1));
  if (!percent) return Fail(Code::kInvalid, fmt::format("--fault: \"{}\" has no percentage of 0 to 100", text));
  return FaultSpec{*kind, *percent};
}

FaultPlan::FaultPlan(std::vector<FaultSpec> faults, std::uint64_t seed, Micros delay)
    : faults_(std::move(faults)), seed_(seed), delay_(delay) {}

Result<FaultPlan> FaultPlan::Read(const std::vector<std::string>& faults, std::uint64_t seed, Micros delay) {
  FaultPlan plan({}, seed, delay);
  for (const auto& text : faults) {
    auto fault = ReadFault(text);
    if (!fault) return Fail(fault.error());
    if (plan.Has(fault->kind)) {
      return Fail(Code::kInvalid, fmt::format("--fault: {} twice", FaultName(fault->kind)));
    }
    plan.faults_.push_back(*fault);
  }
  return plan;
}

const FaultSpec* FaultPlan::Find(FaultKind kind) const {
  const auto found = std::find_if(faults_.begin(), faults_.end(), [kind](const auto& f) { return f.kind == kind; });
  return found == faults_.end() ? nullptr : &*found;
}

bool FaultPlan::Strikes(FaultKind kind, const Target& target, std::uint64_t stream, std::uint64_t number) const {
  const FaultSpec* const fault = Find(kind);
  if (fault == nullptr) return false;
  constexpr double kUnit = 1.0 / (1ULL << 53);
  const auto draw = At(seed_, kind, target, stream, number).Next() >> 11;
  return static_cast<double>(draw) * kUnit * 100 < fault->percent;
}

std::uint64_t FaultPlan::Choose(FaultKind kind, const Target& target, std::uint64_t stream, std::uint64_t number,
                                std::uint64_t bound) const {
  Random random = At(seed_, kind, target, stream, number);
  random.Next();  // that one decides whether it strikes
  return random.Below(bound);
}

}  // namespace dst_load::workers::reference
