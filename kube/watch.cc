#include "kube/watch.h"

#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/random.h"
#include "kube/line_queue.h"
#include "kube/object.h"
#include "kube/wait.h"
#include "kube/watch_line.h"
#include "kube/watch_machine.h"

namespace dst_load::kube {
namespace {

/// A watch that stood this long worked: what breaks it now and then must not make us ever slower to come back.
constexpr Micros kStood = std::chrono::seconds{1};

}  // namespace

Watcher::Watcher(Client& client, const Resource& resource, WatcherOptions options, const Clock& clock)
    : client_(client), resource_(resource), options_(std::move(options)), clock_(clock) {}

void Watcher::Run(std::stop_token stop, const std::function<void(const WatchEvent&)>& on_event) {
  WatchMachine machine(options_.backoff_min, options_.backoff_max, RandomSeed());
  while (!stop.stop_requested()) {
    state_.store(machine.State());
    switch (machine.State()) {
      case State::kEmpty:
        machine.Resume();
        break;
      case State::kListing:
        ListOnce(machine, stop, on_event);
        break;
      case State::kWatching:
        WatchOnce(machine, stop, on_event);
        break;
      case State::kBackoff:
        if (WaitFor(stop, machine.Delay())) machine.Resume();
        break;
    }
  }
}

void Watcher::ListOnce(WatchMachine& machine, const std::stop_token& stop,
                       const std::function<void(const WatchEvent&)>& on_event) {
  auto list = client_.ListUntil(stop, resource_, options_.ns, options_.label_selector);
  if (!list) {
    if (!stop.stop_requested()) log::Warn("list failed", {{"error", list.error().message}});
    return machine.Failed(list.error());
  }
  const WallTime received = clock_.Wall();
  on_event({WatchEventType::kRestarted, nullptr, received});
  for (const nlohmann::json& object : list->items) on_event({WatchEventType::kApplied, &object, received});
  on_event({WatchEventType::kSynced, nullptr, received});
  machine.Listed(std::move(list->resource_version));
}

void Watcher::WatchOnce(WatchMachine& machine, const std::stop_token& stop,
                        const std::function<void(const WatchEvent&)>& on_event) {
  const MonoTime started = clock_.Mono();
  const Status ended = Stream(machine, stop, on_event);
  if (clock_.Mono() - started >= kStood) machine.Lasted();
  if (ended) return machine.Ended();
  if (!stop.stop_requested()) {
    // Ours to expect: versions age, and a quiet connection is renewed.
    const bool routine = IsGone(ended.error()) || ended.error().code == Code::kTimeout;
    log::Write(routine ? log::Level::kInfo : log::Level::kWarn, "watch ended", {{"error", ended.error().message}});
  }
  machine.Failed(ended.error());
}

Status Watcher::Stream(WatchMachine& machine, const std::stop_token& stop,
                       const std::function<void(const WatchEvent&)>& on_event) {
  LineQueue lines;
  Status ended;
  Status handled;
  std::stop_source reading;
  const std::stop_callback stop_reading(stop, [&reading] { reading.request_stop(); });
  const std::string from = machine.ResourceVersion();
  std::jthread reader([&] {
    const auto stamp = [&](std::string_view line) {
      return lines.Push({std::string(line), clock_.Wall()}, reading.get_token());
    };
    ended = client_.WatchLines(resource_, options_.ns, options_.label_selector, from, options_.idle,
                               reading.get_token(), stamp);
    lines.Close();
  });
  while (const auto line = lines.Pop()) {
    if (stop.stop_requested()) break;
    handled = Handle(*line, machine, on_event);
    if (!handled) break;
  }
  reading.request_stop();
  reader.join();
  return handled ? ended : handled;
}

Status Watcher::Handle(const StampedLine& line, WatchMachine& machine,
                       const std::function<void(const WatchEvent&)>& on_event) {
  const auto event = ParseWatchLine("watch " + resource_.Describe(options_.ns), line.text);
  if (!event) return Fail(event.error());
  machine.Advance(ResourceVersionOf(event->object));
  const bool bookmark = event->type == WatchEventType::kBookmark;
  on_event({event->type, bookmark ? nullptr : &event->object, line.received});
  return {};
}

}  // namespace dst_load::kube
