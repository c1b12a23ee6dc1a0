-- What richer rules divide by: members' capital, and how full the reserve has to be.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE cooperative ADD COLUMN capital_most bigint NOT NULL DEFAULT 0 CHECK (capital_most >= 0);
COMMENT ON COLUMN cooperative.capital_most IS 'The most that the members'' capital together has ever been, minor units; it never falls.';

ALTER TABLE statement ADD COLUMN interest bigint NOT NULL DEFAULT 0 CHECK (interest >= 0 AND interest <= cash);
ALTER TABLE statement ADD COLUMN capital bigint NOT NULL DEFAULT 0 CHECK (capital >= 0);
ALTER TABLE statement DROP CONSTRAINT statement_patronage_check;
ALTER TABLE statement ADD CONSTRAINT statement_patronage_check CHECK (patronage IN ('equal', 'hours', 'capital'));
COMMENT ON COLUMN statement.interest IS 'Minor units of the cash that are interest on the member''s capital.';
COMMENT ON COLUMN statement.capital IS 'The member''s capital when the period began, minor units; 0 where the rule does not ask for it.';
COMMENT ON COLUMN statement.patronage IS 'How the group shared; capital for somebody who has interest and no share.';
