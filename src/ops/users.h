// Users: oneself, and others of the tenant.
#pragma once
#include <optional>
#include <string>

#include "ops/app.h"
#include "wire/user.h"

namespace aiim {

struct UpdateMe {
  std::optional<std::string> display_name;
  std::optional<std::string> avatar_url;  // empty: none
};
BOOST_DESCRIBE_STRUCT(UpdateMe, (), (display_name, avatar_url))

struct UserId {
  std::string user_id;
};
BOOST_DESCRIBE_STRUCT(UserId, (), (user_id))

struct SearchUsers {
  std::optional<std::string> query;  // what an id, a display name or a word of it begins with; empty: everybody
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(SearchUsers, (), (query, limit, cursor))

Async<User> get_me(App& app, Caller caller, Nothing request);
Async<UsersPage> search_users(App& app, Caller caller, SearchUsers request);
Async<User> update_me(App& app, Caller caller, UpdateMe request);
Async<User> get_user(App& app, Caller caller, UserId request);

struct PingRequest {
  std::optional<std::vector<std::string>> stream_ids;  // renews their leases
};
BOOST_DESCRIBE_STRUCT(PingRequest, (), (stream_ids))
struct Pong {
  Time server_time;
};
BOOST_DESCRIBE_STRUCT(Pong, (), (server_time))
Async<Pong> ping(App& app, Caller caller, PingRequest request);

}  // namespace aiim
