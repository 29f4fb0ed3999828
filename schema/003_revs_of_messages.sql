-- What changed since a rev is found without an index over every message: a message that never changed has its revs in
-- the order of its seqs, so the index of seqs finds it, and only those that did change have an index of their own.
-- first_rev: the rev at which a message that changed later was created; null: it never changed, so that is its rev.
ALTER TABLE im_messages ADD COLUMN first_rev BIGINT;

-- What older versions changed: a message whose rev is above a later one's. The lowest rev from it on stands for the
-- rev of its creation, which nobody kept; what matters is that it does not decrease with seq.
UPDATE im_messages SET first_rev = o.lowest FROM (
  SELECT message_id AS id, tenant_id AS tenant, rev AS newest,
         MIN(rev) OVER (PARTITION BY conversation_id, tenant_id ORDER BY seq DESC) AS lowest FROM im_messages) AS o
WHERE im_messages.message_id = o.id AND im_messages.tenant_id = o.tenant AND o.lowest < o.newest;

DROP INDEX im_messages_by_rev;
CREATE INDEX im_messages_changed ON im_messages (conversation_id, tenant_id, rev) WHERE first_rev IS NOT NULL;

-- The client's id before the sender's: where clients count upwards, all senders of a conversation fill one page.
DROP INDEX im_messages_by_client_id;
CREATE UNIQUE INDEX im_messages_by_client_id ON im_messages (conversation_id, tenant_id, client_msg_id, sender_id)
  WHERE client_msg_id IS NOT NULL;
