#include "net/router.h"

#include <algorithm>

#include "base/check.h"

namespace aiim {

struct Router::Node {
  struct Endpoint {
    std::string method;
    int target;
    std::string pattern;
    std::vector<std::string> names;
  };
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> parameter;
  std::vector<Endpoint> endpoints;
  std::string allow;

  Node* literal(std::string_view segment) const {
    for (auto& [text, node] : literals) {
      if (text == segment) return node.get();
    }
    return nullptr;
  }

  // Depth first, literals before the parameter; the first node with endpoints wins.
  const Node* walk(std::string_view path, std::array<std::string_view, parameters_max>& values,
                   std::size_t used) const {
    if (path.empty()) return endpoints.empty() ? nullptr : this;
    path.remove_prefix(1);  // the slash
    auto end = path.find('/');
    auto segment = path.substr(0, end);
    auto rest = end == path.npos ? std::string_view() : path.substr(end);
    if (const Node* next = literal(segment)) {
      if (const Node* found = next->walk(rest, values, used)) return found;
    }
    if (!parameter || segment.empty() || used == values.size()) return nullptr;
    values[used] = segment;
    return parameter->walk(rest, values, used + 1);
  }

  void offer(Endpoint endpoint) {
    for (auto& each : endpoints) AIIM_CHECK(each.method != endpoint.method);
    endpoints.push_back(std::move(endpoint));
    allow = "OPTIONS";
    for (auto& each : endpoints) {
      allow += ", " + each.method;
      if (each.method == "GET") allow += ", HEAD";
    }
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(std::string_view pattern, int target) {
  auto blank = pattern.find(' ');
  AIIM_CHECK(blank != pattern.npos && pattern[blank + 1] == '/');
  auto path = pattern.substr(blank + 1);
  Node::Endpoint endpoint{std::string(pattern.substr(0, blank)), target, std::string(path), {}};
  Node* node = root_.get();
  for (auto rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    auto end = rest.find('/');
    auto segment = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end);
    if (segment.starts_with('{')) {
      AIIM_CHECK(segment.size() > 2 && segment.ends_with('}') && endpoint.names.size() < parameters_max);
      endpoint.names.emplace_back(segment.substr(1, segment.size() - 2));
      if (!node->parameter) node->parameter = std::make_unique<Node>();
      node = node->parameter.get();
    } else {
      AIIM_CHECK(segment.find('{') == segment.npos);
      Node* next = node->literal(segment);
      if (!next) next = node->literals.emplace_back(segment, std::make_unique<Node>()).second.get();
      node = next;
    }
  }
  node->offer(std::move(endpoint));
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  const Node* node = root_->walk(path, match.values, 0);
  if (!node) return match;
  match.what = Match::What::no_method;
  match.pattern = node->endpoints.front().pattern;
  match.allow = node->allow;
  auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  for (auto& endpoint : node->endpoints) {
    if (endpoint.method != wanted) continue;
    match.what = Match::What::found;
    match.target = endpoint.target;
    match.pattern = endpoint.pattern;
    match.names = &endpoint.names;
    break;
  }
  return match;
}

}  // namespace aiim
