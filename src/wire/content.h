// What a message says, as one type: which fields are there depends on the message's type (core/content_rules judges),
// and keys that the server does not know are kept. The server handles content as JSON text; this is its description.
#pragma once
#include "wire/stream.h"

namespace aiim {

struct MessageContent {
  Omit<std::string> text;
  Omit<std::vector<std::string>> mentions;
  Omit<std::string> media_id;
  Omit<std::string> url;
  Omit<std::string> filename;
  Omit<std::int64_t> file_size;
  Omit<std::string> content_type;
  Omit<std::int64_t> width;
  Omit<std::int64_t> height;
  Omit<double> duration;
  Omit<std::string> caption;
  Omit<std::vector<std::int64_t>> waveform;
  Omit<std::string> thumbnail_url;
  Omit<std::vector<StreamPart>> parts;
  Omit<std::string> model;
  Omit<RawJson> usage;
  Omit<std::string> finish_reason;
  Omit<StreamOutcome> outcome;
};
BOOST_DESCRIBE_STRUCT(MessageContent, (),
                      (text, mentions, media_id, url, filename, file_size, content_type, width, height, duration,
                       caption, waveform, thumbnail_url, parts, model, usage, finish_reason, outcome))

}  // namespace aiim
