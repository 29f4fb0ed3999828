// What a command line may hold beside its words: numbers in a range; and what is said about one that is wrong.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>

namespace aiim {

/// Says whether the text is no whole number or one that is out of range.
CLI::Validator whole_number(std::int64_t least, std::int64_t most);

/// What is wrong with the command line that `app` refused: one line, with what may have been meant.
std::string wrong_command_line(const CLI::App& app, const CLI::ParseError& error);

}  // namespace aiim
