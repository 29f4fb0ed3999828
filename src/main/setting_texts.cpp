#include "main/setting_texts.h"

namespace aiim {

std::span<const SettingText> setting_texts() {
  static constexpr SettingText texts[] = {
      // this server
      {"tenant_id", "The tenant of tokens that name none. 1 to 64 of A-Z a-z 0-9 . _ -"},
      {"instance_id", "The name of this process in logs; by default the host's name and a random part."},
      {"host", "The address to listen on."},
      {"port", "The port to listen on."},
      {"workers",
       "Threads that serve connections; 0: one per core but the last, which is left to the store, and at least one.",
       "threads"},
      {"max_connections",
       "HTTP and WebSocket connections together; beyond it requests get `503` and WebSockets are closed with 4429.",
       "connections"},
      {"allowed_origins",
       "The origins whose pages may use this server from a browser, separated by commas; `*`: any; none: only its "
       "own."},
      {"tls_cert", "The certificate chain to serve HTTPS with, a file in PEM. SIGHUP reads it again."},
      {"tls_key", "The certificate's private key, a file in PEM."},

      // credentials
      {"jwt_secret", "Signs and checks tokens (HS256): at least 32 random bytes, the same on every node."},
      {"jwt_algorithm",
       "The algorithms that tokens may use, separated by commas: HS256 under `jwt_secret`; RS256, ES256 and EdDSA "
       "under an "
       "identity provider's keys. None: HS256, and with a provider all four."},
      {"jwt_issuer", "What `iss` of a token must be; none: it is not checked."},
      {"jwt_audience", "What `aud` of a token must contain; none: it is not checked."},
      {"jwt_expiration_hours", "How long an access token of a local account is good.", "hours"},
      {"refresh_token_days", "How long a login of a local account lasts without being used.", "days"},
      {"jwks_url",
       "Where an identity provider publishes its keys: tokens under them (RS256, ES256, EdDSA) are accepted."},
      {"oidc_issuer", "An OpenID Connect issuer: its keys are found by discovery, and `iss` must be it."},
      {"api_key", "A key that acts as the bot `service`, for the original implementation's callers."},
      {"registration", "Whether people may open local accounts by themselves."},

      // who may connect
      {"trusted_proxies", "Addresses and ranges of proxies whose `X-Forwarded-For` counts, separated by commas."},
      {"ip_allow", "Addresses and ranges that may connect, separated by commas; none: all."},
      {"ip_deny", "Addresses and ranges that may not connect, separated by commas."},
      {"sessions_per_user_max",
       "WebSocket connections of one user on one node; beyond it new ones are closed with 4429.", "connections"},
      {"waiting_per_address_max", "Connections of one address that have not authenticated yet.", "connections"},

      // store
      {"data_dir",
       "The directory where this server keeps its data. One server holds it at a time. Not needed with "
       "`database_url`."},
      {"database_url",
       "`postgresql://user:password@host/database`, or `sqlite:///path`; none: SQLite in the data directory."},
      {"connection_pool_size", "Database connections that read.", "connections"},
      {"query_timeout", "How long one statement may take, 0.1 to 300.", "seconds"},

      // limits
      {"rate_limit_per_sec",
       "Writes per user and second, as a mean: four seconds' worth of them (200 by default) may come at once. The "
       "other "
       "limits are multiples: reads, receipts and streams 4, typing and presence 2, with bursts of five seconds; "
       "logins "
       "0.2 per address, burst of two seconds; everything of one address together 20, burst of two seconds. A change "
       "that names N users or streams counts N times: a group of ten others ten times; a read that names N counts "
       "0.9 + N/10 times. What would weigh more than the burst weighs the burst. 0: no limits.",
       "per second"},
      {"body_bytes_max", "The largest request body and client frame.", "bytes"},
      {"group_members_max", "Members of one group.", "members"},
      {"open_streams_max", "Streams that one user may have open at a time.", "streams"},
      {"outbox_bytes_max",
       "What waits for one slow connection before ephemeral events are dropped, and then the connection.", "bytes"},
      {"heartbeat_seconds", "How often a WebSocket is pinged.", "seconds"},
      {"silent_seconds", "A WebSocket from which nothing came for so long is closed; above `heartbeat_seconds`.",
       "seconds"},

      {"retention_sweep_seconds", "How often messages that a tenant's retention no longer keeps are looked for.",
       "seconds"},
      {"away_seconds", "A user whose connections were all silent for so long counts as away.", "seconds"},
      {"presence_grace_seconds", "How long somebody who lost the last connection still counts as there.", "seconds"},
      {"echo_agent", "Whether the demo agent `echo` answers."},

      // requests that the server makes
      {"outbound_plain_http",
       "Whether the server's own requests may go to `http` URLs and private addresses; for tests and closed networks."},
      {"outbound_ca_file", "Certificates that the server's own requests trust instead of the system's, a file in PEM."},

      // operation
      {"enable_metrics", "Whether metrics are served."},
      {"metrics_path", "Where: a path that begins with `/`."},
      {"log_level", "The least severe lines that are logged."},
      {"log_json", "One JSON object per line instead of text."},
  };
  return texts;
}

const SettingText* find_setting_text(std::string_view name) {
  for (const SettingText& each : setting_texts()) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace aiim
