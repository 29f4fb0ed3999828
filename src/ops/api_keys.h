// API keys, for the tenant's admins.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/app.h"
#include "wire/api_key.h"

namespace aiim {

struct CreateApiKey {
  std::string user_id;
  std::optional<std::string> name;
  std::optional<std::vector<ApiScope>> scopes;
};
BOOST_DESCRIBE_STRUCT(CreateApiKey, (), (user_id, name, scopes))
struct ApiKeyId {
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(ApiKeyId, (), (key_id))

Async<NewApiKey> create_api_key_op(App& app, Caller caller, CreateApiKey request);
Async<ApiKeys> list_api_keys_op(App& app, Caller caller, Nothing request);
Async<Nothing> revoke_api_key_op(App& app, Caller caller, ApiKeyId request);

}  // namespace aiim
