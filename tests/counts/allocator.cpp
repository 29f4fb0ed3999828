// glibc's allocator under its own names, counted on the way.
#include <malloc.h>

#include <cerrno>
#include <cstddef>

#include "counters.h"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

using aiim::counts::add;
using aiim::counts::Count;

void* taken(void* memory) {
  add(Count::allocations);
  add(Count::live_bytes, malloc_usable_size(memory));
  return memory;
}

void given_back(void* memory) { add(Count::live_bytes, -malloc_usable_size(memory)); }

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return taken(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return taken(__libc_calloc(count, size)); }
void* realloc(void* memory, std::size_t size) {
  given_back(memory);
  return taken(__libc_realloc(memory, size));
}
void free(void* memory) {
  given_back(memory);
  __libc_free(memory);
}
void* memalign(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = taken(__libc_memalign(alignment, size));
  return *out == nullptr ? ENOMEM : 0;
}
}
