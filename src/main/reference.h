// The pages of docs/reference. Settings come from the table of settings, commands from the command line's own
// description; the rest is ops/schema.h's.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace aiim {

/// operations, events, errors, settings or commands; `not_found` otherwise.
Result<std::string> reference_page(const std::string& page, const CLI::App& app);
/// What has no words, or words about nothing: one line each, naming the file to edit.
std::vector<std::string> check_reference(const CLI::App& app);

}  // namespace aiim
