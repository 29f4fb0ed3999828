#include "core/jwk_set.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

const std::string ed = R"({"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

TEST(JwkSet, keeps_the_usable_keys_and_leaves_out_the_others) {
  std::string symmetric =
      R"({"kty":"oct","kid":"secret","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
  std::string encryption = ed;
  encryption.replace(encryption.size() - 1, 1, R"(,"use":"enc"})");
  auto keys = parse_jwk_set(R"({"keys":[)" + symmetric + "," + encryption + "," + ed + R"(,{"kty":"RSA"},7],"x":1})");
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_EQ(keys->front().kid(), "ed");
  EXPECT_EQ(keys->front().algorithm(), JwtAlgorithm::EdDSA);
  EXPECT_TRUE(parse_jwk_set(R"({"keys":[]})")->empty());
}

TEST(JwkSet, what_is_no_set_is_an_error) {
  for (const char* bad : {"", "7", "[]", "{}", R"({"keys":{}})", R"({"keys":[})"})
    EXPECT_FALSE(parse_jwk_set(bad)) << bad;
  std::string many = ed;
  for (int i = 0; i < 64; ++i) many += "," + ed;
  EXPECT_FALSE(parse_jwk_set(R"({"keys":[)" + many + "]}"));
  EXPECT_FALSE(parse_jwk_set(R"({"keys":[)" + std::string(300'000, ' ') + "]}"));
}

}  // namespace
}  // namespace aiim
