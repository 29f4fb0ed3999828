#include "main/config_sources.h"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

extern char** environ;

namespace aiim {
namespace {

Error refuse(const std::string& what) { return Error(ErrorCode::invalid_request, what); }

std::string meant(const std::string& wrong, const std::vector<std::string>& names) {
  auto near = nearest_name(wrong, names);
  return near.empty() ? std::string() : "; did you mean " + near + "?";
}

// "AIIM_LOG_LEVEL" for LOG_LEVEL: not every name has the prefix. Else what the whole, or the rest, resembles.
std::string meant_variable(const std::string& wrong, const std::vector<SettingNames>& known) {
  std::vector<std::string> names;
  const std::string bare = wrong.substr(std::string_view("AIIM_").size());
  for (const SettingNames& each : known) {
    bool file = each.secret && bare == each.environment + "_FILE";
    if (file || bare == each.environment) return "; did you mean " + bare + "?";
    names.push_back(each.environment);
  }
  std::string near = meant(wrong, names);
  return near.empty() ? meant(bare, names) : near;
}

// The original implementation's names for what this version does not have: accepted, so that its environment still
// starts.
bool known_without_effect(std::string environment) {
  if (environment.ends_with("_FILE")) environment.resize(environment.size() - 5);
  static const std::vector<std::string> exact = {"REDIS_URL", "WEBHOOK_SECRET", "STUN_SERVERS"};
  if (std::find(exact.begin(), exact.end(), environment) != exact.end()) return true;
  return environment.starts_with("MINIO_") || environment.starts_with("OSS_") || environment.starts_with("MEDIA_") ||
         environment.starts_with("TURN_");
}

// Of the test tools.
bool of_tests(const std::string& environment) {
  return environment == "AIIM_FAIL_POINT" || environment == "AIIM_BINARY" || environment.starts_with("AIIM_TEST_");
}

Result<std::string> read_secret_file(const std::string& variable, const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) return refuse(variable + ": cannot read " + path);
  std::string secret = text.str();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return secret;
}

class SettingsFile {
 public:
  SettingsFile(const std::string& path, const std::vector<SettingNames>& known, GivenValues& given)
      : path_(path), known_(known), given_(given) {}

  Result<> take(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      std::string name = prefix + std::string(key.str());
      if (const auto* nested = node.as_table()) {
        TRY(take(*nested, name + "_"));
        continue;
      }
      std::string where = path_ + ":" + std::to_string(node.source().begin.line) + ": " + name;
      auto row =
          std::find_if(known_.begin(), known_.end(), [&](const SettingNames& each) { return each.name == name; });
      if (row == known_.end()) {
        return refuse(where + " is no setting" + meant_key(std::string(key.str()), prefix));
      }
      if (given_.contains(name)) return refuse(where + " is given twice");
      TRY_AS(value, text_of(node, where));
      given_[name] = {value, "file", where};
    }
    return {};
  }

 private:
  // A setting without a table that stands below one belongs to that table, as TOML has it.
  std::string meant_key(const std::string& key, const std::string& prefix) const {
    std::vector<std::string> names;
    for (const SettingNames& each : known_) names.push_back(each.name);
    std::string whole = nearest_name(prefix + key, names);
    std::string bare = prefix.empty() ? std::string() : nearest_name(key, names);
    if (!bare.empty() && (bare == key || whole.empty()))
      return "; did you mean " + bare + "? It belongs above the first table";
    return whole.empty() ? std::string() : "; did you mean " + whole + "?";
  }

  static Result<std::string> text_of(const toml::node& node, const std::string& where) {
    if (const auto* list = node.as_array()) {
      std::string joined;
      for (const auto& item : *list) {
        auto text = item.value_exact<std::string>();
        if (!text) return refuse(where + " must be a list of strings");
        joined += (joined.empty() ? "" : ",") + *text;
      }
      return joined;
    }
    if (auto text = node.value_exact<std::string>()) return *text;
    std::ostringstream out;
    out << toml::node_view<const toml::node>(node);
    return out.str();
  }

  const std::string& path_;
  const std::vector<SettingNames>& known_;
  GivenValues& given_;
};

}  // namespace

std::string nearest_name(const std::string& wrong, const std::vector<std::string>& names) {
  std::string nearest;
  std::size_t best = std::max<std::size_t>(2, wrong.size() / 4) + 1;
  for (const std::string& name : names) {
    // Levenshtein's distance, row by row.
    std::vector<std::size_t> row(name.size() + 1);
    for (std::size_t i = 0; i <= name.size(); ++i) row[i] = i;
    for (std::size_t i = 1; i <= wrong.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= name.size(); ++j) {
        auto kept = diagonal + (wrong[i - 1] == name[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({kept, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best) {
      best = row.back();
      nearest = name;
    }
  }
  return nearest;
}

Result<> read_settings_file(const std::string& path, const std::vector<SettingNames>& known, GivenValues& given) {
  if (path.empty()) return {};
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << path << ":" << error.source().begin.line << ": " << error.description();
    return refuse(where.str());
  }
  return SettingsFile(path, known, given).take(table, "");
}

Result<> read_environment(const std::vector<SettingNames>& known, GivenValues& given,
                          std::vector<std::string>& without_effect) {
  for (char** entry = environ; *entry; ++entry) {
    std::string pair = *entry;
    auto equals = pair.find('=');
    if (equals == std::string::npos) continue;
    std::string variable = pair.substr(0, equals), value = pair.substr(equals + 1);
    auto row = std::find_if(known.begin(), known.end(), [&](const SettingNames& each) {
      return variable == each.environment || (each.secret && variable == each.environment + "_FILE");
    });
    if (row == known.end()) {
      if (of_tests(variable)) continue;
      if (variable.starts_with("AIIM_")) {
        return refuse(variable + " is no setting" + meant_variable(variable, known));
      }
      if (!value.empty() && known_without_effect(variable)) without_effect.push_back(variable);
      continue;
    }
    if (value.empty()) continue;  // set but empty: as if unset
    auto before = given.find(row->name);
    if (before != given.end() && before->second.source == "environment") {
      return refuse(row->environment + " and " + row->environment + "_FILE are both given; one is enough");
    }
    if (variable != row->environment) {
      TRY_AS(secret, read_secret_file(variable, value));
      value = secret;
    }
    given[row->name] = {value, "environment", variable};
  }
  std::sort(without_effect.begin(), without_effect.end());
  return {};
}

}  // namespace aiim
