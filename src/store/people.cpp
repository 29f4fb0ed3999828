#include "store/people.h"

#include <algorithm>

#include "core/fold.h"
#include "store/users.h"

namespace aiim {
namespace {

constexpr std::size_t ids_at_once = 50;  // in one statement
constexpr std::int64_t old_users_at_once = 500;

#define USER_COLUMNS "u.user_id, u.tenant_id, u.display_name, u.avatar_url, u.kind, u.role, u.status, u.created_at"

const Statement delete_user_names("delete_user_names", "DELETE FROM user_names WHERE tenant_id = $1 AND user_id = $2");
const Statement insert_user_name("insert_user_name",
                                 "INSERT INTO user_names (tenant_id, user_id, folded) VALUES ($1, $2, $3) "
                                 "ON CONFLICT (user_id, tenant_id, folded) DO NOTHING");
const Statement select_unfolded("select_unfolded_users",
                                "SELECT tenant_id, user_id, display_name FROM users WHERE user_id >= $1 "
                                "AND folded = FALSE ORDER BY user_id LIMIT $2");
const Statement mark_folded("mark_user_folded", "UPDATE users SET folded = TRUE WHERE tenant_id = $1 AND user_id = $2");
// A user is shown at the first of the own texts that fits: $2 <= text < $3.
const Statement select_people(
    "search_people",
    "SELECT " USER_COLUMNS
    ", n.folded FROM user_names n JOIN users u ON u.user_id = n.user_id AND u.tenant_id || '' = n.tenant_id "
    "WHERE n.tenant_id = $1 AND n.folded >= $2 AND n.folded < $3 AND n.folded >= '' "
    "AND (n.folded, n.user_id) > ($4, $5) AND u.status = 'active' AND n.folded = (SELECT MIN(e.folded) FROM user_names "
    "e "
    "WHERE e.user_id = n.user_id AND e.tenant_id = n.tenant_id AND e.folded >= $2) "
    "ORDER BY n.folded, n.user_id LIMIT $6");
const Statement select_active_users("select_active_users",
                                    "SELECT " USER_COLUMNS
                                    " FROM users u WHERE u.tenant_id = $1 AND u.user_id > $2 AND u.status = 'active' "
                                    "ORDER BY u.user_id LIMIT $3");
#define TEN(a, b, c, d, e, f, g, h, i, j) \
  "$" #a ", $" #b ", $" #c ", $" #d ", $" #e ", $" #f ", $" #g ", $" #h ", $" #i ", $" #j
const Statement select_acquaintances(
    "select_acquaintances",
    "SELECT u.user_id, u.last_seen_at FROM users u WHERE u.tenant_id || '' = $1 AND u.user_id IN (" TEN(
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12) ", " TEN(13, 14, 15, 16, 17, 18, 19, 20, 21,
                                                  22) ", " TEN(23, 24, 25, 26, 27, 28, 29, 30, 31,
                                                               32) ", " TEN(33, 34, 35, 36, 37, 38, 39, 40, 41,
                                                                            42) ", " TEN(43, 44, 45, 46, 47, 48, 49, 50,
                                                                                         51, 52) ") "
    "AND (u.user_id = $2 OR (SELECT 1 FROM conversation_members b JOIN conversation_members a "
    "ON a.conversation_id = b.conversation_id AND a.tenant_id = b.tenant_id WHERE b.user_id = u.user_id "
    "AND b.tenant_id = $1 AND b.left_at IS NULL AND a.user_id = $2 AND a.left_at IS NULL LIMIT 1) = 1)");
const Statement update_last_seen("update_last_seen",
                                 "UPDATE users SET last_seen_at = $3 WHERE tenant_id = $1 AND user_id = $2 "
                                 "AND (last_seen_at IS NULL OR last_seen_at < $3)");

/// Above every text that begins with `prefix`, and below all that follow: no character is greater than U+10FFFF.
std::string end_of(std::string_view prefix) { return std::string(prefix) + "\xF4\x8F\xBF\xBF"; }

void cut_page(PeoplePage& page, std::vector<std::string>& texts, std::int64_t limit) {
  if (static_cast<std::int64_t>(page.users.size()) <= limit) return;
  page.users.pop_back();
  texts.pop_back();
  page.next = PeoplePosition{texts.back(), page.users.back().user_id};
}

struct OldUser {
  std::string tenant_id, user_id, display_name;
};

Result<> fold_some(Db& db, Time now, const std::vector<OldUser>& users) {
  TRY(db.begin_write(now));
  for (const OldUser& user : users) {
    TRY(put_user_names(db, user.tenant_id, user.user_id, user.display_name));
    TRY(db.run(mark_folded, {user.tenant_id, user.user_id}));
  }
  return db.commit();
}

}  // namespace

Result<> put_user_names(Db& db, std::string_view tenant_id, std::string_view user_id, std::string_view display_name) {
  TRY(db.run(delete_user_names, {tenant_id, user_id}));
  for (const std::string& key : search_keys(user_id, display_name)) {
    TRY(db.run(insert_user_name, {tenant_id, user_id, key}));
  }
  return {};
}

Result<std::int64_t> fold_old_users(Db& db, Time now) {
  std::string from;
  for (std::int64_t folded = 0;;) {
    std::vector<OldUser> users;
    TRY(db.begin_read());
    TRY(db.run(select_unfolded, {from, old_users_at_once}, [&](const Row& row) {
      users.push_back({row.string(0), row.string(1), row.string(2)});
    }));
    TRY(db.commit());
    if (users.empty()) return folded;
    if (auto done = fold_some(db, now, users); !done) {
      db.rollback();
      return done.error();
    }
    folded += static_cast<std::int64_t>(users.size());
    from = users.back().user_id;
  }
}

Result<PeoplePage> search_people(Db& db, std::string_view tenant_id, std::string_view prefix,
                                 const PeoplePosition& after, std::int64_t limit) {
  PeoplePage page;
  std::vector<std::string> texts;
  TRY(db.run(select_people, {tenant_id, prefix, end_of(prefix), after.folded, after.user_id, limit + 1},
             [&](const Row& row) {
               page.users.push_back(user_from(row));
               texts.push_back(row.string(8));
             }));
  cut_page(page, texts, limit);
  return page;
}

Result<PeoplePage> list_people(Db& db, std::string_view tenant_id, const PeoplePosition& after, std::int64_t limit) {
  PeoplePage page;
  TRY(db.run(select_active_users, {tenant_id, after.user_id, limit + 1},
             [&](const Row& row) { page.users.push_back(user_from(row)); }));
  std::vector<std::string> texts(page.users.size());
  cut_page(page, texts, limit);
  return page;
}

Result<std::vector<Acquaintance>> acquaintances(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                std::span<const std::string> user_ids) {
  std::vector<Acquaintance> found;
  for (std::size_t from = 0; from < user_ids.size(); from += ids_at_once) {
    const auto some = user_ids.subspan(from, std::min(ids_at_once, user_ids.size() - from));
    std::vector<Param> params{tenant_id, user_id};
    for (std::size_t i = 0; i < ids_at_once; ++i) params.push_back(some[std::min(i, some.size() - 1)]);
    TRY(db.run(select_acquaintances, std::span<const Param>(params), [&](const Row& row) {
      found.push_back({row.string(0), row.optional_time(1)});
    }));
  }
  return found;
}

Result<> store_last_seen(Db& db, std::span<const Sighting> sightings) {
  for (const Sighting& each : sightings) {
    TRY(db.run(update_last_seen, {each.tenant_id, each.user_id, each.at}));
  }
  return {};
}

}  // namespace aiim
