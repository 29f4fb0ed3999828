// Statements as the drivers give them to the database's library.
#include <dlfcn.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include "counters.h"

namespace {

using aiim::counts::add;
using aiim::counts::Count;

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int sqlite3_step(sqlite3_stmt* statement) {
  static auto* const real = next<int(sqlite3_stmt*)>("sqlite3_step");
  if (!sqlite3_stmt_busy(statement)) add(Count::sqlite_statements);
  return real(statement);
}

int sqlite3_prepare_v3(sqlite3* db, const char* sql, int bytes, unsigned flags, sqlite3_stmt** out, const char** rest) {
  static auto* const real =
      next<int(sqlite3*, const char*, int, unsigned, sqlite3_stmt**, const char**)>("sqlite3_prepare_v3");
  add(Count::sqlite_prepares);
  return real(db, sql, bytes, flags, out, rest);
}

int PQsendQueryPrepared(PGconn* db, const char* name, int count, const char* const* values, const int* lengths,
                        const int* formats, int result_format) {
  static auto* const real =
      next<int(PGconn*, const char*, int, const char* const*, const int*, const int*, int)>("PQsendQueryPrepared");
  add(Count::postgres_statements);
  return real(db, name, count, values, lengths, formats, result_format);
}

int PQpipelineSync(PGconn* db) {
  static auto* const real = next<int(PGconn*)>("PQpipelineSync");
  add(Count::postgres_round_trips);
  aiim::counts::wait_while_held();
  return real(db);
}
}
