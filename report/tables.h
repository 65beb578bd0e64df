#pragma once

#include <string>
#include <vector>

#include "report/report.h"

// What a report says in tables: the same ones in every rendering.
namespace dst_load::report {

struct Table {
  std::string title;
  std::vector<std::string> head;               ///< as many as each row has; empty: no head
  std::vector<std::vector<std::string>> rows;  ///< plain text, not escaped
  std::vector<std::string> notes;              ///< below it, a line each
  bool numbers = false;                        ///< all columns but the first are aligned at their ends
};

Table FactsTable(const Report& report);  ///< which run this is: times, seed, versions, machine
Table CriteriaTable(const Report& report);
Table LegsTable(const Report& report);      ///< legs, first update, convergence, what the tool itself adds
Table ServicesTable(const Report& report);  ///< the services with the latest updates; no rows for a single one
Table CountsTable(const Report& report);
Table ViolationsTable(const Report& report);
Table EndingsTable(const Report& report);
Table DestinationTable(const Report& report);
Table WorkersTable(const Report& report);
Table SettingsTable(const Report& report);  ///< the spec, flattened; no rows without one
/// What the tool itself adds, by load (docs/calibration.md); flattened when it is of a schema unknown here.
Table CalibrationTable(const Report& report);
/// What was left out, as people read it; empty for nothing.
std::string OmittedText(const Report& report);

}  // namespace dst_load::report
