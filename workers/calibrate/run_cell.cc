#include "workers/calibrate/run_cell.h"

#include <fmt/format.h>

#include "base/random.h"
#include "measure/saturation.h"
#include "workers/calibrate/pacer.h"
#include "workers/calibrate/process_cpu.h"
#include "workers/calibrate/server_process.h"
#include "workers/client/engine.h"

namespace dst_load::workers::calibrate {
namespace {

using namespace std::chrono_literals;

constexpr Micros kOpenWithin = 60s;
constexpr Micros kGiveUpAfter = 10s;  ///< an update that takes longer is missing
constexpr Micros kLookEvery = 200ms;
constexpr Micros kCalm = 500ms;  ///< between the streams' first sets and the first change

ClientOptions OptionsFor(const Cell& cell, std::uint32_t threads, std::uint16_t port) {
  ClientOptions options;
  options.destination = fmt::format("127.0.0.1:{}", port);
  for (std::uint32_t i = 0; i < cell.services; ++i) options.services.push_back(Cell::ServiceName(i));
  options.streams_per_service = cell.StreamsPerService();
  options.streams_per_connection = ClientFlags{}.streams_per_connection;
  options.context_tokens = {R"({"ns":"calibrate"})"};
  options.threads = threads;
  options.convergence_deadline = kGiveUpAfter;
  return options;
}

/// Looks until `done` says so; false when `patience` is over or it is stopped.
template <class Done>
bool Await(Pacer& pacer, const Clock& clock, Micros patience, Done done) {
  const MonoTime deadline = clock.Mono() + patience;
  while (!done()) {
    if (clock.Mono() > deadline || !pacer.For(kLookEvery)) return false;
  }
  return true;
}

Status OpenStreams(Engine& engine, const Cell& cell, const Clock& clock, Pacer& pacer) {
  ShardView view;
  engine.Start();
  // The client counts its own lateness from the truth on: opening the streams is not what is measured.
  const bool heard = Await(pacer, clock, kOpenWithin, [&] {
    view = engine.View();
    return view.snapshot.Total().messages >= cell.streams;
  });
  engine.Apply({cell.Start(), {}});
  const bool joined = Await(pacer, clock, kOpenWithin, [&] {
    view = engine.View();
    return view.snapshot.streams_joined == cell.streams || !heard;
  });
  if (heard && joined) return {};
  return Fail(Code::kTimeout, fmt::format("open {} streams: {} hold the first set after {}s: {}", cell.streams,
                                          view.snapshot.streams_joined, kOpenWithin / 1s, view.trouble));
}

/// The truth comes when the message is sent: the client may see either first, as in a run.
bool TellTruth(Engine& engine, const Cell& cell, WallTime start, Pacer& pacer) {
  for (std::uint64_t change = 0; change < cell.Changes(); ++change) {
    if (!pacer.Until(start + cell.At(change))) return false;
    engine.Apply({std::nullopt, cell.Truth(change, start)});
  }
  return pacer.Until(start + cell.duration);
}

void Fill(CellResult& result, const measure::ClientSnapshot& snapshot) {
  const measure::ServiceCounts total = snapshot.Total();
  for (const std::uint64_t count : snapshot.violations) result.violations += count;
  result.due = total.due;
  result.credited = total.credited;
  result.missing = total.missing;
  result.pending = total.pending;
  result.coalesced = total.coalesced;
  result.added = total.destination;
}

}  // namespace

Result<CellResult> RunCell(const Cell& cell, std::uint32_t threads, const Clock& clock, std::stop_token stop) {
  auto server = ServerProcess::Start(cell, clock, stop);
  if (!server) return Fail(server.error());
  Pacer pacer(clock, stop);
  Engine engine(OptionsFor(cell, threads, server->Port()), true, RandomSeed(), clock);
  const auto opened = OpenStreams(engine, cell, clock, pacer);
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled");
  if (!opened) return Fail(opened.error());

  CellResult result;
  result.cell = cell;
  const std::uint64_t first_messages = engine.View().snapshot.Total().messages;
  const WallTime start = clock.Wall() + kCalm;
  if (auto told = server->Play(start); !told) return Fail(told.error());
  pacer.Until(start);
  const Micros cpu = ProcessCpu();
  if (!TellTruth(engine, cell, start, pacer)) return Fail(Code::kCancelled, "cancelled");
  result.cpu = ProcessCpu() - cpu;
  pacer.Until(start + cell.duration + cell.duration / 20);
  const measure::ClientSnapshot snapshot = engine.View().snapshot;
  result.saturation = measure::Saturation(snapshot.lag).value_or("");
  const measure::ServiceCounts in_time = snapshot.Total();
  result.credited_in_time = in_time.credited;
  result.messages_in_time = in_time.messages - first_messages;

  auto sent = server->Sent(cell.duration + kGiveUpAfter, stop);
  if (!sent) return Fail(sent.error());
  result.sent = *sent;
  // What is still pending then is given up by the ledger itself, a second later at the latest.
  Await(pacer, clock, kGiveUpAfter + 2s, [&] { return engine.View().settled; });
  Fill(result, engine.View().snapshot);
  engine.Stop();
  return result;
}

}  // namespace dst_load::workers::calibrate
