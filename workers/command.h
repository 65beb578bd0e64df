#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace dst_load::workers {

/// Adds a subcommand with its flags to `app`. The returned function runs it, after parsing, and returns the exit code.
std::function<int()> AddCalibrateCommand(CLI::App& app);
std::function<int()> AddChurnCommand(CLI::App& app);
std::function<int()> AddClientCommand(CLI::App& app);
std::function<int()> AddReferenceCommand(CLI::App& app);
std::function<int()> AddReportCommand(CLI::App& app);

}  // namespace dst_load::workers
