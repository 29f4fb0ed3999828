#include "ops/passwords.h"

#include <sodium.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "base/check.h"
#include "base/crypto.h"

namespace aiim {
namespace asio = boost::asio;

Result<std::string> hash_password(const std::string& password) {
  AIIM_CHECK(sodium_init() >= 0);
  char out[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str(out, password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return Error(ErrorCode::unavailable, "there is not enough memory to hash a password");
  }
  return std::string(out);
}

Result<> check_password_rules(std::string_view password) {
  if (password.size() < password_bytes_min) return Error::field("password", "must have at least 8 bytes");
  if (password.size() > password_bytes_max) return Error::field("password", "must have at most 1,024 bytes");
  return {};
}

PasswordThread::PasswordThread() {
  auto hash = hash_password(random_token(16));
  if (hash) nobody_hash_ = *hash;
}

PasswordThread::~PasswordThread() {
  pool_.stop();
  pool_.join();
}

template <class T>
Async<T> PasswordThread::run(std::function<Result<T>()> work) {
  if (waiting_.fetch_add(1) >= waiting_max) {
    --waiting_;
    Error busy(ErrorCode::unavailable, "too many logins at once");
    busy.retry_after_ms = 1000;
    co_return busy;
  }
  std::optional<Result<T>> result;
  auto start = [&](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto job = [&result, &work, executor, handler = std::move(handler)]() mutable {
      result.emplace(work());
      asio::post(executor, std::move(handler));
    };
    asio::post(pool_, std::move(job));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  --waiting_;
  co_return std::move(*result);
}

Async<std::string> PasswordThread::hash(std::string password) {
  std::function<Result<std::string>()> work = [&] { return hash_password(password); };
  co_return co_await run<std::string>(std::move(work));
}

Async<bool> PasswordThread::verify(std::string hash, std::string password) {
  std::function<Result<bool>()> work = [&]() -> Result<bool> {
    const std::string& against = hash.empty() ? nobody_hash_ : hash;
    bool good = crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
    return good && !hash.empty();
  };
  co_return co_await run<bool>(std::move(work));
}

}  // namespace aiim
