#include <limits>

#include <fmt/format.h>

#include "coordination/wire.h"
#include "measure/other_services.h"

namespace dst_load::coordination {
namespace {

constexpr std::size_t kMaxErrorReasons = 64;

void CountsToWire(std::uint32_t service, const measure::ServiceCounts& counts, pb::ServiceCounts& wire) {
  wire.set_service(service);
  wire.set_due(counts.due);
  wire.set_credited(counts.credited);
  wire.set_missing(counts.missing);
  wire.set_pending(counts.pending);
  wire.set_messages(counts.messages);
  wire.set_redundant(counts.redundant);
  wire.set_coalesced(counts.coalesced);
  wire.set_replaced(counts.replaced);
  wire.set_slow_readers(counts.slow_readers);
  *wire.mutable_destination() = ToWire(counts.destination);
  *wire.mutable_end_to_end() = ToWire(counts.end_to_end);
  *wire.mutable_first_update() = ToWire(counts.first_update);
}

void LagToWire(const measure::ClientLag& lag, pb::ClientLag& wire) {
  *wire.mutable_queue() = ToWire(lag.queue);
  *wire.mutable_credit() = ToWire(lag.credit);
  wire.set_cpu_us(lag.cpu.count());
  wire.set_wall_us(lag.wall.count());
}

Status ReadLag(const pb::ClientLag& wire, measure::ClientLag& lag) {
  lag.cpu = SpanFromWire(wire.cpu_us());
  lag.wall = SpanFromWire(wire.wall_us());
  if (auto read = ReadHistogram(wire.queue(), lag.queue); !read) return read;
  return ReadHistogram(wire.credit(), lag.credit);
}

Result<measure::ServiceCounts> CountsFromWire(const pb::ServiceCounts& wire) {
  if (wire.service() >= kMaxServices && !measure::IsOtherServices(wire.service())) {
    return Fail(Code::kInvalid, fmt::format("report: service {}", wire.service()));
  }
  measure::ServiceCounts counts;
  counts.due = wire.due();
  counts.credited = wire.credited();
  counts.missing = wire.missing();
  counts.pending = wire.pending();
  counts.messages = wire.messages();
  counts.redundant = wire.redundant();
  counts.coalesced = wire.coalesced();
  counts.replaced = wire.replaced();
  counts.slow_readers = wire.slow_readers();
  if (counts.due != counts.credited + counts.missing + counts.pending) {
    return Fail(Code::kInvalid, fmt::format("report: service {}: due does not add up", wire.service()));
  }
  Status read = ReadHistogram(wire.destination(), counts.destination);
  if (read) read = ReadHistogram(wire.end_to_end(), counts.end_to_end);
  if (read) read = ReadHistogram(wire.first_update(), counts.first_update);
  if (!read) return Fail(read.error());
  return counts;
}

}  // namespace

pb::Histogram ToWire(const measure::Histogram& histogram) {
  const auto sparse = histogram.ToWire();
  pb::Histogram wire;
  std::uint32_t previous = 0;
  for (const auto& [index, count] : sparse.buckets) {
    wire.add_index(index - previous);
    wire.add_count(count);
    previous = index;
  }
  wire.set_min_us(sparse.min);
  wire.set_max_us(sparse.max);
  wire.set_sum_us(sparse.sum);
  wire.set_below(sparse.below);
  wire.set_above(sparse.above);
  return wire;
}

Result<measure::Histogram> FromWire(const pb::Histogram& wire) {
  if (wire.index_size() != wire.count_size())
    return Fail(Code::kInvalid, "histogram: indexes and counts differ in number");
  measure::Histogram::Wire sparse;
  sparse.buckets.reserve(static_cast<std::size_t>(wire.index_size()));
  std::uint64_t index = 0;
  for (int i = 0; i < wire.index_size(); ++i) {
    index += wire.index(i);
    if (index > std::numeric_limits<std::uint32_t>::max()) return Fail(Code::kInvalid, "histogram: index out of range");
    sparse.buckets.emplace_back(static_cast<std::uint32_t>(index), wire.count(i));
  }
  sparse.min = wire.min_us();
  sparse.max = wire.max_us();
  sparse.sum = wire.sum_us();
  sparse.below = wire.below();
  sparse.above = wire.above();
  return measure::Histogram::FromWire(sparse);
}

Status ReadHistogram(const pb::Histogram& wire, measure::Histogram& out) {
  auto histogram = FromWire(wire);
  if (!histogram) return Fail(histogram.error());
  out = std::move(*histogram);
  return {};
}

pb::ClientReport ToWire(const measure::ClientSnapshot& snapshot, const ClientStatus& status) {
  pb::ClientReport wire;
  for (const auto& [service, counts] : snapshot.services) CountsToWire(service, counts, *wire.add_services());
  for (const auto count : snapshot.violations) wire.add_violations(count);
  wire.set_streams_target(snapshot.streams_target);
  wire.set_streams_open(snapshot.streams_open);
  wire.set_streams_joined(snapshot.streams_joined);
  wire.set_streams_settled(snapshot.streams_settled);
  wire.set_streams_created(snapshot.streams_created);
  wire.set_streams_reset(snapshot.streams_reset);
  wire.set_send_timeouts(snapshot.send_timeouts);
  for (const auto& [reason, count] : snapshot.errors) (*wire.mutable_errors())[ClipText(reason, kMaxReason)] += count;
  wire.set_early_overflow(snapshot.early_overflow);
  wire.set_truth_gaps(snapshot.truth_gaps);
  *wire.mutable_stream_lifetime() = ToWire(snapshot.stream_lifetime);
  *wire.mutable_connection_duration() = ToWire(snapshot.connection_duration);
  wire.set_closed_ok(snapshot.closed_ok);
  wire.set_clock_jumps(snapshot.clock_jumps);
  wire.set_clock_error_us(snapshot.clock_error.count());
  if (snapshot.slow != measure::ServiceCounts{}) CountsToWire(0, snapshot.slow, *wire.mutable_slow());
  LagToWire(snapshot.lag, *wire.mutable_lag());
  ConvergenceToWire(snapshot.convergence, wire);
  *wire.mutable_timeline() = ToWire(snapshot.timeline);
  wire.set_concluded(status.concluded);
  wire.set_retired(status.retired);
  wire.set_trouble(ClipText(status.trouble, kMaxText));
  for (const auto& offence : status.offences) {
    if (wire.offences_size() < kMaxOffences) wire.add_offences(ClipText(offence, kMaxText));
  }
  return wire;
}

Result<measure::ClientSnapshot> SnapshotFromWire(const pb::ClientReport& wire) {
  measure::ClientSnapshot snapshot;
  for (const auto& each : wire.services()) {
    auto counts = CountsFromWire(each);
    if (!counts) return Fail(counts.error());
    if (!snapshot.services.emplace(each.service(), std::move(*counts)).second) {
      return Fail(Code::kInvalid, fmt::format("report: service {} twice", each.service()));
    }
  }
  if (static_cast<std::size_t>(wire.violations_size()) > measure::kInvariantCount) {
    return Fail(Code::kInvalid, fmt::format("report: {} invariants", wire.violations_size()));
  }
  for (int i = 0; i < wire.violations_size(); ++i)
    snapshot.violations[static_cast<std::size_t>(i)] = wire.violations(i);
  snapshot.streams_target = wire.streams_target();
  snapshot.streams_open = wire.streams_open();
  snapshot.streams_joined = wire.streams_joined();
  snapshot.streams_settled = wire.streams_settled();
  snapshot.streams_created = wire.streams_created();
  snapshot.streams_reset = wire.streams_reset();
  snapshot.send_timeouts = wire.send_timeouts();
  if (wire.errors().size() > kMaxErrorReasons) return Fail(Code::kInvalid, "report: too many error reasons");
  for (const auto& [reason, count] : wire.errors()) {
    if (reason.size() > kMaxReason) return Fail(Code::kInvalid, "report: overlong error reason");
    snapshot.errors.emplace(reason, count);
  }
  snapshot.early_overflow = wire.early_overflow();
  snapshot.truth_gaps = wire.truth_gaps();
  Status read = ReadHistogram(wire.stream_lifetime(), snapshot.stream_lifetime);
  if (read) read = ReadHistogram(wire.connection_duration(), snapshot.connection_duration);
  if (read) read = ReadLag(wire.lag(), snapshot.lag);
  if (read) read = ReadConvergence(wire, snapshot.convergence);
  if (read) read = ReadTimeline(wire.timeline(), snapshot.timeline);
  if (!read) return Fail(read.error());
  if (wire.clock_error_us() < 0) return Fail(Code::kInvalid, "report: negative clock_error_us");
  snapshot.closed_ok = wire.closed_ok();
  snapshot.clock_jumps = wire.clock_jumps();
  snapshot.clock_error = SpanFromWire(wire.clock_error_us());
  if (!wire.has_slow()) return snapshot;
  auto slow = CountsFromWire(wire.slow());
  if (!slow) return Fail(slow.error());
  snapshot.slow = std::move(*slow);
  return snapshot;
}

ClientStatus StatusFromWire(const pb::ClientReport& wire) {
  ClientStatus status{wire.concluded(), ClipText(wire.trouble(), kMaxText), {}, wire.retired()};
  for (int i = 0; i < wire.offences_size() && i < kMaxOffences; ++i) {
    status.offences.push_back(ClipText(wire.offences(i), kMaxText));
  }
  return status;
}

}  // namespace dst_load::coordination
