-- How many streams a user has open, and which end when the user is removed or suspended.
CREATE INDEX open_streams_by_sender ON open_streams (sender_id, tenant_id);
