#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "measure/ledger.h"
#include "workers/client/connection.h"
#include "workers/client/destination_decoder.h"
#include "workers/client/event_loop.h"
#include "workers/client/lifecycle.h"
#include "workers/client/shard.h"
#include "workers/client/stream_end.h"
#include "workers/client/tally.h"
#include "workers/client/wire_bytes.h"

namespace dst_load::workers {

/// The inside of a Shard: opens, reads and ends its streams. Runs on its loop's thread only.
class Shard::Core final : public EventLoop::Handler {
 public:
  Core(ShardConfig config, const Clock& clock);

  EventLoop& Loop() { return loop_; }
  void Begin();
  void Apply(const coordination::TruthUpdate& truth);
  void SetClock(const coordination::ClockOffset& offset);
  void TruthIsCurrent() { current_at_ = Wall(); }
  void KeepOpen() { lifecycle_.KeepOpen(); }
  void Conclude(measure::Seq last_seq);
  void Close();
  ShardView View();

  void OnEvent(std::uintptr_t tag, bool ok) override;
  MonoTime OnTurn(MonoTime now) override;
  void OnProbe(Micros late) override;
  bool Idle() const override { return closing_ && in_flight_ == 0; }

 private:
  enum class Op : std::uintptr_t { kStart = 1, kWrite, kRead, kFinish };
  /// One stream; while a call is in flight it has a context and a call.
  struct Stream {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;
    grpc::ByteBuffer message;
    grpc::Status status;
    MonoTime opened{};
    std::uint8_t pending = 0;  ///< operations under way
    bool over = false;         ///< no more reads; finish when nothing is pending
    bool heard = false;        ///< a message has come
    StreamFate fate;
  };

  static void* Tag(std::uint32_t stream, Op op);
  void Open(std::uint32_t id, MonoTime now);
  void Reset(std::uint32_t id);
  void OnStarted(std::uint32_t id, bool ok);
  void OnRead(std::uint32_t id, bool ok);
  void OnFinished(std::uint32_t id);
  void FinishWhenQuiet(std::uint32_t id);
  bool Take(std::uint32_t id, WallTime t2, MonoTime mono);
  void ReadNext(std::uint32_t id);
  MonoTime ReadSlowly(MonoTime now);
  /// This host's clock as the churn worker's would show it.
  WallTime Wall() const { return clock_.Wall() - clock_offset_.offset; }
  void CountEnd(const StreamEnd& end, const StreamPlan& plan, const grpc::Status& status, MonoTime now);
  bool Judging() const { return config_.judged && !concluded_; }
  bool Fits(const coordination::TruthUpdate& truth) const;

  const ShardConfig config_;
  const Clock& clock_;
  std::vector<Connection> connections_;
  std::vector<grpc::ByteBuffer> requests_;  ///< by service, then context
  std::vector<Stream> streams_;             ///< parallel to config_.plan.streams and the ledger's ids
  Lifecycle lifecycle_;
  measure::Ledger ledger_;
  Tally tally_;
  DestinationDecoder decoder_;
  std::vector<ExpectedMetadata> expected_;  ///< by service
  coordination::ClockOffset clock_offset_;
  std::optional<WallTime> current_at_;                         ///< the truth was told in full; nullopt: nobody says
  std::deque<std::pair<MonoTime, std::uint32_t>> slow_reads_;  ///< streams that read slowly, by when they read again
  std::uint64_t messages_ = 0;
  MonoTime begun_at_{};
  WireBytes wire_;
  std::uint64_t in_flight_ = 0;
  bool begun_ = false, closing_ = false, concluded_ = false, truth_hole_ = false, mismatch_ = false,
       truth_known_ = false;
  MonoTime next_expire_{};
  std::string trouble_;
  MonoTime trouble_at_{};
  EventLoop loop_;  ///< last: its thread uses all of the above
};

}  // namespace dst_load::workers
