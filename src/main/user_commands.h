// Commands that work on the database directly, also beside a running server, which acts on what they changed within 5
// s.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "ops/settings.h"
#include "store/store.h"
#include "wire/api_key.h"
#include "wire/user.h"

namespace aiim {

/// Opens the database that the settings name, migrated; runs `job` in one write transaction.
Result<> in_database(const Settings& settings, const std::function<Result<>(Tx&)>& job);

struct UserCommand {
  enum class What : std::uint8_t { add, passwd, suspend, activate };
  What what = What::add;
  std::string tenant_id;
  std::string user_id;
  std::string display_name;
  bool admin = false;
  std::optional<std::string> password;  // add: none gives no local login
};
Result<User> run_user_command(const Settings& settings, const UserCommand& command);
Result<std::vector<User>> all_users(const Settings& settings, const std::string& tenant_id);

/// API keys beside a running server: made keys work there at once.
Result<NewApiKey> make_api_key(const Settings& settings, const std::string& tenant_id, const std::string& user_id,
                               const std::string& name, const std::vector<ApiScope>& scopes);
Result<ApiKeys> all_api_keys(const Settings& settings, const std::string& tenant_id);
Result<> end_api_key(const Settings& settings, const std::string& tenant_id, const std::string& key_id);

/// A signed token for somebody, without touching the database.
std::string token_for(const Settings& settings, const std::string& tenant_id, const std::string& user_id,
                      std::int64_t ttl_s);

}  // namespace aiim
