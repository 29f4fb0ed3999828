#include "store/sqlite_client_keys.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/crypto.h"
#include "base/log.h"

namespace aiim {
namespace {

constexpr std::int64_t build_page = 50'000;              // messages read by one statement
constexpr std::size_t build_sorted_at_once = 8'000'000;  // keys: 200 MB, while a database is built

const Statement find_key("client_keys.find", "SELECT seq FROM client_keys WHERE high = $1 AND low = $2",
                         DbKind::sqlite);
const Statement put_key("client_keys.put",
                        "INSERT INTO client_keys (high, low, seq) VALUES ($1, $2, $3) "
                        "ON CONFLICT (high, low) DO UPDATE SET seq = max(seq, excluded.seq)",
                        DbKind::sqlite);
const Statement delete_key("client_keys.delete", "DELETE FROM client_keys WHERE high = $1 AND low = $2 AND seq = $3",
                           DbKind::sqlite);
#define RECENT(n)                                                                                                   \
  {                                                                                                                 \
    {"client_keys.recent_" #n ".add", "INSERT INTO client_keys_recent_" #n " (high, low, seq) VALUES ($1, $2, $3)", \
     DbKind::sqlite},                                                                                               \
        {"client_keys.recent_" #n ".select", "SELECT high, low, seq FROM client_keys_recent_" #n, DbKind::sqlite},  \
        {"client_keys.recent_" #n ".empty", "DELETE FROM client_keys_recent_" #n, DbKind::sqlite},                  \
  }
struct Recent {
  Statement add, select, empty;
};
const Recent recent[2] = {RECENT(0), RECENT(1)};
#undef RECENT
const Statement index_of_ids("client_keys.due",
                             "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = 'im_messages_by_client_id'",
                             DbKind::sqlite);
const Statement select_ids("client_keys.messages",
                           "SELECT rowid, tenant_id, conversation_id, sender_id, client_msg_id, seq FROM im_messages "
                           "WHERE rowid > $1 ORDER BY rowid LIMIT $2",
                           DbKind::sqlite);

std::uint64_t number(const Sha256& digest, std::size_t at) {
  std::uint64_t value;
  std::memcpy(&value, digest.data() + at, sizeof value);
  return value;
}

Sha256 digest_of(std::string_view first, std::string_view second) {
  std::string text;
  text.reserve(first.size() + 1 + second.size());
  text.append(first).append(1, '\0').append(second);
  return sha256(text);
}

}  // namespace

std::uint32_t SqliteClientKeys::prefix_of(std::string_view tenant_id, std::string_view conversation_id) {
  return static_cast<std::uint32_t>(number(digest_of(tenant_id, conversation_id), 0));
}

SqliteClientKeys::Key SqliteClientKeys::key_of(std::uint32_t prefix, std::string_view sender_id,
                                               std::string_view client_msg_id) {
  auto digest = digest_of(sender_id, client_msg_id);
  auto high = std::uint64_t{prefix} << 32 | (number(digest, 0) & 0xffffffff);
  return {static_cast<std::int64_t>(high), static_cast<std::int64_t>(number(digest, 8))};
}

Result<> SqliteClientKeys::open() {
  if (open_) return {};
  TRY_AS(due, db_.run(index_of_ids));
  if (due > 0) {
    TRY(build());
  }
  // What was in memory when the process ended settles at once: at most two generations.
  std::vector<Entry> rest;
  for (auto& table : recent) {
    TRY(db_.run(table.select, {}, [&](const Row& row) {
      rest.push_back({{row.integer(0), row.integer(1)}, row.integer(2)});
    }));
  }
  std::sort(rest.begin(), rest.end());
  for (const Entry& each : rest) {
    TRY(put(each));
  }
  for (auto& table : recent) {
    TRY(db_.run(table.empty));
  }
  open_ = now_.opened = true;
  return {};
}

Result<> SqliteClientKeys::build() {
  std::vector<Entry> entries;
  std::int64_t after = 0, built = 0;
  std::string tenant_id, conversation_id;
  std::uint32_t prefix = 0;
  auto sorted_in = [&]() -> Result<> {
    std::sort(entries.begin(), entries.end());
    for (const Entry& each : entries) {
      TRY(put(each));
    }
    built += static_cast<std::int64_t>(entries.size());
    entries.clear();
    return {};
  };
  for (std::int64_t from = 0, read = 1; read > 0; from = after) {
    TRY_AS(rows, db_.run(select_ids, {after, build_page}, [&](const Row& row) {
      after = row.integer(0);
      if (row.is_null(4)) return;
      if (row.text(1) != tenant_id || row.text(2) != conversation_id) {
        tenant_id = row.text(1);
        conversation_id = row.text(2);
        prefix = prefix_of(tenant_id, conversation_id);
      }
      entries.push_back({key_of(prefix, row.text(3), row.text(4)), row.integer(5)});
    }));
    if (from == 0 && rows > 0) log_info("client_keys_build", {});  // some 1.3 s per million
    read = rows;
    if (entries.size() >= build_sorted_at_once || read == 0) {
      TRY(sorted_in());
    }
  }
  TRY(db_.run_script("DROP INDEX im_messages_by_client_id"));
  if (built > 0) log_info("client_keys_built", {{"keys", built}});
  return {};
}

Result<> SqliteClientKeys::put(const Entry& entry) {
  TRY(db_.run(put_key, {entry.key.high, entry.key.low, entry.seq}));
  return {};
}

SqliteClientKeys::Entry* SqliteClientKeys::settling(const Key& key) {
  auto at = std::lower_bound(settling_.begin(), settling_.end(), key,
                             [](const Entry& entry, const Key& wanted) { return entry.key < wanted; });
  return at != settling_.end() && at->key == key ? &*at : nullptr;
}

Result<std::optional<std::int64_t>> SqliteClientKeys::find(const Key& key) {
  std::optional<std::int64_t> seq;
  if (auto at = recent_.find(key); at != recent_.end()) {
    seq = at->second;
  } else if (const Entry* entry = settling(key); entry && entry->seq != 0) {
    seq = entry->seq;
  } else {
    TRY(db_.run(find_key, {key.high, key.low}, [&](const Row& row) { seq = row.integer(0); }));
  }
  return seq;
}

Result<> SqliteClientKeys::add(const Key& key, std::int64_t seq) {
  TRY(db_.run(recent[recent_table_].add, {key.high, key.low, seq}));
  recent_.insert_or_assign(key, seq);
  added_.push_back(key);
  ++now_.added;
  return {};
}

Result<> SqliteClientKeys::forget(const Key& key, std::int64_t seq) {
  TRY(db_.run(delete_key, {key.high, key.low, seq}));
  forgotten_.push_back({key, seq});
  ++now_.forgotten;
  return {};
}

Result<> SqliteClientKeys::settle() {
  auto at = settled_ + now_.settled;
  auto until = std::min(settling_.size(), at + 2 * now_.added);
  for (; at < until; ++at) {
    if (settling_[at].seq == 0) continue;
    TRY(put(settling_[at]));
  }
  now_.settled = at - settled_;
  if (!settling_.empty() && at == settling_.size() && !now_.emptied) {
    TRY(db_.run(recent[1 - recent_table_].empty));
    now_.emptied = true;
  }
  return {};
}

// A key that the transaction added over a forgotten message's is lost with it: that message is gone either way.
void SqliteClientKeys::back_to(const Mark& mark) {
  for (; added_.size() > mark.added; added_.pop_back()) recent_.erase(added_.back());
  forgotten_.resize(mark.forgotten);
  if (now_.opened && !mark.opened) open_ = false;
  now_ = mark;
}

void SqliteClientKeys::committed() {
  for (auto& [key, seq] : forgotten_) {
    if (auto at = recent_.find(key); at != recent_.end() && at->second == seq) recent_.erase(at);
    if (Entry* entry = settling(key); entry && entry->seq == seq) entry->seq = 0;
  }
  settled_ += now_.settled;
  if (now_.emptied) {
    settling_.clear();
    settled_ = 0;
  }
  added_.clear();
  forgotten_.clear();
  now_ = {};
  if (recent_.size() < generation_ || !settling_.empty()) return;
  settling_.reserve(recent_.size());
  for (auto& [key, seq] : recent_) settling_.push_back({key, seq});
  std::sort(settling_.begin(), settling_.end());
  recent_.clear();
  recent_table_ = 1 - recent_table_;
}

}  // namespace aiim
