// Where the server is and how to be somebody there: its address, and HS256 tokens made with its JWT_SECRET.
#pragma once
#include <string>
#include <string_view>

namespace aiim::bench {

struct Target {
  std::string host = "127.0.0.1";  // an IPv4 address
  int port = 8083;
  std::string secret;
};

// http://, https is refused; ws:// means the same. Only IPv4 addresses and "localhost".
Target parse_url(std::string_view url, std::string secret);

// {"sub": user, "exp": in 24 hours}.
std::string make_token(const Target& target, std::string_view user);

// A non-blocking, connecting TCP socket without Nagle's delay; from `source` (an IPv4 address) unless empty.
int connect_socket(const Target& target, const std::string& source);

}  // namespace aiim::bench
