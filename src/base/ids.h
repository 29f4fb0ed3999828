// Server-made identifiers: a prefix and 26 lower-case ULID characters (48 bits of time, 80 random bits), so that ids
// made later sort later and inserts go to the end of an index. Within one millisecond a thread's ids still ascend.
#pragma once
#include <string>
#include <string_view>

#include "base/time.h"

namespace aiim {

/// make_id("msg_", now) → "msg_01jd…". Thread-safe.
std::string make_id(std::string_view prefix, Time now);

}  // namespace aiim
