#include "ops/texts.h"

#include <map>
#include <set>

#include "ops/examples.h"
#include "ops/schema_types.h"
#include "wire/event_types.h"
#include "wire/health.h"
#include "wire/problem.h"

namespace aiim {
namespace {

using Texts = std::map<std::string_view, const FieldText*>;

Texts by_key(std::span<const FieldText> list) {
  Texts texts;
  for (const FieldText& each : list) texts.emplace(each.key, &each);
  return texts;
}

const FieldText* look_up(const Texts& texts, std::string_view key) {
  auto found = texts.find(key);
  return found == texts.end() ? nullptr : found->second;
}

const Texts& types() {
  static const Texts texts = by_key(texts_of_types());
  return texts;
}
const Texts& fields() {
  static const Texts texts = by_key(texts_of_fields());
  return texts;
}
const Texts& names() {
  static const Texts texts = by_key(texts_of_names());
  return texts;
}

/// Walks everything that the documents mention and notes what has no words.
class Check {
 public:
  void visit(const Type& type, bool needs_text) {
    if (type.element) return visit(type.element(), needs_text);
    if (type.name.empty() || !seen_.insert(type.name).second) return;
    if (needs_text && !find_type_text(type.name)) {
      complain("src/ops/texts_of_types.cpp: no text for " + std::string(type.name));
    }
    for (const Member& member : type.members) visit_member(type, member);
  }

  void visit_member(const Type& type, const Member& member) {
    std::string key = std::string(type.name) + "." + std::string(member.name);
    used_.insert(key);
    used_.insert(std::string(member.name));
    if (!find_field_text(type.name, member.name)) {
      complain("src/ops/texts_of_fields.cpp: no text for " + key +
               " (or, for that name everywhere, texts_of_names.cpp)");
    }
    RawShape shape = raw_shape(type.name, member.name);
    visit(shape.type && unwrapped(member.type()).kind == Type::Kind::raw ? shape.type() : member.type(), true);
  }

  void visit(const Op& op) {
    std::string name = op.row.name;
    operations_.insert(name);
    if (!find_operation_text(name)) complain("src/ops/texts_of_operations.cpp: no text for the operation " + name);
    if (*op.row.http && !example_of(name, Surface::http)) complain_of_example(name, "http");
    if (*op.row.ws && !example_of(name, Surface::websocket)) complain_of_example(name, "websocket");
    visit(op.request(), false);
    visit(op.reply(), !replies_nothing(op));
    visit(op.ack(), !replies_nothing(op));
  }

  void visit(const EventRow& event) {
    visit(event.data(), true);
    std::string type(event.type);
    if (!example_event(type)) complain("assets/site/docs/examples.json: no example of the event " + type);
  }

  /// Texts about what is not there (any more).
  void find_stale() {
    for (const auto& [key, text] : types()) {
      if (!seen_.contains(key)) complain("src/ops/texts_of_types.cpp: there is no type " + std::string(key));
    }
    for (const auto& [key, text] : fields()) {
      if (!used_.contains(std::string(key)))
        complain("src/ops/texts_of_fields.cpp: there is no field " + std::string(key));
    }
    for (const auto& [key, text] : names()) {
      if (!used_.contains(std::string(key)))
        complain("src/ops/texts_of_names.cpp: there is no field named " + std::string(key));
    }
    for (const OperationText& each : texts_of_operations()) {
      if (!operations_.contains(std::string(each.name)))
        complain("src/ops/texts_of_operations.cpp: there is no operation " + std::string(each.name));
    }
  }

  std::vector<std::string> complaints;

 private:
  void complain(std::string text) { complaints.push_back(std::move(text)); }
  void complain_of_example(const std::string& name, const std::string& surface) {
    complain("assets/site/docs/examples.json: no step shows " + name + " over " + surface);
  }

  std::set<std::string_view> seen_;
  std::set<std::string> used_;
  std::set<std::string> operations_;
};

}  // namespace

const FieldText* find_field_text(std::string_view type, std::string_view field) {
  const FieldText* own = look_up(fields(), std::string(type) + "." + std::string(field));
  return own ? own : look_up(names(), field);
}

const FieldText* find_type_text(std::string_view type) { return look_up(types(), type); }

const OperationText* find_operation_text(std::string_view operation) {
  for (const OperationText& each : texts_of_operations()) {
    if (each.name == operation) return &each;
  }
  return nullptr;
}

std::vector<std::string> check_texts() {
  Check check;
  for (const Op& op : operations()) check.visit(op);
  for (const EventRow& event : event_table()) check.visit(event);
  for (const Type& (*type)() :
       {&type_of<Problem>, &type_of<FrameError>, &type_of<HealthDocument>, &type_of<ServerStatus>})
    check.visit(type(), true);
  check.find_stale();
  return std::move(check.complaints);
}

}  // namespace aiim
