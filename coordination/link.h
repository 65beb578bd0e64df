#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/time.h"
#include "coordination/retry_pause.h"
#include "coordination/worker_session.h"
#include "proto/coordination.pb.h"

namespace dst_load::coordination {

/// A worker's stream to the coordinator: connects, says hello, answers clock probes, and starts over with backoff and
/// jitter when the stream breaks or the coordinator falls silent. Each attempt resolves the name again and tries every
/// address. What to say is pulled from a Talker whenever nothing is being written. Thread-safe.
class Link {
 public:
  /// How long a coordinator, which probes every two seconds, may say nothing.
  static constexpr Micros kSilence = std::chrono::seconds{15};

  /// The content: one for clients, one for churn. It must not call the link back but from OnDirective.
  class Talker {
   public:
    virtual ~Talker() = default;
    /// At each attempt. run, instance, pod and version are filled in by the link.
    virtual v1::Hello MakeHello() = 0;
    /// The next message to say; nullopt when there is nothing. Called from any thread, never concurrently.
    virtual std::optional<v1::WorkerMessage> NextMessage() = 0;
    /// Welcome, first, and all others but probes, on the link's thread. An error breaks the stream.
    virtual Status OnDirective(const v1::Directive& directive) = 0;
  };

  /// `talker` must outlive the link.
  Link(SessionOptions options, Talker& talker, const Clock& clock);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void Start();
  /// There may be something to say.
  void Kick();
  /// The process is about to end: from now on tries the coordinator again and again, without long pauses.
  void Hurry();
  bool Attached() const;

 private:
  struct Attempt;
  void Loop(const std::stop_token& stop);
  /// One stream from beginning to end; why it ended. `welcomed` tells whether it got that far.
  std::string RunAttempt(const std::stop_token& stop, bool& welcomed);
  void Serve(Attempt& attempt);
  void OnRead(Attempt& attempt, bool ok);
  void SayHello(Attempt& attempt);
  void WriteNext(Attempt& attempt);

  const SessionOptions options_;
  Talker& talker_;
  const Clock& clock_;
  RetryPause pause_;  ///< the thread's
  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  Attempt* attempt_ = nullptr;  ///< under the lock; null when none
  bool hurried_ = false;        ///< under the lock
  std::jthread thread_;
};

}  // namespace dst_load::coordination
