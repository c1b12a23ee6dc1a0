-- People ask to belong to a team or a cooperative, and its owners answer; and who is invited may decline.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE join_request (
    id            uuid PRIMARY KEY,
    organisation  uuid NOT NULL REFERENCES organisation (id),
    person        uuid NOT NULL REFERENCES person (id),
    note          text NOT NULL CHECK (char_length(note) BETWEEN 1 AND 1000),
    asked_at      timestamptz NOT NULL,
    until         timestamptz NOT NULL,
    outcome       text CHECK (outcome IN ('accepted', 'declined', 'withdrawn', 'lapsed')),
    ended_at      timestamptz,
    ended_by      uuid REFERENCES person (id),
    role          text CHECK (role IN ('owner', 'treasurer', 'approver', 'reviewer', 'judge', 'auditor', 'member')),
    reason        text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    CHECK (until = asked_at + interval '336 hours'),
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    -- What is late decides as of the moment at which it was due: nobody answers afterwards.
    CHECK (CASE outcome WHEN 'lapsed' THEN ended_at = until ELSE ended_at >= asked_at AND ended_at < until END),
    CHECK ((ended_by IS NOT NULL) = (outcome IS NOT NULL AND outcome <> 'lapsed')),
    CHECK (CASE WHEN outcome = 'withdrawn' THEN ended_by = person ELSE ended_by <> person END),
    CHECK ((role IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'accepted')),
    CHECK ((reason IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'declined'))
);
SELECT ledger_reference('join_request');
CREATE UNIQUE INDEX join_request_open ON join_request (organisation, person) WHERE outcome IS NULL;
CREATE INDEX join_request_of_organisation ON join_request (organisation, id);
CREATE INDEX join_request_of_person ON join_request (person, id);
CREATE INDEX join_request_of_age ON join_request (until);
COMMENT ON TABLE join_request IS 'A person asks to belong to an organisation; its owners accept, with a role, or decline, with a reason. Deleted 90 days after it would have lapsed.';
COMMENT ON COLUMN join_request.id IS 'UUIDv7 of the outside id jrq_.';
COMMENT ON COLUMN join_request.organisation IS 'The team or cooperative.';
COMMENT ON COLUMN join_request.person IS 'Who asks.';
COMMENT ON COLUMN join_request.note IS 'What they say of themselves, for the owners.';
COMMENT ON COLUMN join_request.asked_at IS 'Wall clock.';
COMMENT ON COLUMN join_request.until IS 'Wall clock when it lapses: fourteen days after it was asked.';
COMMENT ON COLUMN join_request.outcome IS 'What came of it; NULL while it is open, and until somebody asks anew after it has lapsed.';
COMMENT ON COLUMN join_request.ended_at IS 'Wall clock of the answer or the withdrawal; of one that lapsed the moment at which it did. NULL while it is open.';
COMMENT ON COLUMN join_request.ended_by IS 'Who answered it, or the person when they withdrew it; NULL while it is open, and when it lapsed.';
COMMENT ON COLUMN join_request.role IS 'The role that was given; NULL unless it was accepted.';
COMMENT ON COLUMN join_request.reason IS 'Why it was declined; NULL unless it was.';

ALTER TABLE invitation ADD COLUMN declined_by uuid REFERENCES person (id);
ALTER TABLE invitation ADD COLUMN declined_at timestamptz;
ALTER TABLE invitation ADD CHECK ((declined_at IS NULL) = (declined_by IS NULL));
ALTER TABLE invitation ADD CHECK (num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1);
COMMENT ON COLUMN invitation.declined_by IS 'The person who declined; NULL unless it was.';
COMMENT ON COLUMN invitation.declined_at IS 'Wall clock of the refusal; NULL unless it was declined.';

-- More of what is bounded by the day.
ALTER TABLE quota_use DROP CONSTRAINT quota_use_what_check;
ALTER TABLE quota_use ADD CONSTRAINT quota_use_what_check
    CHECK (what IN ('organisations', 'books', 'invitations', 'join_requests', 'fetches', 'files'));
COMMENT ON COLUMN quota_use.what IS 'What is counted: organisations, books, invitations, join_requests, fetches or files.';
