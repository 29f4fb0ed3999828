// `aiim demo`: a server with a fresh data directory, three people and two conversations, for a first look.
#pragma once
#include "base/result.h"
#include "ops/settings.h"

namespace aiim {

/// Serves on settings.host and port until a signal; the data directory is removed at the end.
Result<> run_demo(Settings settings);

}  // namespace aiim
