#include "core/login_backoff.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace aiim {
namespace {

struct Failures {
  int count = 0;
  std::int64_t again_at_ms = 0;
};

std::int64_t wait_after(int failures) {
  int doublings = std::min(failures - LoginBackoff::free_failures, 20);
  if (doublings < 0) return 0;
  return std::min(LoginBackoff::first_wait_ms << doublings, LoginBackoff::wait_max_ms);
}

}  // namespace

struct LoginBackoff::Impl {
  mutable std::mutex mutex;
  std::unordered_map<std::string, Failures> by_key;
};

LoginBackoff::LoginBackoff() : impl_(std::make_unique<Impl>()) {}
LoginBackoff::~LoginBackoff() = default;

std::int64_t LoginBackoff::wait_ms(std::string_view key, std::int64_t now_ms) const {
  std::lock_guard lock(impl_->mutex);
  auto found = impl_->by_key.find(std::string(key));
  return found == impl_->by_key.end() ? 0 : std::max<std::int64_t>(0, found->second.again_at_ms - now_ms);
}

void LoginBackoff::failed(std::string_view key, std::int64_t now_ms) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->by_key.size() >= keys_max) {
    std::erase_if(impl_->by_key, [&](const auto& each) { return each.second.again_at_ms + wait_max_ms < now_ms; });
    if (impl_->by_key.size() >= keys_max) impl_->by_key.erase(impl_->by_key.begin());
  }
  Failures& entry = impl_->by_key[std::string(key)];
  if (entry.count > 0 && entry.again_at_ms + wait_max_ms < now_ms) entry.count = 0;  // long ago
  ++entry.count;
  entry.again_at_ms = now_ms + wait_after(entry.count);
}

void LoginBackoff::succeeded(std::string_view key) {
  std::lock_guard lock(impl_->mutex);
  impl_->by_key.erase(std::string(key));
}

}  // namespace aiim
