#include "ops/dispatch.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "base/log.h"
#include "core/address_rules.h"
#include "ops/operation.h"
#include "ops/phrases.h"
#include "wire/problem.h"

namespace aiim {
namespace {

struct OpMetrics {
  Histogram seconds;
  std::map<std::string_view, Counter> by_code;
};

// One set of handles per operation, made once and never changed after.
const OpMetrics& metrics_of(Metrics& metrics, const Op& op) {
  static const auto all = [&metrics] {
    std::map<const Op*, OpMetrics> made;
    for (const Op& each : operations()) {
      OpMetrics& m = made[&each];
      m.seconds = metrics.histogram("aiim_operation_duration_seconds", "Time from decoding a request to its reply.",
                                    {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5},
                                    {{"operation", each.row.name}});
      auto count = [&](std::string_view code) {
        m.by_code[code] = metrics.counter("aiim_operations_total", "Operations by outcome.",
                                          {{"operation", each.row.name}, {"code", code}});
      };
      count("ok");
      for (const ErrorInfo& error : all_errors()) count(error.name);
    }
    return made;
  }();
  return all.at(&op);
}

struct RateClass {
  double per_second;  // as multiples of RATE_LIMIT_PER_SEC
  double burst_seconds;
};

RateClass class_of(Rate rate) {
  switch (rate) {
    case Rate::none: return {0, 0};
    case Rate::read: return {4, 5};
    case Rate::write: return {1, 4};
    case Rate::receipt: return {4, 5};
    case Rate::signal: return {2, 5};
    case Rate::stream: return {4, 5};
    case Rate::login: return {0.2, 2};
  }
  return {1, 1};
}

Result<> charge(App& app, Rate rate, const Caller& caller, double items) {
  if (rate == Rate::none || app.settings.rate_limit_per_s <= 0) return {};
  const auto [name, rule] = rate_policy(app.settings, rate);
  std::string key(name);
  if (caller.identity) {
    key.append("/").append(caller.tenant_id()).append("/").append(caller.user_id());
  } else {
    key.append("@").append(limited_address(caller.address));
  }
  RateDecision decision = app.limiter.charge(key, rule, items, steady_ms());
  if (decision.allowed) return {};
  std::ostringstream per_second;
  per_second << rule.per_second;
  Error error(ErrorCode::rate_limited, "the limit for this kind of request is " + per_second.str() + " per second");
  error.retry_after_ms = std::max<std::int64_t>(decision.retry_after_ms, 1);
  return error;
}

boost::asio::awaitable<Result<std::string>> guarded(App& app, const Op& op, Caller caller, Surface surface,
                                                    DecodeSources from) {
  try {
    co_return co_await op.invoke(app, op.row, std::move(caller), surface, from);
  } catch (const std::exception& exception) {
    log_error("operation_threw", {{"operation", op.row.name}, {"what", exception.what()}});
  }
  co_return Error(ErrorCode::internal);
}

void note(App& app, const Op& op, const Caller& caller, const Result<std::string>& result, std::int64_t started_us) {
  const OpMetrics& metrics = metrics_of(app.metrics, op);
  double seconds = static_cast<double>(steady_us() - started_us) / 1e6;
  std::string_view code = result ? "ok" : info(result.error().code).name;
  metrics.seconds.observe(seconds);
  metrics.by_code.at(code).add();
  bool ours = !result && info(result.error().code).http_status >= 500;
  LogLevel level = ours ? LogLevel::warn : LogLevel::debug;
  if (!log_enabled(level)) return;
  log(level, "operation",
      {{"operation", op.row.name},
       {"code", code},
       {"request_id", caller.request_id},
       {"tenant_id", caller.identity ? caller.tenant_id() : std::string()},
       {"user_id", caller.identity ? caller.user_id() : std::string()},
       {"ms", seconds * 1000}});
}

}  // namespace

Result<> charge_items(App& app, const OpRow& row, const Caller& caller, const Type& type, const void* request) {
  std::size_t items = 1;
  for (const Member& member : type.members) {
    const Type* field = &member.type();
    const void* value = static_cast<const char*>(request) + member.offset;
    if (field->kind == Type::Kind::optional && field->size(value) == 1) {
      value = field->at(value, 0);
      field = &field->element();
    }
    if (field->kind == Type::Kind::array) items = std::max(items, field->size(value));
  }
  if (items == 1) return {};
  // Reading ten things of a list costs as much as one alone: a device that comes back names all its conversations.
  double cost = static_cast<double>(items - 1);
  return charge(app, row.rate.value, caller, row.write ? cost : cost / 10);
}

RatePolicy rate_policy(const Settings& settings, Rate rate) {
  RateClass rates = class_of(rate);
  RateRule rule{settings.rate_limit_per_s * rates.per_second, 0};
  rule.burst = std::max(1.0, rule.per_second * rates.burst_seconds);
  return {name_of(rate), rule};
}

const Op* find_ws_operation(std::string_view type) {
  static const auto by_type = [] {
    std::map<std::string_view, const Op*> map;
    for (const Op& op : operations()) {
      if (*op.row.ws) map.emplace(op.row.ws, &op);
    }
    return map;
  }();
  auto found = by_type.find(type);
  return found == by_type.end() ? nullptr : found->second;
}

void prepare_metrics(Metrics& metrics) { metrics_of(metrics, operations().front()); }

namespace {

struct RowView {
  std::string name;
  std::string http;
  std::string ws;
  Access access = Access::user;
  Rate rate = Rate::none;
  bool write = true;
  bool audited = false;
  std::string summary;
};
BOOST_DESCRIBE_STRUCT(RowView, (), (name, http, ws, access, rate, write, audited, summary))

}  // namespace

std::string operations_json() {
  std::vector<RowView> rows;
  for (const Op& op : operations()) {
    const OpRow& row = op.row;
    rows.push_back({row.name, row.http, row.ws, row.access.value, row.rate.value, row.write, row.audit == Audit::yes,
                    row.summary});
  }
  return encode(rows);
}

const OpRow& row_of(const Op& op) { return op.row; }

bool replies_nothing(const Op& op) { return &op.reply() == &type_of<Nothing>(); }

boost::asio::awaitable<Result<std::string>> dispatch(App& app, Call call) {
  const Op& op = *call.op;
  const std::int64_t started_us = steady_us();
  Caller caller = call.caller;
  Result<std::string> result = Error(ErrorCode::unauthenticated);
  if (caller.identity || op.row.access.value == Access::anyone) {
    Result<> allowed = charge(app, op.row.rate.value, caller, 1);
    if (allowed && caller.identity && !(op.row.write ? caller.identity->may_write : caller.identity->may_read)) {
      allowed = Error(ErrorCode::forbidden, "this API key's scopes do not cover this");
    }
    if (allowed && op.row.access.value == Access::tenant_admin && caller.identity->role != UserRole::admin) {
      allowed = Error(ErrorCode::forbidden, "only the tenant's admins may do this");
    }
    if (allowed) {
      DecodeSources from{call.body, &call.parameters};
      result = co_await guarded(app, op, std::move(call.caller), call.surface, from);
    } else {
      result = allowed.error();
    }
  }
  note(app, op, caller, result, started_us);
  co_return result;
}

namespace {

std::string_view title_of(const ErrorInfo& row, Language language) {
  return language == Language::zh_cn ? row.title_zh : row.title_en;
}

std::string detail_of(const Error& error, Language language) {
  const ErrorInfo& row = info(error.code);
  // What went wrong inside is for the log only.
  if (error.detail.empty() || row.http_status == 500) return std::string(title_of(row, language));
  if (language == Language::en) return error.detail;
  // The detail of one bad field repeats the field and its message.
  if (error.errors.size() == 1 && error.detail == error.errors[0].field + ": " + error.errors[0].message) {
    return error.errors[0].field + "：" + in_chinese(error.errors[0].message);
  }
  return in_chinese(error.detail);
}

template <class T>
void add_particulars(T& shown, const Error& error, Language language) {
  if (error.retry_after_ms) shown.retry_after_ms = *error.retry_after_ms;
  if (error.expect) shown.expect = *error.expect;
  if (error.errors.empty()) return;
  shown.errors.emplace(error.errors);
  if (language == Language::en) return;
  for (FieldError& each : *shown.errors) each.message = in_chinese(each.message);
}

}  // namespace

namespace {

struct Preference {
  Language language = Language::en;
  int thousandths = 0;  // the weight; 0: not acceptable, or none of ours
};

// RFC 9110 §12.4.2: q=0, q=0.5, q=1.000; what is malformed counts as 0.
int weight_of(std::string_view parameters) {
  auto at = parameters.find("q=");
  if (at == parameters.npos) return 1000;
  auto text = parameters.substr(at + 2);
  text = text.substr(0, text.find_first_of("; \t"));
  bool formed =
      !text.empty() && (text[0] == '0' || text[0] == '1') && text.size() <= 5 && (text.size() == 1 || text[1] == '.');
  if (!formed) return 0;
  int weight = 1000 * (text[0] - '0'), unit = 100;
  for (char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    weight += unit * (digit - '0');
    unit /= 10;
  }
  return std::min(weight, 1000);
}

// One range of Accept-Language: "zh", "zh-Hans-CN;q=0.8", "*". Every Chinese is answered in zh-CN.
Preference preference_of(std::string_view range) {
  auto first = range.find_first_not_of(" \t");
  if (first == range.npos) return {};
  range.remove_prefix(first);
  auto end = std::min(range.find_first_of("; \t"), range.size());
  auto tag = range.substr(0, end);
  auto primary = tag.substr(0, tag.find('-'));
  auto is = [primary](std::string_view wanted) {
    return primary.size() == 2 && (primary[0] | 32) == wanted[0] && (primary[1] | 32) == wanted[1];
  };
  int weight = weight_of(range.substr(end));
  if (is("zh")) return {Language::zh_cn, weight};
  if (is("en") || tag == "*") return {Language::en, weight};
  return {};
}

}  // namespace

std::string problem_json(const Error& error, std::string_view request_id, Language language) {
  const ErrorInfo& row = info(error.code);
  Problem problem;
  problem.type = "about:blank";
  problem.title = title_of(row, language);
  problem.status = row.http_status;
  problem.detail = detail_of(error, language);
  problem.code = error.code;
  problem.request_id = request_id;
  add_particulars(problem, error, language);
  return encode(problem);
}

std::string error_frame(const Error& error, std::string_view id, Language language) {
  FrameError shown;
  shown.code = error.code;
  shown.message = detail_of(error, language);
  shown.retryable = info(error.code).retryable;
  add_particulars(shown, error, language);
  std::string out = "{\"type\":\"error\",";
  if (!id.empty()) {
    out.append("\"id\":");
    append_json_string(out, id);
    out.append(",");
  }
  out.append("\"error\":");
  encode_to(out, shown);
  return out.append("}");
}

Language preferred_language(std::string_view accept_language) {
  Preference chosen;
  while (!accept_language.empty()) {
    auto comma = std::min(accept_language.find(','), accept_language.size());
    Preference each = preference_of(accept_language.substr(0, comma));
    accept_language.remove_prefix(std::min(comma + 1, accept_language.size()));
    if (each.thousandths > chosen.thousandths) chosen = each;  // of equals the first
  }
  return chosen.language;
}

}  // namespace aiim
