// CPU time and memory of processes, from /proc.
#pragma once
#include <sys/types.h>

#include <cstdint>

namespace aiim::bench {

struct ProcessUsage {
  double cpu_s = 0;
  int64_t rss_kib = 0;
};

// Of the process with all its threads; zeros when it is gone. With children: of its living descendants too.
ProcessUsage usage_of(pid_t pid, bool with_children = false);

double own_cpu_s();

// Slab and TCP memory of the whole machine: what N more sockets cost the kernel, both ends included.
int64_t kernel_socket_kib();

// Packets that the kernel threw away because a core's backlog (net.core.netdev_max_backlog) was full: on the loopback a
// burst to thousands of sockets does that when the cores are busy, and each one costs a retransmission timeout.
int64_t dropped_packets();

}  // namespace aiim::bench
