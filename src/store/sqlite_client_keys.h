// Which client ids were used, on SQLite: (tenant, conversation, sender, client_msg_id) → the message's seq, forever.
//
// An index over the ids themselves costs each message a page of its own wherever clients choose at random. So a key is
// a digest of 128 bits (the conversation's 32 first: its keys stay together), and a new one is only written to the end
// of a short table and kept in memory. Once a generation of them has gathered it is sorted, and settles in
// `client_keys` in that order, a part with each batch, many keys to a page. Of a start after a crash the short tables
// tell what was in memory. A digest only finds the message: who asks compares what stands there (docs/decisions/0022).
//
// The writer's alone. All changes belong to the caller's transaction; what is in memory follows it.
#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/db.h"

namespace aiim {

class SqliteClientKeys {
 public:
  struct Key {
    std::int64_t high = 0;
    std::int64_t low = 0;
    auto operator<=>(const Key&) const = default;
  };
  /// A point within a transaction.
  struct Mark {
    bool opened = false;
    std::size_t added = 0;
    std::size_t forgotten = 0;
    std::size_t settled = 0;
    bool emptied = false;
  };

  /// `generation`: keys that gather before they settle; 48 bytes of memory each.
  explicit SqliteClientKeys(Db& db, std::size_t generation = 65'536) : db_(db), generation_(generation) {}

  /// The first 32 bits of a conversation's keys.
  static std::uint32_t prefix_of(std::string_view tenant_id, std::string_view conversation_id);
  static Key key_of(std::uint32_t prefix, std::string_view sender_id, std::string_view client_msg_id);

  /// Once per connection, before the others. Also builds the keys of a database that has none yet: one pass over its
  /// messages.
  Result<> open();
  /// A deleted message may be found too, for a while.
  Result<std::optional<std::int64_t>> find(const Key& key);
  Result<> add(const Key& key, std::int64_t seq);
  /// The message of this key and seq is deleted.
  Result<> forget(const Key& key, std::int64_t seq);
  /// After a batch: settles twice as many as the transaction has added.
  Result<> settle();

  Mark mark() const { return now_; }
  void back_to(const Mark& mark);
  void rolled_back() { back_to({}); }
  void committed();

 private:
  struct Entry {
    Key key;
    std::int64_t seq = 0;  // in settling_, 0: forgotten
    auto operator<=>(const Entry&) const = default;
  };
  struct Hash {
    using is_avalanching = void;  // a digest needs no more mixing
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low); }
  };
  Entry* settling(const Key& key);
  Result<> build();
  Result<> put(const Entry& entry);

  Db& db_;
  const std::size_t generation_;
  bool open_ = false;
  boost::unordered_flat_map<Key, std::int64_t, Hash>
      recent_;                   // the younger generation, with what the transaction added
  int recent_table_ = 0;         // client_keys_recent_N holds it
  std::vector<Entry> settling_;  // the elder one, sorted
  std::size_t settled_ = 0;      // of it, from its beginning
  // The running transaction's.
  std::vector<Key> added_;
  std::vector<Entry> forgotten_;
  Mark now_;
};

}  // namespace aiim
