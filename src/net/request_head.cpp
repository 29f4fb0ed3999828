#include "net/request_head.h"

#include <algorithm>
#include <bitset>
#include <iterator>
#include <string>

#include "net/text.h"

namespace aiim {
namespace {

Error bad(std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); }

// RFC 3986's characters; '#' is left out: a fragment is never sent.
bool valid_target_characters(std::string_view target) {
  return std::all_of(target.begin(), target.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`';
  });
}

bool valid_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return is_alnum(c) || std::string_view("-._~!$&'()*+,;=:[]%").find(c) != std::string_view::npos;
  });
}

Result<> check_request_line(std::string_view line, bool& version_1_0) {
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == line.npos || first == last) return bad("the request line is not METHOD TARGET VERSION");
  auto method = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  auto version = line.substr(last + 1);
  if (!is_token(method)) return bad("the request's method is malformed");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return bad("the HTTP version must be 1.1 or 1.0");
  version_1_0 = version.back() == '0';
  if (!valid_target_characters(target) || origin_form(target).empty()) return bad("the request's target is malformed");
  if (target == "*" && method != "OPTIONS") return bad("the request's target is malformed");
  return {};
}

// Headers of which two would let two readers see two requests.
constexpr std::string_view single_headers[] = {"host",
                                               "content-length",
                                               "transfer-encoding",
                                               "authorization",
                                               "x-api-key",
                                               "content-type",
                                               "origin",
                                               "idempotency-key",
                                               "x-request-id",
                                               "sec-websocket-key",
                                               "sec-websocket-version"};
enum Single : unsigned { host, content_length, transfer_encoding };

using Seen = std::bitset<std::size(single_headers)>;

Result<> check_field(std::string_view line, Seen& seen) {
  if (line.front() == ' ' || line.front() == '\t') return bad("header lines must not be folded");
  auto colon = line.find(':');
  if (colon == line.npos) return bad("a header line has no colon");
  auto name = line.substr(0, colon);
  auto value = trimmed(line.substr(colon + 1));
  if (!is_token(name)) return bad("a header's name is malformed");
  for (char c : value) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f) return bad("a header's value is malformed");
  }
  auto single = std::find_if(std::begin(single_headers), std::end(single_headers),
                             [name](std::string_view each) { return equal_ignoring_case(name, each); });
  if (single == std::end(single_headers)) return {};
  auto index = static_cast<unsigned>(single - std::begin(single_headers));
  if (seen[index]) return bad("the header " + std::string(*single) + " came twice");
  seen[index] = true;
  if (index == host && !valid_host(value)) return bad("the Host header is malformed");
  if (index == content_length &&
      (value.empty() || value.size() > 18 || !std::all_of(value.begin(), value.end(), is_digit))) {
    return bad("the Content-Length header is malformed");
  }
  if (index == transfer_encoding && !equal_ignoring_case(value, "chunked")) {
    return bad("the only Transfer-Encoding understood is chunked");
  }
  return {};
}

}  // namespace

Result<std::size_t> find_request_head(std::string_view bytes, std::size_t from) {
  if (!bytes.empty() && !is_token(bytes.substr(0, 1))) return bad("this is not an HTTP request");
  // A LF that ended the last search stands behind its CR, which may be the byte before `from`.
  for (auto lf = bytes.find('\n', from); lf != bytes.npos; lf = bytes.find('\n', lf + 1)) {
    if (lf == 0 || bytes[lf - 1] != '\r') return bad("lines of a request's head end with CR LF");
    if (lf >= 3 && bytes[lf - 2] == '\n') return lf + 1;
  }
  return std::size_t{0};
}

Result<> check_request_head(std::string_view head) {
  bool version_1_0 = false;
  bool first = true;
  Seen seen;
  while (!head.empty()) {
    auto end = head.find("\r\n");
    if (end == head.npos) return bad("the request's head is incomplete");
    auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) return bad("a stray CR, LF or NUL in the head");
    if (first) {
      TRY(check_request_line(line, version_1_0));
      first = false;
    } else if (line.empty()) {
      break;
    } else {
      TRY(check_field(line, seen));
    }
  }
  if (!head.empty()) return bad("the request's head is malformed");
  if (!seen[host] && !version_1_0) return bad("a Host header is required");
  if (seen[transfer_encoding] && version_1_0) return bad("Transfer-Encoding is not for HTTP/1.0");
  if (seen[transfer_encoding] && seen[content_length]) {
    return bad("Transfer-Encoding and Content-Length exclude each other");
  }
  return {};
}

std::string_view origin_form(std::string_view target) {
  if (target == "*" || target.starts_with('/')) return target;
  auto scheme = target.find("://");
  if (scheme == target.npos) return {};
  if (!equal_ignoring_case(target.substr(0, scheme), "http") &&
      !equal_ignoring_case(target.substr(0, scheme), "https")) {
    return {};
  }
  auto rest = target.substr(scheme + 3);
  auto path = rest.find_first_of("/?");
  if (!valid_host(rest.substr(0, path))) return {};
  if (path == rest.npos || rest[path] == '?') return "/";
  return rest.substr(path);
}

}  // namespace aiim
