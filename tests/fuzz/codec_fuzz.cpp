// What decodes, encodes to text that decodes to the same; canonical JSON is a fixed point. Input that begins with '?'
// is a list of name=value parameters instead, a line each.
#include <map>
#include <string>

#include "base/codec.h"
#include "fuzz.h"

namespace aiim {
namespace {

enum class Shape : std::uint8_t { round, square, long_named };
BOOST_DESCRIBE_ENUM(Shape, round, square, long_named)

struct Leaf {
  std::string name;
  std::optional<std::int64_t> count;
  Omit<bool> flag;
};
BOOST_DESCRIBE_STRUCT(Leaf, (), (name, count, flag))

struct Tree {
  std::string id;
  Shape shape = Shape::round;
  std::vector<Leaf> leaves;
  std::optional<Leaf> best;
  std::optional<std::vector<std::string>> words;
  std::optional<RawJson> content;
  std::optional<Time> at;
  std::optional<double> weight;
  std::optional<int> small;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (id, shape, leaves, best, words, content, at, weight, small))

void check_error(const Error& error) { REQUIRE(!error.detail.empty()); }

void check_canonical(JsonParser& parser, Json element) {
  auto raw = canonical_json(element);
  if (!raw) return check_error(raw.error());
  auto again = parser.parse(raw->text);
  REQUIRE(again.has_value());
  auto same = canonical_json(*again);
  REQUIRE(same.has_value() && same->text == raw->text);
}

void check_tree(JsonParser& parser, const Tree& tree) {
  std::string text = encode(tree);
  auto again = parser.parse(text);
  REQUIRE(again.has_value());
  auto same = decode<Tree>(*again);
  REQUIRE(same.has_value());
  REQUIRE(encode(*same) == text);
}

void run_parameters(std::string_view input) {
  JsonParser parser;
  std::map<std::string, std::string> values;
  while (!input.empty()) {
    auto line = take_until(input, '\n');
    auto name = take_until(line, '=');
    if (simdjson::validate_utf8(line.data(), line.size())) values[std::string(name)] = line;
  }
  Tree tree;
  if (auto done = decode_text_into(type_of<Tree>(), &tree, values); !done) return check_error(done.error());
  check_tree(parser, tree);
}

void run(std::string_view input) {
  if (input.starts_with('?')) return run_parameters(input.substr(1));
  JsonParser parser(1 << 16);
  auto element = parser.parse(input);
  if (!element) return check_error(element.error());
  auto tree = decode<Tree>(*element);
  if (tree) {
    check_tree(parser, *tree);
  } else {
    check_error(tree.error());
  }
  element = parser.parse(input);
  REQUIRE(element.has_value());
  check_canonical(parser, *element);
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
