// What an operation works with: the process's parts, as one worker sees them, and who calls.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "core/rate_limiter.h"
#include "ops/settings.h"
#include "store/store.h"
#include "wire/user.h"

namespace aiim {

class Hub;
class Identities;
class PasswordThread;

/// A worker's view of the server. Everything but `io` and `hub` is shared by all workers and thread-safe.
struct App {
  const Settings& settings;
  const Clock& clock;
  Store& store;
  Metrics& metrics;
  RateLimiter& limiter;
  Identities& identities;     // who a token, key or password belongs to
  PasswordThread& passwords;  // Argon2id, away from the workers
  boost::asio::io_context& io;
  Hub& hub;
};

/// Who somebody is, as far as credentials say.
struct Identity {
  std::string tenant_id;
  std::string user_id;
  UserKind kind = UserKind::human;
  UserRole role = UserRole::user;
  std::string credential_id;  // a login's sid or an API key's id; empty for tokens made elsewhere
  Time expires_at{INT64_MAX};
  bool may_read = true;  // an API key's scopes; people and unscoped keys may both
  bool may_write = true;
};

enum class Language : std::uint8_t { en, zh_cn };

/// Who calls, and from where. Copied into every operation.
struct Caller {
  std::shared_ptr<const Identity> identity;  // shared: a connection's calls in flight all point to it. Null: nobody
  std::string request_id;
  std::string address;
  std::string idempotency_key;
  std::string user_agent;  // where nobody is known yet: a login keeps it
  Language language = Language::en;

  const std::string& tenant_id() const { return identity->tenant_id; }
  const std::string& user_id() const { return identity->user_id; }
};

template <class T>
using Async = boost::asio::awaitable<Result<T>>;

/// The reply of an operation that has nothing to say: 204 over HTTP, {} over WebSocket.
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

}  // namespace aiim
