// How settings about who gets in are read: algorithms, issuers, addresses; and what must hold between them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/settings.h"

namespace aiim {

/// "RS256" or "HS256, ES256"; a problem names what is none of ours.
std::optional<std::string> set_algorithms(Settings& settings, const std::string& text);
std::string show_algorithms(const Settings& settings);

/// Blocks of addresses; a problem names the one that is none.
std::optional<std::string> set_ranges(std::string& into, const std::string& text);

/// For `serve`: the external issuer's settings must be usable and agree with the algorithms. One line for the operator.
Result<> check_issuer(const Settings& settings);

}  // namespace aiim
