#include "operator/load_test.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "kube/object.h"
#include "kube/quantity.h"
#include "kube/text_file.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

/// Of a text that a user gave, what fits into a message.
std::string_view Clipped(std::string_view text) { return kube::Clip(text, 100); }

/// Reads members of an object and keeps the first failure, so that a parser is a list of fields. The CRD refuses most
/// of what is refused here; but a CRD can be of another version, or be gone.
class Fields {
 public:
  static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

  explicit Fields(const json& object) : object_(object) {}

  void Text(std::string_view path, std::string& out) {
    const json* value = Given(path);
    if (value == nullptr) return;
    if (!value->is_string()) return Refuse(path, "is not a text");
    out = value->get<std::string>();
  }
  /// A whole number, as the CRD bounds it: so that products of them are numbers still.
  void Number(std::string_view path, std::int64_t& out, std::int64_t least = 0, std::int64_t most = kMost) {
    const json* value = Given(path);
    if (value == nullptr) return;
    const bool unsigned_fits =
        !value->is_number_unsigned() || value->get<std::uint64_t>() <= static_cast<std::uint64_t>(kMost);
    if (!value->is_number_integer() || !unsigned_fits || value->get<std::int64_t>() < least ||
        value->get<std::int64_t>() > most) {
      return Refuse(path, fmt::format("is not a whole number from {} to {}", least, most));
    }
    out = value->get<std::int64_t>();
  }
  void Number(std::string_view path, std::optional<std::int64_t>& out, std::int64_t least = 0,
              std::int64_t most = kMost) {
    std::int64_t number = least;
    if (Given(path) == nullptr) return;
    Number(path, number, least, most);
    out = number;
  }
  void Flag(std::string_view path, bool& out) {
    const json* value = Given(path);
    if (value == nullptr) return;
    if (!value->is_boolean()) return Refuse(path, "is neither true nor false");
    out = value->get<bool>();
  }
  void Span(std::string_view path, std::optional<Micros>& out) {
    std::string text;
    Text(path, text);
    if (text.empty()) return;
    const auto span = ParseDuration(text);
    if (span) {
      out = *span;
    } else {
      Refuse(path, span.error().message);
    }
  }
  void Span(std::string_view path, Micros& out) {
    std::optional<Micros> span;
    Span(path, span);
    if (span) out = *span;
  }
  /// Text, for a JSON number is not exact.
  void Percent(std::string_view path, std::optional<double>& out) {
    std::string text;
    Text(path, text);
    if (text.empty()) return;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 100)) {
      return Refuse(path, fmt::format("\"{}\" is not a percentage", Clipped(text)));
    }
    out = value;
  }
  /// A quantity: text, or a whole number.
  void Quantity(std::string_view path, std::optional<double>& out) {
    const auto number = kube::IntAt(object_, path);
    std::string text = number ? std::to_string(*number) : "";
    if (!number) Text(path, text);
    if (text.empty()) return;
    if (const auto quantity = kube::ParseQuantity(text)) {
      out = *quantity;
    } else {
      Refuse(path, quantity.error().message);
    }
  }
  void Template(std::string_view section, PodTemplate& out) {
    if (const json* value = kube::MemberAt(object_, section)) out = ParsePodTemplate(*value);
  }
  void Refuse(std::string_view path, std::string_view why) {
    if (error_.empty()) error_ = fmt::format("{}: {}", path, kube::Clip(why, 300));
  }
  const std::string& FirstError() const { return error_; }

 private:
  /// null is as good as absent.
  const json* Given(std::string_view path) const {
    const json* value = kube::MemberAt(object_, path);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  const json& object_;
  std::string error_;
};

void ReadLeg(Fields& fields, const std::string& leg, measure::LegCriteria& out) {
  fields.Span("spec.criteria." + leg + ".p50", out.p50);
  fields.Span("spec.criteria." + leg + ".p95", out.p95);
  fields.Span("spec.criteria." + leg + ".p99", out.p99);
  fields.Span("spec.criteria." + leg + ".p999", out.p999);
  fields.Span("spec.criteria." + leg + ".max", out.max);
}

void ReadCriteria(Fields& fields, measure::Criteria& out) {
  ReadLeg(fields, "kubernetes", out.kubernetes);
  ReadLeg(fields, "destination", out.destination);
  ReadLeg(fields, "endToEnd", out.end_to_end);
  fields.Flag("spec.criteria.invariants", out.invariants);
  fields.Quantity("spec.criteria.destinationMemory", out.destination_memory);
  fields.Quantity("spec.criteria.destinationMemoryGrowth", out.destination_memory_growth);
  fields.Percent("spec.criteria.streamTimeoutPercent", out.stream_timeout_percent);
  std::optional<double> lost;
  fields.Percent("spec.client.maxLostPercent", lost);
  if (lost) out.max_lost_percent = *lost;
}

void ReadChurn(Fields& fields, ChurnSpec& out) {
  std::string pattern = "stable";
  fields.Text("spec.churn.pattern", pattern);
  if (pattern != "stable" && pattern != "oscillate")
    fields.Refuse("spec.churn.pattern", fmt::format("unknown pattern {}", Clipped(pattern)));
  out.oscillate = pattern == "oscillate";
  fields.Number("spec.churn.minEndpoints", out.min_endpoints, 0, 100'000);
  fields.Number("spec.churn.maxEndpoints", out.max_endpoints, 1, 100'000);
  fields.Number("spec.churn.endpointsPerService", out.endpoints_per_service, 0, 100'000);
  fields.Span("spec.churn.minHold", out.min_hold);
  fields.Span("spec.churn.maxHold", out.max_hold);
  fields.Span("spec.churn.jitter", out.jitter);
  fields.Number("spec.churn.cycles", out.cycles, 1, 1'000'000);
  fields.Span("spec.churn.duration", out.duration);
  fields.Number("spec.churn.seed", out.seed);
  fields.Template("spec.churn", out.pod_template);
}

void ReadClient(Fields& fields, ClientSpec& out) {
  fields.Number("spec.client.replicas", out.replicas, 1, 5'000);
  fields.Number("spec.client.streamsPerService", out.streams_per_service, 1, 100'000);
  fields.Number("spec.client.streamsPerConnection", out.streams_per_connection, 1, 100'000);
  fields.Span("spec.client.rampUp", out.ramp_up);
  fields.Span("spec.client.streamMaxLifetime", out.stream_max_lifetime);
  fields.Span("spec.client.streamResetInterval", out.stream_reset_interval);
  fields.Number("spec.client.slowReaders.percent", out.slow_percent, 0, 50);
  fields.Span("spec.client.slowReaders.readDelay", out.slow_read_delay);
  fields.Template("spec.client", out.pod_template);
}

void ReadCleanup(Fields& fields, Cleanup& out) {
  std::string text = "Always";
  fields.Text("spec.cleanup", text);
  for (const auto cleanup : {Cleanup::kAlways, Cleanup::kOnSuccess, Cleanup::kNever}) {
    if (CleanupName(cleanup) == text) {
      out = cleanup;
      return;
    }
  }
  fields.Refuse("spec.cleanup", fmt::format("unknown policy {}", Clipped(text)));
}

}  // namespace

std::string_view CleanupName(Cleanup cleanup) {
  switch (cleanup) {
    case Cleanup::kAlways:
      return "Always";
    case Cleanup::kOnSuccess:
      return "OnSuccess";
    case Cleanup::kNever:
      return "Never";
  }
  return "Always";
}

Meta ParseMeta(const json& object) {
  Meta meta;
  meta.ns = kube::StringAt(object, "metadata.namespace");
  meta.name = kube::StringAt(object, "metadata.name");
  meta.uid = kube::StringAt(object, "metadata.uid");
  meta.resource_version = kube::StringAt(object, "metadata.resourceVersion");
  meta.generation = kube::IntAt(object, "metadata.generation").value_or(0);
  meta.deleting = !kube::StringAt(object, "metadata.deletionTimestamp").empty();
  return meta;
}

Result<Spec> ParseSpec(const json& object) {
  Spec spec;
  Fields fields(object);
  fields.Text("spec.destination.address", spec.destination);
  fields.Text("spec.destination.metricsURL", spec.destination_metrics_url);
  fields.Number("spec.destination.contextNodes", spec.context_nodes, 0, 10'000);
  fields.Number("spec.workload.services", spec.services, 1, 10'000);
  fields.Text("spec.workload.namePrefix", spec.name_prefix);
  ReadChurn(fields, spec.churn);
  ReadClient(fields, spec.client);
  ReadCriteria(fields, spec.criteria);
  fields.Span("spec.convergenceDeadline", spec.convergence_deadline);
  fields.Span("spec.startupDeadline", spec.startup_deadline);
  fields.Span("spec.deadline", spec.deadline);
  ReadCleanup(fields, spec.cleanup);
  fields.Span("spec.ttlAfterFinished", spec.ttl_after_finished);
  fields.Flag("spec.abortOnBreach", spec.abort_on_breach);
  fields.Flag("spec.stop", spec.stop);
  fields.Flag("spec.suspend", spec.suspend);
  if (!fields.FirstError().empty()) return Fail(Code::kInvalid, fields.FirstError());
  return spec;
}

LoadTest ParseLoadTest(const json& object) {
  LoadTest test;
  test.meta = ParseMeta(object);
  test.status = ParseStatus(object);
  // Its name holds dots: MemberAt would take them for a path.
  if (const json* notes = kube::MemberAt(object, "metadata.annotations")) {
    const json* token = kube::Member(*notes, kRerunAnnotation);
    if (token != nullptr && token->is_string()) test.rerun_token = token->get<std::string>();
  }
  if (const json* spec = kube::Member(object, "spec")) test.spec_json = spec->dump();
  if (auto spec = ParseSpec(object)) {
    test.spec = std::move(*spec);
  } else {
    test.invalid = spec.error().message;
  }
  return test;
}

}  // namespace dst_load::op
