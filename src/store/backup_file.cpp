#include "store/backup_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/check.h"
#include "base/crypto.h"

namespace aiim {
namespace {

Error trouble(const std::string& path, std::string_view what) {
  return Error(ErrorCode::unavailable, path + " cannot be " + std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

RunningHash::RunningHash() : context_(EVP_MD_CTX_new()) {
  AIIM_CHECK(context_ && EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

RunningHash::~RunningHash() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void RunningHash::add(std::string_view bytes) {
  if (!finished_) EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
}

std::string RunningHash::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  finished_ = true;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest, &bytes);
  return hex(std::string_view(reinterpret_cast<const char*>(digest), bytes));
}

// Holds everybody's messages: for its owner's eyes only.
Result<std::unique_ptr<BackupWriter>> BackupWriter::create(const std::string& path) {
  if (std::filesystem::exists(path))
    return Error(ErrorCode::conflict, path + " exists; a backup never overwrites a file");
  std::unique_ptr<BackupWriter> writer(new BackupWriter(path));
  int fd = ::open(writer->part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return trouble(writer->part_, "written");
  writer->file_ = ::fdopen(fd, "w");
  AIIM_CHECK(writer->file_);
  return writer;
}

BackupWriter::~BackupWriter() {
  if (!file_) return;
  std::fclose(file_);
  std::remove(part_.c_str());
}

Result<> BackupWriter::line(std::string_view text) {
  hash_.add(text);
  hash_.add("\n");
  bytes_ += static_cast<std::int64_t>(text.size()) + 1;
  bool written = std::fwrite(text.data(), 1, text.size(), file_) == text.size() && std::fputc('\n', file_) != EOF;
  return written ? Result<>() : Result<>(trouble(part_, "written"));
}

Result<> BackupWriter::finish() {
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) return trouble(part_, "synced to disk");
  if (std::rename(part_.c_str(), path_.c_str()) != 0) return trouble(path_, "written");
  std::fclose(std::exchange(file_, nullptr));
  auto folder = std::filesystem::absolute(path_).parent_path();
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return synced ? Result<>() : Result<>(trouble(folder, "synced to disk"));
}

Result<std::unique_ptr<BackupReader>> BackupReader::open(const std::string& path) {
  std::unique_ptr<BackupReader> reader(new BackupReader);
  reader->file_ = std::fopen(path.c_str(), "re");
  if (!reader->file_) return trouble(path, "read");
  return reader;
}

BackupReader::~BackupReader() {
  if (file_) std::fclose(file_);
  std::free(buffer_);
}

Result<std::optional<std::string_view>> BackupReader::line() {
  hash_.add(last_);
  errno = 0;
  auto got = ::getline(&buffer_, &capacity_, file_);
  if (got <= 0) {
    last_.clear();
    if (errno != 0) return trouble("the backup", "read");
    return std::optional<std::string_view>();
  }
  last_.assign(buffer_, static_cast<std::size_t>(got));
  bytes_ += got;
  std::string_view text(last_);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return std::optional(text);
}

std::string BackupReader::hash_before() { return hash_.finish(); }

}  // namespace aiim
