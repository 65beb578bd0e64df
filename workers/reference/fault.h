#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "workers/reference/service_path.h"

namespace dst_load::workers::reference {

/// What a destination service may do wrong. docs/running.md says what each one does.
enum class FaultKind : std::uint8_t {
  kDropAdd,
  kDropRemove,
  kStale,
  kDuplicate,
  kDelay,
  kFlap,
  kUnknown,
  kStall,
  kReset,
  kOverflow,
  kSilentEmpty,
  kWrongMetadata,
  kBlock,
};
inline constexpr std::size_t kFaultKinds = 13;
/// "drop-add", "drop-remove", ...
std::string_view FaultName(FaultKind kind);

/// How often each fault struck, by FaultKind.
using FaultCounts = std::array<std::uint64_t, kFaultKinds>;

struct FaultSpec {
  FaultKind kind{};
  double percent = 100;  ///< of its opportunities
  bool operator==(const FaultSpec&) const = default;
};
/// Reads "KIND[:PERCENT]", a decimal number of 0 to 100. Errors: kInvalid, naming --fault.
Result<FaultSpec> ReadFault(std::string_view text);

/// Which faults strike when: a pure function of the seed, the stream and the opportunity. Immutable, so thread-safe.
class FaultPlan {
 public:
  FaultPlan() = default;
  FaultPlan(std::vector<FaultSpec> faults, std::uint64_t seed, Micros delay);
  /// Errors: kInvalid, naming --fault, for what ReadFault refuses and for a kind given twice.
  static Result<FaultPlan> Read(const std::vector<std::string>& faults, std::uint64_t seed, Micros delay);

  bool Empty() const { return faults_.empty(); }
  bool Has(FaultKind kind) const { return Find(kind) != nullptr; }
  /// In the order given.
  const std::vector<FaultSpec>& Faults() const { return faults_; }
  Micros Delay() const { return delay_; }

  /// Whether a fault strikes at this opportunity of its kind, the `number`th on the `stream`th stream of the target.
  bool Strikes(FaultKind kind, const Target& target, std::uint64_t stream, std::uint64_t number) const;
  /// For what else is to be chosen there: uniform in [0, bound).
  std::uint64_t Choose(FaultKind kind, const Target& target, std::uint64_t stream, std::uint64_t number,
                       std::uint64_t bound) const;

 private:
  const FaultSpec* Find(FaultKind kind) const;

  std::vector<FaultSpec> faults_;
  std::uint64_t seed_ = 1;
  Micros delay_{0};
};

}  // namespace dst_load::workers::reference
