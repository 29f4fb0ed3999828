-- Finding people by what their names begin with, and when they were last seen.

-- One row per text that a search may begin with: the id, the display name, and each later word of it with what
-- follows; all folded (NFKC, without case). `folded` of a user: these rows are there.
CREATE TABLE user_names (
  tenant_id {{id}} NOT NULL,
  user_id   {{id}} NOT NULL,
  folded    {{id}} NOT NULL,
  PRIMARY KEY (user_id, tenant_id, folded)
);
CREATE INDEX user_names_by_text ON user_names (folded, tenant_id, user_id) WHERE folded >= '';

ALTER TABLE users ADD COLUMN folded BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_unfolded ON users (user_id, tenant_id) WHERE folded = FALSE;

-- For statements that come with ids from elsewhere: the tenant's comparison is kept from the indexes there, as in those
-- of memberships.
CREATE INDEX users_by_id ON users (user_id, tenant_id);

ALTER TABLE users ADD COLUMN last_seen_at {{timestamp}};
