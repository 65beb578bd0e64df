#pragma once

#include <memory>
#include <vector>

#include "workers/reference/registry.h"

namespace grpc {
class ByteBuffer;
}

namespace dst_load::workers::reference {

/// A serialized Update, made once and shared by every stream it goes to.
using Message = std::shared_ptr<const grpc::ByteBuffer>;

/// kWrong: a weight of 1 and another service's name, as no server should say it.
enum class Metadata { kRight, kWrong };
Message MakeAdd(const Target& target, const std::vector<Endpoint>& endpoints, Metadata metadata = Metadata::kRight);
Message MakeRemove(const std::vector<Endpoint>& endpoints);

}  // namespace dst_load::workers::reference
