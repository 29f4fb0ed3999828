// API keys of bots as admins see them. The key itself is shown once, when it is made.
#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"

namespace aiim {

enum class ApiScope : std::uint8_t { read, write };
BOOST_DESCRIBE_ENUM(ApiScope, read, write)

struct ApiKey {
  std::string key_id;
  std::string user_id;  // the bot it acts as
  std::string name;
  std::vector<ApiScope> scopes;  // empty: everything the bot may do
  Time created_at;
  std::optional<Time> last_used_at;  // to the minute
  std::optional<Time> revoked_at;
};
BOOST_DESCRIBE_STRUCT(ApiKey, (), (key_id, user_id, name, scopes, created_at, last_used_at, revoked_at))

struct NewApiKey {
  std::string key;
  ApiKey api_key;
};
BOOST_DESCRIBE_STRUCT(NewApiKey, (), (key, api_key))

struct ApiKeys {
  std::vector<ApiKey> api_keys;
};
BOOST_DESCRIBE_STRUCT(ApiKeys, (), (api_keys))

}  // namespace aiim
