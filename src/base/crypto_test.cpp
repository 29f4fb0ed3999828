#include "base/crypto.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace aiim {
namespace {

template <std::size_t N>
std::string hex_of(const std::array<std::uint8_t, N>& digest) {
  return hex(bytes_of(digest));
}

TEST(Crypto, digests_match_fips_180_examples) {
  EXPECT_EQ(hex_of(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_of(sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(Crypto, hmac_sha256_matches_rfc_4231) {
  EXPECT_EQ(hex_of(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_of(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Crypto, hmac_sha1_matches_rfc_2202) {
  EXPECT_EQ(hex_of(hmac_sha1("Jefe", "what do ya want for nothing?")), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex_of(hmac_sha1(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(Crypto, a_prepared_hmac_key_signs_as_the_plain_function_does_on_every_thread) {
  for (std::size_t key_bytes : {0, 1, 32, 63, 64, 65, 200}) {
    std::string secret(key_bytes, 'k');
    HmacSha256 key(secret);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&key, &secret, t] {
        for (std::size_t n = 0; n < 200; ++n) {
          std::string data(n, static_cast<char>('a' + t));
          EXPECT_EQ(key.sign(data), hmac_sha256(secret, data));
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
}

TEST(Crypto, base64_matches_rfc_4648) {
  const std::pair<const char*, const char*> table[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (auto [plain, text] : table) {
    EXPECT_EQ(base64(plain), text);
    std::string bare = text;
    bare.erase(bare.find_last_not_of('=') + 1);
    EXPECT_EQ(base64url(plain), bare);
    EXPECT_EQ(base64url_decode(bare), plain);
  }
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
}

TEST(Crypto, base64url_decoding_is_strict) {
  for (const char* bad : {"Z", "Zg==", "Zg=", "Zm9vY", "Zm 9", "Zm9v\n", "+//+", "Zh", "Zm9", "ab.c", "ü_"}) {
    EXPECT_FALSE(base64url_decode(bad)) << bad;
  }
  EXPECT_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST(Crypto, base64url_survives_a_round_trip_at_every_length) {
  for (std::size_t n = 0; n < 200; ++n) {
    std::string data(n, '\0');
    if (n) random_bytes(data.data(), n);
    EXPECT_EQ(base64url_decode(base64url(data)), data);
  }
}

TEST(Crypto, tokens_are_distinct_and_as_long_as_asked) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_token(32));
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(seen.begin()->size(), 43u);
}

TEST(Crypto, constant_time_comparison_compares) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secre"));
}

}  // namespace
}  // namespace aiim
