// The client's thread: takes what was handed over, lets libcurl move the bytes, reports what is over. Others reach it
// through a queue under a mutex and curl_multi_wakeup, which may be called from any thread.
#include "outbound/http_client.h"

#include <pthread.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "outbound/transfer.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

constexpr int poll_ms = 1000;
constexpr long idle_connections_max = 64;

void init_curl_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  AIIM_CHECK(done == CURLE_OK);
}

Error ending() { return Error(ErrorCode::unavailable, "the request was cancelled"); }

}  // namespace

struct HttpClient::Impl {
  explicit Impl(Options given);
  ~Impl();

  void run();
  bool take_queued();  // false: the end
  void begin(std::unique_ptr<Transfer> transfer);
  void take_finished();
  std::unique_ptr<Transfer> remove(std::uint64_t number);

  const Options options;
  CURLM* multi;
  std::mutex mutex;
  std::vector<std::unique_ptr<Transfer>> queued;  // under the mutex, as are the next three
  std::vector<std::uint64_t> cancelled;
  std::uint64_t last_number = 0;
  bool stopping = false;
  std::unordered_map<std::uint64_t, std::unique_ptr<Transfer>> under_way;  // the thread's
  std::thread thread;
};

HttpClient::Impl::Impl(Options given) : options(std::move(given)) {
  init_curl_once();
  multi = curl_multi_init();
  AIIM_CHECK(multi != nullptr);
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.per_host_max));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, idle_connections_max);
  thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "aiim-outbound");
    run();
  });
}

HttpClient::Impl::~Impl() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  curl_multi_wakeup(multi);
  thread.join();
  for (auto& transfer : std::exchange(queued, {})) transfer->fail(ending());
  while (!under_way.empty()) remove(under_way.begin()->first)->fail(ending());
  curl_multi_cleanup(multi);
}

void HttpClient::Impl::run() {
  while (take_queued()) {
    int running = 0;
    curl_multi_perform(multi, &running);
    take_finished();
    curl_multi_poll(multi, nullptr, 0, poll_ms, nullptr);
  }
}

bool HttpClient::Impl::take_queued() {
  std::vector<std::unique_ptr<Transfer>> fresh;
  std::vector<std::uint64_t> ended;
  {
    std::lock_guard lock(mutex);
    if (stopping) return false;
    fresh.swap(queued);
    ended.swap(cancelled);
  }
  for (auto& transfer : fresh) begin(std::move(transfer));
  for (std::uint64_t number : ended) {
    if (auto transfer = remove(number)) transfer->fail(ending());
  }
  return true;
}

void HttpClient::Impl::begin(std::unique_ptr<Transfer> transfer) {
  if (under_way.size() >= options.exchanges_max) {
    return transfer->fail(Error(ErrorCode::unavailable, "too many requests to other servers are under way"));
  }
  if (auto prepared = transfer->prepare(options); !prepared) return transfer->fail(prepared.error());
  if (curl_multi_add_handle(multi, transfer->handle()) != CURLM_OK) return transfer->fail(ending());
  under_way.emplace(transfer->number(), std::move(transfer));
}

std::unique_ptr<Transfer> HttpClient::Impl::remove(std::uint64_t number) {
  auto found = under_way.find(number);
  if (found == under_way.end()) return nullptr;
  auto transfer = std::move(found->second);
  under_way.erase(found);
  curl_multi_remove_handle(multi, transfer->handle());
  return transfer;
}

void HttpClient::Impl::take_finished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;  // the message does not outlive the handle
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    remove(transfer->number())->finish(code);
  }
}

HttpClient::HttpClient(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

std::uint64_t HttpClient::start(OutboundRequest request, Done done) {
  std::unique_lock lock(impl_->mutex);
  std::uint64_t number = ++impl_->last_number;
  if (impl_->stopping) {
    lock.unlock();
    done(ending());
    return number;
  }
  impl_->queued.push_back(std::make_unique<Transfer>(number, std::move(request), std::move(done)));
  lock.unlock();
  curl_multi_wakeup(impl_->multi);
  return number;
}

void HttpClient::cancel(std::uint64_t number) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->cancelled.push_back(number);
  }
  curl_multi_wakeup(impl_->multi);
}

asio::awaitable<Result<OutboundReply>> HttpClient::exchange(OutboundRequest request) {
  // The outcome is shared: the coroutine may be destroyed before the exchange is over.
  auto outcome = std::make_shared<std::optional<Result<OutboundReply>>>();
  auto initiate = [&](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto slot = asio::get_associated_cancellation_slot(handler);
    auto waiter = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies what it holds
    auto number = start(std::move(request), [outcome, executor, waiter](Result<OutboundReply> result) {
      outcome->emplace(std::move(result));
      asio::post(executor, std::move(*waiter));
    });
    if (slot.is_connected()) slot.assign([this, number](asio::cancellation_type) { cancel(number); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  co_return std::move(**outcome);
}

}  // namespace aiim
