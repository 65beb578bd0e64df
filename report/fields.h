#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/histogram.h"
#include "report/json.h"

namespace dst_load::report {

/// Reads the fields of one JSON object. The first field that is absent or of the wrong type is kept in `failure`,
/// by its path ("legs.destination.count"); what is read after it is nothing. The JSON and `failure` must outlive it.
class Fields {
 public:
  static constexpr std::int64_t kFarthest = std::int64_t{1} << 60;  ///< microseconds: 36,000 years

  Fields(const Json& value, std::string path, std::optional<Error>& failure);

  std::uint64_t Count(std::string_view key) const;
  std::int64_t Integer(std::string_view key) const;
  double Number(std::string_view key) const;  ///< null: not a number
  bool Flag(std::string_view key) const;
  std::string Text(std::string_view key) const;
  /// False for a field that older reports do not have.
  bool Has(std::string_view key) const;
  std::vector<std::string> Texts(std::string_view key) const;
  /// Spans and instants of more than kFarthest are refused: what is reckoned with them stays within 64 bits.
  Micros Span(std::string_view key) const;
  WallTime Time(std::string_view key) const { return WallTime{Span(key)}; }
  /// A decimal number as text, for what passes 2^53.
  std::uint64_t BigCount(std::string_view key) const;
  std::uint32_t SmallCount(std::string_view key) const;
  /// null: nothing.
  std::optional<std::uint64_t> MaybeCount(std::string_view key) const;
  std::optional<Micros> MaybeSpan(std::string_view key) const;
  std::optional<WallTime> MaybeTime(std::string_view key) const;

  Fields Object(std::string_view key) const;
  measure::Histogram Histogram(std::string_view key) const;
  measure::GaugeSeries Gauges(std::string_view key) const;
  /// Calls visit for each object of an array.
  void Each(std::string_view key, const std::function<void(const Fields&)>& visit) const;
  /// Calls visit with the name and the value of each field of an object.
  void EachNamed(std::string_view key, const std::function<void(const std::string&, const Fields&)>& visit) const;
  std::map<std::string, std::uint64_t> Counts(std::string_view key) const;
  /// The text of a JSON object; empty when the field is absent.
  std::string ObjectText(std::string_view key) const;

  void Refuse(std::string_view key, std::string_view why) const;

 private:
  const Json* Find(std::string_view key, const char* wanted, bool (*fits)(const Json&)) const;
  std::string PathOf(std::string_view key) const;

  const Json& value_;
  std::string path_;
  std::optional<Error>& failure_;
};

}  // namespace dst_load::report
