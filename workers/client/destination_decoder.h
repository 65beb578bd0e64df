#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "measure/ledger.h"

namespace dst_load::workers {

/// What the metadata of a service's endpoints must say. Labels that a server does not send are not judged.
struct ExpectedMetadata {
  std::string ns;
  std::string service;
};
/// Of "NAME.NAMESPACE.svc.DOMAIN:PORT"; empty for anything else.
ExpectedMetadata ExpectMetadata(std::string_view path);

/// Reads what a measurement needs out of an io.linkerd.proxy.destination.Update: address, port, Pod and weight of each
/// endpoint, and the labels of their set. The rest, most of the message, is skipped where it lies: a generated parser
/// would cost three quarters of the client.
///
/// Buffers are reused: nothing is allocated per endpoint once they have grown. Not thread-safe.
class DestinationDecoder {
 public:
  /// False for bytes that are no Update. What is decoded stays valid until the next call, and as long as `bytes` does.
  /// What the metadata says that it must not is in the sightings' `mismatch`; nullptr judges no labels.
  bool Decode(std::string_view bytes, const ExpectedMetadata* expected = nullptr);

  const std::vector<measure::Sighting>& Added() const { return added_; }
  const std::vector<measure::Sighting>& Removed() const { return removed_; }
  bool NoEndpoints() const { return no_endpoints_; }

 private:
  using Text = std::array<char, 46>;  // INET6_ADDRSTRLEN
  struct Address {
    Text text;
    std::uint8_t size = 0;
  };

  bool AddSet(std::string_view bytes);
  bool RemoveSet(std::string_view bytes);
  bool Weighted(std::string_view bytes);
  bool SetLabel(std::string_view bytes, std::string_view& mismatch);
  bool Tcp(std::string_view bytes, measure::Sighting& into, Address& address);
  void PlaceTexts();

  std::vector<measure::Sighting> added_, removed_;
  std::vector<Address> added_text_, removed_text_;
  bool no_endpoints_ = false;
  const ExpectedMetadata* expected_ = nullptr;
  std::deque<std::string> mismatches_;  ///< texts; hardly ever any
};

}  // namespace dst_load::workers
