#include "xml_check.h"

#include <algorithm>
#include <stdexcept>

namespace dst_load::report {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  XmlText Read() {
    try {
      Skip("<?xml", "?>");
      Skip("<!DOCTYPE", ">");
      while (!rest_.empty()) ReadNext();
      if (!open_.empty()) Wrong("not closed: " + result_.elements[open_.back()].name);
    } catch (const std::runtime_error& error) {
      result_.fault = error.what();
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void Wrong(const std::string& what) const {
    throw std::runtime_error(what + " before: " + std::string(rest_.substr(0, 60)));
  }

  void Skip(std::string_view from, std::string_view to) {
    if (rest_.substr(0, from.size()) == from) rest_.remove_prefix(rest_.find(to) + to.size());
    while (!rest_.empty() && rest_[0] == '\n') rest_.remove_prefix(1);
  }

  bool Take(std::string_view token) {
    if (rest_.substr(0, token.size()) != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::string Until(std::string_view stops) {
    const auto end = std::min(rest_.find_first_of(stops), rest_.size());
    std::string taken(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return taken;
  }

  std::string Resolve(const std::string& raw) const {
    static const std::map<std::string, std::string> kEntities{{"amp", "&"},   {"lt", "<"},  {"gt", ">"},
                                                              {"quot", "\""}, {"#39", "'"}, {"#13", "\r"}};
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto c = static_cast<unsigned char>(raw[i]);
      if (c < 0x20 && c != '\n' && c != '\t') Wrong("a control character");
      if (c != '&') {
        out += raw[i];
        continue;
      }
      const auto end = raw.find(';', i);
      const auto found = kEntities.find(raw.substr(i + 1, end - i - 1));
      if (end == std::string::npos || found == kEntities.end()) Wrong("an unknown entity");
      out += found->second;
      i = end;
    }
    return out;
  }

  void ReadNext() {
    if (Take("</")) {
      if (open_.empty() || result_.elements[open_.back()].name != Until(">")) Wrong("closes what is not open");
      open_.pop_back();
      if (!Take(">")) Wrong("no >");
    } else if (Take("<")) {
      ReadElement();
    } else {
      const std::string text = Resolve(Until("<"));
      if (!open_.empty()) {
        result_.elements[open_.back()].text += text;
      } else if (text.find_first_not_of('\n') != std::string::npos) {
        Wrong("text outside of the root");
      }
    }
  }

  void ReadElement() {
    XmlElement element;
    element.depth = open_.size();
    element.name = Until(" />\n");
    if (element.name.empty()) Wrong("no name");
    if (element.depth == 0 && !result_.elements.empty()) Wrong("two roots");
    while (Take(" ") || Take("\n")) {
      if (rest_.substr(0, 1) == "/" || rest_.substr(0, 1) == ">") continue;
      const std::string name = Until("= >");
      if (!Take("=\"")) Wrong("no quoted value");
      const std::string value = Until("\"<");
      if (!Take("\"")) Wrong("< in a value");
      if (!element.attributes.emplace(name, Resolve(value)).second) Wrong("twice: " + name);
    }
    result_.elements.push_back(element);
    if (Take("/>")) return;
    if (!Take(">")) Wrong("no >");
    open_.push_back(result_.elements.size() - 1);
  }

  std::string_view rest_;
  XmlText result_;
  std::vector<std::size_t> open_;
};

}  // namespace

XmlText ReadXml(std::string_view text) { return Reader(text).Read(); }

}  // namespace dst_load::report
