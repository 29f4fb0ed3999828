// REST over the operation table: a request becomes a Call, its Result becomes an answer. And what a browser asks before
// (CORS).
#pragma once
#include <boost/asio/awaitable.hpp>

#include "net/http_reply.h"
#include "net/http_request.h"
#include "net/worker_parts.h"

namespace aiim {

/// Everything under /api except the WebSocket: charges the address, finds out who asks, then what. Without valid
/// credentials the answer is 401, whether the route exists or not.
boost::asio::awaitable<HttpReply> answer_rest(WorkerParts& parts, const HttpRequest& request,
                                              const Router::Match& match, RequestContext& context);

/// OPTIONS of any path: a preflight, or the list of methods.
HttpReply answer_options(const WorkerParts& parts, const HttpRequest& request, const Router::Match& match,
                         const RequestContext& context);

/// Lets pages of other allowed origins read the answer.
void add_cors_headers(const WorkerParts& parts, const HttpRequest& request, HttpReply& reply);

}  // namespace aiim
