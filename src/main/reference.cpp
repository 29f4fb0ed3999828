#include "main/reference.h"

#include <algorithm>

#include "main/config.h"
#include "main/setting_texts.h"
#include "ops/schema.h"
#include "ops/texts.h"

namespace aiim {
namespace {

constexpr const char* made = "<!-- Made by `make generate` from the server's own tables. Do not edit. -->\n\n";

std::string settings_markdown() {
  std::string out =
      std::string("# Settings\n\n") + made +
      "A setting comes from its flag, else from its environment variable, else from the file that `--config` names "
      "(TOML, by the setting's name), else it has its default. `aiim config` shows what is in force and where it came "
      "from. A secret may stand in a file that its variable with `_FILE` appended names. A malformed setting "
      "stops the start, and so does an unknown one in the file or with the prefix `AIIM_`; a misspelt variable without "
      "the prefix cannot be told from other programs' and has no effect.\n";
  for (const SettingDescription& row : describe_settings()) {
    const SettingText* words = find_setting_text(row.name);
    out.append("\n## ").append(row.name).append("\n\n");
    if (words) out.append(words->text).append("\n\n");
    out.append("- Environment: `").append(row.environment).append("`").append(row.secret ? ", a secret\n" : "\n");
    std::string unit = words ? std::string(words->unit) : "";
    if (!row.range.empty()) out.append("- Range: ").append(row.range).append(unit.empty() ? "\n" : " " + unit + "\n");
    std::string by_default = row.default_value.empty() ? "none" : "`" + row.default_value + "`";
    if (!unit.empty() && !row.default_value.empty()) by_default += " " + unit;
    out.append("- Default: ").append(by_default).append("\n");
  }
  return out;
}

std::string option_row(const CLI::Option& option) {
  std::string name = option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  std::string value = option.get_items_expected_max() > 0 && !option.get_positional() ? " VALUE" : "";
  std::string out = "| `" + name + value + "` | " + (option.get_required() ? "required" : "") + " | ";
  return out + option.get_description() + " |\n";
}

void append_command(std::string& out, const CLI::App& command, const std::string& path) {
  std::string text = command.get_description();
  out.append("\n## ").append(path).append("\n\n").append(text).append("\n");
  std::string rows;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_name() != "--help") rows += option_row(*option);
  }
  if (!rows.empty()) out.append("\n| | | |\n|---|---|---|\n").append(rows);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    append_command(out, *sub, path + " " + sub->get_name());
  }
}

std::string commands_markdown(const CLI::App& app) {
  std::string out = std::string("# Commands\n\n") + made + app.get_description() + "\n\n" + app.get_footer() + "\n";
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    append_command(out, *command, "aiim " + command->get_name());
  }
  return out;
}

void check_command(std::vector<std::string>& complaints, const CLI::App& command, const std::string& path) {
  if (command.get_description().empty()) complaints.push_back("src/main/cli.cpp: no description of " + path);
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_description().empty())
      complaints.push_back("src/main/cli.cpp: no description of " + path + " " + option->get_name());
  }
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    check_command(complaints, *sub, path + " " + sub->get_name());
  }
}

}  // namespace

Result<std::string> reference_page(const std::string& page, const CLI::App& app) {
  if (page == "operations") return operations_markdown();
  if (page == "events") return events_markdown();
  if (page == "errors") return errors_markdown();
  if (page == "settings") return settings_markdown();
  if (page == "commands") return commands_markdown(app);
  return Error(ErrorCode::not_found, "there is no page " + page + " (operations, events, errors, settings, commands)");
}

std::vector<std::string> check_reference(const CLI::App& app) {
  std::vector<std::string> complaints = check_texts();
  std::vector<std::string> known;
  for (const SettingDescription& row : describe_settings()) {
    known.push_back(row.name);
    if (!find_setting_text(row.name)) complaints.push_back("src/main/setting_texts.cpp: no text for " + row.name);
  }
  for (const SettingText& each : setting_texts()) {
    if (std::find(known.begin(), known.end(), each.name) == known.end())
      complaints.push_back("src/main/setting_texts.cpp: there is no setting " + std::string(each.name));
  }
  check_command(complaints, app, "aiim");
  return complaints;
}

}  // namespace aiim
