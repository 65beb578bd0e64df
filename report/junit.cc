#include "report/junit.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/markup.h"

namespace dst_load::report {
namespace {

using measure::Outcome;

/// The cases of one suite, and how many of each kind.
class Cases {
 public:
  void Add(std::string_view group, std::string_view name, Outcome outcome, std::string_view message,
           std::string_view details = {}) {
    if (outcome == Outcome::kPass) return Close(group, name, "");
    const bool failed = outcome == Outcome::kFail;
    ++(failed ? failures_ : errors_);
    const std::string_view tag = failed ? "failure" : "error";
    Close(group, name,
          fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", tag, measure::OutcomeName(outcome),
                      EscapeMarkup(message), EscapeMarkup(details)));
  }

  void AddSkipped(std::string_view group, std::string_view name, std::string_view message) {
    ++skipped_;
    Close(group, name, fmt::format("      <skipped message=\"{}\"/>\n", EscapeMarkup(message)));
  }

  std::string Counts() const {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", tests_, failures_, errors_,
                       skipped_);
  }
  const std::string& Text() const { return text_; }

 private:
  void Close(std::string_view group, std::string_view name, std::string_view inner) {
    ++tests_;
    text_ += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", EscapeMarkup(group), EscapeMarkup(name));
    text_ += inner.empty() ? std::string("/>\n") : fmt::format(">\n{}    </testcase>\n", inner);
  }

  int tests_ = 0, failures_ = 0, errors_ = 0, skipped_ = 0;
  std::string text_;
};

/// The offences that name the invariant, a line each.
std::string OffencesOf(std::string_view invariant, const std::vector<std::string>& offences) {
  std::string lines;
  for (const auto& offence : offences) {
    if (offence.find(invariant) != std::string::npos) lines += offence + "\n";
  }
  return lines;
}

void AddInvariants(const Report& report, Cases& cases) {
  const auto& criteria = report.verdict.criteria;
  const bool judged =
      std::any_of(criteria.begin(), criteria.end(), [](const auto& c) { return c.name == "invariants"; });
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    const auto name = measure::InvariantName(static_cast<measure::Invariant>(i));
    const std::uint64_t count = report.run.clients.violations[i];
    const std::string message = fmt::format("{} violations", count);
    if (count > 0 && !judged) {
      cases.AddSkipped("invariants", name, message + ", which do not judge this run");
      continue;
    }
    cases.Add("invariants", name, count == 0 ? Outcome::kPass : Outcome::kFail, message,
              OffencesOf(name, report.run.offences));
  }
}

std::string SuiteAttributes(const ReportFacts& facts) {
  std::string text = fmt::format("name=\"{}\"", EscapeMarkup(facts.ns + "/" + facts.name));
  const auto began = facts.running ? facts.running : facts.started;
  if (began) {
    std::string stamp = FormatTimeSeconds(*began);
    stamp.pop_back();  // JUnit's times have no zone
    text += fmt::format(" timestamp=\"{}\"", stamp);
  }
  if (began && facts.completed && *facts.completed >= *began) {
    const auto micros = (*facts.completed - *began).count();
    text += fmt::format(" time=\"{}.{:06}\"", micros / 1'000'000, micros % 1'000'000);
  }
  return text;
}

std::string Properties(const Report& report) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, EscapeMarkup(value));
  };
  add("runID", report.facts.run_id);
  add("seed", std::to_string(report.facts.seed));
  add("verdict", measure::OutcomeName(report.verdict.outcome));
  add("reason", report.verdict.reason);
  add("version", report.facts.version);
  return text;
}

}  // namespace

std::string MakeJUnit(const Report& report) {
  Cases cases;
  cases.Add("run", "verdict", report.verdict.outcome, report.verdict.message);
  for (const auto& criterion : report.verdict.criteria) {
    cases.Add("criteria", criterion.name, criterion.result,
              fmt::format("{} measured, {} allowed", criterion.measured, criterion.limit));
  }
  AddInvariants(report, cases);
  std::string offences;
  for (const auto& offence : report.run.offences) offences += offence + "\n";
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite {1} {0}>\n    <properties>\n{2}"
      "    </properties>\n{3}    <system-out>{4}</system-out>\n  </testsuite>\n</testsuites>\n",
      cases.Counts(), SuiteAttributes(report.facts), Properties(report), cases.Text(), EscapeMarkup(offences));
}

std::string MakeJUnit(const ReportFacts& facts, const coordination::RunView& view, const measure::Verdict& verdict) {
  return MakeJUnit(Gather(facts, view, verdict));
}

}  // namespace dst_load::report
