// The implementations of core/bus.h: topics inside one process.
#pragma once
#include <cstddef>
#include <memory>

#include "core/bus.h"

namespace aiim {

struct LocalBusLimits {
  // Waiting for one worker. Above either, further events are dropped for it until it has taken what waits, and its
  // `lost` is called.
  std::size_t events_max = 200'000;
  std::size_t bytes_max = 256 * 1024 * 1024;
  // Of one delivery: what waits beyond it comes in the worker's next turn, so that it can write to its sockets between.
  std::size_t batch_events_max = 4096;
  std::size_t batch_bytes_max = 256 * 1024;
};

/// Inside one process: a table of topics under a mutex, one post per interested worker and batch.
std::unique_ptr<Bus> make_local_bus(LocalBusLimits limits = {});

}  // namespace aiim
