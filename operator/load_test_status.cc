#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "operator/load_test.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

std::uint64_t CountAt(const json& object, std::string_view path) {
  const auto value = kube::IntAt(object, path).value_or(0);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::optional<WallTime> TimeAt(const json& object, std::string_view path) {
  const auto time = ParseTime(kube::StringAt(object, path));
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

Phase PhaseAt(const json& object, std::string_view path) {
  const std::string text = kube::StringAt(object, path);
  for (const Phase phase : kPhases) {
    if (PhaseName(phase) == text) return phase;
  }
  return Phase::kNone;
}

std::string_view TruthName(Truth truth) {
  switch (truth) {
    case Truth::kFalse:
      return "False";
    case Truth::kTrue:
      return "True";
    case Truth::kUnknown:
      return "Unknown";
  }
  return "Unknown";
}

Truth TruthOf(const std::string& text) {
  if (text == "True") return Truth::kTrue;
  return text == "False" ? Truth::kFalse : Truth::kUnknown;
}

LegStatus LegAt(const json& object, const std::string& path) {
  LegStatus leg;
  leg.count = CountAt(object, path + ".count");
  leg.p50 = kube::StringAt(object, path + ".p50");
  leg.p95 = kube::StringAt(object, path + ".p95");
  leg.p99 = kube::StringAt(object, path + ".p99");
  leg.p999 = kube::StringAt(object, path + ".p999");
  leg.max = kube::StringAt(object, path + ".max");
  return leg;
}

ChurnStatus ChurnAt(const json& object) {
  ChurnStatus churn;
  churn.pod_name = kube::StringAt(object, "status.churn.podName");
  churn.step = kube::StringAt(object, "status.churn.step");
  churn.cycle = CountAt(object, "status.churn.cycle");
  churn.cycles = CountAt(object, "status.churn.cycles");
  churn.scale_events = CountAt(object, "status.churn.scaleEvents");
  churn.changes = CountAt(object, "status.churn.changes");
  churn.endpoints = CountAt(object, "status.churn.endpoints");
  churn.target_endpoints = CountAt(object, "status.churn.targetEndpoints");
  churn.seed = kube::StringAt(object, "status.churn.seed");
  return churn;
}

ClientStatus ClientAt(const json& object) {
  ClientStatus client;
  client.replicas = CountAt(object, "status.client.replicas");
  client.ready = CountAt(object, "status.client.ready");
  client.streams = CountAt(object, "status.client.streams");
  client.target_streams = CountAt(object, "status.client.targetStreams");
  client.due = CountAt(object, "status.client.due");
  client.updates = CountAt(object, "status.client.updates");
  client.missing = CountAt(object, "status.client.missing");
  client.resets = CountAt(object, "status.client.resets");
  client.errors = CountAt(object, "status.client.errors");
  client.send_timeouts = CountAt(object, "status.client.sendTimeouts");
  client.lost = CountAt(object, "status.client.lost");
  client.retired = CountAt(object, "status.client.retired");
  client.abandoned = CountAt(object, "status.client.abandoned");
  return client;
}

template <class Read>
void EachOf(const json& object, std::string_view path, const Read& read) {
  const json* list = kube::MemberAt(object, path);
  if (list == nullptr || !list->is_array()) return;
  for (const json& item : *list) read(item);
}

Condition ConditionOf(const json& item) {
  Condition condition;
  condition.type = kube::StringAt(item, "type");
  condition.status = TruthOf(kube::StringAt(item, "status"));
  condition.reason = kube::StringAt(item, "reason");
  condition.message = kube::StringAt(item, "message");
  condition.observed_generation = kube::IntAt(item, "observedGeneration").value_or(0);
  condition.last_transition = TimeAt(item, "lastTransitionTime").value_or(WallTime{});
  return condition;
}

PastRun PastRunOf(const json& item) {
  PastRun past;
  past.run_id = kube::StringAt(item, "runID");
  past.verdict = kube::StringAt(item, "verdict");
  past.reason = kube::StringAt(item, "reason");
  past.start_time = TimeAt(item, "startTime");
  past.completion_time = TimeAt(item, "completionTime");
  past.end_to_end_p99 = kube::StringAt(item, "endToEndP99");
  past.destination_p99 = kube::StringAt(item, "destinationP99");
  past.report_config_map = kube::StringAt(item, "report");
  return past;
}

json TextOrNull(std::string_view text) { return text.empty() ? json(nullptr) : json(text); }
json TimeOrNull(const std::optional<WallTime>& time) { return time ? json(FormatTimeSeconds(*time)) : json(nullptr); }

json ToJson(const LegStatus& leg) {
  return {{"count", leg.count},         {"p50", TextOrNull(leg.p50)},   {"p95", TextOrNull(leg.p95)},
          {"p99", TextOrNull(leg.p99)}, {"p999", TextOrNull(leg.p999)}, {"max", TextOrNull(leg.max)}};
}

json ToJson(const ChurnStatus& churn) {
  return {{"podName", TextOrNull(churn.pod_name)},
          {"step", TextOrNull(churn.step)},
          {"cycle", churn.cycle},
          {"cycles", churn.cycles == 0 ? json(nullptr) : json(churn.cycles)},
          {"scaleEvents", churn.scale_events},
          {"changes", churn.changes},
          {"endpoints", churn.endpoints},
          {"targetEndpoints", churn.target_endpoints},
          {"seed", TextOrNull(churn.seed)}};
}

json ToJson(const ClientStatus& client) {
  return {{"replicas", client.replicas},
          {"ready", client.ready},
          {"streams", client.streams},
          {"targetStreams", client.target_streams},
          {"due", client.due},
          {"updates", client.updates},
          {"missing", client.missing},
          {"resets", client.resets},
          {"errors", client.errors},
          {"sendTimeouts", client.send_timeouts},
          {"lost", client.lost},
          {"retired", client.retired},
          {"abandoned", client.abandoned}};
}

json ToJson(const Condition& condition) {
  return {{"type", condition.type},
          {"status", TruthName(condition.status)},
          {"reason", condition.reason},
          {"message", condition.message},
          {"observedGeneration", condition.observed_generation},
          {"lastTransitionTime", FormatTimeSeconds(condition.last_transition)}};
}

json ToJson(const CriterionStatus& criterion) {
  json out{{"name", criterion.name}, {"result", criterion.result}};
  if (!criterion.limit.empty()) out["limit"] = criterion.limit;
  if (!criterion.measured.empty()) out["measured"] = criterion.measured;
  return out;
}

/// Of a list's item nothing can be null: what is empty is left out.
json ToJson(const PastRun& past) {
  json out{{"runID", past.run_id}};
  const auto put = [&out](const char* name, const json& value) {
    if (!value.is_null()) out[name] = value;
  };
  put("verdict", TextOrNull(past.verdict));
  put("reason", TextOrNull(past.reason));
  put("startTime", TimeOrNull(past.start_time));
  put("completionTime", TimeOrNull(past.completion_time));
  put("endToEndP99", TextOrNull(past.end_to_end_p99));
  put("destinationP99", TextOrNull(past.destination_p99));
  put("report", TextOrNull(past.report_config_map));
  return out;
}

template <class Items>
json ListOf(const Items& items) {
  json list = json::array();
  for (const auto& item : items) list.push_back(ToJson(item));
  return list;
}

}  // namespace

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kNone:
      return "";
    case Phase::kPending:
      return "Pending";
    case Phase::kStarting:
      return "Starting";
    case Phase::kRunning:
      return "Running";
    case Phase::kDraining:
      return "Draining";
    case Phase::kSucceeded:
      return "Succeeded";
    case Phase::kFailed:
      return "Failed";
    case Phase::kStopped:
      return "Stopped";
  }
  return "";
}

LoadTestStatus ParseStatus(const json& object) {
  LoadTestStatus status;
  status.observed_generation = kube::IntAt(object, "status.observedGeneration").value_or(0);
  status.phase = PhaseAt(object, "status.phase");
  status.verdict = kube::StringAt(object, "status.verdict");
  status.reason = kube::StringAt(object, "status.reason");
  status.message = kube::StringAt(object, "status.message");
  status.run_id = kube::StringAt(object, "status.runID");
  status.rerun_token = kube::StringAt(object, "status.rerunToken");
  status.start_time = TimeAt(object, "status.startTime");
  status.running_time = TimeAt(object, "status.runningTime");
  status.completion_time = TimeAt(object, "status.completionTime");
  status.children_deleted_time = TimeAt(object, "status.childrenDeletedTime");
  status.cycles = kube::StringAt(object, "status.cycles");
  status.churn = ChurnAt(object);
  status.client = ClientAt(object);
  status.kubernetes = LegAt(object, "status.latency.kubernetes");
  status.destination = LegAt(object, "status.latency.destination");
  status.end_to_end = LegAt(object, "status.latency.endToEnd");
  status.convergence = LegAt(object, "status.latency.convergence");
  status.report_config_map = kube::StringAt(object, "status.report.configMap");
  if (const json* counts = kube::MemberAt(object, "status.violations"); counts != nullptr && counts->is_object()) {
    for (const auto& [name, value] : counts->items()) {
      if (value.is_number_integer()) status.violations[name] = value.get<std::uint64_t>();
    }
  }
  EachOf(object, "status.offences", [&](const json& item) {
    if (item.is_string()) status.offences.push_back(item.get<std::string>());
  });
  EachOf(object, "status.criteria", [&](const json& item) {
    status.criteria.push_back({kube::StringAt(item, "name"), kube::StringAt(item, "limit"),
                               kube::StringAt(item, "measured"), kube::StringAt(item, "result")});
  });
  EachOf(object, "status.conditions", [&](const json& item) { status.conditions.push_back(ConditionOf(item)); });
  EachOf(object, "status.history", [&](const json& item) { status.history.push_back(PastRunOf(item)); });
  return status;
}

json StatusToJson(const LoadTestStatus& status) {
  json out;
  out["observedGeneration"] = status.observed_generation;
  out["phase"] = TextOrNull(PhaseName(status.phase));
  out["verdict"] = TextOrNull(status.verdict);
  out["reason"] = TextOrNull(status.reason);
  out["message"] = TextOrNull(status.message);
  out["runID"] = TextOrNull(status.run_id);
  out["rerunToken"] = TextOrNull(status.rerun_token);
  out["startTime"] = TimeOrNull(status.start_time);
  out["runningTime"] = TimeOrNull(status.running_time);
  out["completionTime"] = TimeOrNull(status.completion_time);
  out["childrenDeletedTime"] = TimeOrNull(status.children_deleted_time);
  out["cycles"] = TextOrNull(status.cycles);
  out["churn"] = ToJson(status.churn);
  out["client"] = ToJson(status.client);
  out["latency"] = {{"kubernetes", ToJson(status.kubernetes)},
                    {"destination", ToJson(status.destination)},
                    {"endToEnd", ToJson(status.end_to_end)},
                    {"convergence", ToJson(status.convergence)}};
  out["report"] = status.report_config_map.empty() ? json(nullptr) : json{{"configMap", status.report_config_map}};
  out["violations"] = status.violations.empty() ? json(nullptr) : json(status.violations);
  out["offences"] = status.offences.empty() ? json(nullptr) : json(status.offences);
  out["criteria"] = status.criteria.empty() ? json(nullptr) : ListOf(status.criteria);
  out["conditions"] = ListOf(status.conditions);
  out["history"] = status.history.empty() ? json(nullptr) : ListOf(status.history);
  return out;
}

}  // namespace dst_load::op
