// Settings from defaults, a TOML file, the environment and flags, in rising order of precedence; and where each came
// from.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ops/settings.h"

namespace aiim {

/// One setting as `aiim config` shows it.
struct SettingInForce {
  std::string name;         // as in the file: "jwt_secret"
  std::string environment;  // "JWT_SECRET"
  std::string value;        // masked when secret
  std::string source;       // "default", "file", "environment", "flag"
};

/// One setting as the reference describes it, beside its words (setting_texts.cpp).
struct SettingDescription {
  std::string name;
  std::string environment;  // a secret's may end in _FILE and name a file instead
  std::string default_value;
  std::string range;  // empty: any text
  bool secret = false;
};
std::vector<SettingDescription> describe_settings();

struct Config {
  Settings settings;
  std::vector<SettingInForce> in_force;
  std::vector<std::string> warnings;  // settings that are known but have no effect in this version
};

struct ConfigSources {
  std::string file;                          // path of a TOML file; empty: none
  std::map<std::string, std::string> flags;  // by setting name
};

/// Reads and checks the form of every setting. An unknown or malformed one is an error that names it, in one line.
Result<Config> load_config(const ConfigSources& sources);

/// What only `serve` needs to hold: a good JWT_SECRET, a place for the data.
Result<> check_for_serving(const Settings& settings);

}  // namespace aiim
