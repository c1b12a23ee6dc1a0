-- What is over is deleted after a while (now/pruning.sql): by which indexes it is found.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE INDEX job_finished ON job (book_id, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_mail_of_age ON outbox_mail (book_id, created_at);
CREATE INDEX caller_reply_of_age ON caller_reply (created_at);
CREATE INDEX sign_in_token_of_age ON sign_in_token (expires_at);
CREATE INDEX refresh_family_of_age ON refresh_family (created_at);
CREATE INDEX invitation_of_age ON invitation (expires_at);
COMMENT ON TABLE job IS 'What the worker has to do: leased, done at least once, settled together with its effect. Deleted 30 days after it is done.';
COMMENT ON TABLE outbox_mail IS 'Mail of sandbox books, which never leaves: who would have got what. Personal data, deleted after 90 days.';
COMMENT ON TABLE caller_reply IS 'First answers to POSTs that belong to no book, which every repetition gets again. Deleted after 90 days.';
COMMENT ON TABLE sign_in_token IS 'A sign-in link that was mailed: single use, 15 minutes. Deleted 30 days later.';
COMMENT ON TABLE refresh_family IS 'A session: all refresh tokens, and all access tokens, that came from one sign-in. It is over when it was ended, and a fixed time after the sign-in. Deleted with its tokens 60 days after the sign-in.';
COMMENT ON TABLE invitation IS 'A role offered to an address; it is given when the person with that address accepts. Deleted 90 days after it would have lapsed.';
COMMENT ON TABLE worker_heartbeat IS 'When each worker was last seen alive. Deleted 30 days later.';
