// Local accounts: login, registration, refresh, logout; and the list of one's logins.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/app.h"
#include "wire/user.h"

namespace aiim {

struct LoginRequest {
  std::string username;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(LoginRequest, (), (username, password))

struct RegisterRequest {
  std::string username;
  std::string password;
  std::optional<std::string> display_name;
};
BOOST_DESCRIBE_STRUCT(RegisterRequest, (), (username, password, display_name))

struct RefreshRequest {
  std::string refresh_token;
};
BOOST_DESCRIBE_STRUCT(RefreshRequest, (), (refresh_token))

struct LogoutRequest {
  std::optional<std::string> refresh_token;  // names the login when the access token does not
};
BOOST_DESCRIBE_STRUCT(LogoutRequest, (), (refresh_token))

struct Tokens {
  std::string access_token;
  std::string refresh_token;
  std::string token_type = "Bearer";
  std::int64_t expires_in = 0;  // seconds, of the access token
  User user;
};
BOOST_DESCRIBE_STRUCT(Tokens, (), (access_token, refresh_token, token_type, expires_in, user))

Async<Tokens> login(App& app, Caller caller, LoginRequest request);
Async<Tokens> register_account(App& app, Caller caller, RegisterRequest request);
/// The token is replaced; one that was replaced before revokes the whole login.
Async<Tokens> refresh(App& app, Caller caller, RefreshRequest request);
Async<Nothing> logout(App& app, Caller caller, LogoutRequest request);

struct LoginView {
  std::string session_id;
  std::string address;
  std::string user_agent;
  Time created_at;
  Time last_used_at;
  Time expires_at;
  bool current = false;
};
BOOST_DESCRIBE_STRUCT(LoginView, (), (session_id, address, user_agent, created_at, last_used_at, expires_at, current))
struct LoginsReply {
  std::vector<LoginView> sessions;
};
BOOST_DESCRIBE_STRUCT(LoginsReply, (), (sessions))
struct RevokeRequest {
  std::optional<std::string> session_id;  // none: all but the present one
};
BOOST_DESCRIBE_STRUCT(RevokeRequest, (), (session_id))

Async<LoginsReply> list_sessions(App& app, Caller caller, Nothing request);
Async<Nothing> revoke_sessions(App& app, Caller caller, RevokeRequest request);

}  // namespace aiim
