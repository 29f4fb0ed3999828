// PostgreSQL's connection over libpq.
#pragma once
#include "store/db.h"

namespace aiim {

Result<std::unique_ptr<Db>> open_postgres(const DbTarget& target);

}  // namespace aiim
