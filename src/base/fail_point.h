// Named points at which the fault tests kill the process. The product links fail_point/off.cpp (does nothing),
// `aiim-faults` links fail_point/on.cpp; everything else is the same object code.
#pragma once

namespace aiim {

/// In `aiim-faults`: AIIM_FAIL_POINT="name" or "name:N" ends the process with SIGKILL at the Nth arrival (default 1).
void fail_point(const char* name);

}  // namespace aiim
