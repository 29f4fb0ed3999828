// Judges the raw head of an HTTP request before Beast's parser sees it: what Beast (before mid-2026) lets through and
// what lets two parties disagree about where a request ends (RFC 9112 §11.2). Pure.
#pragma once
#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace aiim {

constexpr std::size_t request_head_bytes_max = 16 * 1024;

/// Bytes of the first request's head in `bytes`, the blank line included; 0 while it is incomplete. `from`: where the
/// last search ended. Fails at once on what can never become a head: a bare LF, a first byte that starts no method.
Result<std::size_t> find_request_head(std::string_view bytes, std::size_t from = 0);

/// `head` ends with its blank line. Refuses: obsolete line folding, bare CR or LF, NUL, blanks before a colon, a
/// missing or repeated Host, Content-Length with Transfer-Encoding, repeated or malformed Content-Length, a
/// Transfer-Encoding other than exactly `chunked`, any on HTTP/1.0, versions other than 1.0 and 1.1, bad targets.
Result<> check_request_head(std::string_view head);

/// The path and query of a request target: origin-form, absolute-form (its authority is dropped), or "*". Empty when it
/// is neither.
std::string_view origin_form(std::string_view target);

}  // namespace aiim
