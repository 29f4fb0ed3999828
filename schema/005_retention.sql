-- Retention: a tenant that has a row here keeps its messages for so many days. Those below a conversation's min_seq are
-- gone.
CREATE TABLE retention (
  tenant_id  {{id}} NOT NULL,
  days       BIGINT NOT NULL,
  updated_at {{timestamp}} NOT NULL,
  PRIMARY KEY (tenant_id)
);
ALTER TABLE conversations ADD COLUMN min_seq BIGINT NOT NULL DEFAULT 1;
