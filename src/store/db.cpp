// The registry of statements, and where a database is: what both drivers share.
#include "store/db.h"

#include <libpq-fe.h>

#include "base/check.h"
#include "store/postgres.h"
#include "store/sqlite.h"

namespace aiim {
namespace {

std::vector<const Statement*>& registry() {
  static std::vector<const Statement*> statements;
  return statements;
}

Error bad_url(std::string why) { return Error(ErrorCode::invalid_request, "DATABASE_URL: " + std::move(why)); }

Result<DbTarget> sqlite_target(std::string_view path) {
  if (path.empty()) return bad_url("sqlite:/// is followed by the path of the file");
  if (path == ":memory:") return bad_url("a database in memory would lose messages; give the path of a file");
  if (path.find('?') != path.npos) return bad_url("parameters after a SQLite path are not supported");
  DbTarget target;
  target.kind = DbKind::sqlite;
  target.sqlite_path = path;
  return target;
}

Result<DbTarget> postgres_target(std::string_view rest) {
  DbTarget target;
  target.kind = DbKind::postgres;
  target.postgres_url = "postgresql://" + std::string(rest);
  char* why = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(target.postgres_url.c_str(), &why);
  if (why) PQfreemem(why);  // may quote the password: not repeated
  if (!parsed) return bad_url("not a valid PostgreSQL URL (postgresql://user:password@host:port/database)");
  PQconninfoFree(parsed);
  return target;
}

}  // namespace

Statement::Statement(const char* name, const char* sql, std::optional<DbKind> only)
    : name_(name), sql_(sql), only_(only), number_(static_cast<int>(registry().size())) {
  registry().push_back(this);
}

const std::vector<const Statement*>& Statement::all() { return registry(); }

Result<DbTarget> parse_database_url(std::string_view url, std::string_view data_dir) {
  if (url.empty()) return sqlite_target(std::string(data_dir) + "/aiim.db");
  auto colon = url.find("://");
  if (colon == url.npos) return bad_url("expected sqlite:///path or postgresql://…");
  std::string_view scheme = url.substr(0, colon);
  std::string_view rest = url.substr(colon + 3);
  scheme = scheme.substr(0, scheme.find('+'));  // SQLAlchemy names its driver there
  if (scheme == "postgresql" || scheme == "postgres") return postgres_target(rest);
  if (scheme != "sqlite") return bad_url("unknown scheme '" + std::string(scheme) + "'; sqlite or postgresql");
  if (rest.empty() || rest[0] != '/')
    return bad_url("SQLite URLs have three slashes and a path, or four for an absolute one");
  return sqlite_target(rest.substr(1));
}

Result<std::unique_ptr<Db>> open_db(const DbTarget& target) {
  return target.kind == DbKind::sqlite ? open_sqlite(target) : open_postgres(target);
}

}  // namespace aiim
