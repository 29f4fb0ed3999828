#include "net/static_files.h"

#include "base/crypto.h"
#include "net/text.h"

namespace aiim {
namespace {

std::string make_etag(std::string_view bytes) { return "\"" + base64url(bytes_of(sha256(bytes)).substr(0, 12)) + "\""; }

// "br;q=0" refuses what "br" accepts.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  return any_in_list(accept_encoding, [coding](std::string_view element) {
    auto semicolon = element.find(';');
    if (!equal_ignoring_case(trimmed(element.substr(0, semicolon)), coding)) return false;
    if (semicolon == element.npos) return true;
    auto weight = trimmed(element.substr(semicolon + 1));
    return weight.find_first_of("123456789") != weight.npos;
  });
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  if (trimmed(if_none_match) == "*") return true;
  return any_in_list(if_none_match, [etag](std::string_view each) {
    if (each.starts_with("W/")) each.remove_prefix(2);
    return each == etag;
  });
}

/// The bytes to send, and their Content-Encoding.
struct Form {
  std::string_view bytes;
  std::string_view coding;
};

Form choose_form(const StaticFile& file, std::string_view accept_encoding) {
  if (!file.br.empty() && accepts(accept_encoding, "br")) return {file.br, "br"};
  if (!file.gzip.empty() && accepts(accept_encoding, "gzip")) return {file.gzip, "gzip"};
  return {file.bytes, {}};
}

// Two forms of one file are two representations, and a strong ETag names one (RFC 9110 8.8.3.3).
std::string etag_of(std::string_view etag, std::string_view coding) {
  std::string text(etag);
  if (!coding.empty()) text.insert(text.size() - 1, "-" + std::string(coding));
  return text;
}

}  // namespace

StaticFiles::StaticFiles()
    : csp_(
          // Messages show images by their address; nothing else comes from elsewhere.
          "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob: https: http:; "
          "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
          "base-uri 'none'; "
          "form-action 'self'; frame-ancestors 'none'") {}

void StaticFiles::add(std::string path, StaticFile file) {
  if (file.etag.empty()) file.etag = make_etag(file.bytes);
  files_.insert_or_assign(std::move(path), std::move(file));
}

const StaticFile* StaticFiles::find(const FileRequest& request) const {
  auto path = request.path == "/" ? std::string_view("/index.html") : request.path;
  if (auto found = files_.find(path); found != files_.end()) return &found->second;
  // A path with a dot in its last segment names a file: answering it with a page would only confuse.
  bool navigation = request.accept.find("text/html") != std::string_view::npos &&
                    path.substr(path.rfind('/')).find('.') == std::string_view::npos;
  if (fallback_.empty() || !navigation || path == "/api" || path.starts_with("/api/")) return nullptr;
  auto page = files_.find(fallback_);
  return page == files_.end() ? nullptr : &page->second;
}

bool StaticFiles::answer(const FileRequest& request, HttpReply& reply) const {
  const StaticFile* file = find(request);
  if (!file) return false;
  Form form = choose_form(*file, request.accept_encoding);
  std::string etag = etag_of(file->etag, form.coding);
  reply.add("ETag", etag);
  reply.add("Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file->gzip.empty() || !file->br.empty()) reply.add("Vary", "Accept-Encoding");
  if (!request.if_none_match.empty() && matches_etag(request.if_none_match, etag)) {
    reply.status = 304;
    return true;
  }
  reply.status = 200;
  reply.content_type = file->mime;
  reply.add("Content-Security-Policy", file->csp.empty() ? csp_ : file->csp);
  reply.shared_body = form.bytes;
  if (!form.coding.empty()) reply.add("Content-Encoding", form.coding);
  return true;
}

std::string landing_page(std::string_view version) {
  std::string page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AIIM</title>
<link rel="stylesheet" href="/aiim.css">
</head>
<body>
<main>
<h1>AIIM</h1>
<p>Instant messaging for people and AI agents. This server is running, version )";
  page += version;
  page += R"(.</p>
<ul>
<li><a href="/health">Health</a>: this server and what it depends on</li>
</ul>
<p lang="zh-CN">服务器运行正常。<a href="/health">健康检查</a></p>
</main>
</body>
</html>
)";
  return page;
}

}  // namespace aiim
