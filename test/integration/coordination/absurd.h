#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "base/random.h"
#include "proto/coordination.pb.h"

namespace dst_load::coordination::test {

/// A valid WorkerMessage with contents that no worker means: every field of it may be absent, extreme or repeated.
v1::WorkerMessage AbsurdMessage(Random& random);
/// Bytes that may or may not be a message: noise, or a message with some of its bytes changed or cut off.
std::string AbsurdBytes(Random& random);

}  // namespace dst_load::coordination::test
