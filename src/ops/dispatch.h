// The way into every operation: find -> authenticate -> limit -> decode -> call -> encode. It alone logs, counts, times
// and catches. net/ turns HTTP requests and WebSocket frames into Calls.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ops/app.h"

namespace aiim {

/// Who may call. Everything but `anyone` needs valid credentials; membership and rank are judged inside the store's
/// transaction (or in the read's snapshot), never from a cache.
enum class Access : std::uint8_t {
  anyone,     // without credentials: login, register, refresh
  user,       // any active user, about themselves or what every user may see
  member,     // members of the conversation that the request names
  sender,     // the message's sender, while a member
  moderator,  // the message's sender, or owner and admin of the conversation
  manager,    // owner and admin of the conversation
  tenant_admin,
};
BOOST_DESCRIBE_ENUM(Access, anyone, user, member, sender, moderator, manager, tenant_admin)
/// Limiter classes: a charge per item, per tenant, user and class; `anyone` per address.
enum class Rate : std::uint8_t { none, read, write, receipt, signal, stream, login };
BOOST_DESCRIBE_ENUM(Rate, none, read, write, receipt, signal, stream, login)
enum class Audit : std::uint8_t { no, yes };

/// A field that a row must state: leaving it out does not compile.
template <class T>
struct Required {
  T value;
  constexpr Required(T v) : value(v) {}
  Required() = delete;
};

struct OpRow {
  const char* name;       // operationId and metric label, unique
  const char* http = "";  // "POST /api/aiim/messages"; empty: not offered over REST
  const char* ws = "";    // frame type; empty: not offered over WebSocket
  Required<Access> access;
  Required<Rate> rate;
  bool write = true;  // changes something: kept in order per connection, handed over without awaiting the last
  Audit audit = Audit::no;
  bool attended = true;  // a write that somebody makes, who is then not away; false: clients make it by themselves
  const char* summary = "";
};

/// What a class allows one user (or address): its name and its rule.
struct RatePolicy {
  std::string_view name;
  RateRule rule;
};
RatePolicy rate_policy(const Settings& settings, Rate rate);

struct Op;
std::span<const Op> operations();
/// The table as JSON: [{name, http, ws, access, rate, write, audited, summary}].
std::string operations_json();
/// By frame type; null when there is none.
const Op* find_ws_operation(std::string_view type);
const OpRow& row_of(const Op& op);
bool replies_nothing(const Op& op);  // 204 over HTTP

enum class Surface : std::uint8_t { http, websocket };

struct Call {
  const Op* op;
  Caller caller;
  Surface surface = Surface::http;
  std::optional<Json> body;                       // `data` of a frame; used up before the first suspension
  std::map<std::string, std::string> parameters;  // path and query; a WebSocket call has none
};

/// The reply's JSON text (empty for Nothing over HTTP; "{}" over WebSocket), or the error. Never throws.
boost::asio::awaitable<Result<std::string>> dispatch(App& app, Call call);

/// Everything that a request may bring as proof.
struct Credentials {
  std::string bearer;   // a JWT
  std::string api_key;  // X-API-Key
};
/// Finds out who calls; creates a user seen for the first time. `unauthenticated` or `suspended` otherwise.
boost::asio::awaitable<Result<std::shared_ptr<const Identity>>> authenticate(App& app, Credentials credentials);

/// For `hello`: where a client that follows from now on may say it stands, once it has listed or synced.
boost::asio::awaitable<Result<std::string>> hello_sync_token(App& app, Caller caller);
/// Every operation's metrics, at 0 from the start.
void prepare_metrics(Metrics& metrics);

/// RFC 9457 document and WebSocket error frame for an error.
std::string problem_json(const Error& error, std::string_view request_id, Language language);
/// {"type":"error","id"?,"error":{code, message, retryable, …}}; `id` empty: left out.
std::string error_frame(const Error& error, std::string_view id, Language language);
/// zh-CN when Accept-Language gives a Chinese more weight than English (or names it first), else en.
Language preferred_language(std::string_view accept_language);

}  // namespace aiim
