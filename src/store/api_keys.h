// API keys: long random secrets of which only the SHA-256 is stored, each acting as one bot.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"
#include "wire/api_key.h"

namespace aiim {

/// Makes a key for `user_id`, who becomes a bot if missing; `conflict` when that is a person.
Result<NewApiKey> create_api_key(Tx& tx, std::string_view tenant_id, std::string_view user_id, std::string_view name,
                                 const std::vector<ApiScope>& scopes);
struct FoundApiKey {
  std::string tenant_id;
  ApiKey api_key;
};
Result<std::optional<FoundApiKey>> find_api_key(Db& db, std::string_view key);
Result<bool> api_key_is_good(Db& db, std::string_view tenant_id, std::string_view key_id);
Result<> note_api_key_use(Tx& tx, std::string_view tenant_id, std::string_view key_id);
/// At most 1,000, in order of making.
Result<ApiKeys> list_api_keys(Db& db, std::string_view tenant_id);
/// `not_found` when there is no such key in force. Its connections are closed.
Result<> revoke_api_key(Tx& tx, std::string_view tenant_id, std::string_view key_id);

/// Does this text look like a key's id (and not a login's)?
bool is_api_key_id(std::string_view credential_id);

}  // namespace aiim
