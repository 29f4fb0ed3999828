// A request's head is found at the same place however it arrives, and what is let through can be read in one way only:
// at most one Host, one length or one `chunked`, never both.
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "fuzz.h"
#include "net/request_head.h"
#include "net/text.h"

namespace aiim {
namespace {

namespace http = boost::beast::http;

void judge(std::string_view head) {
  if (!check_request_head(head)) return;
  http::request_parser<http::string_body> parser;
  boost::system::error_code error;
  std::size_t used = parser.put(boost::asio::buffer(head), error);
  if (error || !parser.is_header_done()) return;  // Beast may be stricter
  REQUIRE(used == head.size());
  const auto& message = parser.get();
  REQUIRE(message.count(http::field::host) == 1 || message.version() == 10);
  REQUIRE(message.count(http::field::host) <= 1);
  REQUIRE(message.count(http::field::content_length) + message.count(http::field::transfer_encoding) <= 1);
  REQUIRE(parser.chunked() == (message.count(http::field::transfer_encoding) == 1));
  REQUIRE(!parser.chunked() || message.version() == 11);
  std::string_view target = message.target();
  std::string_view path = origin_form(target);
  REQUIRE(path == "*" || path.starts_with('/') || path.starts_with('?'));
}

void run(std::string_view input) {
  auto whole = find_request_head(input);
  std::size_t step = input.empty() ? 1 : 1 + static_cast<unsigned char>(input.back()) % 16;
  std::size_t searched = 0;
  for (std::size_t have = step; have < input.size() + step; have += step) {
    auto part = find_request_head(input.substr(0, have), searched);
    if (!part) {
      REQUIRE(!whole);
      return;
    }
    if (*part) {
      REQUIRE(whole && *whole == *part);
      judge(input.substr(0, *part));
      return;
    }
    searched = std::min(have, input.size());
  }
  REQUIRE(whole && *whole == 0);
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
