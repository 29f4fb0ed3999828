// The document at /health: exactly the original service's, its Unix time as a float included.
#pragma once
#include "base/codec.h"

namespace aiim {

struct DependencyHealth {
  std::string status;
  std::optional<double> response_time;
};
BOOST_DESCRIBE_STRUCT(DependencyHealth, (), (status, response_time))

struct MachineHealth {
  double cpu_usage = 0;
  double memory_usage = 0;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(MachineHealth, (), (cpu_usage, memory_usage, status))

struct HealthChecks {
  DependencyHealth database;
  DependencyHealth redis;
  MachineHealth system;
};
BOOST_DESCRIBE_STRUCT(HealthChecks, (), (database, redis, system))

struct HealthDocument {
  std::string status;
  double timestamp = 0;
  HealthChecks checks;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(HealthDocument, (), (status, timestamp, checks, version))

/// The document at /healthz and /ready.
struct ServerStatus {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(ServerStatus, (), (status))

}  // namespace aiim
