-- Caps, tiers, and what is promised to campaigns.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- A cap, what is funded elsewhere, and the accounts in which promises are counted.
INSERT INTO movement_kind (kind, name) VALUES (63, 'cap_raised');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT 63, class, class FROM account_class WHERE name = 'commitment_room';

ALTER TABLE campaign ADD COLUMN cap bigint CHECK (cap > 0);
ALTER TABLE campaign ADD COLUMN elsewhere bigint CHECK (elsewhere > 0);
ALTER TABLE campaign ADD COLUMN promises_since timestamptz;
ALTER TABLE campaign ADD COLUMN elsewhere_on date;
ALTER TABLE campaign ADD COLUMN promise_room int;
ALTER TABLE campaign ADD COLUMN promise_beyond int;
ALTER TABLE campaign ADD COLUMN promise_pledged int;
ALTER TABLE campaign ADD COLUMN over_cap text CHECK (over_cap IN ('refuse', 'trim'));
ALTER TABLE campaign ADD COLUMN elsewhere_reason text CHECK (length(elsewhere_reason) BETWEEN 1 AND 1000);
ALTER TABLE campaign ADD CONSTRAINT campaign_cap_whole CHECK (num_nulls(cap, over_cap) IN (0, 2));
ALTER TABLE campaign ADD CONSTRAINT campaign_elsewhere_whole CHECK (num_nulls(elsewhere, elsewhere_on, elsewhere_reason) IN (0, 3));
ALTER TABLE campaign ADD CONSTRAINT campaign_elsewhere_below_cap CHECK (elsewhere < cap);
ALTER TABLE campaign ADD CONSTRAINT campaign_promises_whole CHECK (
    num_nulls(promise_room, promise_beyond, promise_pledged, promises_since) IN (0, 4));
ALTER TABLE campaign ADD CONSTRAINT campaign_promise_room_fkey FOREIGN KEY (book_id, promise_room) REFERENCES account (book_id, number);
ALTER TABLE campaign ADD CONSTRAINT campaign_promise_beyond_fkey FOREIGN KEY (book_id, promise_beyond) REFERENCES account (book_id, number);
ALTER TABLE campaign ADD CONSTRAINT campaign_promise_pledged_fkey FOREIGN KEY (book_id, promise_pledged) REFERENCES account (book_id, number);
COMMENT ON COLUMN campaign.cap IS 'The most that is wanted, from wherever it comes, minor units; null without a cap. It only rises; what holds is the floor of promise_room.';
COMMENT ON COLUMN campaign.elsewhere IS 'Minor units that are funded elsewhere, and take room below the cap; null when none are.';
COMMENT ON COLUMN campaign.promises_since IS 'Book time since which promises are counted in the book: of its publication; null before, and of campaigns that were published before they were.';
COMMENT ON COLUMN campaign.elsewhere_on IS 'Since when it has them.';
COMMENT ON COLUMN campaign.promise_room IS 'Number of the account of what may still be promised; its floor is minus the cap, less what is funded elsewhere.';
COMMENT ON COLUMN campaign.promise_beyond IS 'Number of the account from which promises come that no cap holds; promise_room without a cap.';
COMMENT ON COLUMN campaign.promise_pledged IS 'Number of the account of what is promised and not dropped, whether it was collected or not.';
COMMENT ON COLUMN campaign.over_cap IS 'refuse or trim: what happens to a single payment of which a part fits below the cap; null without a cap.';
COMMENT ON COLUMN campaign.elsewhere_reason IS 'From where, and how the host knows.';
COMMENT ON COLUMN campaign.goal IS 'What decides, or is hoped for where nothing is at stake, minor units; the minimum where there is an optimum. It only rises.';

CREATE TABLE campaign_tier (
    id          uuid NOT NULL,
    campaign    uuid NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    created_at  timestamptz NOT NULL,
    book_id     int NOT NULL,
    number      int NOT NULL CHECK (number BETWEEN 1 AND 50),
    position    int NOT NULL CHECK (position BETWEEN 0 AND 50),
    places      int CHECK (places BETWEEN 1 AND 1000000),
    room        int,
    taken       int,
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description text NOT NULL CHECK (length(description) <= 2000),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, campaign, number),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    FOREIGN KEY (book_id, room) REFERENCES account (book_id, number),
    FOREIGN KEY (book_id, taken) REFERENCES account (book_id, number),
    CHECK (num_nulls(places, room, taken) IN (0, 3))
);
SELECT ledger_distribute('campaign_tier');
COMMENT ON TABLE campaign_tier IS 'What a pledge of an amount brings its donor, and for how many there is a place. Written once.';
COMMENT ON COLUMN campaign_tier.id IS 'UUIDv7 in the outside id tir_.';
COMMENT ON COLUMN campaign_tier.campaign IS 'Whose tier.';
COMMENT ON COLUMN campaign_tier.amount IS 'The least amount of a payment, minor units.';
COMMENT ON COLUMN campaign_tier.created_at IS 'Book time.';
COMMENT ON COLUMN campaign_tier.book_id IS 'The book.';
COMMENT ON COLUMN campaign_tier.number IS 'Which tier of the campaign, from 1: it stands in the codes of its accounts.';
COMMENT ON COLUMN campaign_tier.position IS 'Where it stands among the others.';
COMMENT ON COLUMN campaign_tier.places IS 'How many pledges it takes; null when any number.';
COMMENT ON COLUMN campaign_tier.room IS 'Number of the account of its free places; its floor is minus places.';
COMMENT ON COLUMN campaign_tier.taken IS 'Number of the account of its taken places.';
COMMENT ON COLUMN campaign_tier.currency IS 'ISO 4217: that of the campaign.';
COMMENT ON COLUMN campaign_tier.name IS 'Name for people.';
COMMENT ON COLUMN campaign_tier.description IS 'What it is, for people.';

ALTER TABLE pledge ADD COLUMN tier uuid;
ALTER TABLE pledge ADD COLUMN asked_amount bigint;
ALTER TABLE pledge ADD COLUMN promised bigint NOT NULL DEFAULT 0 CHECK (promised >= 0);
ALTER TABLE pledge ADD COLUMN has_place boolean NOT NULL DEFAULT false;
ALTER TABLE pledge ADD CONSTRAINT pledge_trimmed CHECK (asked_amount > amount);
ALTER TABLE pledge ADD CONSTRAINT pledge_place CHECK (tier IS NOT NULL OR NOT has_place);
ALTER TABLE pledge ADD CONSTRAINT pledge_tier_fkey FOREIGN KEY (book_id, tier) REFERENCES campaign_tier (book_id, id);
COMMENT ON COLUMN pledge.tier IS 'The tier of its campaign that its donor chose; null without one.';
COMMENT ON COLUMN pledge.asked_amount IS 'Minor units that were asked for, when only a part fitted below the cap; null otherwise.';
COMMENT ON COLUMN pledge.promised IS 'Minor units of payments that have not begun and are counted as promised to its campaign.';
COMMENT ON COLUMN pledge.has_place IS 'Whether it has a place of its tier.';
ALTER TABLE charge ADD COLUMN promise text NOT NULL DEFAULT 'none' CHECK (promise IN ('none', 'open', 'dropped'));
COMMENT ON COLUMN charge.promise IS 'How its promise is counted in the book: none, not yet or not at all; open, whether it was collected or not; dropped, given up.';
