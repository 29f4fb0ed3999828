// Where settings come from: a TOML file, the environment. Texts only: what they mean is config.cpp's table.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace aiim {

/// A setting that may be given, by its name in the file and in the environment.
struct SettingNames {
  std::string name;
  std::string environment;
  bool secret = false;  // may be given as ENVIRONMENT_FILE as well: the path of a file that holds it
};

struct Given {
  std::string value;
  std::string source;  // "file", "environment", "flag"
  std::string named;   // how the operator wrote it, for complaints
};
using GivenValues = std::map<std::string, Given>;  // by setting name

/// The file's tables are prefixes: [tls] cert = "…" is tls_cert. Nothing when `path` is empty. An unknown or repeated
/// setting is an error of one line that names the place and what may have been meant.
Result<> read_settings_file(const std::string& path, const std::vector<SettingNames>& known, GivenValues& given);

/// Unknown names are errors when they begin with AIIM_; the original implementation's names for what this version does
/// not have are collected in `without_effect`.
Result<> read_environment(const std::vector<SettingNames>& known, GivenValues& given,
                          std::vector<std::string>& without_effect);

/// The one of `names` that `wrong` most resembles, for "did you mean …?"; empty when none does.
std::string nearest_name(const std::string& wrong, const std::vector<std::string>& names);

}  // namespace aiim
