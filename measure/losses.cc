#include "measure/losses.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace dst_load::measure {
namespace {

constexpr std::size_t kNamed = 5;

/// A run whose owner does not tell the most has had what is expected.
std::uint64_t MostClients(const RunFacts& facts) { return std::max(facts.clients_most, facts.clients_expected); }

bool IsOver(double percent, std::uint64_t part, std::uint64_t whole) {
  // A limit such as 14.3 is not exact in binary: what is at it must not be over it.
  return 100.0 * static_cast<double>(part) > percent * static_cast<double>(whole) * (1 + 1e-9);
}

}  // namespace

bool TooManyLost(double percent, const RunFacts& facts) {
  return IsOver(percent, facts.clients_lost, MostClients(facts));
}

bool TooFewConcluded(double percent, const RunFacts& facts) {
  if (facts.clients_concluded >= facts.clients_expected) return false;
  return IsOver(percent, facts.clients_expected - facts.clients_concluded, MostClients(facts));
}

std::uint64_t StreamsDueAtEnd(const RunFacts& facts) {
  if (facts.clients_concluded >= facts.clients_expected) return facts.streams_expected;
  // Rounded down: clients need not have equal shares.
  return static_cast<std::uint64_t>(
      static_cast<double>(facts.streams_expected) *
      (static_cast<double>(facts.clients_concluded) / static_cast<double>(facts.clients_expected)));
}

std::string LossesText(const RunFacts& facts) {
  const std::uint64_t named = std::min(kNamed, facts.lost.size());
  const std::vector<std::string> first(facts.lost.begin(), facts.lost.begin() + static_cast<std::ptrdiff_t>(named));
  const auto more = facts.clients_lost - std::min(facts.clients_lost, named);
  return fmt::format("{} of {} clients {} lost ({}{})", facts.clients_lost, MostClients(facts),
                     facts.clients_lost == 1 ? "was" : "were", fmt::join(first, "; "),
                     more == 0 ? "" : fmt::format("; and {} more", more));
}

std::string GivenUpText(const RunFacts& facts) {
  std::string text = facts.clients_lost == 0 ? "" : LossesText(facts);
  if (facts.abandoned == 0) return text;
  if (!text.empty()) text += ", ";
  const char* by = facts.clients_lost == 0      ? "were retired"
                   : facts.clients_retired == 0 ? "were lost"
                                                : "were lost or retired";
  return text + fmt::format("{} updates were given up with the clients that {}", facts.abandoned, by);
}

}  // namespace dst_load::measure
