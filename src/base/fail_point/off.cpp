#include "base/fail_point.h"

namespace aiim {

void fail_point(const char*) {}

}  // namespace aiim
