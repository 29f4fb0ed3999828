// Argon2id (libsodium, interactive limits: ~64 MiB and tens of milliseconds per hash) on a thread of its own.
#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "core/login_backoff.h"
#include "ops/app.h"

namespace aiim {

constexpr std::size_t password_bytes_min = 8;
constexpr std::size_t password_bytes_max = 1024;

/// For the command line: hashes here and now. The result names its own parameters.
Result<std::string> hash_password(const std::string& password);
Result<> check_password_rules(std::string_view password);

class PasswordThread {
 public:
  static constexpr int waiting_max = 64;  // above: `unavailable`
  PasswordThread();
  /// Ends what is being hashed and lets go of what waits. Whoever waits must still have its io_context.
  ~PasswordThread();
  Async<std::string> hash(std::string password);
  /// An empty hash (no such account) takes as long as a real one and is never good.
  Async<bool> verify(std::string hash, std::string password);

  LoginBackoff backoff;

 private:
  template <class T>
  Async<T> run(std::function<Result<T>()> work);
  boost::asio::thread_pool pool_{1};
  std::atomic<int> waiting_{0};
  std::string nobody_hash_;
};

}  // namespace aiim
