#include "ops/retention.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <map>

#include "base/log.h"
#include "store/retention.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

constexpr std::int64_t conversations_per_read = 200;
constexpr std::int64_t messages_per_write = 500;
constexpr std::int64_t members_per_write = 100;
constexpr std::int64_t day_ms = 24 * 3600 * 1000;
constexpr auto between_writes = std::chrono::milliseconds(20);  // others' writes go first

using Rules = std::map<std::string, std::int64_t, std::less<>>;

Async<Rules> read_rules(App& app) {
  std::function<Result<Rules>(Db&)> job = [](Db& db) -> Result<Rules> {
    TRY_AS(list, retention_rules(db));
    Rules rules;
    for (RetentionRule& rule : list) rules.emplace(std::move(rule.tenant_id), rule.days);
    return rules;
  };
  co_return co_await app.store.read<Rules>(std::move(job));
}

Async<std::vector<ConversationKey>> read_next(App& app, ConversationKey after) {
  std::function<Result<std::vector<ConversationKey>>(Db&)> job = [&after](Db& db) {
    return conversations_behind(db, after, conversations_per_read);
  };
  co_return co_await app.store.read<std::vector<ConversationKey>>(std::move(job));
}

/// False when the server is ending.
asio::awaitable<bool> pause(App& app, std::chrono::milliseconds time) {
  asio::steady_timer timer(app.io, time);
  boost::system::error_code ended;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  co_return !ended;
}

/// Messages first, then the steps of cursors that nobody asks for any more. Returns how many messages went.
Async<std::int64_t> purge(App& app, ConversationKey key, std::int64_t days) {
  std::int64_t total = 0;
  for (std::int64_t last = messages_per_write; last == messages_per_write;) {
    std::function<Result<std::int64_t>(Tx&)> job = [&key, days](Tx& tx) {
      return purge_messages(tx, key, Time{tx.now.ms - days * day_ms}, messages_per_write);
    };
    CO_TRY_AS(purged, co_await app.store.write<std::int64_t>(std::move(job)));
    last = purged;
    total += purged;
    bool goes_on = purged == 0;
    if (!goes_on) goes_on = co_await pause(app, between_writes);
    if (!goes_on) co_return total;
  }
  if (total == 0) co_return total;
  std::optional<std::string> after = "";
  while (after) {
    std::function<Result<std::optional<std::string>>(Tx&)> job = [&key, &after](Tx& tx) {
      return purge_receipts(tx, key, *after, members_per_write);
    };
    CO_TRY_AS(next, co_await app.store.write<std::optional<std::string>>(std::move(job)));
    after = std::move(next);
    bool goes_on = co_await pause(app, between_writes);
    if (!goes_on) co_return total;
  }
  co_return total;
}

/// Once through all conversations.
Async<std::int64_t> sweep(App& app) {
  CO_TRY_AS(rules, co_await read_rules(app));
  std::int64_t total = 0;
  if (rules.empty()) co_return total;
  ConversationKey at;
  for (;;) {
    CO_TRY_AS(keys, co_await read_next(app, at));
    if (keys.empty()) co_return total;
    at = keys.back();
    for (const ConversationKey& key : keys) {
      auto rule = rules.find(key.tenant_id);
      if (rule == rules.end()) continue;
      CO_TRY_AS(purged, co_await purge(app, key, rule->second));
      total += purged;
    }
  }
}

}  // namespace

asio::awaitable<void> sweep_retention(App& app) {
  auto counter = app.metrics.counter("aiim_retention_purged_messages_total", "Messages deleted because of their age.");
  for (;;) {
    bool goes_on = co_await pause(app, std::chrono::seconds(app.settings.retention_sweep_s));
    if (!goes_on) co_return;
    Result<std::int64_t> purged = co_await sweep(app);
    if (!purged) {
      log_warn("retention_sweep_failed", {{"error", purged.error().detail}});
    } else if (*purged > 0) {
      counter.add(static_cast<double>(*purged));
      log_info("retention_sweep", {{"messages", *purged}});
    }
  }
}

}  // namespace aiim
