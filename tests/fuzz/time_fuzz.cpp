// A time that was read is written as 24 characters that read back as the same, and order of text is order of time.
#include "base/time.h"
#include "fuzz.h"

namespace aiim {
namespace {

void run(std::string_view input) {
  auto first = parse_time(take_until(input, '\n'));
  auto second = parse_time(input);
  for (auto time : {first, second}) {
    if (!time) continue;
    std::string text = to_rfc3339(*time);
    REQUIRE(text.size() == 24);
    REQUIRE(parse_time(text) == time);
  }
  if (first && second) REQUIRE((to_rfc3339(*first) <=> to_rfc3339(*second)) == (*first <=> *second));
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
