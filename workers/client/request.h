#pragma once

#include <string>
#include <vector>

namespace grpc {
class ByteBuffer;
}

namespace dst_load::workers {

/// The full name of Destination.Get.
inline constexpr const char* kGetMethod = "/io.linkerd.proxy.destination.Destination/Get";

/// A GetDestination, serialized.
grpc::ByteBuffer MakeRequest(const std::string& service, const std::string& context_token);

}  // namespace dst_load::workers
