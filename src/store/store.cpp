#include "store/store.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>

#include "store/mailbox.h"
#include "store/reader.h"
#include "store/store_metrics.h"
#include "store/writer.h"

namespace aiim {
namespace {

namespace asio = boost::asio;

const Statement select_one("store.ping", "SELECT 1");

Error busy(const char* detail) {
  Error error(ErrorCode::unavailable, detail);
  error.retry_after_ms = 1000;
  return error;
}

// Touched on the worker only.
struct Ping {
  explicit Ping(const asio::any_io_executor& executor) : deadline(executor) {}
  asio::steady_timer deadline;
  bool good = false;
};

// Not in the frame of its coroutine, which may give up before a reader gets to it.
struct PingJob : ReadJob {
  explicit PingJob(std::shared_ptr<Ping> p) : ReadJob(Kind::read, *this), ping(std::move(p)) { answered = &arrived; }

  std::optional<ErrorCode> operator()(Db& db) {
    auto read = db.run(select_one);
    good = read.has_value();
    return good ? std::nullopt : std::optional(read.error().code);
  }

  static void arrived(Job& job, bool alive) {
    std::unique_ptr<PingJob> self(&static_cast<PingJob&>(job));
    if (!alive) return;
    self->ping->good = self->good && !self->failure;
    self->ping->deadline.cancel();
  }

  // shared by the coroutine and the job, since either may end first.
  std::shared_ptr<Ping> ping;
  bool good = false;
};

}  // namespace

struct Store::Impl {
  Impl(StoreOptions o, Metrics& all) : options(std::move(o)), metrics(all) {}

  void push(Job& job) { job.kind == Job::Kind::read ? readers->push(job) : writer->push(job); }

  const StoreOptions options;
  const StoreMetrics metrics;
  std::unique_ptr<Readers> readers;
  std::unique_ptr<Writer> writer;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, const Clock& clock, Metrics& metrics,
                                           std::function<void(EventBatch)> publish) {
  auto impl = std::make_unique<Impl>(std::move(options), metrics);
  TRY_AS(writer, open_db(impl->options.target));
  TRY(writer->start_writing());
  std::vector<std::unique_ptr<Db>> connections;
  for (int i = 0; i < std::max(impl->options.readers, 1); ++i) {
    TRY_AS(reader, open_db(impl->options.target));
    connections.push_back(std::move(reader));
  }
  impl->readers = std::make_unique<Readers>(impl->options, std::move(connections), impl->metrics);
  impl->writer = std::make_unique<Writer>(impl->options, clock, std::move(writer), impl->metrics, std::move(publish));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<> Store::admit_write() {
  if (impl_->writer->admit()) return {};
  return busy("Too many changes are waiting to be stored.");
}

Result<> Store::admit_read() {
  if (impl_->readers->admit()) return {};
  return busy("Too many reads are waiting.");
}

asio::awaitable<void> Store::hand_over(Job& job) {
  auto token = asio::use_awaitable;
  return asio::async_initiate<asio::use_awaitable_t<>, void()>(
      [this](auto waiter, Job* node) {
        node->mailbox = &Mailbox::of(waiter.get_executor());
        node->mailbox->hand_out();
        node->waiter.emplace(std::move(waiter));
        impl_->push(*node);  // from here on another thread's
      },
      token, &job);
}

asio::awaitable<Result<AppendOutcome>> Store::append(MessageDraft draft) {
  AppendJob job(std::move(draft));
  CO_TRY(admit_write());
  co_await hand_over(job);
  if (job.failure) co_return std::move(*job.failure);
  co_return std::move(job.outcome);
}

asio::awaitable<Result<CursorOutcome>> Store::advance(CursorStep step) {
  AdvanceJob job(std::move(step));
  CO_TRY(admit_write());
  co_await hand_over(job);
  if (job.failure) co_return std::move(*job.failure);
  co_return job.outcome;
}

asio::awaitable<Result<StreamAppendOutcome>> Store::append_stream(StreamAppend append) {
  StreamAppendJob job(std::move(append));
  CO_TRY(admit_write());
  co_await hand_over(job);
  if (job.failure) co_return std::move(*job.failure);
  co_return std::move(job.outcome);
}

asio::awaitable<Result<double>> Store::ping() {
  CO_TRY(admit_read());
  auto began = std::chrono::steady_clock::now();
  auto executor = co_await asio::this_coro::executor;
  auto ping = std::make_shared<Ping>(executor);
  auto job = std::make_unique<PingJob>(ping);
  job->mailbox = &Mailbox::of(executor);
  job->mailbox->hand_out();
  impl_->push(*job.release());
  ping->deadline.expires_after(std::chrono::milliseconds(impl_->options.ping_ms_max));
  boost::system::error_code ended;
  co_await ping->deadline.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (!ping->good) co_return busy("The database does not answer.");
  co_return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

DbKind Store::kind() const { return impl_->options.target.kind; }

std::size_t Store::backlog() const { return impl_->writer->waiting(); }

}  // namespace aiim
