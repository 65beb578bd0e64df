#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

// Plots as inline SVG. Colours, dashes and text styles are classes of the page's style sheet (html_style.h).
namespace dst_load::report {

struct Tick {
  double at = 0;
  std::string label;
};

struct Axis {
  std::string title;  ///< with its unit
  double low = 0, high = 1;
  bool log = false;
  std::vector<Tick> ticks;  ///< within low..high, ascending

  /// Where a value lies, 0 at `low` and 1 at `high`; what lies outside is at the nearer end.
  double Share(double value) const;
};

/// Seconds since the run began.
Axis TimeAxis(double low, double high, std::string title);
/// Spans in microseconds, in decades; only 1, 10, 100 ... when there are many, else 2 and 5 as well.
Axis LogSpanAxis(double low, double high, std::string title);
/// From zero to a round number at or above `high`. `binary`: round in powers of two, for bytes.
Axis LinearAxis(double high, std::string title, const std::function<std::string(double)>& label, bool binary = false);
/// 1/(1-q) for q up to that of one sample in `count`: 0%, 50%, 90%, 99% ...
Axis QuantileAxis(double count, std::string title);

struct Point {
  double x = 0, y = 0;
};

struct Line {
  std::string label;
  std::string style;  ///< class of the stroke: "destination", "held"; may name several
  /// nullopt breaks the line.
  std::vector<std::optional<Point>> points;
  bool area = false;  ///< filled down to the axis
};

/// A vertical line: a step of the schedule.
struct PlotMark {
  double x = 0;
  std::string label;
  std::string title;   ///< shown when pointed at
  bool minor = false;  ///< drawn and labelled after the others
};

/// A strip of the plot that shows a text when it is pointed at.
struct HoverStrip {
  double from = 0, to = 0;
  std::string title;
};

struct Plot {
  std::string title;
  std::string note;  ///< below the title; may be empty
  Axis x, y;
  std::vector<Line> lines;
  std::vector<PlotMark> marks;
  std::vector<HoverStrip> strips;
  bool wide = false;                ///< takes the whole width of the page
  std::string none = "no samples";  ///< shown when no line has a point
};

/// A <figure>, with a legend when it has several lines; `none` when no line has a point. Texts are escaped here.
std::string DrawPlot(const Plot& plot);

}  // namespace dst_load::report
