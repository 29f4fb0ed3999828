#include "core/login_backoff.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace aiim {
namespace {

struct Failures {
  int count = 0;
  std::int64_t last_ms = 0;
  std::int64_t again_at_ms = 0;
};

std::int64_t wait_after(int failures, int free_failures) {
  int doublings = std::min(failures - free_failures, 20);
  if (doublings < 0) return 0;
  return std::min(LoginBackoff::first_wait_ms << doublings, LoginBackoff::wait_max_ms);
}

}  // namespace

struct LoginBackoff::Impl {
  using Table = std::unordered_map<std::string, Failures>;

  static std::int64_t wait_ms(const Table& table, const std::string& key, std::int64_t now_ms) {
    auto found = table.find(key);
    return found == table.end() ? 0 : std::max<std::int64_t>(0, found->second.again_at_ms - now_ms);
  }
  static void count(Table& table, const std::string& key, int free_failures, std::int64_t now_ms) {
    auto long_ago = [&](const Failures& each) { return each.last_ms + 2 * wait_max_ms < now_ms; };
    if (table.size() >= keys_max) {
      std::erase_if(table, [&](const auto& each) { return long_ago(each.second); });
      if (table.size() >= keys_max) table.erase(table.begin());
    }
    Failures& entry = table[key];
    if (long_ago(entry)) entry.count = 0;
    ++entry.count;
    entry.last_ms = now_ms;
    entry.again_at_ms = now_ms + wait_after(entry.count, free_failures);
  }

  std::mutex mutex;
  Table accounts;
  Table addresses;
};

LoginBackoff::LoginBackoff() : impl_(std::make_unique<Impl>()) {}
LoginBackoff::~LoginBackoff() = default;

std::int64_t LoginBackoff::attempt(std::string_view account, std::string_view address, std::int64_t now_ms) {
  const std::string user(account), from(address);
  std::lock_guard lock(impl_->mutex);
  auto wait_ms = std::max(Impl::wait_ms(impl_->accounts, user, now_ms), Impl::wait_ms(impl_->addresses, from, now_ms));
  if (wait_ms > 0) return wait_ms;
  Impl::count(impl_->accounts, user, account_failures_free, now_ms);
  Impl::count(impl_->addresses, from, address_failures_free, now_ms);
  return 0;
}

void LoginBackoff::succeeded(std::string_view account, std::string_view address) {
  std::lock_guard lock(impl_->mutex);
  impl_->accounts.erase(std::string(account));
  auto found = impl_->addresses.find(std::string(address));
  if (found == impl_->addresses.end()) return;
  found->second.again_at_ms = found->second.last_ms;
  if (--found->second.count == 0) impl_->addresses.erase(found);
}

}  // namespace aiim
