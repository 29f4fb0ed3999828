// Topics: what one store thread (or another node) publishes reaches every worker that subscribed. At most once, in the
// order of publishing per publisher; whoever must not miss anything compares revs with the store.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/event.h"

namespace aiim {

/// Where a worker takes events: called on the worker's own thread, in batches.
struct BusSubscriber {
  std::function<void(std::function<void()>)> post;  // runs a function on the worker's thread, soon
  std::function<void(const EventBatch&)> deliver;   // called there
};

class Bus {
 public:
  virtual ~Bus() = default;
  /// Before the worker starts; lives until remove(). Returns the subscriber's number.
  virtual int add(BusSubscriber subscriber) = 0;
  virtual void remove(int subscriber) = 0;
  /// `done` runs on the worker's thread once every event published later on these topics is sure to be delivered.
  virtual void subscribe(int subscriber, std::vector<std::string> topics, std::function<void()> done) = 0;
  virtual void unsubscribe(int subscriber, std::span<const std::string> topics) = 0;
  /// From any thread. Events of one call stay together and in order.
  virtual void publish(EventBatch events) = 0;
};

/// Inside one process: a table of topics under a mutex, one post per interested worker and batch.
std::unique_ptr<Bus> make_local_bus();

}  // namespace aiim
