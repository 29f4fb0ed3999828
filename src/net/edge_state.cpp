#include "net/edge_state.h"

#include "assets/embedded.h"
#include "net/client_config.h"
#include "ops/operation.h"
#include "ops/schema.h"

namespace aiim {
namespace {

/// "/docs/index.html" is also the answer to /docs.
std::string folder_of_index(std::string_view path) {
  constexpr std::string_view index = "/index.html";
  return path.ends_with(index) ? std::string(path.substr(0, path.size() - index.size())) : std::string();
}

void add_embedded(StaticFiles& files) {
  for (const EmbeddedFile& each : embedded_files()) {
    StaticFile file;
    file.bytes = each.bytes;
    file.gzip = each.gzip;
    file.br = each.br;
    file.mime = each.mime;
    file.immutable = each.immutable;
    std::string folder = folder_of_index(each.path);
    if (!folder.empty()) files.add(folder, file);
    if (each.path == "/index.html") files.set_fallback("/index.html");  // the web client's own routes
    files.add(std::string(each.path), std::move(file));
  }
}

}  // namespace

EdgeState::EdgeState(const Settings& settings)
    : config_(client_config_json(settings)),
      page_(landing_page(settings.version)),
      openapi_(openapi_json(settings.version)),
      asyncapi_(asyncapi_json(settings.version)) {
  auto add = [this](std::string_view pattern, Route route) {
    router.add(pattern, static_cast<int>(routes.size()));
    routes.push_back(route);
  };
  for (const Op& op : operations()) {
    if (*row_of(op).http) add(row_of(op).http, {&op, SystemRoute::none});
  }
  add("GET /api/aiim/ws", {nullptr, SystemRoute::websocket});
  add("GET /health", {nullptr, SystemRoute::health});
  add("GET /healthz", {nullptr, SystemRoute::healthz});
  add("GET /ready", {nullptr, SystemRoute::ready});
  if (settings.metrics) add("GET " + settings.metrics_path, {nullptr, SystemRoute::metrics});

  addresses = {*parse_ip_ranges(settings.trusted_proxies), *parse_ip_ranges(settings.ip_allow),
               *parse_ip_ranges(settings.ip_deny)};
  usage.sample();

  auto show = [this](std::string path, std::string_view bytes, std::string mime) {
    StaticFile file;
    file.bytes = bytes;
    file.mime = std::move(mime);
    files.add(std::move(path), std::move(file));
  };
  show("/index.html", page_, "text/html; charset=utf-8");
  show("/config.json", config_, "application/json");
  show("/openapi.json", openapi_, "application/json");
  show("/asyncapi.json", asyncapi_, "application/json");
  add_embedded(files);  // the web client's page takes the landing page's place
}

}  // namespace aiim
