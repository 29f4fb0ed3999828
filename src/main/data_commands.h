// `aiim backup`, `restore`, `retention` and `migrate`: what is done to the stored data as a whole.
#pragma once
#include <functional>
#include <string>

#include "base/result.h"
#include "main/config.h"

namespace CLI {
class App;
}

namespace aiim {

/// What the commands share with the rest of the command line.
struct CommandContext {
  std::function<void(CLI::App*)> data_flags;  // adds --config and --data-dir
  std::function<Result<Config>()> load;
  std::function<Result<Settings>()> with_database;  // the settings, of which the database is known
  int& code;                                        // of the exit
};

void add_data_commands(CLI::App& app, const CommandContext& context);
void add_doctor(CLI::App& app, const CommandContext& context);

}  // namespace aiim
