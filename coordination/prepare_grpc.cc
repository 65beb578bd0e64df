#include "coordination/prepare_grpc.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include <string>

#include "base/anchored_clock.h"
#include "base/log.h"

/// What gpr_now() calls: exported by libgpr for this purpose, and in no public header.
extern "C" {
extern gpr_timespec (*gpr_now_impl)(gpr_clock_type type);
}

namespace dst_load::coordination {
namespace {

/// Never destroyed: threads of gRPC outlive main.
const AnchoredClock* g_clock = nullptr;

gpr_timespec Now(gpr_clock_type type) {
  const Micros at =
      type == GPR_CLOCK_MONOTONIC ? g_clock->Mono().time_since_epoch() : g_clock->Wall().time_since_epoch();
  gpr_timespec now = gpr_time_from_micros(at.count(), GPR_TIMESPAN);
  now.clock_type = type;
  return now;
}

void FromGrpc(gpr_log_func_args* line) {
  const auto level = line->severity == GPR_LOG_SEVERITY_ERROR  ? log::Level::kWarn
                     : line->severity == GPR_LOG_SEVERITY_INFO ? log::Level::kInfo
                                                               : log::Level::kDebug;
  log::Write(level, line->message, {{"by", "grpc"}});
}

void FromProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  log::Write(log::Level::kDebug, message, {{"by", "protobuf"}});
}

}  // namespace

void PrepareGrpc(const Clock& machine) {
  g_clock = new AnchoredClock(machine);
  gpr_now_impl = &Now;
  gpr_set_log_function(&FromGrpc);
  google::protobuf::SetLogHandler(&FromProtobuf);
}

}  // namespace dst_load::coordination
