#include "operator/time_zone.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "kube/text_file.h"
#include "operator/posix_tz.h"

namespace dst_load::op {
namespace {

using std::chrono::seconds;

constexpr int kYearsAhead = 200;
constexpr std::size_t kHeader = 44;

struct Transition {
  Instant at;
  seconds offset{0};
};

/// What a TZif header counts, in its order.
struct Counts {
  std::uint32_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;

  std::size_t Size(std::size_t time_size) const {
    return std::size_t{times} * (time_size + 1) + std::size_t{types} * 6 + letters +
           std::size_t{leaps} * (time_size + 4) + standard_flags + utc_flags;
  }
};

template <class Int>
Int BigEndian(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<Int>(value);
}

Result<Counts> ReadHeader(std::string_view bytes) {
  if (bytes.size() < kHeader || bytes.substr(0, 4) != "TZif") return Fail(Code::kInvalid, "not a TZif file");
  Counts counts;
  std::size_t at = 20;
  for (auto* count :
       {&counts.utc_flags, &counts.standard_flags, &counts.leaps, &counts.times, &counts.types, &counts.letters}) {
    *count = BigEndian<std::uint32_t>(bytes, at);
    at += 4;
  }
  return counts;
}

/// The transitions of the 64-bit block, behind the first one's type, which holds before.
Result<std::vector<Transition>> ReadBlock(std::string_view body, const Counts& counts) {
  const std::size_t types = std::size_t{counts.times} * 9;
  const auto offset = [&](std::size_t type) { return seconds{BigEndian<std::int32_t>(body, types + type * 6)}; };
  if (counts.types == 0) return Fail(Code::kInvalid, "TZif file without a local time type");
  std::vector<Transition> transitions{{Instant::min(), offset(0)}};
  for (std::size_t i = 0; i < counts.times; ++i) {
    const std::size_t type = static_cast<unsigned char>(body[std::size_t{counts.times} * 8 + i]);
    if (type >= counts.types) return Fail(Code::kInvalid, "TZif file with an unknown local time type");
    const Instant at{seconds{BigEndian<std::int64_t>(body, i * 8)}};
    if (at <= transitions.back().at && i > 0) return Fail(Code::kInvalid, "TZif file whose times are out of order");
    transitions.push_back({std::max(at, Instant::min()), offset(type)});
  }
  return transitions;
}

/// Adds the transitions of the footer's rule, behind the last one that the file has.
void Extend(const PosixTz& rule, std::vector<Transition>& transitions) {
  const bool alone = transitions.size() == 1;
  const Instant known = alone ? Instant{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}} : transitions.back().at;
  if (!rule.summer) {
    if (!alone && transitions.back().offset != rule.standard)
      transitions.push_back({known + seconds{1}, rule.standard});
    return;
  }
  const auto first = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(known)).year();
  std::vector<Transition> ahead;
  for (auto year = first; year <= first + std::chrono::years{kYearsAhead}; ++year) {
    const auto& [offset, begin, end] = *rule.summer;
    ahead.push_back({Instant{begin.In(year).time_since_epoch() - rule.standard}, offset});
    ahead.push_back({Instant{end.In(year).time_since_epoch() - offset}, rule.standard});
  }
  std::sort(ahead.begin(), ahead.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  for (const Transition& each : ahead) {
    if (each.at > known) transitions.push_back(each);
  }
}

std::vector<ZoneSpan> SpansOf(const std::vector<Transition>& transitions) {
  std::vector<ZoneSpan> spans;
  for (std::size_t i = 0; i < transitions.size(); ++i) {
    ZoneSpan span;
    span.begin = transitions[i].at;
    if (i + 1 < transitions.size()) span.end = transitions[i + 1].at;
    span.offset = transitions[i].offset;
    span.offset_before = i == 0 ? span.offset : transitions[i - 1].offset;
    if (span.begin < span.end) spans.push_back(span);
  }
  return spans;
}

bool IsZoneName(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  });
  return plain && !name.empty() && name.front() != '/' && name.find("//") == std::string_view::npos;
}

}  // namespace

bool ZoneSpan::IsRepeated(Instant at) const {
  return begin != Instant::min() && at.time_since_epoch() + offset < begin.time_since_epoch() + offset_before;
}

Result<TimeZone> TimeZone::Parse(std::string_view tzif) {
  const auto old = ReadHeader(tzif);
  if (!old) return Fail(old.error());
  if (tzif[4] < '2') return Fail(Code::kInvalid, "TZif file of version 1");
  if (tzif.size() < kHeader + old->Size(4)) return Fail(Code::kInvalid, "TZif file that is cut short");
  tzif.remove_prefix(kHeader + old->Size(4));
  const auto counts = ReadHeader(tzif);
  if (!counts) return Fail(counts.error());
  tzif.remove_prefix(kHeader);
  if (tzif.size() < counts->Size(8)) return Fail(Code::kInvalid, "TZif file that is cut short");
  auto transitions = ReadBlock(tzif, *counts);
  if (!transitions) return Fail(transitions.error());
  std::string_view footer = tzif.substr(counts->Size(8));
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') {
    return Fail(Code::kInvalid, "TZif file without a footer");
  }
  footer = footer.substr(1, footer.size() - 2);
  if (!footer.empty()) {
    const auto rule = PosixTz::Parse(footer);
    if (!rule) return Fail(rule.error());
    Extend(*rule, *transitions);
  }
  return TimeZone(SpansOf(*transitions));
}

const ZoneSpan& TimeZone::SpanAt(Instant at) const {
  const auto next = std::upper_bound(spans_.begin(), spans_.end(), at,
                                     [](Instant wanted, const ZoneSpan& span) { return wanted < span.begin; });
  return next == spans_.begin() ? spans_.front() : *std::prev(next);
}

Result<TimeZone> LoadTimeZone(const std::string& name, const std::string& folder) {
  if (name.empty() || name == "UTC") return TimeZone::Utc();
  if (!IsZoneName(name)) return Fail(Code::kInvalid, fmt::format("\"{}\" is not a time zone's name", name));
  const auto bytes = kube::ReadTextFile(folder + "/" + name);
  if (!bytes) return Fail(Code::kNotFound, fmt::format("time zone \"{}\" is not known", name));
  auto zone = TimeZone::Parse(*bytes);
  if (!zone) return Fail(Code::kInvalid, fmt::format("time zone \"{}\": {}", name, zone.error().message));
  return zone;
}

}  // namespace dst_load::op
