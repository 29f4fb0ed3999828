#include "main/doctor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "main/data_dir.h"
#include "net/tls_context.h"
#include "store/migrate.h"
#include "store/raw_db.h"

namespace aiim {
namespace {

constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

class Examination {
 public:
  explicit Examination(const Config& config) : settings_(config.settings), warnings_(config.warnings) {}

  std::vector<Finding> run() {
    settings();
    database();
    disk();
    clock();
    limits();
    tls();
    return std::move(found_);
  }

 private:
  void add(FindingLevel level, const char* about, std::string text, std::string advice = {}) {
    found_.push_back({level, about, std::move(text), std::move(advice)});
  }
  void ok(const char* about, std::string text) { add(FindingLevel::ok, about, std::move(text)); }
  void warn(const char* about, std::string text, std::string advice) {
    add(FindingLevel::warning, about, std::move(text), std::move(advice));
  }
  void problem(const char* about, std::string text, std::string advice) {
    add(FindingLevel::problem, about, std::move(text), std::move(advice));
  }

  void settings() {
    auto good = check_for_serving(settings_);
    if (good) {
      ok("settings", "they are complete");
    } else {
      problem("settings", good.error().detail,
              "`aiim serve` would not start; `aiim config` shows where each setting comes from");
    }
    for (const std::string& name : warnings_) {
      warn("settings", name + " has no effect in this version", "remove it, so that nobody counts on it");
    }
  }

  void database() {
    bool sqlite = settings_.database.kind == DbKind::sqlite;
    if (sqlite && settings_.data_dir.empty() && settings_.database_url.empty()) return;  // said under settings
    if (sqlite && !std::filesystem::exists(settings_.database.sqlite_path)) {
      return ok("database", "there is none yet; the first start makes " + settings_.database.sqlite_path);
    }
    auto began_us = steady_us();
    auto db = open_raw(settings_.database, false);
    if (!db) {
      return problem(
          "database", db.error().detail,
          sqlite ? "check the path and who may read and write it"
                 : "check that PostgreSQL runs and that DATABASE_URL names the right host, port, user and password");
    }
    auto opened_ms = static_cast<double>(steady_us() - began_us) / 1000;
    if (opened_ms > 1000) {
      warn("database", "connecting took " + rounded(opened_ms / 1000) + " s",
           "check the network between this machine and the database");
    }
    schema(**db);
    if (!sqlite) database_clock(**db);
    if (sqlite) integrity(**db);
  }

  void schema(RawDb& db) {
    auto columns = db.columns("schema_migrations");
    if (!columns) return problem("database", columns.error().detail, "the log of the database says more");
    if (columns->empty()) return ok("database", "it answers, and is empty; the first start makes the tables");
    std::vector<std::string> applied;
    (void)db.select("SELECT name FROM schema_migrations ORDER BY number", [&](RawValues row) -> Result<> {
      applied.emplace_back(row[0].value_or(""));
      return {};
    });
    auto known = migrations();
    for (const std::string& name : applied) {
      bool mine = std::any_of(known.begin(), known.end(), [&](const Migration& each) { return each.name == name; });
      if (!mine)
        return problem("database", "it has the migration " + name + " of another version of aiim",
                       "run the version that made it, or a newer one");
    }
    if (applied.size() < known.size()) {
      return warn("database", std::to_string(known.size() - applied.size()) + " migrations are not applied yet",
                  "the next start applies them; take a backup before it (`aiim backup`)");
    }
    ok("database", "it answers, and its tables are those of this version");
  }

  void integrity(RawDb& db) {
    std::string said;
    Result<> checked = db.select("PRAGMA quick_check(1)", [&](RawValues row) -> Result<> {
      said = row[0].value_or("");
      return {};
    });
    if (checked && said == "ok") return;
    problem("database", "the file is damaged: " + (checked ? said : checked.error().detail),
            "stop the server, keep a copy of the file, and restore the last backup (`aiim restore`)");
  }

  void database_clock(RawDb& db) {
    std::int64_t theirs = 0;
    (void)db.select("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text",
                    [&](RawValues row) -> Result<> {
                      theirs = std::atoll(std::string(row[0].value_or("0")).c_str());
                      return {};
                    });
    auto apart_ms = std::llabs(theirs - SystemClock().now().ms);
    if (apart_ms > 2000) {
      warn("clock", "this machine and the database are " + rounded(static_cast<double>(apart_ms) / 1000) + " s apart",
           "synchronize both clocks (chrony, systemd-timesyncd): tokens expire by one and messages are dated by the "
           "other");
    }
  }

  void disk() {
    if (auto exposed = exposed_data(settings_)) {
      warn("disk", exposed->path + " may be read by others than its owner (mode " + exposed->mode + ")",
           exposed->remedy + ": the database holds everybody's messages and password hashes");
    }
    std::string folder = settings_.data_dir;
    if (folder.empty()) return;
    if (!std::filesystem::exists(folder)) {
      return ok("disk", "the data directory " + folder + " does not exist yet; the first start makes it");
    }
    struct statvfs space {};
    if (statvfs(folder.c_str(), &space) != 0)
      return problem("disk", folder + ": " + std::strerror(errno), "check the data directory");
    auto free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    auto all_bytes = static_cast<std::uint64_t>(space.f_blocks) * space.f_frsize;
    std::string text = rounded(static_cast<double>(free_bytes) / gib) + " GiB of " +
                       rounded(static_cast<double>(all_bytes) / gib) + " GiB are free in " + folder;
    if (free_bytes < gib / 4) {
      problem("disk", text, "make room: a full disk refuses every message");
    } else if (free_bytes < gib || free_bytes < all_bytes / 20) {
      warn("disk", text, "make room soon");
    } else {
      ok("disk", text);
    }
    syncs(folder);
  }

  // What every acknowledged message waits for.
  void syncs(const std::string& folder) {
    std::string path = folder + "/.aiim-doctor";
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
      return problem("disk", folder + " cannot be written: " + std::strerror(errno),
                     "give the server's user the right to write there");
    std::array<char, 4096> page{};
    std::vector<std::int64_t> times_us;
    bool good = true;
    for (int i = 0; i < 20 && good; ++i) {
      auto began_us = steady_us();
      good = write(fd, page.data(), page.size()) == static_cast<ssize_t>(page.size()) && fdatasync(fd) == 0;
      times_us.push_back(steady_us() - began_us);
    }
    std::string why = std::strerror(errno);
    close(fd);
    unlink(path.c_str());
    if (!good) return problem("disk", "writing to " + folder + " failed: " + why, "check the disk and its quota");
    std::sort(times_us.begin(), times_us.end());
    double middle_ms = static_cast<double>(times_us[times_us.size() / 2]) / 1000;
    std::string text = "a write is on disk after " + rounded(middle_ms) + " ms";
    if (middle_ms > 20) {
      warn("disk", text, "every acknowledgement waits for this: use a faster disk (an SSD, no network file system)");
    } else {
      ok("disk", text);
    }
  }

  void clock() {
    if (SystemClock().now() < Time{1'767'225'600'000}) {  // 2026
      return problem("clock", "this machine believes that it is " + to_rfc3339(SystemClock().now()),
                     "set the clock: tokens cannot be judged");
    }
    timex state{};
    if (adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC)) {
      return warn("clock", "it is not synchronized with a time server",
                  "run chrony or systemd-timesyncd (inside a container: on the host)");
    }
    ok("clock", "it is synchronized");
  }

  void limits() {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    auto wanted = static_cast<rlim_t>(settings_.max_connections) + 200;
    std::string text = "a process may have " + std::to_string(files.rlim_max) + " open files";
    if (files.rlim_max < 1024 + 200) {
      problem("limits", text,
              "raise it (ulimit -Hn, LimitNOFILE= in systemd, --ulimit nofile= in Docker): each connection needs one");
    } else if (files.rlim_max < wanted) {
      warn("limits", text + ", but MAX_CONNECTIONS is " + std::to_string(settings_.max_connections),
           "raise it (LimitNOFILE= in systemd, --ulimit nofile= in Docker) or lower MAX_CONNECTIONS");
    } else {
      ok("limits", text);
    }
    std::ifstream backlog("/proc/sys/net/core/somaxconn");
    int waiting = 0;
    if (backlog >> waiting && waiting < 1024) {
      warn("limits", "only " + std::to_string(waiting) + " connections may wait to be accepted",
           "sysctl net.core.somaxconn=4096: after a restart all clients come back at once");
    }
  }

  void tls() {
    if (settings_.tls_cert.empty())
      return ok("tls", "not configured: this server speaks plain HTTP, for a proxy in front of it");
    auto context = TlsContext::open(settings_.tls_cert, settings_.tls_key);
    if (!context) return problem("tls", context.error().detail, "`aiim serve` would not start with this pair");
    auto certificate = (*context)->certificate();
    auto left_ms = certificate.not_after - SystemClock().now();
    std::string names;
    for (const std::string& name : certificate.names) names += (names.empty() ? "" : ", ") + name;
    std::string text = "the certificate for " + (names.empty() ? certificate.subject : names);
    if (left_ms <= 0) {
      return problem("tls", text + " expired at " + to_rfc3339(certificate.not_after),
                     "renew it, then send the server SIGHUP: clients refuse it");
    }
    text += " is good for " + std::to_string(left_ms / day_ms) + " days";
    if (certificate.not_before > SystemClock().now()) {
      return problem("tls", text + ", but only from " + to_rfc3339(certificate.not_before), "check the clock, or wait");
    }
    if (left_ms < 21 * day_ms) return warn("tls", text, "renew it, then send the server SIGHUP");
    ok("tls", text + ", and the key belongs to it");
  }

  static std::string rounded(double number) {
    char text[32];
    std::snprintf(text, sizeof text, number < 10 ? "%.2f" : "%.0f", number);
    return text;
  }

  const Settings& settings_;
  const std::vector<std::string>& warnings_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> examine(const Config& config, const std::string& url) {
  auto found = Examination(config).run();
  if (url.empty()) return found;
  auto seen = examine_url(url);
  found.insert(found.end(), seen.begin(), seen.end());
  return found;
}

}  // namespace aiim
