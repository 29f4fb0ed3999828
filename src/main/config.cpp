#include "main/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <iomanip>
#include <sstream>

#include "base/crypto.h"
#include "core/bus.h"
#include "core/jwt.h"
#include "main/access_settings.h"
#include "main/config_sources.h"

namespace aiim {
namespace {

using Problem = std::optional<std::string>;

/// A row of the table of settings: its names and how its text is read and shown.
struct SettingRow {
  std::string name;
  std::string environment;
  std::function<Problem(Settings&, const std::string&)> set;
  std::function<std::string(const Settings&)> show;
  bool secret = false;
  bool may_be_file = false;  // holds a secret inside: NAME_FILE is understood too
  std::string range = {};    // what the value may be, for people
};

Problem read_number(const std::string& text, double least, double most, double& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return "must be a number, not \"" + text + "\"";
  if (number < least || number > most) {
    std::ostringstream range;
    range << "must be from " << least << " to " << most << ", not " << text;
    return range.str();
  }
  return std::nullopt;
}

template <class T>
SettingRow number_row(std::string name, std::string environment, T Settings::*member, double least, double most,
                      double scale = 1) {
  auto set = [=](Settings& s, const std::string& text) -> Problem {
    double number;
    if (auto problem = read_number(text, least, most, number)) return problem;
    if (std::is_integral_v<T> && number * scale != static_cast<double>(static_cast<T>(number * scale)))
      return "must be a whole number";
    s.*member = static_cast<T>(number * scale);
    return std::nullopt;
  };
  auto show = [=](const Settings& s) {
    std::ostringstream out;
    out.precision(15);
    out << static_cast<double>(s.*member) / scale;
    return out.str();
  };
  std::ostringstream range;
  range << std::setprecision(12) << least << " to " << most;
  return {std::move(name), std::move(environment), set, show, false, false, range.str()};
}

SettingRow text_row(std::string name, std::string environment, std::string Settings::*member, bool secret = false) {
  auto set = [=](Settings& s, const std::string& text) -> Problem {
    s.*member = text;
    return std::nullopt;
  };
  return {std::move(name), std::move(environment), set, [=](const Settings& s) { return s.*member; }, secret};
}

SettingRow choice_row(std::string name, std::string environment, std::string Settings::*member,
                      std::vector<std::string> choices) {
  auto set = [=](Settings& s, const std::string& text) -> Problem {
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (std::find(choices.begin(), choices.end(), lower) == choices.end()) {
      std::string all;
      for (const auto& each : choices) all += (all.empty() ? "" : ", ") + each;
      return "must be one of " + all + ", not \"" + text + "\"";
    }
    s.*member = lower;
    return std::nullopt;
  };
  std::string range;
  for (const auto& each : choices) range += (range.empty() ? "`" : ", `") + each + "`";
  return {
      std::move(name), std::move(environment), set, [=](const Settings& s) { return s.*member; }, false, false, range};
}

SettingRow switch_row(std::string name, std::string environment, bool Settings::*member) {
  auto set = [=](Settings& s, const std::string& text) -> Problem {
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") {
      s.*member = true;
    } else if (lower == "false" || lower == "0" || lower == "no" || lower == "off") {
      s.*member = false;
    } else {
      return "must be true or false, not \"" + text + "\"";
    }
    return std::nullopt;
  };
  return {std::move(name),
          std::move(environment),
          set,
          [=](const Settings& s) { return s.*member ? "true" : "false"; },
          false,
          false,
          "`true`, `false`"};
}

SettingRow ranges_row(std::string name, std::string environment, std::string Settings::*member) {
  auto row = text_row(std::move(name), std::move(environment), member);
  row.set = [=](Settings& s, const std::string& text) { return set_ranges(s.*member, text); };
  return row;
}

// "https://a.example, https://b.example" or the JSON list that the original implementation read.
Problem set_origins(Settings& settings, const std::string& text) {
  std::string plain;
  for (char c : text) {
    if (c != '[' && c != ']' && c != '"' && c != '\'' && c != ' ') plain += c;
  }
  settings.allowed_origins.clear();
  std::istringstream list(plain);
  for (std::string origin; std::getline(list, origin, ',');) {
    if (origin.empty()) continue;
    bool web = origin.starts_with("http://") || origin.starts_with("https://");
    auto host = origin.find("//") == std::string::npos ? 0 : origin.find("//") + 2;
    if (origin != "*" && (!web || origin.find('/', host) != std::string::npos || origin.size() == host)) {
      return "must be a list of origins like https://chat.example.com, or *, not \"" + origin + "\"";
    }
    settings.allowed_origins.push_back(origin);
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : ",") + each;
  return text;
}

Problem set_database(Settings& settings, const std::string& url) {
  auto target = parse_database_url(url, settings.data_dir);
  if (!target) return target.error().detail;
  auto timeout_ms = settings.database.query_timeout_ms;
  settings.database = *target;
  settings.database.query_timeout_ms = timeout_ms;
  settings.database_url = url;
  return std::nullopt;
}

// The password of a database URL is a secret inside an otherwise useful value.
std::string masked_url(const std::string& url) {
  auto scheme = url.find("://"), at = url.find('@');
  if (scheme == std::string::npos || at == std::string::npos) return url;
  auto colon = url.find(':', scheme + 3);
  if (colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon + 1) + "********" + url.substr(at);
}

const std::vector<SettingRow>& rows() {
  using S = Settings;
  static const std::vector<SettingRow> table = [] {
    std::vector<SettingRow> t;
    auto tenant = [](S& s, const std::string& text) -> Problem {
      if (!valid_tenant_id(text)) return "must be 1 to 64 of A-Z a-z 0-9 . _ -";
      s.tenant_id = text;
      return std::nullopt;
    };
    t.push_back({"tenant_id", "TENANT_ID", tenant, [](const S& s) { return s.tenant_id; }});
    t.push_back(text_row("instance_id", "INSTANCE_ID", &S::instance_id));
    t.push_back(text_row("host", "AIIM_HOST", &S::host));
    t.push_back(number_row("port", "AIIM_PORT", &S::port, 1, 65535));
    t.push_back(number_row("workers", "AIIM_WORKERS", &S::workers, 0, bus_subscribers_max));
    t.push_back(number_row("max_connections", "MAX_CONNECTIONS", &S::max_connections, 1, 10e6));
    t.push_back(number_row("sessions_per_user_max", "AIIM_SESSIONS_PER_USER_MAX", &S::sessions_per_user_max, 1, 1e6));
    t.push_back(
        number_row("waiting_per_address_max", "AIIM_WAITING_PER_ADDRESS_MAX", &S::waiting_per_address_max, 1, 1e6));
    t.push_back(ranges_row("trusted_proxies", "AIIM_TRUSTED_PROXIES", &S::trusted_proxies));
    t.push_back(ranges_row("ip_allow", "AIIM_IP_ALLOW", &S::ip_allow));
    t.push_back(ranges_row("ip_deny", "AIIM_IP_DENY", &S::ip_deny));
    t.push_back(
        {"allowed_origins", "ALLOWED_ORIGINS", set_origins, [](const S& s) { return joined(s.allowed_origins); }});
    t.push_back(text_row("tls_cert", "AIIM_TLS_CERT", &S::tls_cert));
    t.push_back(text_row("tls_key", "AIIM_TLS_KEY", &S::tls_key));
    t.push_back(text_row("jwt_secret", "JWT_SECRET", &S::jwt_secret, true));
    t.push_back({"jwt_algorithm", "JWT_ALGORITHM", set_algorithms, show_algorithms});
    t.push_back(text_row("jwks_url", "AIIM_JWKS_URL", &S::jwks_url));
    t.push_back(text_row("oidc_issuer", "AIIM_OIDC_ISSUER", &S::oidc_issuer));
    t.push_back(text_row("jwt_issuer", "AIIM_JWT_ISSUER", &S::jwt_issuer));
    t.push_back(text_row("jwt_audience", "AIIM_JWT_AUDIENCE", &S::jwt_audience));
    t.push_back(
        number_row("jwt_expiration_hours", "JWT_EXPIRATION_HOURS", &S::access_token_s, 1.0 / 3600, 24 * 365, 3600));
    t.push_back(number_row("refresh_token_days", "AIIM_REFRESH_TOKEN_DAYS", &S::refresh_token_s, 1, 365, 24 * 3600));
    t.push_back(text_row("api_key", "API_KEY", &S::api_key, true));
    t.push_back(switch_row("registration", "AIIM_REGISTRATION", &S::registration));
    t.push_back(switch_row("outbound_plain_http", "AIIM_OUTBOUND_PLAIN_HTTP", &S::outbound_plain));
    t.push_back(text_row("outbound_ca_file", "AIIM_OUTBOUND_CA_FILE", &S::outbound_ca_file));
    t.push_back(text_row("data_dir", "AIIM_DATA_DIR", &S::data_dir));
    t.push_back({"database_url", "DATABASE_URL", set_database, [](const S& s) { return masked_url(s.database_url); },
                 false, true});
    t.push_back(number_row("connection_pool_size", "CONNECTION_POOL_SIZE", &S::store_readers, 1, 64));
    auto query_timeout = [](S& s, const std::string& text) -> Problem {
      double seconds;
      if (auto problem = read_number(text, 0.1, 300, seconds)) return problem;
      s.database.query_timeout_ms = static_cast<std::int64_t>(seconds * 1000);
      return std::nullopt;
    };
    t.push_back({"query_timeout", "QUERY_TIMEOUT", query_timeout, [](const S& s) {
                   std::ostringstream out;
                   out << static_cast<double>(s.database.query_timeout_ms) / 1000;
                   return out.str();
                 }});
    t.push_back(number_row("rate_limit_per_sec", "RATE_LIMIT_PER_SEC", &S::rate_limit_per_s, 0, 1e9));
    t.push_back(number_row("body_bytes_max", "AIIM_BODY_BYTES_MAX", &S::body_bytes_max, 1024, 16 << 20));
    t.push_back(number_row("group_members_max", "AIIM_GROUP_MEMBERS_MAX", &S::group_members_max, 2, 1e6));
    t.push_back(number_row("open_streams_max", "AIIM_OPEN_STREAMS_MAX", &S::open_streams_max, 1, 1e6));
    t.push_back(number_row("outbox_bytes_max", "AIIM_OUTBOX_BYTES_MAX", &S::outbox_bytes_max, 64 << 10, 256 << 20));
    t.push_back(number_row("heartbeat_seconds", "AIIM_HEARTBEAT_SECONDS", &S::heartbeat_s, 1, 3600));
    t.push_back(number_row("silent_seconds", "AIIM_SILENT_SECONDS", &S::silent_s, 2, 7200));
    t.push_back(number_row("away_seconds", "AIIM_AWAY_SECONDS", &S::away_s, 1, 86400));
    t.push_back(number_row("presence_grace_seconds", "AIIM_PRESENCE_GRACE_SECONDS", &S::presence_grace_s, 0, 300));
    t.push_back(switch_row("echo_agent", "AIIM_ECHO_AGENT", &S::echo_agent));
    t.push_back(number_row("retention_sweep_seconds", "AIIM_RETENTION_SWEEP_SECONDS", &S::retention_sweep_s, 1, 86400));
    t.push_back(switch_row("enable_metrics", "ENABLE_METRICS", &S::metrics));
    t.push_back(text_row("metrics_path", "METRICS_PATH", &S::metrics_path));
    t.push_back(choice_row("log_level", "LOG_LEVEL", &S::log_level,
                           {"debug", "info", "warn", "warning", "error", "critical", "off"}));
    t.push_back(switch_row("log_json", "AIIM_LOG_JSON", &S::log_json));
    return t;
  }();
  return table;
}

Error refuse(const std::string& what) { return Error(ErrorCode::invalid_request, what); }

std::vector<SettingNames> known_names() {
  std::vector<SettingNames> names;
  for (const SettingRow& row : rows()) names.push_back({row.name, row.environment, row.secret || row.may_be_file});
  return names;
}

}  // namespace

std::vector<SettingDescription> describe_settings() {
  std::vector<SettingDescription> all;
  const Settings defaults;
  for (const SettingRow& row : rows())
    all.push_back({row.name, row.environment, row.show(defaults), row.range, row.secret});
  return all;
}

Result<Config> load_config(const ConfigSources& sources) {
  Config config;
  GivenValues given;
  const auto known = known_names();
  TRY(read_settings_file(sources.file, known, given));
  TRY(read_environment(known, given, config.warnings));
  for (const auto& [name, value] : sources.flags) given[name] = {value, "flag", "--" + name};
  for (const SettingRow& row : rows()) {
    auto found = given.find(row.name);
    if (found != given.end()) {
      if (auto problem = row.set(config.settings, found->second.value))
        return refuse(found->second.named + " " + *problem);
    } else if (row.name == "database_url") {
      (void)set_database(config.settings, "");
    }
    std::string value = row.show(config.settings);
    if (row.secret && !value.empty()) value = "********";
    config.in_force.push_back(
        {row.name, row.environment, value, found == given.end() ? "default" : found->second.source});
  }
  if (config.settings.log_level == "warning") config.settings.log_level = "warn";
  if (config.settings.log_level == "critical") config.settings.log_level = "error";
  if (!config.settings.metrics_path.starts_with("/")) return refuse("METRICS_PATH must begin with /");
  if (config.settings.tls_cert.empty() != config.settings.tls_key.empty())
    return refuse("--tls-cert and --tls-key go together: " +
                  std::string(config.settings.tls_cert.empty() ? "--tls-cert" : "--tls-key") + " is missing");
  if (config.settings.silent_s <= config.settings.heartbeat_s)
    return refuse("AIIM_SILENT_SECONDS must be above AIIM_HEARTBEAT_SECONDS");
  if (config.settings.instance_id.empty()) {
    char host[256] = "aiim";
    gethostname(host, sizeof host - 1);
    config.settings.instance_id = std::string(host) + "-" + random_token(4);
  }
  return config;
}

Result<> check_for_serving(const Settings& settings) {
  const std::string& secret = settings.jwt_secret;
  if (secret.empty())
    return refuse(
        "JWT_SECRET is missing: set it to at least 32 random bytes, e.g. JWT_SECRET=$(openssl rand -base64 48)");
  if (secret.size() < 32)
    return refuse("JWT_SECRET is too short: it needs at least 32 bytes, and has " + std::to_string(secret.size()));
  std::string lower = secret;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  for (const char* known :
       {"your-secret-key", "your_secret_key", "change-me", "change_me", "changeme", "default-secret", "example"}) {
    if (lower.find(known) != std::string::npos)
      return refuse("JWT_SECRET is a default from some documentation: choose a secret of your own");
  }
  if (lower.find_first_not_of(lower[0]) == std::string::npos)
    return refuse("JWT_SECRET is one character repeated: choose a random secret");
  if (settings.data_dir.empty() && settings.database_url.empty())
    return refuse("--data-dir is missing: name the directory where this server keeps its data, or set DATABASE_URL");
  return check_issuer(settings);
}

}  // namespace aiim
