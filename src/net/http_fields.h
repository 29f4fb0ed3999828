// From Beast's header fields to what the server looks at: views into the message.
#pragma once
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

#include "net/http_request.h"

namespace aiim {

/// The first of that name; empty when there is none.
std::string_view field(const boost::beast::http::fields& fields, boost::beast::http::field name);
std::string_view field(const boost::beast::http::fields& fields, std::string_view name);
/// All of that name, as one list.
std::string joined(const boost::beast::http::fields& fields, std::string_view name);

void read_fields(const boost::beast::http::request<boost::beast::http::string_body>& message, HttpRequest& request);
/// The request's id and its language, as far as it says so.
void read_context(const boost::beast::http::fields& fields, RequestContext& context);
void read_upgrade_fields(const boost::beast::http::fields& fields, HttpRequest& request);

}  // namespace aiim
