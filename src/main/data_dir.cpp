#include "main/data_dir.h"

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

namespace aiim {

Result<> make_data_dir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return {};
  return Error(ErrorCode::invalid_request, "--data-dir " + path + " cannot be created: " + error.message());
}

Result<> check_data_dir(const Settings& settings) {
  if (settings.database.kind != DbKind::sqlite) return {};
  std::string folder = std::filesystem::path(settings.database.sqlite_path).parent_path().string();
  struct stat found {};
  if (folder.empty() || (stat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode))) return {};
  std::string named = settings.database_url.empty() ? "--data-dir " + settings.data_dir : "DATABASE_URL: " + folder;
  return Error(ErrorCode::unavailable, named + " is no directory that can be opened");
}

std::optional<Exposed> exposed_data(const Settings& settings) {
  if (settings.database.kind != DbKind::sqlite) return std::nullopt;
  const bool directory = settings.database_url.empty();
  const std::string& path = directory ? settings.data_dir : settings.database.sqlite_path;
  struct stat found {};
  if (path.empty() || stat(path.c_str(), &found) != 0 || (found.st_mode & 0077) == 0) return std::nullopt;
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", found.st_mode & 07777);
  return Exposed{path, mode, (directory ? "chmod 700 " : "chmod 600 ") + path};
}

}  // namespace aiim
