#include "workers/client/request.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "proto/destination.pb.h"

namespace dst_load::workers {

grpc::ByteBuffer MakeRequest(const std::string& service, const std::string& context_token) {
  io::linkerd::proxy::destination::GetDestination request;
  request.set_path(service);
  request.set_context_token(context_token);
  const grpc::Slice slice(request.SerializeAsString());
  return {&slice, 1};
}

}  // namespace dst_load::workers
