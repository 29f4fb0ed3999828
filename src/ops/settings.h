// Every setting of the server, with its default. main/config fills it from file, environment and flags.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "store/db.h"

namespace aiim {

/// Somebody whom visitors of a demo may be; the password is public.
struct DemoUser {
  std::string user_id;
  std::string display_name;
  std::string password;
};

struct Settings {
  // identity of this server
  std::string tenant_id = "default";  // of tokens without a tenant_id claim
  std::string instance_id;            // default: host name and a random part
  std::string version;

  // listening
  std::string host = "0.0.0.0";
  int port = 8083;
  int workers = 0;  // 0: one per core but the last
  std::int64_t max_connections = 100'000;
  std::int64_t sessions_per_user_max = 500;     // WebSockets of one user at once
  std::int64_t waiting_per_address_max = 1000;  // WebSockets of one address that have not said who they are
  std::string trusted_proxies;                  // blocks of addresses whose X-Forwarded-For counts
  std::string ip_allow;                         // blocks that are let in; empty: all
  std::string ip_deny;                          // blocks that are not, even when allowed
  std::vector<std::string> allowed_origins;     // empty: same origin only; "*": any

  std::string tls_cert;  // PEM files; empty: plain HTTP
  std::string tls_key;

  // credentials
  std::string jwt_secret;
  std::vector<std::string> jwt_algorithms;  // that tokens may use; empty: HS256, and with an external issuer all
  std::string jwks_url;                     // of an external issuer's keys
  std::string oidc_issuer;                  // an external issuer; without jwks_url its configuration says where
  bool outbound_plain = false;              // http:// to other hosts
  std::string outbound_ca_file;             // certificates to trust in place of the system's
  std::string jwt_issuer;                   // empty: not checked
  std::string jwt_audience;                 // empty: not checked
  std::int64_t access_token_s = 3600;
  std::int64_t refresh_token_s = 30 * 24 * 3600;
  std::string api_key;  // the environment's: acts as bot `service`
  bool registration = false;

  // store
  std::string data_dir;
  std::string database_url;  // as given; empty: SQLite in the data directory
  DbTarget database;
  int store_readers = 2;

  // limits
  double rate_limit_per_s = 50;  // writes per user and second; the other classes are multiples of it
  std::int64_t body_bytes_max = 256 * 1024;
  std::int64_t group_members_max = 10'000;
  std::int64_t open_streams_max = 512;  // of one user
  std::int64_t outbox_bytes_max = 2 * 1024 * 1024;
  std::int64_t auth_frame_s = 10;     // a socket without credentials must send `auth` within
  std::int64_t heartbeat_s = 25;      // ping interval
  std::int64_t silent_s = 75;         // closed after
  std::int64_t away_s = 300;          // without anything done on any session, a user is away
  std::int64_t presence_grace_s = 5;  // who left is there for so long yet
  std::int64_t drain_s = 10;          // of the 15 s between SIGTERM and exit

  std::int64_t retention_sweep_s = 600;  // between two looks for messages that are too old

  // operation
  bool metrics = true;
  std::string metrics_path = "/metrics";
  std::string log_level = "info";
  bool log_json = false;
  bool echo_agent = true;            // the demo agent, in this server's tenant
  std::vector<DemoUser> demo_users;  // set by `aiim demo` alone, by no configuration: the page offers to be them
};

}  // namespace aiim
