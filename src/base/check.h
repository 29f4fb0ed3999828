// Assertions that stay in release builds: a broken invariant ends the process with a line that says where.
#pragma once
#include <cstdio>
#include <cstdlib>

#define AIIM_CHECK(condition)                                                                       \
  do {                                                                                              \
    if (!(condition)) {                                                                             \
      std::fprintf(stderr, "aiim: broken invariant: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                                 \
    }                                                                                               \
  } while (false)
