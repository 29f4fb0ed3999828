// `aiim doctor`: the findings on the terminal or as JSON.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "main/cli.h"
#include "main/data_commands.h"
#include "main/doctor.h"

namespace aiim {
namespace {

struct Choices {
  std::string url;
  bool json = false;
};

int doctor(const CommandContext& context, const Choices& choices) {
  std::vector<Finding> found;
  if (auto config = context.load()) {
    found = examine(*config, choices.url);
  } else {
    found.push_back({FindingLevel::problem, "settings", config.error().detail,
                     "nothing else can be looked at before this is right"});
  }
  if (choices.json) {
    std::printf("%s\n", encode(found).c_str());
  } else {
    static constexpr const char* marks[] = {"ok      ", "warning ", "PROBLEM "};
    for (const Finding& each : found) {
      std::printf("%s %-10s %s\n", marks[static_cast<int>(each.level)], each.about.c_str(), each.text.c_str());
      if (!each.advice.empty()) std::printf("%20s-> %s\n", "", each.advice.c_str());
    }
  }
  bool bad =
      std::any_of(found.begin(), found.end(), [](const Finding& each) { return each.level == FindingLevel::problem; });
  return bad ? exit_failed : exit_ok;
}

}  // namespace

void add_doctor(CLI::App& app, const CommandContext& context) {
  auto choices = std::make_shared<Choices>();  // shared: the callback outlives this function
  auto* command = app.add_subcommand(
      "doctor",
      "Look at everything a server depends on and say what to do; exit code 1 when something would not work.");
  context.data_flags(command);
  command->add_option("--url", choices->url, "also try a WebSocket handshake through this address, as a browser would");
  command->add_flag("--json", choices->json, "print JSON");
  command->callback([context, choices] { context.code = doctor(context, *choices); });
}

}  // namespace aiim
