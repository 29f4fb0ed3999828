#include "store/sqlite_log_vfs.h"

#include <sqlite3.h>

#include <cstring>
#include <memory>
#include <string>

namespace aiim {
namespace {

constexpr std::size_t gathered_max = 0x1ffff;  // what the system's VFS takes at once: it looks at 17 bits of a size
constexpr int frame_header_bytes = 24;         // https://www.sqlite.org/fileformat2.html#the_write_ahead_log

// SQLite's handle of a log that it opened with us; `real` is the system's, in the memory behind.
struct LogFile : sqlite3_file {
  sqlite3_file* real = nullptr;
  std::string gathered;
  sqlite3_int64 from = 0;   // where in the file `gathered` begins
  bool committing = false;  // the last header was that of a commit: its page comes next

  int flush() {
    if (gathered.empty()) return SQLITE_OK;
    int code = real->pMethods->xWrite(real, gathered.data(), static_cast<int>(gathered.size()), from);
    gathered.clear();  // an error undoes the transaction: nothing of it is tried again
    return code;
  }
};

LogFile& log_of(sqlite3_file* file) { return *static_cast<LogFile*>(file); }

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

int close_log(sqlite3_file* file) {
  LogFile& log = log_of(file);
  int flushed = log.flush();
  int closed = log.real->pMethods->xClose(log.real);
  log.~LogFile();
  return flushed != SQLITE_OK ? flushed : closed;
}

// A frame's header tells a commit by the size of the database after it, which is zero in all other frames.
bool is_commit(const void* bytes, int size) {
  static constexpr char zero[4] = {};
  return size == frame_header_bytes && std::memcmp(static_cast<const char*>(bytes) + 4, zero, sizeof zero) != 0;
}

int write_log(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  bool complete = log.committing && size > frame_header_bytes;
  log.committing = is_commit(bytes, size);
  bool follows = offset == log.from + static_cast<sqlite3_int64>(log.gathered.size());
  if (!follows || log.gathered.size() + static_cast<std::size_t>(size) > gathered_max) {
    if (int code = log.flush(); code != SQLITE_OK) return code;
  }
  if (log.gathered.empty()) log.from = offset;
  log.gathered.append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return complete ? log.flush() : SQLITE_OK;
}

int read_log(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  LogFile& log = log_of(file);
  if (int code = log.flush(); code != SQLITE_OK) return code;
  return log.real->pMethods->xRead(log.real, bytes, size, offset);
}

int truncate_log(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_of(file);
  if (int code = log.flush(); code != SQLITE_OK) return code;
  return log.real->pMethods->xTruncate(log.real, size);
}

int sync_log(sqlite3_file* file, int flags) {
  LogFile& log = log_of(file);
  if (int code = log.flush(); code != SQLITE_OK) return code;
  return log.real->pMethods->xSync(log.real, flags);
}

int size_of_log(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_of(file);
  if (int code = log.flush(); code != SQLITE_OK) return code;
  return log.real->pMethods->xFileSize(log.real, size);
}

int lock_log(sqlite3_file* file, int level) { return log_of(file).real->pMethods->xLock(log_of(file).real, level); }
int unlock_log(sqlite3_file* file, int level) { return log_of(file).real->pMethods->xUnlock(log_of(file).real, level); }
int reserved_log(sqlite3_file* file, int* result) {
  return log_of(file).real->pMethods->xCheckReservedLock(log_of(file).real, result);
}
int control_log(sqlite3_file* file, int what, void* argument) {
  return log_of(file).real->pMethods->xFileControl(log_of(file).real, what, argument);
}
int sector_of_log(sqlite3_file* file) { return log_of(file).real->pMethods->xSectorSize(log_of(file).real); }
int traits_of_log(sqlite3_file* file) { return log_of(file).real->pMethods->xDeviceCharacteristics(log_of(file).real); }

// Version 1: a log is neither mapped nor shared memory.
constexpr sqlite3_io_methods log_methods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = close_log;
  methods.xRead = read_log;
  methods.xWrite = write_log;
  methods.xTruncate = truncate_log;
  methods.xSync = sync_log;
  methods.xFileSize = size_of_log;
  methods.xLock = lock_log;
  methods.xUnlock = unlock_log;
  methods.xCheckReservedLock = reserved_log;
  methods.xFileControl = control_log;
  methods.xSectorSize = sector_of_log;
  methods.xDeviceCharacteristics = traits_of_log;
  return methods;
}();

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = system_vfs();
  if (!(flags & SQLITE_OPEN_WAL)) return system->xOpen(system, name, file, flags, out_flags);
  auto* real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(LogFile));
  file->pMethods = nullptr;  // nothing to close
  int code = system->xOpen(system, name, real, flags, out_flags);
  if (code != SQLITE_OK) {
    if (real->pMethods) real->pMethods->xClose(real);
    return code;
  }
  auto* log = new (file) LogFile();
  log->real = real;
  log->pMethods = &log_methods;
  return SQLITE_OK;
}

}  // namespace

const char* log_gathering_vfs() {
  static const char* const name = [] {
    static sqlite3_vfs ours = *system_vfs();  // its other functions look at no more than what is copied
    ours.zName = "aiim-log";
    ours.pNext = nullptr;
    ours.szOsFile += static_cast<int>(sizeof(LogFile));
    ours.xOpen = open_file;
    return sqlite3_vfs_register(&ours, 0) == SQLITE_OK ? ours.zName : nullptr;
  }();
  return name;
}

}  // namespace aiim
