// Files that are part of the binary: path -> bytes, their compressed forms, how long they may be cached. Filled once at
// the start, const and thread-safe afterwards. Bytes belong to the binary (or to whoever filled the registry) and live
// as long as the process.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "net/http_reply.h"

namespace aiim {

struct StaticFile {
  std::string_view bytes;
  std::string_view gzip;  // empty: not offered
  std::string_view br;
  std::string mime;        // "text/html; charset=utf-8"
  std::string etag;        // with quotes; empty: made from the bytes
  bool immutable = false;  // its name holds a digest: cached for a year
  std::string csp;         // empty: the registry's
};

/// What a request says about the form it wants.
struct FileRequest {
  std::string_view path;
  std::string_view accept;
  std::string_view accept_encoding;
  std::string_view if_none_match;
};

class StaticFiles {
 public:
  StaticFiles();

  /// Content-Security-Policy of documents that bring none of their own.
  void set_csp(std::string csp) { csp_ = std::move(csp); }
  void add(std::string path, StaticFile file);
  /// Navigation to a path that is no file, outside /api, answers with this file: a single-page application's routes.
  void set_fallback(std::string path) { fallback_ = std::move(path); }

  /// Fills in 200 or 304; false when there is no such file.
  bool answer(const FileRequest& request, HttpReply& reply) const;

 private:
  const StaticFile* find(const FileRequest& request) const;

  std::map<std::string, StaticFile, std::less<>> files_;
  std::string csp_;
  std::string fallback_;
};

/// The page at `/` of a server without a web client: name, version, where to go.
std::string landing_page(std::string_view version);

}  // namespace aiim
