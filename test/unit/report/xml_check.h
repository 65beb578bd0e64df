#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dst_load::report {

/// Elements of a well-formed XML text, in their order; `fault` says what is wrong with one that is not. Knows what our
/// renderings use: elements, quoted attributes, the five entities and numeric ones, one declaration.
struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  ///< directly inside, entities resolved
  std::size_t depth = 0;
};
struct XmlText {
  std::vector<XmlElement> elements;
  std::string fault;
};
XmlText ReadXml(std::string_view text);

}  // namespace dst_load::report
