-- The first schema, for SQLite and PostgreSQL alike. {{timestamp}}: TIMESTAMPTZ / fixed-width RFC 3339 text;
-- {{json}}: JSONB / TEXT; {{identity}}: a number that the database counts up; {{id}}: text that is compared byte by byte
-- (COLLATE "C" / TEXT), which is fast and orders alike on both. All keys hold the tenant.
--
-- Indexes are shaped so that PostgreSQL picks the right one before it has statistics of a table, when any index whose
-- beginning matches looks equally good to it: the most telling column stands first and the tenant second; of several
-- indexes with the same beginning all but one are partial, for statements that repeat the condition (`rev >= 0`), and
-- the more telling one is younger.

CREATE TABLE users (
  tenant_id      {{id}} NOT NULL,
  user_id        {{id}} NOT NULL,
  display_name   TEXT NOT NULL DEFAULT '',
  avatar_url     TEXT,
  kind           TEXT NOT NULL DEFAULT 'human',   -- human, bot
  role           TEXT NOT NULL DEFAULT 'user',    -- user, admin
  status         {{id}} NOT NULL DEFAULT 'active',  -- active, suspended
  membership_rev BIGINT NOT NULL DEFAULT 0,       -- counts joins, leaves and removals of this user (sync token)
  created_at     {{timestamp}} NOT NULL,
  updated_at     {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE credentials (
  tenant_id     {{id}} NOT NULL,
  user_id       {{id}} NOT NULL,                    -- also the name to log in with
  password_hash TEXT NOT NULL,                    -- Argon2id, encoded with its parameters
  updated_at    {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

-- One login (a refresh token family). Access tokens carry its id as `sid`.
CREATE TABLE auth_sessions (
  tenant_id     {{id}} NOT NULL,
  session_id    {{id}} NOT NULL,
  user_id       {{id}} NOT NULL,
  refresh_hash  {{id}} NOT NULL,                    -- SHA-256 of the newest refresh token; older ones revoke the family
  address       TEXT NOT NULL DEFAULT '',
  user_agent    TEXT NOT NULL DEFAULT '',
  created_at    {{timestamp}} NOT NULL,
  last_used_at  {{timestamp}} NOT NULL,
  expires_at    {{timestamp}} NOT NULL,
  revoked_at    {{timestamp}},
  PRIMARY KEY (tenant_id, session_id)
);
CREATE INDEX auth_sessions_by_user ON auth_sessions (tenant_id, user_id);

CREATE TABLE api_keys (
  tenant_id     {{id}} NOT NULL,
  key_id        {{id}} NOT NULL,
  user_id       {{id}} NOT NULL,                    -- the bot it acts as
  key_hash      {{id}} NOT NULL,                    -- SHA-256, hex
  name          TEXT NOT NULL DEFAULT '',
  scopes        TEXT NOT NULL DEFAULT '',         -- space separated; empty: everything a bot may do
  created_at    {{timestamp}} NOT NULL,
  last_used_at  {{timestamp}},
  revoked_at    {{timestamp}},
  PRIMARY KEY (tenant_id, key_id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (key_hash);
CREATE INDEX api_keys_by_user ON api_keys (tenant_id, user_id);

-- What every node polls: whose credentials to look at again. Rows older than a day are swept.
CREATE TABLE auth_changes (
  id         {{identity}},
  tenant_id  {{id}} NOT NULL,
  user_id    {{id}} NOT NULL,
  changed_at {{timestamp}} NOT NULL
);
CREATE INDEX auth_changes_by_time ON auth_changes (changed_at);

CREATE TABLE conversations (
  conversation_id {{id}} NOT NULL,
  type            TEXT NOT NULL DEFAULT 'direct', -- direct, group
  name            TEXT,
  tenant_id       {{id}} NOT NULL,
  created_at      {{timestamp}} NOT NULL,
  updated_at      {{timestamp}} NOT NULL,         -- commit time of the last rev
  last_seq        BIGINT NOT NULL DEFAULT 0,
  rev             BIGINT NOT NULL DEFAULT 0,      -- the counter of durable changes
  own_rev         BIGINT NOT NULL DEFAULT 0,      -- rev of the last change of this row's own facts (name, settings)
  epoch           {{id}} NOT NULL,
  member_count    BIGINT NOT NULL DEFAULT 0,
  direct_key      {{id}},                           -- both members in order, separated by a space
  PRIMARY KEY (conversation_id, tenant_id)
);
CREATE UNIQUE INDEX conversations_by_direct_key ON conversations (direct_key, tenant_id) WHERE direct_key IS NOT NULL;

CREATE TABLE conversation_members (
  tenant_id       {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  user_id         {{id}} NOT NULL,
  role            TEXT NOT NULL DEFAULT 'member', -- owner, admin, member
  joined_at       {{timestamp}} NOT NULL,
  left_at         {{timestamp}},                  -- set: a tombstone
  joined_rev      BIGINT NOT NULL,                -- of the last join
  rev             BIGINT NOT NULL,                -- of the last change of role or presence
  membership_rev  BIGINT NOT NULL,                -- the user's, at the last join or leave
  delivered_seq   BIGINT NOT NULL DEFAULT 0,
  read_seq        BIGINT NOT NULL DEFAULT 0,
  muted           BOOLEAN NOT NULL DEFAULT FALSE,
  pinned          BOOLEAN NOT NULL DEFAULT FALSE,
  own_updated_at  {{timestamp}} NOT NULL          -- last change of cursors, muted or pinned: for the own sync
);
CREATE UNIQUE INDEX conversation_members_key ON conversation_members (conversation_id, tenant_id, user_id);
CREATE INDEX conversation_members_by_rev ON conversation_members (conversation_id, tenant_id, rev) WHERE rev >= 0;
CREATE INDEX conversation_members_by_user ON conversation_members (user_id, tenant_id, conversation_id);

CREATE TABLE im_messages (
  message_id      {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  sender_id       {{id}} NOT NULL,
  type            TEXT NOT NULL,
  content         {{json}} NOT NULL,
  reply_to        {{id}},
  client_msg_id   {{id}},
  request_hash    {{id}},                           -- of the first request with this client_msg_id
  created_at      {{timestamp}} NOT NULL,
  seq             BIGINT NOT NULL,
  rev             BIGINT NOT NULL,
  edited_at       {{timestamp}},
  status          {{id}} NOT NULL DEFAULT 'sent',   -- sent, streaming, recalled
  tenant_id       {{id}} NOT NULL,
  stream_id       {{id}},
  chunk_index     BIGINT,
  is_end          BOOLEAN NOT NULL DEFAULT TRUE,
  reactions       {{json}}                        -- the table `reactions` as messages show it; null: none
);
CREATE UNIQUE INDEX im_messages_by_seq ON im_messages (conversation_id, tenant_id, seq);
CREATE INDEX im_messages_by_rev ON im_messages (conversation_id, tenant_id, rev) WHERE rev >= 0;
CREATE UNIQUE INDEX im_messages_by_client_id ON im_messages (conversation_id, tenant_id, sender_id, client_msg_id)
  WHERE client_msg_id IS NOT NULL;
CREATE UNIQUE INDEX im_messages_key ON im_messages (message_id, tenant_id);

-- Who is mentioned in which message: one row per mentioned member.
CREATE TABLE mentions (
  tenant_id       {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  user_id         {{id}} NOT NULL,
  seq             BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, conversation_id, user_id, seq)
);

-- One row per step of a cursor: the message it reached. A message was delivered to (read by) somebody when their first
-- step at or above its seq was made.
CREATE TABLE message_receipts (
  tenant_id       {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  user_id         {{id}} NOT NULL,
  status          {{id}} NOT NULL,                  -- delivered, read
  seq             BIGINT NOT NULL,
  message_id      {{id}} NOT NULL,
  timestamp       {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, conversation_id, user_id, status, seq)
);

CREATE TABLE reactions (
  tenant_id       {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  message_id      {{id}} NOT NULL,
  emoji           {{id}} NOT NULL,
  user_id         {{id}} NOT NULL,
  created_at      {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, message_id, emoji, user_id)
);

-- What a streaming message has so far: folded into its content at the end.
CREATE TABLE stream_appends (
  tenant_id   {{id}} NOT NULL,
  stream_id   {{id}} NOT NULL,
  n           BIGINT NOT NULL,
  ops         {{json}} NOT NULL,
  bytes       BIGINT NOT NULL,                    -- of all appends up to this one
  created_at  {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, stream_id, n)
);

-- Streams that have not ended: their lease is a deadline that any node's sweeper enforces.
CREATE TABLE open_streams (
  tenant_id       {{id}} NOT NULL,
  stream_id       {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  sender_id       {{id}} NOT NULL,
  n               BIGINT NOT NULL DEFAULT 0,
  bytes           BIGINT NOT NULL DEFAULT 0,
  lease_until     {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, stream_id)
);
CREATE INDEX open_streams_by_lease ON open_streams (lease_until);

CREATE TABLE call_logs (
  call_id         {{id}} NOT NULL,
  conversation_id {{id}} NOT NULL,
  initiator_id    {{id}} NOT NULL,
  call_type       TEXT NOT NULL DEFAULT 'audio',
  status          {{id}} NOT NULL DEFAULT 'initiated',
  started_at      {{timestamp}},
  ended_at        {{timestamp}},
  duration        BIGINT,                         -- seconds
  end_reason      TEXT,
  created_at      {{timestamp}} NOT NULL,
  tenant_id       {{id}} NOT NULL,
  PRIMARY KEY (tenant_id, call_id)
);
CREATE INDEX call_logs_by_conversation ON call_logs (tenant_id, conversation_id, created_at);

-- Idempotency-Key of requests that are not messages.
CREATE TABLE idempotency_keys (
  tenant_id    {{id}} NOT NULL,
  user_id      {{id}} NOT NULL,
  operation    {{id}} NOT NULL,
  key          {{id}} NOT NULL,
  request_hash {{id}} NOT NULL,
  result_id    {{id}} NOT NULL,
  created_at   {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id, user_id, operation, key)
);

CREATE TABLE audit_log (
  id              {{identity}},
  tenant_id       {{id}} NOT NULL,
  at              {{timestamp}} NOT NULL,
  actor_id        {{id}} NOT NULL,                  -- a user, or `cli`
  operation       {{id}} NOT NULL,
  conversation_id {{id}},
  target          TEXT,                           -- what it was done to: a user, a message …
  request_id      TEXT,
  address         TEXT
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant_id, at);

-- SQLite's clock: the highest time that a transaction had, so that time never goes back over restarts and between
-- processes. PostgreSQL has its own.
CREATE TABLE store_clock (
  id BIGINT NOT NULL PRIMARY KEY,
  at {{timestamp}} NOT NULL
);
INSERT INTO store_clock (id, at) VALUES (1, '1970-01-01T00:00:00.000Z');
