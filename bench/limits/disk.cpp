// One fdatasync of 4 KB appended to a file: what a commit can never be quicker than.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "limits/database.h"
#include "limits/limits.h"

namespace aiim::bench {

Case limit_disk() {
  Case one{.workload = "limit-fdatasync", .needs_server = false};
  one.run = [](Bench& bench, Result& result) {
    std::string directory = make_directory("aiim-bench-disk");
    int fd = open((directory + "/file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) fail("{}: {}", directory, strerror(errno));
    std::string block(4096, 'x');
    bench.use({}, "fdatasync of each 4 KB", 0);
    time_commits(bench, result, 1, [&] {
      if (write(fd, block.data(), block.size()) != 4096 || fdatasync(fd) != 0) fail("fdatasync: {}", strerror(errno));
    });
    close(fd);
    remove_directory(directory);
  };
  return one;
}

}  // namespace aiim::bench
