// From a method and a path to an entry of a table of patterns ("GET /api/aiim/messages/{conversation_id}"). Literal
// segments win over parameters at each step. Built once; const and thread-safe afterwards; a look-up does not allocate.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aiim {

class Router {
 public:
  static constexpr std::size_t parameters_max = 8;

  struct Match {
    enum class What : std::uint8_t { found, no_path, no_method };
    What what = What::no_path;
    int target = -1;                                      // found: what add() was given
    std::string_view pattern;                             // found, no_method: the path's pattern, a metric label
    std::array<std::string_view, parameters_max> values;  // found: still encoded, in the order of the pattern's names
    const std::vector<std::string>* names = nullptr;
    std::string_view allow;  // found, no_method: for the Allow header
  };

  Router();
  ~Router();
  Router(Router&&) noexcept;

  /// `pattern`: "METHOD /path/{name}". Two patterns that differ in nothing but the names, or a parameter that is only a
  /// part of a segment, are a bug and end the process. GET offers HEAD as well.
  void add(std::string_view pattern, int target);
  /// `path` without the query. HEAD finds GET's entry.
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace aiim
