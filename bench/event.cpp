// One pass over the text with simdjson on demand; unknown keys are stepped over.
#include "event.h"

#include <simdjson.h>

#include <cstring>

#include "failure.h"
#include "loop.h"

namespace aiim::bench {

namespace ondemand = simdjson::ondemand;

struct EventParser::Impl {
  ondemand::parser parser;
  Event event;

  void read_envelope(ondemand::object object);
  void read_data(ondemand::object object);
  void read_message(ondemand::object object);
};

namespace {

// The protocol's keys have no escapes, so the raw text up to the quote is the key.
std::string_view key_of(simdjson::simdjson_result<ondemand::field>& field) {
  const char* raw = field.key().value().raw();
  return {raw, static_cast<size_t>(static_cast<const char*>(memchr(raw, '"', 256)) - raw)};
}

std::string_view text_of(ondemand::value value) {
  return value.is_null() ? std::string_view() : value.get_string().value();
}
int64_t number_of(ondemand::value value) { return value.is_null() ? -1 : value.get_int64().value(); }

}  // namespace

void EventParser::Impl::read_envelope(ondemand::object object) {
  for (auto field : object) {
    std::string_view key = key_of(field);
    if (key == "type") {
      event.type = text_of(field.value());
    } else if (key == "id") {
      event.id = text_of(field.value());
    } else if (key == "data") {
      ondemand::object data = field.value().get_object();
      read_data(data);
      data.reset();
      event.data = data.raw_json();
    } else if (key == "error") {
      event.error = field.value().get_object().value().raw_json();
    }
  }
}

void EventParser::Impl::read_data(ondemand::object object) {
  for (auto field : object) {
    std::string_view key = key_of(field);
    if (key == "conversation_id")
      event.conversation_id = text_of(field.value());
    else if (key == "rev")
      event.rev = number_of(field.value());
    else if (key == "after")
      event.after = number_of(field.value());
    else if (key == "message")
      read_message(field.value().get_object());
    else if (key == "seq")
      event.seq = number_of(field.value());
    else if (key == "message_id")
      event.message_id = text_of(field.value());
    else if (key == "client_msg_id")
      event.client_msg_id = text_of(field.value());
    else if (key == "stream_id")
      event.stream_id = text_of(field.value());
    else if (key == "n")
      event.n = number_of(field.value());
    else if (key == "from")
      event.from = number_of(field.value());
  }
}

void EventParser::Impl::read_message(ondemand::object object) {
  for (auto field : object) {
    std::string_view key = key_of(field);
    if (key == "seq")
      event.seq = number_of(field.value());
    else if (key == "message_id")
      event.message_id = text_of(field.value());
    else if (key == "client_msg_id")
      event.client_msg_id = text_of(field.value());
    else if (key == "sender_id")
      event.sender_id = text_of(field.value());
    else if (key == "status")
      event.status = text_of(field.value());
    else if (key == "content") {
      for (auto inner : field.value().get_object()) {
        if (key_of(inner) == "text") event.text = text_of(inner.value());
      }
    }
  }
}

EventParser::EventParser() : impl_(std::make_unique<Impl>()) {}
EventParser::~EventParser() = default;

const Event& EventParser::parse(std::string_view text) {
  impl_->event = Event();
  try {
    ondemand::document document =
        impl_->parser.iterate(simdjson::padded_string_view(text.data(), text.size(), text.size() + Loop::padding));
    impl_->read_envelope(document.get_object());
  } catch (const simdjson::simdjson_error& error) {
    fail("the server sent what the protocol does not know ({}): {}", error.what(), text.substr(0, 400));
  }
  if (impl_->event.type.empty()) fail("the server sent a message without a type: {}", text.substr(0, 400));
  return impl_->event;
}

}  // namespace aiim::bench
