// The data directory: made for its owner alone, and looked at when somebody else made it.
#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "ops/settings.h"

namespace aiim {

/// Makes the directory and those above it that are missing; main's umask keeps them private.
Result<> make_data_dir(const std::string& path);

/// The directory that is to hold the SQLite database is there; nothing to say about PostgreSQL.
Result<> check_data_dir(const Settings& settings);

/// A place of the SQLite database that others than its owner may look into.
struct Exposed {
  std::string path;
  std::string mode;    // "0755"
  std::string remedy;  // "chmod 700 …"
};
/// The data directory, or the file that DATABASE_URL names. None: private, not there yet, or PostgreSQL.
std::optional<Exposed> exposed_data(const Settings& settings);

}  // namespace aiim
