#include "coordination/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <string>

#include "base/log.h"

namespace dst_load::coordination {
namespace {

void FromGrpc(gpr_log_func_args* line) { log::Debug("grpc", {{"error", line->message}}); }

void FromProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  log::Debug("protobuf", {{"error", message}});
}

}  // namespace

void TakeLibraryLogs() {
  gpr_set_log_function(&FromGrpc);
  google::protobuf::SetLogHandler(&FromProtobuf);
}

}  // namespace dst_load::coordination
