#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace grpc {
class ByteBuffer;
class Slice;
}  // namespace grpc

namespace dst_load::workers {

/// A message's bytes in one piece, copied only when they came in several. Reuses its memory; not thread-safe.
class WireBytes {
 public:
  WireBytes();
  ~WireBytes();
  WireBytes(const WireBytes&) = delete;
  WireBytes& operator=(const WireBytes&) = delete;

  /// Valid until the next call, whatever becomes of `buffer`.
  std::string_view Of(const grpc::ByteBuffer& buffer);

 private:
  struct Held;
  std::unique_ptr<Held> held_;
  std::string joined_;
};

}  // namespace dst_load::workers
