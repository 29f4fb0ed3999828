// Finding people: the names that a search may begin with, who shares a conversation with whom, who was seen when.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"
#include "store/store.h"
#include "wire/user.h"

namespace aiim {

/// Keeps what a search for this user may begin with; belongs to every change of a display name.
Result<> put_user_names(Db& db, std::string_view tenant_id, std::string_view user_id, std::string_view display_name);
/// The same for users from before there was a search, all of them. In transactions of its own; at the start.
Result<std::int64_t> fold_old_users(Db& db, Time now);

/// Where a page of people begins: after this text, and among equal texts after this user.
struct PeoplePosition {
  std::string folded;
  std::string user_id;
};
struct PeoplePage {
  std::vector<User> users;
  std::optional<PeoplePosition> next;
};
/// Active users of the tenant with an id, display name or word of one that begins with `prefix` (folded, not empty),
/// in the order of that text, each once.
Result<PeoplePage> search_people(Db& db, std::string_view tenant_id, std::string_view prefix,
                                 const PeoplePosition& after, std::int64_t limit);
/// All active users, in order of user_id.
Result<PeoplePage> list_people(Db& db, std::string_view tenant_id, const PeoplePosition& after, std::int64_t limit);

/// Those of `user_ids` who share a conversation with `user_id` now (themselves always do), and when they were last
/// seen.
struct Acquaintance {
  std::string user_id;
  std::optional<Time> last_seen;
};
Result<std::vector<Acquaintance>> acquaintances(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                std::span<const std::string> user_ids);

/// Never goes back. Unknown users are left out.
struct Sighting {
  std::string tenant_id;
  std::string user_id;
  Time at;
};
Result<> store_last_seen(Db& db, std::span<const Sighting> sightings);

}  // namespace aiim
