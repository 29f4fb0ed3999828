#include "main/command_line.h"

#include <charconv>

#include "main/config_sources.h"

namespace aiim {
namespace {

/// The innermost command that was understood.
const CLI::App* innermost(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
  return command;
}

std::string path_of(const CLI::App& command) {
  std::string name = command.get_name();
  return command.get_parent() ? path_of(*command.get_parent()) + " " + name : name;
}

std::string meant(const std::string& wrong, const std::vector<std::string>& names, const std::string& otherwise) {
  std::string near = nearest_name(wrong, names);
  return near.empty() ? otherwise : "; did you mean " + near + "?";
}

/// About the first word that nobody understood.
std::string about_word(const CLI::App& command, const std::string& word) {
  const std::string path = path_of(command), help = "; `" + path + " --help` lists what there is";
  std::vector<std::string> names;
  if (word.starts_with("-")) {
    std::string option = word.substr(0, word.find('='));
    for (const CLI::Option* each : command.get_options()) {
      for (const std::string& name : each->get_lnames()) names.push_back("--" + name);
    }
    return "`" + path + "` has no option " + option + meant(option, names, help);
  }
  for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  if (!names.empty()) return "there is no command `" + path + " " + word + "`" + meant(word, names, help);
  return "`" + path + "` takes no further argument: " + word;
}

}  // namespace

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  auto check = [least, most](const std::string& text) -> std::string {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end != text.data() + text.size() || (error != std::errc() && error != std::errc::result_out_of_range))
      return "must be a whole number, not \"" + text + "\"";
    if (error == std::errc() && number >= least && number <= most) return {};
    return "must be from " + std::to_string(least) + " to " + std::to_string(most) + ", not " + text;
  };
  return CLI::Validator(check, "NUMBER");
}

std::string wrong_command_line(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = *innermost(app);
  for (const CLI::App* each = &command; each; each = each->get_parent()) {
    auto unknown = each->remaining();
    if (!unknown.empty()) return about_word(*each, unknown.front());
  }
  const std::string path = path_of(command);
  const bool has_more = !command.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (has_more) return "`" + path + "` needs a command; `" + path + " --help` lists them";
  return std::string(error.what()) + "; `" + path + " --help` says more";
}

}  // namespace aiim
