-- Logins that ended are swept by the time of their end.
CREATE INDEX auth_sessions_by_end ON auth_sessions (expires_at);
