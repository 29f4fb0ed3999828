// Results as a table for people, as JSON for --json, and against an earlier JSON for --compare.
#pragma once
#include <string>
#include <vector>

#include "result.h"

namespace aiim::bench {

void print_table(const Result& result);
// Prints, and adds to the results, the ratio to the limits that were measured in the same call.
void add_ratios(std::vector<Result>& results);

void write_json(const std::string& path, const std::vector<Result>& results, const std::string& command);

// Prints the ratio of each figure to the one in `path` with the same workload, parameters and durability; answers how
// many are worse by more than `tolerance_percent`.
int compare(const std::string& path, const std::vector<Result>& results, double tolerance_percent);

}  // namespace aiim::bench
