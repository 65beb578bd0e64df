#include "workers/client/wire_bytes.h"

#include <vector>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

namespace dst_load::workers {

struct WireBytes::Held {
  grpc::Slice single;
  std::vector<grpc::Slice> several;
};

WireBytes::WireBytes() : held_(std::make_unique<Held>()) {}
WireBytes::~WireBytes() = default;

std::string_view WireBytes::Of(const grpc::ByteBuffer& buffer) {
  const auto text = [](const grpc::Slice& slice) {
    return std::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size());
  };
  if (buffer.TrySingleSlice(&held_->single).ok()) return text(held_->single);
  joined_.clear();
  held_->several.clear();
  if (!buffer.Dump(&held_->several).ok()) return {};
  for (const auto& slice : held_->several) joined_.append(text(slice));
  held_->several.clear();
  return joined_;
}

}  // namespace dst_load::workers
