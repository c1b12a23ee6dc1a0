-- What a matching round paid to a campaign that gives its money back goes to the sponsors of the round.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM movement_kind k, account_class d, account_class c
 WHERE k.name = 'pool_returned' AND d.name = 'fund' AND c.name = 'refunds_in_transit';
