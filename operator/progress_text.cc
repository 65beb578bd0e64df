#include "operator/progress_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "operator/reasons.h"
#include "operator/wanted.h"

namespace dst_load::op {
namespace {

using coordination::ChurnStep;

Trouble Make(std::string_view reason, std::string message) { return {std::string(reason), std::move(message)}; }

Trouble ChurnCreating(const coordination::RunView& run) {
  const auto& progress = run.progress;
  std::string message =
      fmt::format("churn is making its endpoints: {} of {} are ready", progress.endpoints, progress.target_endpoints);
  if (!progress.message.empty()) message += ": " + progress.message;
  return Make(progress.reason.empty() ? reason::kCreating : std::string_view(progress.reason), std::move(message));
}

Trouble StreamsShort(const Observed& seen) {
  const auto& run = *seen.run;
  const auto target = static_cast<std::uint64_t>(StreamsWanted(seen.test));
  std::string message = fmt::format("{} of {} streams hold all endpoints", run.clients.streams_joined, target);
  if (!run.trouble.empty()) message += ": " + run.trouble;
  const bool unreachable = run.clients.streams_open == 0 && !run.clients.errors.empty();
  return Make(unreachable ? reason::kDestinationUnreachable : reason::kStreamsOpening, std::move(message));
}

bool ConcernsChurn(const ApplyTrouble& trouble) { return trouble.what.find("client") == std::string::npos; }

}  // namespace

std::optional<Trouble> ChurnTrouble(const Observed& seen) {
  const bool attached = seen.run && seen.run->churn_attached;
  if (attached) {
    const auto& progress = seen.run->progress;
    if (progress.step == ChurnStep::kFailed) return Make(reason::kChurnFailed, progress.message);
    if (progress.step < ChurnStep::kReady) return ChurnCreating(*seen.run);
    return std::nullopt;
  }
  if (seen.trouble && ConcernsChurn(*seen.trouble)) return TroubleOf(*seen.trouble);
  const bool created = seen.churn_pod && seen.churn_pod->run_id == seen.test.status.run_id;
  if (!created) return Make(reason::kNotCreated, "the churn Pod does not exist yet");
  if (auto trouble = TroubleOf(*seen.churn_pod)) return trouble;
  return Make(reason::kNotAttached, fmt::format("waiting for Pod {} to report", seen.churn_pod->meta.name));
}

std::optional<Trouble> ClientsTrouble(const Observed& seen) {
  const auto wanted = static_cast<std::uint64_t>(ClientsWanted(seen.test));
  const std::uint64_t attached = seen.run ? seen.run->clients_attached : 0;
  if (attached < wanted) {
    if (seen.trouble && !ConcernsChurn(*seen.trouble)) return TroubleOf(*seen.trouble);
    if (!seen.clients) return Make(reason::kNotCreated, "the client Deployment does not exist yet");
    if (auto trouble = TroubleOf(*seen.clients)) return trouble;
    if (auto trouble = TroubleOf(seen.client_pods)) return trouble;
    return Make(reason::kNotAttached, fmt::format("{} of {} client Pods report", attached, wanted));
  }
  if (seen.run->clients.streams_joined < static_cast<std::uint64_t>(StreamsWanted(seen.test))) {
    return StreamsShort(seen);
  }
  return std::nullopt;
}

bool IsSerious(const Trouble& trouble) {
  static constexpr std::string_view kPassing[] = {reason::kNotCreated, reason::kNotAttached, reason::kCreating,
                                                  reason::kEndpointsNotReady, reason::kStreamsOpening};
  return std::find(std::begin(kPassing), std::end(kPassing), trouble.reason) == std::end(kPassing);
}

Trouble WhatIsMissing(const Observed& seen) {
  const auto churn = ChurnTrouble(seen);
  const auto clients = ClientsTrouble(seen);
  const auto named = [](const Trouble& trouble) {
    if (IsSerious(trouble) || trouble.reason == reason::kEndpointsNotReady) return trouble;
    const bool streams = trouble.reason == reason::kStreamsOpening;
    return Make(streams ? reason::kStreamsNotReady : reason::kStartupDeadlineExceeded, trouble.message);
  };
  if (churn && (IsSerious(*churn) || !clients || !IsSerious(*clients))) return named(*churn);
  if (clients) return named(*clients);
  return Make(reason::kStartupDeadlineExceeded, "everything is ready, churn is about to begin");
}

std::string RunningText(const Observed& seen) {
  if (!seen.run) return "waiting for the workers to report again";
  const auto& progress = seen.run->progress;
  const std::string_view step = coordination::ChurnStepName(progress.step);
  std::string text =
      fmt::format("{}: {} of {} endpoints are ready", step, progress.endpoints, progress.target_endpoints);
  const ChurnSpec& churn = seen.test.spec.churn;
  if (churn.cycles)
    return fmt::format("cycle {} of {}, {}", std::min<std::int64_t>(progress.cycle + 1, *churn.cycles), *churn.cycles,
                       text);
  if (churn.oscillate) return fmt::format("cycle {}, {}", progress.cycle + 1, text);
  return text;
}

std::string DrainingText(const Observed& seen) {
  if (!seen.run) return "waiting for the workers to report again";
  return fmt::format("churn is done: {} of {} clients have delivered their final figures",
                     seen.run->facts.clients_concluded, seen.run->facts.clients_expected);
}

}  // namespace dst_load::op
