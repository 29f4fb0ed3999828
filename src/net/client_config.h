// What the web client asks before anybody is signed in (GET /config.json): the version, whether people may register,
// and, on `aiim demo` alone, whom one may be with one click. Made once at the start.
#pragma once
#include <string>

#include "ops/settings.h"

namespace aiim {

std::string client_config_json(const Settings& settings);

}  // namespace aiim
