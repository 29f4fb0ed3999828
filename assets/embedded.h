// The files that the server itself serves, as packed into this binary at build time: the folder assets/site, and the
// web client as clients/web builds it. Bytes live as long as the process.
#pragma once
#include <span>
#include <string_view>

namespace aiim {

struct EmbeddedFile {
  std::string_view path;  // as in a URL, from its first slash: "/index.html"
  std::string_view mime;
  std::string_view bytes;
  std::string_view gzip;   // empty: does not pay
  std::string_view br;     // the same
  bool immutable = false;  // its name holds a digest of its bytes, so it may be cached for ever
};

/// By ascending path, each once.
std::span<const EmbeddedFile> embedded_files();

}  // namespace aiim
