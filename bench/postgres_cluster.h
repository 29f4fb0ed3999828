// A private PostgreSQL cluster with the distribution's defaults (fsync and synchronous_commit on): made in a temporary
// directory, on a free port of the loopback address, and gone with the object.
#pragma once
#include <sys/types.h>

#include <string>

namespace aiim::bench {

class PostgresCluster {
 public:
  PostgresCluster();
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // The URL of a new, empty database.
  std::string create_database();
  pid_t pid() const { return pid_; }

 private:
  void initialize();
  void start();

  std::string directory_, bin_;
  int port_ = 0;
  pid_t pid_ = 0;
  int databases_ = 0;
};

// "postgresql 15.x, synchronous_commit=on, fsync=on", as the server itself answers.
std::string postgres_durability(const std::string& url);

}  // namespace aiim::bench
