#include <sys/stat.h>

#include "main/cli.h"

// jemalloc reads this when the process starts (MALLOC_CONF in the environment comes after it): one arena behind the
// threads' caches, larger slabs, and what is free goes back to the system within a second, so that idle sessions cost
// what they hold. In a build without jemalloc (sanitizers) nobody reads it.
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "narenas:1,tcache_max:4096,slab_sizes:1-4096:2,dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true,"
    "max_background_threads:1";

int main(int argc, char** argv) {
  umask(0077);  // messages and password hashes: whatever any command writes is its owner's alone
  return aiim::run_command_line(argc, argv);
}
