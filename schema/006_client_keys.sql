-- SQLite finds a message by its client's id through digests, gathered in memory and settled in order
-- (src/store/sqlite_client_keys.h): an id at random then costs no page of its own per message. The store fills
-- client_keys from the messages at its next start and drops im_messages_by_client_id, which says that this is due.
-- PostgreSQL keeps that index.
{{sqlite}}CREATE TABLE client_keys (high BIGINT NOT NULL, low BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (high, low)) WITHOUT ROWID;
{{sqlite}}CREATE TABLE client_keys_recent_0 (high BIGINT NOT NULL, low BIGINT NOT NULL, seq BIGINT NOT NULL);
{{sqlite}}CREATE TABLE client_keys_recent_1 (high BIGINT NOT NULL, low BIGINT NOT NULL, seq BIGINT NOT NULL);
