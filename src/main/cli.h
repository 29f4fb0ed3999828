// The command line: `aiim serve`, `demo`, `token`, `user`, `migrate`, `config`, `version`.
#pragma once

namespace aiim {

/// Exit codes, stable for scripts.
enum ExitCode : int {
  exit_ok = 0,
  exit_failed = 1,         // it was tried and failed: the database is away, the user exists already …
  exit_usage = 2,          // the command line is wrong
  exit_configuration = 3,  // a setting is missing, unknown or malformed; a port is taken; a directory not writable
  exit_not_found = 4,      // what the command names does not exist
};

int run_command_line(int argc, char** argv);

}  // namespace aiim
