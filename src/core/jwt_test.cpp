#include "core/jwt.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <thread>

#include "base/crypto.h"

namespace aiim {
namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";
constexpr Time now{1'795'412'435'120};
constexpr std::int64_t now_s = 1'795'412'435;

JwtKey hs256() { return *JwtKey::hs256(secret); }

std::string token_of(std::string_view header, std::string_view payload, std::string_view with = secret) {
  std::string input = base64url(header) + "." + base64url(payload);
  return input + "." + base64url(bytes_of(hmac_sha256(with, input)));
}

constexpr std::string_view plain_header = R"({"alg":"HS256","typ":"JWT"})";

std::string with_header(std::string_view header) { return token_of(header, R"({"sub":"alice","exp":1895412435})"); }
std::string with_claims(std::string_view claims) { return token_of(plain_header, claims); }
/// `claims` beside a good `sub` and `exp`.
std::string with_more(std::string_view claims) {
  return with_claims(R"({"sub":"alice","exp":1895412435,)" + std::string(claims) + "}");
}

std::string verdict(std::string_view token, const JwtRules& rules = {}) {
  auto claims = verify_jwt(token, hs256(), rules, now);
  if (claims) return "good";
  EXPECT_EQ(claims.error().code, ErrorCode::unauthenticated);
  return claims.error().detail;
}

// RFC 7515, appendix A.
constexpr std::string_view rfc_payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view a1_key =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
constexpr std::string_view a2_n =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
    "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
    "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
    "TW9gb54h4FRWyuXpoQ";
constexpr std::string_view a2_signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
    "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
    "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
    "cN_IoypGlUPQGe77Rw";
constexpr std::string_view a3_signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string rsa_jwk(std::string_view more = {}) {
  return R"({"kty":"RSA","e":"AQAB","n":")" + std::string(a2_n) + '"' + std::string(more) + '}';
}
std::string ec_jwk(std::string_view more = {}) {
  return R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")" +
         std::string(more) + '}';
}
std::string ed_jwk(std::string_view more = {}) {
  return R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")" + std::string(more) + '}';
}

std::string jwk_verdict(std::string_view json) {
  auto key = JwtKey::from_jwk(json);
  return key ? "good" : key.error().detail;
}

void expect_verifies_exactly(const JwtKey& key, std::string input, std::string_view signature) {
  auto raw = *base64url_decode(signature);
  EXPECT_TRUE(key.verify(input, raw));
  for (std::size_t i = 0; i < raw.size(); i += 7) {
    auto bent = raw;
    bent[i] ^= 1;
    EXPECT_FALSE(key.verify(input, bent)) << i;
  }
  EXPECT_FALSE(key.verify(input, raw.substr(1)));
  EXPECT_FALSE(key.verify(input, raw + '\0'));
  EXPECT_FALSE(key.verify(input, ""));
  input.back() ^= 1;
  EXPECT_FALSE(key.verify(input, raw));
}

TEST(Jwt, rfc_7515_a1_hs256) {
  auto key = *JwtKey::hs256(*base64url_decode(a1_key));
  expect_verifies_exactly(key, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(rfc_payload),
                          "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Jwt, rfc_7515_a2_rs256) {
  auto key = JwtKey::from_jwk(rsa_jwk(R"(,"kid":"a2","use":"sig","alg":"RS256","key_ops":["verify"])"));
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->algorithm(), JwtAlgorithm::RS256);
  EXPECT_EQ(key->kid(), "a2");
  expect_verifies_exactly(*key, "eyJhbGciOiJSUzI1NiJ9." + std::string(rfc_payload), a2_signature);
}

TEST(Jwt, rfc_7515_a3_es256) {
  auto key = JwtKey::from_jwk(ec_jwk());
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->algorithm(), JwtAlgorithm::ES256);
  EXPECT_EQ(key->kid(), "");
  expect_verifies_exactly(*key, "eyJhbGciOiJFUzI1NiJ9." + std::string(rfc_payload), a3_signature);
}

TEST(Jwt, rfc_7515_a4_es512_is_refused) {
  std::string token =
      "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
      "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZ"
      "CPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
  EXPECT_EQ(jwt_header(token)->alg, "ES512");
  EXPECT_EQ(verdict(token), "the token is signed with another algorithm");
  EXPECT_NE(
      jwk_verdict(R"({"kty":"EC","crv":"P-521",)"
                  R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
                  R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})"),
      "good");
}

TEST(Jwt, rfc_8037_a4_ed25519) {
  auto key = JwtKey::from_jwk(ed_jwk());
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->algorithm(), JwtAlgorithm::EdDSA);
  expect_verifies_exactly(*key, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

TEST(Jwt, what_is_signed_verifies_and_comes_back) {
  Claims claims;
  claims.sub = "alice@example.org";
  claims.tenant_id = "acme";
  claims.name = "Älice \"quoted\"";
  claims.sid = "sess_01jd";
  claims.iss = "https://issuer.example";
  claims.iat = now;
  claims.exp = now + 1;
  for (const std::vector<std::string>& aud : {std::vector<std::string>{}, {"one"}, {"one", "two"}}) {
    claims.aud = aud;
    auto token = sign_jwt(claims, secret);
    auto read = verify_jwt(token, hs256(), {}, now);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->sub, claims.sub);
    EXPECT_EQ(read->tenant_id, claims.tenant_id);
    EXPECT_EQ(read->name, claims.name);
    EXPECT_EQ(read->sid, claims.sid);
    EXPECT_EQ(read->iss, claims.iss);
    EXPECT_EQ(read->aud, aud);
    EXPECT_EQ(read->iat, claims.iat);
    EXPECT_EQ(read->exp, claims.exp);
    EXPECT_EQ(jwt_header(token)->alg, "HS256");
    EXPECT_EQ(jwt_header(token)->kid, "");
  }
}

TEST(Jwt, exp_has_no_leeway) {
  EXPECT_EQ(verdict(with_claims(R"({"sub":"a","exp":)" + std::to_string(now_s + 1) + "}")), "good");
  EXPECT_EQ(verdict(with_claims(R"({"sub":"a","exp":)" + std::to_string(now_s) + "}")), "the token has expired");
  EXPECT_EQ(verdict(with_claims(R"({"sub":"a","exp":)" + std::to_string(now_s) + ".121}")), "good");
  EXPECT_EQ(verdict(with_claims(R"({"sub":"a","exp":)" + std::to_string(now_s) + ".12}")), "the token has expired");
  EXPECT_EQ(verdict(with_claims(R"({"sub":"a","exp":1.8e9})")), "good");
  for (const char* exp : {"0", "-1", "-1e300", "1", "-9223372036854775808"}) {
    EXPECT_EQ(verdict(with_claims(R"({"sub":"a","exp":)" + std::string(exp) + "}")), "the token has expired") << exp;
  }
  for (const char* exp : {"1e300", "9223372036854775807", "18446744073709551615"}) {
    auto claims = verify_jwt(with_claims(R"({"sub":"a","exp":)" + std::string(exp) + "}"), hs256(), {}, now);
    ASSERT_TRUE(claims) << exp;
    EXPECT_EQ(to_rfc3339(claims->exp).substr(0, 4), "9999");
  }
  for (const char* claims : {R"({"sub":"a"})", R"({"sub":"a","exp":null})", R"({"sub":"a","exp":"1895412435"})",
                             R"({"sub":"a","exp":true})", R"({"sub":"a","exp":[1895412435]})"}) {
    EXPECT_EQ(verdict(with_claims(claims)), "the token has no \"exp\" that is a number") << claims;
  }
}

TEST(Jwt, nbf_has_five_seconds_of_leeway) {
  EXPECT_EQ(verdict(with_more("\"nbf\":" + std::to_string(now_s + 5))), "good");
  EXPECT_EQ(verdict(with_more("\"nbf\":" + std::to_string(now_s + 6))), "the token is not valid yet");
  EXPECT_EQ(verdict(with_more("\"nbf\":\"soon\"")), "the token has an \"nbf\" that is not a number");
}

TEST(Jwt, issuer_and_audience_are_checked_where_configured) {
  JwtRules rules;
  EXPECT_EQ(verdict(with_more(R"("iss":"x","aud":"y")")), "good");
  rules.issuer = "https://a";
  EXPECT_EQ(verdict(with_more(R"("iss":"https://a")"), rules), "good");
  EXPECT_EQ(verdict(with_more(R"("iss":"https://b")"), rules), "the token comes from another issuer");
  EXPECT_EQ(verdict(with_more(R"("x":1)"), rules), "the token comes from another issuer");
  rules = {};
  rules.audience = "aiim";
  EXPECT_EQ(verdict(with_more(R"("aud":"aiim")"), rules), "good");
  EXPECT_EQ(verdict(with_more(R"("aud":["x","aiim"])"), rules), "good");
  for (const char* aud : {R"("aud":"aiim2")", R"("aud":[])", R"("aud":["x"])", R"("x":1)"}) {
    EXPECT_EQ(verdict(with_more(aud), rules), "the token is for another audience") << aud;
  }
}

TEST(Jwt, claims_of_the_wrong_form_are_refused) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"exp":1895412435})", "the token has no \"sub\" that is a user id"},
      {R"({"sub":1,"exp":1895412435})", "the token has no \"sub\" that is a user id"},
      {R"({"sub":null,"exp":1895412435})", "the token has no \"sub\" that is a user id"},
      {R"({"sub":"","exp":1895412435})", "the token has no \"sub\" that is a user id"},
      {R"({"sub":"a b","exp":1895412435})", "the token has no \"sub\" that is a user id"},
      {R"({"sub":"a\u0000","exp":1895412435})", "the token has no \"sub\" that is a user id"},
      {R"({"sub":"a","sub":"b","exp":1895412435})", "the token has malformed claims"},
      {R"({"sub":"a","\u0073ub":"b","exp":1895412435})", "the token has malformed claims"},
      {R"({"sub":"a","exp":1,"exp":1895412435})", "the token has malformed claims"},
      {R"({"sub":"a","exp":1895412435} x)", "the token has malformed claims"},
      {R"(["sub"])", "the token has malformed claims"},
      {R"("sub")", "the token has malformed claims"},
      {"", "the token has malformed claims"},
      {"{\"sub\":\"\xff\"}", "the token has malformed claims"},
      {R"({"sub":"a","exp":1e999})", "the token has malformed claims"},
      {R"({"sub":"a","exp":1895412435,"iat":"x"})", "the token has an \"iat\" that is not a number"},
      {R"({"sub":"a","exp":1895412435,"iss":1})", "the token has an \"iss\" that is not a string"},
      {R"({"sub":"a","exp":1895412435,"sid":""})", "the token has a \"sid\" that is not a session id"},
      {R"({"sub":"a","exp":1895412435,"sid":7})", "the token has a \"sid\" that is not a session id"},
      {R"({"sub":"a","exp":1895412435,"tenant_id":""})", "the token has a \"tenant_id\" that is not a tenant id"},
      {R"({"sub":"a","exp":1895412435,"tenant_id":"a/b"})", "the token has a \"tenant_id\" that is not a tenant id"},
      {R"({"sub":"a","exp":1895412435,"tenant_id":null})", "the token has a \"tenant_id\" that is not a tenant id"},
      {R"({"sub":"a","exp":1895412435,"aud":1})",
       "the token has an \"aud\" that is neither a string nor an array of strings"},
      {R"({"sub":"a","exp":1895412435,"aud":["x",1]})",
       "the token has an \"aud\" that is neither a string nor an array of strings"},
  };
  for (auto [claims, why] : table) EXPECT_EQ(verdict(with_claims(claims)), why) << claims;
}

TEST(Jwt, a_name_is_cut_or_dropped_but_never_a_reason_to_refuse) {
  auto name = [](std::string_view json) {
    auto claims = verify_jwt(with_more("\"name\":" + std::string(json)), hs256(), {}, now);
    return claims ? claims->name.value_or("none") : "refused";
  };
  EXPECT_EQ(name("\"Alice\""), "Alice");
  for (const char* json : {"\"\"", "null", "1", "{}", "\"a\\u0000b\""}) EXPECT_EQ(name(json), "none") << json;
  EXPECT_EQ(name('"' + std::string(1000, 'x') + '"'), std::string(256, 'x'));
  EXPECT_EQ(name('"' + std::string(255, 'x') + "漢\""), std::string(255, 'x'));
}

TEST(Jwt, headers_are_judged_strictly) {
  constexpr const char* bad_header = "the token has a malformed or unsupported header";
  for (const char* header :
       {R"({"alg":"HS256"})", R"({"alg":"HS256","typ":"jwt"})", R"({"typ":"at+jwt","alg":"HS256"})",
        R"({"typ":"application/at+jwt","alg":"HS256"})", R"({"alg":"HS256","kid":"1","x":[]})"}) {
    EXPECT_EQ(verdict(with_header(header)), "good") << header;
  }
  for (const char* header :
       {R"({"typ":"JWT"})", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":"HS256","crit":[]})",
        R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","typ":"JWE"})", R"({"alg":"HS256","typ":1})",
        R"({"alg":"HS256","typ":"secevent+jwt"})", R"({"alg":"HS256","kid":1})", R"({"alg":"HS256","alg":"HS256"})",
        R"({"alg":"none","\u0061lg":"HS256"})", "[]", "\"HS256\"", "", "{", "{\"alg\":\"HS256\"}{}"}) {
    EXPECT_EQ(verdict(with_header(header)), bad_header) << header;
    EXPECT_FALSE(jwt_header(with_header(header))) << header;
  }
}

TEST(Jwt, the_key_decides_the_algorithm) {
  constexpr const char* other = "the token is signed with another algorithm";
  for (const char* alg : {"none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "HS256 "}) {
    EXPECT_EQ(verdict(with_header(R"({"alg":")" + std::string(alg) + "\"}")), other) << alg;
    auto unsigned_token = base64url(R"({"alg":")" + std::string(alg) + "\"}") + "." +
                          base64url(R"({"sub":"alice","exp":1895412435})") + ".";
    EXPECT_EQ(verdict(unsigned_token), other) << alg;
  }
  // The classic confusion: a public key's text as the secret of an HMAC.
  for (auto& jwk : {rsa_jwk(), ec_jwk(), ed_jwk()}) {
    auto key = *JwtKey::from_jwk(jwk);
    auto token = token_of(plain_header, R"({"sub":"alice","exp":1895412435})", jwk);
    auto claims = verify_jwt(token, key, {}, now);
    ASSERT_FALSE(claims);
    EXPECT_EQ(claims.error().detail, other);
  }
}

TEST(Jwt, tokens_of_the_wrong_form_are_refused) {
  auto good = with_header(plain_header);
  ASSERT_EQ(verdict(good), "good");
  auto first = good.find('.'), second = good.rfind('.');
  // H, P and S stand for the three parts.
  auto expand = [&](std::string_view pattern) {
    std::string text;
    for (char c : pattern) {
      if (c == 'H') text.append(good, 0, first);
      if (c == 'P') text.append(good, first + 1, second - first - 1);
      if (c == 'S') text.append(good, second + 1);
      if (c != 'H' && c != 'P' && c != 'S') text += c;
    }
    return text;
  };
  ASSERT_EQ(verdict(expand("H.P.S")), "good");
  for (const char* bad :
       {"",       ".",      "..",     "...",     "H",     "H.P",          "H.P.S.", "H.P.S.S", ".H.P.S",
        " H.P.S", "H.P.S ", "H.P.S=", "H.P.S\n", "H..S",  ".P.S",         "H.P.",   "H.P=.S",  "H=.P.S",
        "H.P.SA", "H.P.AS", "H.S.P",  "P.H.S",   "a.b.c", "bearer H.P.S", "H.P.S;", "H.P,S",   "H. P.S"}) {
    EXPECT_NE(verdict(expand(bad)), "good") << bad;
  }
  EXPECT_NE(verdict(good + '\0'), "good");
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bent = good;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(verdict(bent), "good") << i;
  }
  EXPECT_EQ(verdict(token_of(plain_header, R"({"sub":"alice","exp":1895412435})", secret + "x")),
            "the token has a wrong signature");
}

TEST(Jwt, the_size_is_limited) {
  auto token = with_more("\"x\":\"" + std::string(3000, 'x') + '"');
  EXPECT_EQ(verdict(token), "good");
  JwtRules rules;
  rules.token_bytes_max = token.size();
  EXPECT_EQ(verdict(token, rules), "good");
  rules.token_bytes_max = token.size() - 1;
  EXPECT_EQ(verdict(token, rules), "the token is too long");
  EXPECT_FALSE(jwt_header(with_more("\"x\":\"" + std::string(9000, 'x') + '"')));
}

TEST(Jwt, no_detail_holds_a_part_of_the_token) {
  for (const char* claims : {R"({"sub":"hunter2 ","exp":1895412435})", R"({"sub":"a","exp":"hunter2"})",
                             R"({"sub":"a","exp":1895412435,"iss":["hunter2"]})", R"({"hunter2)"}) {
    EXPECT_EQ(verdict(with_claims(claims)).find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(verdict(with_header(R"({"alg":"hunter2"})")).find("hunter2"), std::string::npos);
}

TEST(Jwt, short_secrets_are_refused) {
  EXPECT_FALSE(JwtKey::hs256(""));
  EXPECT_FALSE(JwtKey::hs256(std::string(31, 'x')));
  EXPECT_TRUE(JwtKey::hs256(std::string(32, 'x')));
}

TEST(Jwt, jwks_that_are_no_public_verification_keys_are_refused) {
  EXPECT_EQ(jwk_verdict(rsa_jwk()), "good");
  EXPECT_EQ(jwk_verdict(ed_jwk(R"(,"key_ops":["sign","verify"])")), "good");
  for (auto& jwk : {
           rsa_jwk(R"(,"use":"enc")"),
           rsa_jwk(R"(,"use":1)"),
           rsa_jwk(R"(,"key_ops":["sign"])"),
           rsa_jwk(R"(,"key_ops":"verify")"),
           rsa_jwk(R"(,"alg":"PS256")"),
           rsa_jwk(R"(,"alg":"RS512")"),
           rsa_jwk(R"(,"alg":"HS256")"),
           rsa_jwk(R"(,"d":"AQAB")"),
           rsa_jwk(R"(,"kid":1)"),
           rsa_jwk(R"(,"kty":"RSA")"),
           ec_jwk(R"(,"alg":"ES384")"),
           ed_jwk(R"(,"alg":"ES256")"),
           std::string(),
           std::string("{}"),
           std::string("[]"),
           R"({"kty":"oct","k":")" + std::string(a1_key) + "\"}",
           std::string(R"({"kty":"RSA","e":"AQAB","n":"AQAB"})"),                // far too short
           R"({"kty":"RSA","e":"AQ","n":")" + std::string(a2_n) + "\"}",         // exponent 1
           R"({"kty":"RSA","e":"","n":")" + std::string(a2_n) + "\"}",           //
           R"({"kty":"RSA","e":"AQAB","n":")" + std::string(a2_n) + "=\"}",      // padded
           R"({"kty":"RSA","e":"AQAB","n":")" + std::string(5000, 'A') + "\"}",  //
           std::string(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                       R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"})"),  // bits beyond the bytes
           std::string(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                       R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})"),  // not on the curve
           std::string(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"})"),
           std::string(R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"),
       }) {
    EXPECT_NE(jwk_verdict(jwk), "good") << jwk;
  }
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreeKey>;

std::string pem_of(const Pkey& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key.get());
  char* data;
  auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string signature_of(const Pkey& key, std::string_view input) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = EVP_PKEY_is_a(key.get(), "ED25519") ? nullptr : EVP_sha256();
  EVP_DigestSignInit(context, nullptr, digest, nullptr, key.get());
  auto data = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  EVP_DigestSign(context, nullptr, &size, data, input.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, data, input.size());
  signature.resize(size);
  EVP_MD_CTX_free(context);
  if (!EVP_PKEY_is_a(key.get(), "EC")) return signature;
  auto der = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
  std::string raw(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed), reinterpret_cast<unsigned char*>(raw.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
  ECDSA_SIG_free(parsed);
  return raw;
}

TEST(Jwt, tokens_under_pem_keys_verify_with_their_own_algorithm_only) {
  const Pkey rsa(EVP_RSA_gen(2048)), ec(EVP_EC_gen("P-256")), ed(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const std::tuple<JwtAlgorithm, const char*, const Pkey*> table[] = {
      {JwtAlgorithm::RS256, "RS256", &rsa}, {JwtAlgorithm::ES256, "ES256", &ec}, {JwtAlgorithm::EdDSA, "EdDSA", &ed}};
  for (auto [algorithm, name, pkey] : table) {
    auto pem = pem_of(*pkey);
    auto key = JwtKey::from_pem(algorithm, pem);
    ASSERT_TRUE(key) << name << ": " << key.error().detail;
    for (auto other : {JwtAlgorithm::HS256, JwtAlgorithm::RS256, JwtAlgorithm::ES256, JwtAlgorithm::EdDSA}) {
      EXPECT_EQ(JwtKey::from_pem(other, pem).has_value(), other == algorithm) << name;
    }
    // Many signatures: r or s of ES256 is sometimes shorter than 32 bytes.
    for (int i = 0; i < (algorithm == JwtAlgorithm::ES256 ? 600 : 3); ++i) {
      std::string input = base64url(R"({"alg":")" + std::string(name) + "\"}") + "." +
                          base64url(R"({"sub":"alice","exp":1895412435,"n":)" + std::to_string(i) + "}");
      auto token = input + "." + base64url(signature_of(*pkey, input));
      auto claims = verify_jwt(token, *key, {}, now);
      ASSERT_TRUE(claims) << name << ": " << claims.error().detail;
      EXPECT_EQ(verdict(token), "the token is signed with another algorithm");
    }
    auto confused = token_of(plain_header, R"({"sub":"alice","exp":1895412435})", pem);
    EXPECT_FALSE(verify_jwt(confused, *key, {}, now)) << name;
  }
}

TEST(Jwt, pem_texts_that_hold_no_fitting_key_are_refused) {
  EXPECT_FALSE(JwtKey::from_pem(JwtAlgorithm::RS256, ""));
  EXPECT_FALSE(JwtKey::from_pem(JwtAlgorithm::RS256, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(JwtKey::from_pem(JwtAlgorithm::RS256, std::string(100'000, 'x')));
  EXPECT_FALSE(JwtKey::from_pem(JwtAlgorithm::RS256, pem_of(Pkey(EVP_RSA_gen(1024)))));
  EXPECT_FALSE(JwtKey::from_pem(JwtAlgorithm::ES256, pem_of(Pkey(EVP_EC_gen("P-384")))));
}

TEST(Jwt, one_key_verifies_on_many_threads) {
  const Pkey ec(EVP_EC_gen("P-256"));
  auto key = *JwtKey::from_pem(JwtAlgorithm::ES256, pem_of(ec));
  auto signature = signature_of(ec, "input");
  auto shared = hs256();
  auto token = with_header(plain_header);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, copy = key] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(copy.verify("input", signature));
        EXPECT_TRUE(verify_jwt(token, shared, {}, now));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Jwt, ids_of_users_and_tenants_are_judged) {
  EXPECT_TRUE(valid_user_id("Alice.b_c:d@e|f+g-9"));
  EXPECT_TRUE(valid_user_id(std::string(64, 'x')));
  for (auto& bad : {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a/b"), std::string("ä"),
                    std::string("a\0", 2), std::string("a\n")}) {
    EXPECT_FALSE(valid_user_id(bad)) << bad;
    EXPECT_FALSE(valid_tenant_id(bad)) << bad;
  }
  EXPECT_TRUE(valid_tenant_id("Acme-1_x.y"));
  EXPECT_FALSE(valid_tenant_id("a:b"));
  EXPECT_FALSE(valid_tenant_id("a@b"));
}

}  // namespace
}  // namespace aiim
