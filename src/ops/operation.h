// How a function becomes an operation. Only ops/*.cpp include this: each instantiates `invoke` under its function, and
// the table refers to it; a function that is in the table without OPERATION does not link.
//
//   Async<MessageSent> send_message(App& app, Caller caller, SendMessage request) { … }
//   OPERATION(send_message, send_ack);   // the second: what a WebSocket ack carries instead of the REST reply
#pragma once
#include <type_traits>

#include "ops/dispatch.h"

namespace aiim {

/// Charges what a request with a list asks for beyond its first item: for a read a tenth each.
Result<> charge_items(App& app, const OpRow& row, const Caller& caller, const Type& type, const void* request);

template <class F>
struct Signature;
template <class Reply, class Request>
struct Signature<boost::asio::awaitable<Result<Reply>> (*)(App&, Caller, Request)> {
  using reply = Reply;
  using request = Request;
};

/// The ack is the reply.
struct SameAck {};

template <auto F, auto Ack>
boost::asio::awaitable<Result<std::string>> invoke(App& app, const OpRow& row, Caller caller, Surface surface,
                                                   DecodeSources from);

struct Op {
  OpRow row;
  const Type& (*request)();
  const Type& (*reply)();
  const Type& (*ack)();
  boost::asio::awaitable<Result<std::string>> (*invoke)(App&, const OpRow&, Caller, Surface, DecodeSources);
};

template <auto F, auto Ack>
const Type& ack_type() {
  if constexpr (std::is_same_v<std::remove_cv_t<decltype(Ack)>, SameAck>) {
    return type_of<typename Signature<decltype(F)>::reply>();
  } else {
    return type_of<std::remove_cvref_t<decltype(Ack(std::declval<const typename Signature<decltype(F)>::reply&>()))>>();
  }
}

template <auto F, auto Ack = SameAck{}>
constexpr Op op(OpRow row) {
  using S = Signature<decltype(F)>;
  return {row, &type_of<typename S::request>, &type_of<typename S::reply>, &ack_type<F, Ack>, &invoke<F, Ack>};
}

template <auto F, auto Ack>
boost::asio::awaitable<Result<std::string>> invoke(App& app, const OpRow& row, Caller caller, Surface surface,
                                                   DecodeSources from) {
  using S = Signature<decltype(F)>;
  typename S::request request{};
  CO_TRY(decode_request(type_of<typename S::request>(), &request, from));
  CO_TRY(charge_items(app, row, caller, type_of<typename S::request>(), &request));
  Result<typename S::reply> reply = co_await F(app, std::move(caller), std::move(request));
  if (!reply) co_return std::move(reply).error();
  if (surface == Surface::http) {
    if constexpr (std::is_same_v<typename S::reply, Nothing>) {
      co_return std::string();
    } else {
      co_return encode(*reply);
    }
  }
  if constexpr (std::is_same_v<std::remove_cv_t<decltype(Ack)>, SameAck>) {
    co_return encode(*reply);
  } else {
    co_return encode(Ack(*reply));
  }
}

}  // namespace aiim

#define AIIM_OPERATION1(function)                                                                               \
  template boost::asio::awaitable<Result<std::string>> invoke<&function, SameAck{}>(App&, const OpRow&, Caller, \
                                                                                    Surface, DecodeSources)
#define AIIM_OPERATION2(function, ack)                                                                              \
  template boost::asio::awaitable<Result<std::string>> invoke<&function, &ack>(App&, const OpRow&, Caller, Surface, \
                                                                               DecodeSources)
#define AIIM_OPERATION_PICK(a, b, macro, ...) macro
#define OPERATION(...) AIIM_OPERATION_PICK(__VA_ARGS__, AIIM_OPERATION2, AIIM_OPERATION1, )(__VA_ARGS__)
