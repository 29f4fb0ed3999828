// A run that must not count: the server answered wrongly, too late or not at all. Caught in main, which names it and
// exits non-zero, so that a fast wrong answer is never a figure.
#pragma once
#include <fmt/format.h>

#include <stdexcept>

namespace aiim::bench {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Failure(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace aiim::bench
