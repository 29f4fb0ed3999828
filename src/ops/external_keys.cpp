#include "ops/external_keys.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>

#include "base/log.h"
#include "core/jwk_set.h"
#include "core/key_schedule.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

constexpr std::int64_t fetch_ms_max = 5000;  // each of the two documents: somebody may be waiting for it
constexpr std::int64_t look_again_ms_max = 60'000;

/// What is used of an OpenID provider's configuration (OpenID Connect Discovery 1.0 section 3).
struct OpenIdConfiguration {
  std::string issuer;
  std::string jwks_uri;
};
BOOST_DESCRIBE_STRUCT(OpenIdConfiguration, (), (issuer, jwks_uri))

std::string configuration_url(std::string issuer) {
  while (issuer.ends_with('/')) issuer.pop_back();
  return issuer + "/.well-known/openid-configuration";
}

Error failed(std::string why) { return Error(ErrorCode::unavailable, std::move(why)); }

}  // namespace

struct ExternalKeys::State : std::enable_shared_from_this<State> {
  using Waiter = asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;

  State(HttpClient& client, const Clock& time, Source from) : http(client), clock(time), source(std::move(from)) {}

  /// The matching keys; without any, whether the caller must start a fetch, and whether waiting for one makes sense.
  struct Look {
    std::vector<JwtKey> keys;
    bool start = false;
    bool wait = false;
  };
  Look look(JwtAlgorithm algorithm, const std::string& kid, bool may_ask);
  bool begin(Time now, bool for_unknown);
  Error missing();
  void fetch();
  void get(const std::string& url, void (State::*then)(const std::string& url, const OutboundReply& reply));
  void take_configuration(const std::string& url, const OutboundReply& reply);
  void take_keys(const std::string& url, const OutboundReply& reply);
  void give_up(const std::string& url, const Error& why);
  void wake_all(std::unique_lock<std::mutex> lock);

  HttpClient& http;
  const Clock& clock;
  const Source source;
  std::mutex mutex;
  KeySchedule schedule;      // under the mutex, as is the rest
  std::vector<JwtKey> keys;  // of the last good fetch
  bool fetching = false;
  std::vector<Waiter> waiters;
};

ExternalKeys::State::Look ExternalKeys::State::look(JwtAlgorithm algorithm, const std::string& kid, bool may_ask) {
  std::lock_guard lock(mutex);
  Time now = clock.now();
  Look found;
  for (const JwtKey& key : keys) {
    if (!schedule.believed(now)) break;
    if (key.algorithm() == algorithm && (kid.empty() || key.kid() == kid)) found.keys.push_back(key);
  }
  if (!found.keys.empty() || !may_ask) return found;
  found.start = begin(now, true);
  found.wait = fetching;
  return found;
}

/// Under the mutex. True when the caller must start a fetch, after it has let go of the mutex.
bool ExternalKeys::State::begin(Time now, bool for_unknown) {
  if (fetching) return false;
  if (!schedule.due(now)) {
    if (!for_unknown || !schedule.believed(now) || !schedule.may_ask_for_unknown(now)) return false;
    schedule.asked_for_unknown(now);
  }
  return fetching = true;
}

Error ExternalKeys::State::missing() {
  std::lock_guard lock(mutex);
  Time now = clock.now();
  if (schedule.believed(now)) {
    return Error(ErrorCode::unauthenticated, "the token is signed with a key that its issuer does not publish");
  }
  Error error = failed("the keys of the token's issuer cannot be fetched");
  error.retry_after_ms = std::max<std::int64_t>(1000, schedule.next() - now);
  return error;
}

void ExternalKeys::State::fetch() {
  if (source.jwks_url.empty()) return get(configuration_url(source.issuer), &State::take_configuration);
  get(source.jwks_url, &State::take_keys);
}

void ExternalKeys::State::get(const std::string& url, void (State::*then)(const std::string&, const OutboundReply&)) {
  OutboundRequest request;
  request.url = url;
  request.headers = {"Accept: application/json"};
  request.allow_plain = source.allow_plain;
  request.deadline_ms = fetch_ms_max;
  request.body_bytes_max = jwk_set_bytes_max;
  http.start(std::move(request), [self = shared_from_this(), url, then](const Result<OutboundReply>& reply) {
    if (!reply) return self->give_up(url, reply.error());
    if (reply->status != 200) return self->give_up(url, failed("status " + std::to_string(reply->status)));
    ((*self).*then)(url, *reply);
  });
}

void ExternalKeys::State::take_configuration(const std::string& url, const OutboundReply& reply) {
  JsonParser parser;
  auto document = parser.parse(reply.body);
  auto configuration = document ? decode<OpenIdConfiguration>(*document) : document.error();
  if (!configuration) return give_up(url, configuration.error());
  // Otherwise one provider could speak for another (section 4.3).
  if (configuration->issuer != source.issuer) return give_up(url, failed("it names another issuer"));
  auto sound = check_outbound_url(configuration->jwks_uri, source.allow_plain);
  if (!sound) return give_up(url, failed("its jwks_uri " + sound.error().detail));
  get(configuration->jwks_uri, &State::take_keys);
}

void ExternalKeys::State::take_keys(const std::string& url, const OutboundReply& reply) {
  auto set = parse_jwk_set(reply.body);
  if (!set) return give_up(url, set.error());
  Time now = clock.now();
  std::unique_lock lock(mutex);
  keys = std::move(*set);
  schedule.succeeded(now, fresh_seconds(reply.header("cache-control"), reply.header("age")));
  log_info("keys_fetched", {{"url", url}, {"keys", keys.size()}, {"fresh_s", (schedule.next() - now) / 1000}});
  wake_all(std::move(lock));
}

void ExternalKeys::State::give_up(const std::string& url, const Error& why) {
  log_warn("keys_not_fetched", {{"url", url}, {"why", why.detail}});
  std::unique_lock lock(mutex);
  schedule.failed(clock.now());
  wake_all(std::move(lock));
}

void ExternalKeys::State::wake_all(std::unique_lock<std::mutex> lock) {
  fetching = false;
  auto woken = std::exchange(waiters, {});
  lock.unlock();
  for (Waiter& waiter : woken) {
    auto executor = asio::get_associated_executor(waiter);
    asio::post(executor, std::move(waiter));
  }
}

ExternalKeys::ExternalKeys(HttpClient& http, const Clock& clock, Source source)
    : state_(std::make_shared<State>(http, clock, std::move(source))) {}
ExternalKeys::~ExternalKeys() = default;

Async<std::vector<JwtKey>> ExternalKeys::find(JwtAlgorithm algorithm, std::string kid) {
  auto found = state_->look(algorithm, kid, true);
  if (found.start) state_->fetch();
  if (found.wait) {
    auto join = [state = state_.get()](State::Waiter waiter) {
      std::lock_guard lock(state->mutex);
      if (state->fetching) return state->waiters.push_back(std::move(waiter));
      auto executor = asio::get_associated_executor(waiter);
      asio::post(executor, std::move(waiter));
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(join, asio::use_awaitable);
    found = state_->look(algorithm, kid, false);
  }
  if (found.keys.empty()) co_return state_->missing();
  co_return std::move(found.keys);
}

std::int64_t ExternalKeys::fetch_if_due() {
  std::unique_lock lock(state_->mutex);
  Time now = state_->clock.now();
  bool start = state_->begin(now, false);
  auto wait_ms = state_->fetching ? fetch_ms_max : state_->schedule.next() - now;
  lock.unlock();
  if (start) state_->fetch();
  return std::clamp<std::int64_t>(wait_ms, 100, look_again_ms_max);
}

}  // namespace aiim
