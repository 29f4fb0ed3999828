#include "net/edge_state.h"

#include "ops/operation.h"

namespace aiim {
namespace {

constexpr std::string_view landing_css =
    "body{font:16px/1.6 system-ui,sans-serif;margin:0;color:#1d2733;background:#f5f7f9}"
    "main{max-width:36rem;margin:12vh auto;padding:2rem 2.5rem;background:#fff;border-radius:12px;"
    "box-shadow:0 1px 4px #0002}h1{margin:0;letter-spacing:.04em}a{color:#0b62c4}"
    "@media(prefers-color-scheme:dark){body{color:#dde4ec;background:#12171d}main{background:#1b222b}a{color:#7db8ff}}";

}  // namespace

EdgeState::EdgeState(const Settings& settings) : page_(landing_page(settings.version)) {
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

  usage.sample();

  StaticFile page;
  page.bytes = page_;
  page.mime = "text/html; charset=utf-8";
  files.add("/index.html", std::move(page));
  StaticFile style;
  style.bytes = landing_css;
  style.mime = "text/css; charset=utf-8";
  files.add("/aiim.css", std::move(style));
}

}  // namespace aiim
