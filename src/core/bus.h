// Topics: what one store thread (or another node) publishes reaches every worker that subscribed. At most once, in the
// order of publishing per publisher; whoever must not miss anything compares revs with the store. This is the interface
// that hubs see; src/bus implements it.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/event.h"

namespace aiim {

/// Where a worker takes events: called on the worker's own thread, in batches.
struct BusSubscriber {
  std::function<void(std::function<void()>)> post;  // runs a function on the worker's thread, soon
  std::function<void(const EventBatch&)> deliver;   // called there
  std::function<void()> lost = {};                  // called there: events were dropped; compare with the store
};

constexpr int bus_subscribers_max = 64;  // a topic's subscribers are the bits of one word

class Bus {
 public:
  virtual ~Bus() = default;
  /// Before the worker starts; lives until remove(). Returns the subscriber's number. At most bus_subscribers_max at a
  /// time.
  virtual int add(BusSubscriber subscriber) = 0;
  /// On the worker's thread, or after it ended. Nothing of the subscriber is called afterwards.
  virtual void remove(int subscriber) = 0;
  /// `done` runs on the worker's thread once every event published later on these topics is sure to be delivered (some
  /// may be delivered before it runs). Subscribing again is harmless.
  virtual void subscribe(int subscriber, std::vector<std::string> topics, std::function<void()> done) = 0;
  virtual void unsubscribe(int subscriber, std::span<const std::string> topics) = 0;
  /// From any thread. Events of one call stay together and in order.
  virtual void publish(EventBatch events) = 0;
};

}  // namespace aiim
