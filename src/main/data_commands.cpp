#include "main/data_commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/codec.h"
#include "core/jwt.h"
#include "main/cli.h"
#include "main/command_line.h"
#include "main/data_dir.h"
#include "main/user_commands.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/migrate.h"
#include "store/retention.h"

namespace aiim {
namespace {

struct Choices {
  std::string file;
  std::string tenant;
  std::int64_t days = 0;
  bool force = false;
  bool json = false;
};

int complain(const Error& error, int code) {
  std::fprintf(stderr, "aiim: %s\n", error.detail.empty() ? info(error.code).title_en.data() : error.detail.c_str());
  return code;
}

/// One line that grows, on a terminal only.
BackupProgress progress_of(const char* verb) {
  if (!isatty(STDERR_FILENO)) return [](std::string_view, std::int64_t, std::int64_t) {};
  return [verb, shown_ms = steady_ms()](std::string_view table, std::int64_t rows, std::int64_t bytes) mutable {
    if (steady_ms() - shown_ms < 200) return;
    shown_ms = steady_ms();
    std::fprintf(stderr, "\r%s %-24.*s %lld rows, %lld MiB ", verb, static_cast<int>(table.size()), table.data(),
                 static_cast<long long>(rows), static_cast<long long>(bytes >> 20));
  };
}

struct SummaryView {
  std::string file;
  std::int64_t tables = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(SummaryView, (), (file, tables, rows, bytes, sha256))

int report(const BackupSummary& done, const char* what, bool json) {
  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%70s\r", "");
  if (json) {
    SummaryView view{done.path, done.tables, done.rows, done.bytes, done.sha256};
    std::printf("%s\n", encode(view).c_str());
  } else {
    std::printf("%s %s: %lld rows of %lld tables, %lld bytes, SHA-256 %s\n", what, done.path.c_str(),
                static_cast<long long>(done.rows), static_cast<long long>(done.tables),
                static_cast<long long>(done.bytes), done.sha256.c_str());
  }
  return exit_ok;
}

int backup(const CommandContext& context, const Choices& choices) {
  auto settings = context.with_database();
  if (!settings) return complain(settings.error(), exit_configuration);
  if (auto there = check_data_dir(*settings); !there) return complain(there.error(), exit_failed);
  auto done = write_backup(settings->database, choices.file, settings->version, progress_of("saving"));
  return done ? report(*done, "saved", choices.json) : complain(done.error(), exit_failed);
}

int restore(const CommandContext& context, const Choices& choices) {
  auto settings = context.with_database();
  if (!settings) return complain(settings.error(), exit_configuration);
  auto verified = verify_backup(choices.file);
  if (!verified) return complain(verified.error(), exit_failed);
  if (settings->database_url.empty()) {
    if (auto made = make_data_dir(settings->data_dir); !made) return complain(made.error(), exit_configuration);
  }
  auto done = restore_backup(settings->database, *verified, choices.force, progress_of("restoring"));
  return done ? report(*done, "restored", choices.json) : complain(done.error(), exit_failed);
}

struct RuleView {
  std::string tenant_id;
  std::int64_t days = 0;
};
BOOST_DESCRIBE_STRUCT(RuleView, (), (tenant_id, days))

enum class Retention : std::uint8_t { set, off, list };

int retention(const CommandContext& context, const Choices& choices, Retention what) {
  auto settings = context.with_database();
  if (!settings) return complain(settings.error(), exit_configuration);
  std::string tenant = choices.tenant.empty() ? settings->tenant_id : choices.tenant;
  if (!valid_tenant_id(tenant)) {
    return complain(Error::field("--tenant", "must be 1 to 64 of A-Z a-z 0-9 . _ -"), exit_usage);
  }
  std::vector<RuleView> rules;
  auto job = [&](Tx& tx) -> Result<> {
    if (what != Retention::list) {
      TRY(set_retention(tx, tenant, what == Retention::set ? std::optional(choices.days) : std::nullopt));
      const std::string rule = what == Retention::set ? std::to_string(choices.days) : "off";
      AuditEntry entry{tenant, "cli", "retention", {}, rule};
      TRY(write_audit(tx, entry));
    }
    TRY_AS(found, retention_rules(tx.db));
    for (const RetentionRule& rule : found) rules.push_back({rule.tenant_id, rule.days});
    return {};
  };
  if (auto done = in_database(*settings, job); !done) return complain(done.error(), exit_failed);
  if (choices.json) std::printf("%s\n", encode(rules).c_str());
  for (const RuleView& rule : rules) {
    if (!choices.json) std::printf("%-24s %lld days\n", rule.tenant_id.c_str(), static_cast<long long>(rule.days));
  }
  return exit_ok;
}

void add_retention(CLI::App& app, const CommandContext& context, const std::shared_ptr<Choices>& choices) {
  auto* all = app.add_subcommand("retention", "How long messages are kept, per tenant; without a rule, for ever.");
  all->require_subcommand(1);
  auto add = [&](const char* name, const char* about, Retention what) {
    auto* each = all->add_subcommand(name, about);
    context.data_flags(each);
    if (what == Retention::set)
      each->add_option("DAYS", choices->days, "delete messages that are older")
          ->required()
          ->check(whole_number(1, retention_days_max));
    if (what != Retention::list)
      each->add_option("--tenant", choices->tenant, "tenant (default: TENANT_ID, else `default`)");
    each->add_flag("--json", choices->json, "print JSON");
    each->callback([context, choices, what] { context.code = retention(context, *choices, what); });
  };
  add("set", "Keep a tenant's messages for DAYS; servers delete older ones within some minutes.", Retention::set);
  add("off", "Keep a tenant's messages for ever.", Retention::off);
  add("list", "Show the rules.", Retention::list);
}

struct MigrationView {
  std::int64_t number = 0;
  std::string name;
  std::optional<Time> applied_at;
};
BOOST_DESCRIBE_STRUCT(MigrationView, (), (number, name, applied_at))

int migrate(const CommandContext& context, const Choices& choices, bool up) {
  auto settings = context.with_database();
  if (!settings) return complain(settings.error(), exit_configuration);
  if (auto there = check_data_dir(*settings); !there) return complain(there.error(), exit_failed);
  auto db = open_db(settings->database);
  if (!db) return complain(db.error(), exit_failed);
  if (up) {
    auto applied = migrate_up(**db);
    if (!applied) return complain(applied.error(), exit_failed);
    if (!choices.json) std::printf("%d migration%s applied\n", *applied, *applied == 1 ? "" : "s");
  }
  auto states = migrate_status(**db);
  if (!states) return complain(states.error(), exit_failed);
  std::vector<MigrationView> views;
  for (const MigrationState& state : *states) views.push_back({state.number, state.name, state.applied_at});
  if (choices.json) {
    std::printf("%s\n", encode(views).c_str());
  } else if (!up) {
    for (const MigrationView& view : views) {
      std::printf("%-24s %s\n", view.name.c_str(), view.applied_at ? to_rfc3339(*view.applied_at).c_str() : "missing");
    }
  }
  return exit_ok;
}

void add_migrate(CLI::App& app, const CommandContext& context, const std::shared_ptr<Choices>& choices) {
  auto* all = app.add_subcommand("migrate", "Bring the database to this version's schema (`serve` does it by itself).");
  all->require_subcommand(1);
  for (bool up : {true, false}) {
    auto* each = all->add_subcommand(up ? "up" : "status", up ? "Apply what is missing." : "Show what is applied.");
    context.data_flags(each);
    each->add_flag("--json", choices->json, "print JSON");
    each->callback([context, choices, up] { context.code = migrate(context, *choices, up); });
  }
}

}  // namespace

void add_data_commands(CLI::App& app, const CommandContext& context) {
  auto choices = std::make_shared<Choices>();  // shared: both callbacks outlive this function
  auto* save = app.add_subcommand("backup", "Save the whole database into a file; works beside a running server.");
  context.data_flags(save);
  save->add_option("FILE", choices->file, "the file to write; it must not exist")->required();
  save->add_flag("--json", choices->json, "print JSON");
  save->callback([context, choices] { context.code = backup(context, *choices); });

  auto* load = app.add_subcommand(
      "restore", "Put a backup into an empty database, of either kind. Clients drop what they have and read anew.");
  context.data_flags(load);
  load->add_option("FILE", choices->file, "the file that `aiim backup` wrote")->required();
  load->add_flag("--force", choices->force, "delete what the database holds");
  load->add_flag("--json", choices->json, "print JSON");
  load->callback([context, choices] { context.code = restore(context, *choices); });
  add_retention(app, context, choices);
  add_migrate(app, context, choices);
}

}  // namespace aiim
