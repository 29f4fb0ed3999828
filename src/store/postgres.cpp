#include "store/postgres.h"

namespace aiim {

Result<std::unique_ptr<Db>> open_postgres(const DbTarget&) {
  return Error(ErrorCode::unavailable, "PostgreSQL is not available in this build yet");
}

}  // namespace aiim
