#pragma once

namespace dst_load::coordination {

/// Makes gRPC's and protobuf's own complaints lines of our log, at debug level: what they mean to us is told by whoever
/// called them. For the process; call it once, early in main.
void TakeLibraryLogs();

}  // namespace dst_load::coordination
