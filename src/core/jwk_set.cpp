#include "core/jwk_set.h"

#include "base/codec.h"

namespace aiim {

Result<std::vector<JwtKey>> parse_jwk_set(std::string_view json) {
  auto bad = [](std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); };
  if (json.size() > jwk_set_bytes_max) return bad("the key set is too long");
  JsonParser parser(jwk_set_bytes_max + simdjson::SIMDJSON_PADDING);
  auto document = parser.parse(json);
  if (!document) return bad("the key set is not JSON");
  simdjson::dom::array list;
  if ((*document)["keys"].get_array().get(list)) return bad("the key set has no list of keys");
  if (list.size() > jwk_set_keys_max) return bad("the key set has more than 64 keys");
  std::vector<JwtKey> keys;
  for (Json each : list) {
    if (auto key = JwtKey::from_jwk(simdjson::to_string(each))) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace aiim
