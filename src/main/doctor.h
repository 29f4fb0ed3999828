// `aiim doctor`: looks at everything a server depends on and says in plain words what is wrong and what to do. Changes
// nothing but a small file in the data directory, which it removes again.
#pragma once
#include <boost/describe.hpp>
#include <string>
#include <vector>

#include "base/codec.h"
#include "main/config.h"

namespace aiim {

enum class FindingLevel : std::uint8_t { ok, warning, problem };
BOOST_DESCRIBE_ENUM(FindingLevel, ok, warning, problem)

struct Finding {
  FindingLevel level = FindingLevel::ok;
  std::string about;   // "database", "disk" …
  std::string text;    // what was found
  std::string advice;  // what to do; empty when there is nothing
};
BOOST_DESCRIBE_STRUCT(Finding, (), (level, about, text, advice))

/// Settings for serving, database, disk, clock, limits, TLS; and, unless `url` is empty, a WebSocket handshake through
/// it.
std::vector<Finding> examine(const Config& config, const std::string& url);

/// One finding about a WebSocket handshake with AIIM through `url` (http, https, ws or wss; the path may be left out),
/// as a browser at the same origin would make it: proxies, TLS, routes, frames both ways. Takes at most some 15 s.
std::vector<Finding> examine_url(const std::string& url);

}  // namespace aiim
