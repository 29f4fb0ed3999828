// Result<T>: a value, or the Error that the caller gets. For what can happen; assertions are for bugs.
#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>

#include "base/error.h"

namespace aiim {

/// Result::value() on an error is a bug in the caller; it throws so that `dispatch` answers `internal`.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("unchecked error: " + error.detail);
}

template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace aiim

// TRY(expr): returns the error of a Result<…>, else goes on. TRY_AS(var, expr) also names the value (a reference into
// the result, which lives until the end of the scope). CO_TRY and CO_TRY_AS are the same in a coroutine.
#define AIIM_TRY_CAT2(a, b) a##b
#define AIIM_TRY_CAT(a, b) AIIM_TRY_CAT2(a, b)
#define AIIM_TRY1(tmp, ret, expr) \
  auto tmp = (expr);              \
  if (!tmp) ret std::move(tmp).error()
#define AIIM_TRY2(tmp, ret, var, expr)  \
  auto tmp = (expr);                    \
  if (!tmp) ret std::move(tmp).error(); \
  [[maybe_unused]] auto& var = *tmp
#define TRY(...) AIIM_TRY1(AIIM_TRY_CAT(try_, __LINE__), return, (__VA_ARGS__))
#define TRY_AS(var, ...) AIIM_TRY2(AIIM_TRY_CAT(try_, __LINE__), return, var, (__VA_ARGS__))
#define CO_TRY(...) AIIM_TRY1(AIIM_TRY_CAT(try_, __LINE__), co_return, (__VA_ARGS__))
#define CO_TRY_AS(var, ...) AIIM_TRY2(AIIM_TRY_CAT(try_, __LINE__), co_return, var, (__VA_ARGS__))
