#pragma once

#include <cstdint>
#include <optional>

#include <grpcpp/support/byte_buffer.h>

#include "workers/calibrate/cell.h"

namespace dst_load::workers::calibrate {

/// All that is ever said about one service, serialized.
struct NullMessages {
  grpc::ByteBuffer first;   ///< its keeper is added
  grpc::ByteBuffer add;     ///< its guests are
  grpc::ByteBuffer remove;  ///< and are removed
};
NullMessages MessagesOf(std::uint32_t service);

/// The service that a GetDestination asks for; nullopt when it is none of the cell's.
std::optional<std::uint32_t> ServiceAskedFor(const grpc::ByteBuffer& request, const Cell& cell);

}  // namespace dst_load::workers::calibrate
