// The file of a backup: lines, hashed as they are written and read; complete and on disk, or not there. One thread.
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aiim {

/// SHA-256 of what passed by before finish(), in hex.
class RunningHash {
 public:
  RunningHash();
  ~RunningHash();
  RunningHash(const RunningHash&) = delete;
  RunningHash& operator=(const RunningHash&) = delete;
  void add(std::string_view bytes);
  std::string finish();

 private:
  void* context_;
  bool finished_ = false;
};

class BackupWriter {
 public:
  /// Writes beside `path` until finish(); refuses a file that exists.
  static Result<std::unique_ptr<BackupWriter>> create(const std::string& path);
  ~BackupWriter();

  Result<> line(std::string_view text);
  std::int64_t bytes() const { return bytes_; }
  std::string hash() { return hash_.finish(); }
  /// Syncs and gives the file its name.
  Result<> finish();

 private:
  explicit BackupWriter(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}

  std::string path_, part_;
  std::FILE* file_ = nullptr;
  std::int64_t bytes_ = 0;
  RunningHash hash_;
};

class BackupReader {
 public:
  static Result<std::unique_ptr<BackupReader>> open(const std::string& path);
  ~BackupReader();

  /// The next line, valid until the next call; nothing at the end of the file.
  Result<std::optional<std::string_view>> line();
  std::int64_t bytes() const { return bytes_; }
  /// Of everything before the line read last.
  std::string hash_before();

 private:
  BackupReader() = default;

  std::FILE* file_ = nullptr;
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
  std::string last_;
  std::int64_t bytes_ = 0;
  RunningHash hash_;
};

}  // namespace aiim
