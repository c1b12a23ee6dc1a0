-- Events: what comes to be written when a state changes, by triggers, so that no lane, operation or statement of the service
-- can forget it; and how they are numbered.

-- Which rows are events, of one table or (NULL) of all: a line for each way in which a row of a table comes to be one. `family` and the state make the kind. A
-- new row is an event, and a changed one whose `mark` is another than before, if it has a state; `mark` is the state but where
-- an amount is what counts. `sequence` grows with each event of an object. `at` is book time, NULL for now. `before` is the
-- state before that a new row has none of. Expressions are of the row `r`. Facts are never personal data, and no texts of
-- people: ids of objects and organisations, amounts with their currency, days, numbers, words of closed sets.
CREATE OR REPLACE FUNCTION event_sources(p_source text) RETURNS TABLE (
    source text, family text, object text, sequence text, state text, mark text, before text, at text, partner text, facts text
)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT v.source, v.family, v.object, v.sequence, v.state, coalesce(v.mark, v.state), coalesce(v.before, 'NULL'),
           coalesce(v.at, 'NULL'), coalesce(v.partner, 'NULL'), v.facts
      FROM (VALUES
    ('book_freeze', 'book', '(SELECT b.uid FROM public.book b WHERE b.number = r.book_id)',
     'r.number * 2 - (r.released_at IS NULL)::int', $e$CASE WHEN r.released_at IS NULL THEN 'frozen' ELSE 'released' END$e$,
     NULL, $e$CASE WHEN r.number > 1 THEN 'released' END$e$, NULL, NULL, $f$'freeze', r.number$f$),
    ('wind_up', 'wind_up', 'r.id', 'r.version', 'r.state', NULL, NULL,
     $e$CASE r.state WHEN 'announced' THEN r.announced_at WHEN 'winding' THEN r.from_at ELSE r.ended_at END$e$, NULL,
     $f$'day', r.last_day, 'to', r.return_after$f$),
    ('hold', 'hold', 'r.id', '1 + (r.ended > 0)::int',
     $e$CASE WHEN r.ended = 0 THEN 'placed' WHEN r.captured > 0 THEN 'captured' ELSE 'released' END$e$,
     NULL, NULL, NULL, NULL,
     $f$'account', (SELECT a.code FROM public.account a WHERE a.book_id = r.book_id AND a.number = r.account)$f$),
    ('settlement', 'settlement', 'r.id', '1 + (r.settled_at IS NOT NULL)::int',
     $e$CASE WHEN r.settled_at IS NULL THEN 'open' ELSE 'settled' END$e$,
     NULL, NULL, 'coalesce(r.settled_at, r.created_at)', 'r.partner',
     $f$'day', r.day, 'due_on', r.due_on, 'amount', nullif(r.amount, 0), 'currency', r.currency, 'entry', nullif(r.entry, 0)$f$),
    ('settlement_announcement', 'settlement_announcement', 'r.id', 'r.version',
     $e$CASE r.state WHEN 'announced' THEN CASE WHEN r.line IS NULL THEN 'announced' ELSE 'differs' END
                     WHEN 'settled' THEN 'settled' ELSE 'withdrawn' END$e$,
     NULL, NULL, NULL, 'r.partner', $f$'amount', r.amount, 'currency', r.currency, 'day', r.day$f$),

    ('campaign', 'campaign', 'r.id', 'r.version', 'r.state', NULL, NULL, 'r.state_since', NULL, $f$'currency', r.currency$f$),
    ('campaign', 'campaign_loop', 'r.id', 'r.version',
     $e$CASE WHEN r.loop_brings >= r.monthly_goal THEN 'asks_for_nothing' WHEN r.version > 1 THEN 'asks_again' END$e$,
     'coalesce(r.loop_brings >= r.monthly_goal, false)', NULL, NULL, NULL, $f$'currency', r.currency$f$),
    ('campaign_terms', 'campaign_terms', 'r.campaign', 'r.version', $e$'written'$e$, NULL, NULL, 'r.created_at', NULL,
     $f$'rules_version', r.version, 'from', r.effective_on$f$),
    ('donor', 'donor', 'r.id', '1', $e$CASE WHEN r.erased_at IS NOT NULL THEN 'erased' END$e$,
     NULL, NULL, 'r.erased_at', 'r.partner', ''),
    ('pledge', 'pledge', 'r.id', 'r.version', 'r.state', NULL, NULL, 'r.state_since', 'r.partner',
     $f$'campaign', r.campaign, 'amount', r.amount, 'currency', r.currency, 'schedule', r.schedule, 'starts_on', r.starts_on,
        'payments', r.payments, 'detail', nullif(r.state_detail, '')$f$),
    ('webhook_endpoint', 'webhook_endpoint', 'r.id', 'r.version + r.pings', 'r.state', NULL, NULL, 'r.state_since', 'r.partner',
     $f$'detail', nullif(r.reason, '')$f$),
    ('webhook_endpoint', 'webhook_endpoint', 'r.id', 'r.version + r.pings', $e$CASE WHEN r.pings > 0 THEN 'pinged' END$e$,
     'r.pings', NULL, NULL, 'r.partner', ''),
    ('pledge_move', 'pledge_move', 'r.pledge', 'r.entry', $e$'posted'$e$, NULL, NULL, NULL,
     '(SELECT p.partner FROM public.pledge p WHERE p.book_id = r.book_id AND p.id = r.pledge)',
     $f$'from_campaign', r.from_campaign, 'to_campaign', r.to_campaign, 'amount', r.amount,
        'currency', (SELECT p.currency FROM public.pledge p WHERE p.book_id = r.book_id AND p.id = r.pledge), 'entry', r.entry$f$),
    ('returnable_notice', 'pledge_money', 'r.pledge',
     '(SELECT count(*) FROM public.returnable_notice n WHERE n.book_id = r.book_id AND n.pledge = r.pledge)', $e$'returnable'$e$,
     NULL, NULL, 'r.told_at', '(SELECT p.partner FROM public.pledge p WHERE p.book_id = r.book_id AND p.id = r.pledge)',
     $f$'campaign', r.campaign, 'day', r.since$f$),
    ('plan_change', 'plan_change', 'r.id', '1', $e$'asked'$e$, NULL, NULL, 'r.asked_at', 'r.asked_by',
     $f$'pledge', r.pledge, 'from_amount', r.from_amount, 'to_amount', r.to_amount, 'currency', r.currency,
        'from_interval', r.from_interval, 'to_interval', r.to_interval, 'consent', r.consent$f$),
    ('plan_change_end', 'plan_change', 'r.change', '2', 'r.outcome', NULL, $e$'asked'$e$, 'r.at',
     '(SELECT c.asked_by FROM public.plan_change c WHERE c.book_id = r.book_id AND c.id = r.change)',
     $f$'pledge', (SELECT c.pledge FROM public.plan_change c WHERE c.book_id = r.book_id AND c.id = r.change),
        'starts_on', r.starts_on$f$),
    ('plan_move', 'plan_move', 'r.id', 'r.version', 'r.state', NULL, NULL, 'r.state_since',
     -- Who has to do something: the old partner ends its mandate, the new one does the rest.
     $e$CASE r.state WHEN 'consented' THEN r.from_partner ELSE r.to_partner END$e$,
     $f$'pledge', r.pledge, 'from_partner', r.from_partner, 'to_partner', r.to_partner, 'from_rail', r.from_rail, 'to_rail', r.to_rail,
        'consent', r.consent, 'starts_on', r.first_on$f$),
    ('suspense_item', 'suspense', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, 'r.partner',
     $f$'pledge', r.pledge, 'charge', coalesce(r.matched, r.charge), 'settlement', r.settlement, 'amount', r.amount,
        'currency', r.currency, 'day', r.received_on, 'entry', greatest(r.entry, r.end_entry)$f$),
    ('withdrawal', 'withdrawal', 'r.id', 'r.version', 'r.state', NULL, NULL,
     $e$CASE r.state WHEN 'restored' THEN r.restored_at WHEN 'in_force' THEN r.from_at ELSE r.created_at END$e$, 'r.partner',
     $f$'day', r.last_day$f$),
    ('custodian_freeze', 'custodian', 'r.id', 'r.version', $e$CASE WHEN r.released_at IS NULL THEN 'frozen' ELSE 'released' END$e$,
     NULL, NULL, 'coalesce(r.released_at, r.frozen_at)', 'r.custodian', $f$'custodian', r.custodian$f$),
    ('charge', 'charge', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, 'r.partner',
     $f$'pledge', r.pledge, 'campaign', r.campaign, 'settlement', r.settlement, 'payment', r.sequence, 'amount', r.amount,
        'currency', r.currency, 'due_on', r.due_on, 'attempt', r.attempt, 'decline', nullif(r.decline_kind, ''),
        'retry_on', r.retry_on, 'captured_on', r.captured_on, 'entry', nullif(r.entry, 0)$f$),
    ('refund', 'refund', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, 'r.partner',
     $f$'charge', r.charge, 'amount', r.amount, 'sent', r.sent, 'currency', r.currency, 'entry', greatest(r.entry, r.end_entry)$f$),
    ('chargeback', 'chargeback', 'r.id', 'r.version', 'r.state', NULL, NULL, 'coalesce(r.decided_at, r.created_at)', 'r.partner',
     $f$'charge', r.charge, 'pledge', r.pledge, 'campaign', r.campaign, 'amount', r.amount, 'fee', nullif(r.fee, 0),
        'currency', r.currency, 'day', r.reported_on, 'entry', nullif(greatest(r.opened_entry, r.closed_entry), 0)$f$),
    ('receipt', 'receipt', 'r.id', '1', $e$'issued'$e$, NULL, NULL, 'r.issued_at', 'r.custodian',
     $f$'charge', r.charge, 'pledge', r.pledge, 'campaign', r.campaign, 'amount', r.amount, 'currency', r.currency,
        'day', r.given_on, 'entry', r.entry$f$),
    ('yearly_receipt', 'yearly_receipt', 'r.id', '1', $e$'issued'$e$, NULL, NULL, 'r.issued_at',
     '(SELECT d.partner FROM public.donor d WHERE d.book_id = r.book_id AND d.id = r.donor)',
     $f$'from', make_date(r.year, 1, 1), 'to', make_date(r.year, 12, 31), 'revision', r.edition$f$),

    ('matching_round', 'matching_round', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'pool', nullif(r.pool, 0), 'currency', r.currency, 'from', r.first_day, 'to', r.last_day$f$),
    ('pool_contribution', 'pool_contribution', 'r.id', $e$CASE r.state WHEN 'captured' THEN 1 WHEN 'settled' THEN 2 ELSE 3 END$e$,
     'r.state', NULL, NULL, NULL, 'r.partner',
     $f$'matching_round', r.round, 'sponsor', r.sponsor, 'settlement', r.settlement, 'amount', r.amount, 'currency', r.currency,
        'captured_on', r.captured_on, 'returned', nullif(r.returned, 0), 'entry', r.entry$f$),

    ('milestone', 'milestone', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'campaign', r.campaign_id, 'team', r.team, 'claim', r.claim_id, 'amount', r.amount,
        'released', nullif(r.released_total, 0), 'currency', r.currency$f$),
    ('milestone_call', 'milestone_call', 'r.id', 'r.version',
     $e$CASE WHEN r.ended_at IS NULL THEN 'opened' WHEN r.milestone IS NOT NULL THEN 'filled'
             WHEN r.reason IS NOT NULL THEN 'withdrawn' ELSE 'lapsed' END$e$, NULL, NULL, 'coalesce(r.ended_at, r.created_at)', NULL,
     $f$'campaign', r.campaign, 'milestone', r.milestone, 'amount', r.amount, 'currency', r.currency$f$),
    ('milestone_application', 'milestone_application', 'r.id', 'r.version', 'r.state', NULL, NULL,
     'coalesce(r.ended_at, r.submitted_at)', NULL, $f$'call', r.call, 'team', r.team$f$),
    ('claim', 'claim', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'milestone', r.milestone_id, 'team', r.team, 'amount', r.amount, 'approved', nullif(r.approved_amount, 0),
        'frozen', nullif(r.frozen, 0), 'released', nullif(r.released_total, 0), 'currency', r.currency,
        'revision', r.revision, 'round', nullif(r.round, 0)$f$),
    ('review', 'review', 'r.claim_id',
     '(SELECT count(*) FROM public.review w WHERE w.book_id = r.book_id AND w.claim_id = r.claim_id)', 'r.verdict',
     NULL, NULL, 'r.at', NULL,
     $f$'amount', nullif(r.amount, 0),
        'currency', (SELECT c.currency FROM public.claim c WHERE c.book_id = r.book_id AND c.id = r.claim_id), 'round', r.round$f$),
    ('dispute', 'dispute', 'r.id', 'r.version', 'r.state', NULL, NULL,
     $e$CASE r.state WHEN 'open' THEN r.opened_at WHEN 'answered' THEN r.answered_at WHEN 'replied' THEN r.replied_at
                     WHEN 'decided' THEN r.decided_at WHEN 'appealed' THEN r.appealed_at ELSE r.resolved_at END$e$, NULL,
     $f$'claim', r.claim_id, 'amount', r.amount, 'struck', nullif(r.struck, 0),
        'currency', (SELECT c.currency FROM public.claim c WHERE c.book_id = r.book_id AND c.id = r.claim_id)$f$),
    ('clawback', 'clawback', 'r.claim_id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'campaign', r.campaign_id, 'milestone', r.milestone_id, 'team', r.team, 'amount', r.amount,
        'returned', nullif(r.unpaid + r.set_off + r.recovered + r.borne, 0), 'currency', r.currency, 'entry', r.entry_number$f$),
    ('release', 'release', 'r.id', '1', $e$'posted'$e$, NULL, NULL, 'r.released_at', NULL,
     $f$'campaign', r.campaign_id, 'milestone', r.milestone_id, 'claim', r.claim_id, 'team', r.team, 'amount', r.amount,
        'currency', r.currency, 'entry', r.entry_number$f$),

    ('challenge', 'challenge', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'amount', r.purse, 'currency', r.currency, 'rules_version', r.rules_version$f$),
    ('challenge_rules', 'challenge_rules', 'r.challenge', 'r.version', $e$'written'$e$, NULL, NULL, 'r.created_at', NULL,
     $f$'rules_version', r.version$f$),
    ('purse_contribution', 'purse_contribution', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, 'r.partner',
     $f$'challenge', r.challenge, 'sponsor', r.sponsor, 'settlement', r.settlement, 'amount', r.amount, 'currency', r.currency,
        'captured_on', r.captured_on, 'returned', nullif(r.returned, 0), 'entry', nullif(r.entry, 0)$f$),
    ('entrant', 'entrant', 'r.id', 'r.version', 'r.fee_state', NULL, NULL, NULL, 'coalesce(r.partner, r.collector)',
     $f$'challenge', r.challenge,
        'team', (SELECT r.team FROM public.challenge c WHERE c.book_id = r.book_id AND c.id = r.challenge AND NOT c.is_blind),
        'settlement', r.settlement, 'amount', nullif(r.fee, 0),
        'currency', (SELECT c.currency FROM public.challenge c WHERE c.book_id = r.book_id AND c.id = r.challenge),
        'entry', nullif(r.entry, 0)$f$),
    ('entrant', 'withdrawn_entry', 'r.id', 'r.version', $e$CASE r.withdrawn_by WHEN 'team' THEN 'team' WHEN 'silence' THEN 'silence' END$e$,
     NULL, NULL, 'r.withdrawn_at', 'coalesce(r.partner, r.collector)', $f$'challenge', r.challenge, 'rules_version', r.rules_version$f$),
    ('submission', 'submission', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'challenge', r.challenge, 'revision', r.revision,
        'entrant', (SELECT r.entrant FROM public.challenge c WHERE c.book_id = r.book_id AND c.id = r.challenge AND NOT c.is_blind),
        'team', (SELECT r.team FROM public.challenge c WHERE c.book_id = r.book_id AND c.id = r.challenge AND NOT c.is_blind)$f$),
    ('appeal', 'appeal', 'r.id', 'r.version', 'r.state', NULL, NULL, 'coalesce(r.decided_at, r.raised_at)', NULL,
     $f$'challenge', r.challenge, 'entrant', r.entrant$f$),
    ('update_note', 'update', 'r.id', '1 + (r.withdrawn_at IS NOT NULL)::int',
     $e$CASE WHEN r.withdrawn_at IS NULL THEN 'published' ELSE 'withdrawn' END$e$, NULL, NULL,
     'coalesce(r.withdrawn_at, r.written_at)', NULL,
     $f$'campaign', r.campaign, 'challenge', r.challenge, 'milestone', r.milestone$f$),
    ('share_plan', 'share_plan', 'r.id', 'r.version', 'r.state', NULL, NULL, 'r.state_since', NULL,
     $f$'challenge', r.challenge, 'submission', r.submission, 'revision', r.revision$f$),
    ('award', 'award', 'r.id', '1', $e$'posted'$e$, NULL, NULL, 'r.awarded_at', NULL,
     $f$'challenge', r.challenge, 'submission', r.submission, 'team', r.team, 'prize', r.prize, 'amount', r.amount,
        'currency', r.currency, 'entry', r.entry$f$),

    ('bank_account', 'bank_account', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'payee', CASE r.payee_kind WHEN 'organisation' THEN r.payee END, 'currency', r.currency$f$),
    ('payout', 'payout', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'payee', CASE r.payee_kind WHEN 'organisation' THEN r.payee END, 'payout_run', r.run, 'claim', r.claim, 'bank_account', r.bank_account, 'amount', r.amount, 'fee', nullif(r.fee, 0),
        'returned', nullif(r.returned, 0), 'currency', r.currency, 'day', coalesce(r.settled_on, r.sent_on),
        'entry', nullif(greatest(r.sent_entry, r.end_entry), 0)$f$),
    ('payout_run', 'payout_run', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'custodian', r.custodian, 'amount', nullif(r.total, 0), 'currency', r.currency$f$),
    ('payout_file', 'payout_file', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'custodian', r.custodian, 'payout_run', r.run, 'amount', nullif(r.total, 0), 'currency', r.currency, 'day', r.execution_on$f$),
    ('bank_line', 'bank_line', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'payout', r.payout, 'charge', r.charge, 'amount', r.amount, 'fee', nullif(r.fee, 0), 'currency', r.currency, 'day', r.value_on,
        'entry', nullif(r.entry, 0)$f$),
    ('bank_statement_file', 'bank_statement_file', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'custodian', r.custodian$f$),
    ('bank_difference', 'bank_difference', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'custodian', r.custodian, 'amount', r.amount, 'currency', r.currency, 'day', r.on_day,
        'entry', nullif(r.entry, 0), 'mirror', nullif(r.back_entry, 0)$f$),

    ('member', 'member', 'r.id', 'r.version', $e$CASE WHEN r.left_on IS NULL THEN 'joined' ELSE 'left' END$e$,
     NULL, NULL, NULL, NULL, $f$'joined_on', r.joined_on, 'left_on', r.left_on$f$),
    ('contribution', 'contribution', 'r.id', '1 + (r.attested_at IS NOT NULL)::int + 2 * (r.reversed_at IS NOT NULL)::int',
     $e$CASE WHEN r.reversed_at IS NOT NULL THEN 'reversed' WHEN r.attested_at IS NOT NULL THEN 'attested' ELSE 'recorded' END$e$,
     NULL, NULL, 'greatest(r.recorded_at, r.attested_at, r.reversed_at)', NULL,
     $f$'member', r.member_id, 'from', r.worked_from, 'to', r.worked_to$f$),
    ('allocation_rule', 'allocation_rule', 'r.id', '1', $e$'published'$e$, NULL, NULL, 'r.published_at', NULL,
     $f$'rules_version', r.version, 'from', r.effective_from$f$),
    ('proposal', 'proposal', 'r.id', 'r.version', $e$CASE r.state WHEN 'passed' THEN 'passed' WHEN 'failed' THEN 'failed' WHEN 'withdrawn' THEN 'withdrawn' ELSE 'opened' END$e$,
     NULL, NULL, 'coalesce(r.ended_at, r.opened_at)', NULL, $f$'to', r.last_day, 'rule', r.rule_id, 'programme', r.programme_id$f$),
    ('proceeds', 'proceeds', 'r.id', '1 + (r.reversed_at IS NOT NULL)::int',
     $e$CASE WHEN r.reversed_at IS NULL THEN 'recorded' ELSE 'reversed' END$e$,
     NULL, NULL, 'coalesce(r.reversed_at, r.recorded_at)', NULL,
     $f$'proceeds', r.kind, 'amount', r.amount, 'currency', (SELECT b.currency FROM public.book b WHERE b.number = r.book_id),
        'day', r.occurred_on, 'entry', r.entry_number, 'mirror', r.reversal_number$f$),
    ('period_result', 'result', 'r.id', '1 + (r.reversed_at IS NOT NULL)::int',
     $e$CASE WHEN r.reversed_at IS NULL THEN 'closed' ELSE 'reopened' END$e$,
     NULL, NULL, 'coalesce(r.reversed_at, r.closed_at)', NULL,
     $f$'from', r.period_from, 'to', r.period_to, 'sales', nullif(r.sales, 0), 'costs', nullif(r.costs, 0),
        'other_income', nullif(r.other_income, 0), 'other_costs', nullif(r.other_costs, 0),
        'currency', (SELECT b.currency FROM public.book b WHERE b.number = r.book_id), 'entry', r.entry_number,
        'mirror', r.reversal_number$f$),
    ('distribution', 'distribution', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'result', r.result_id, 'from', r.period_from, 'to', r.period_to, 'sales', nullif(r.sales, 0), 'costs', nullif(r.costs, 0),
        'other_income', nullif(r.other_income, 0), 'other_costs', nullif(r.other_costs, 0),
        'currency', r.currency, 'entry', r.entry_number, 'mirror', r.reversal_number$f$),
    ('statement', 'statement', 'r.id', '1', $e$'issued'$e$, NULL, NULL, 'r.issued_at', NULL,
     $f$'distribution', r.distribution_id, 'member', r.member_id, 'cash', nullif(r.cash, 0), 'retained', nullif(r.retained, 0),
        'currency', (SELECT d.currency FROM public.distribution d WHERE d.book_id = r.book_id AND d.id = r.distribution_id)$f$),
    ('redemption', 'redemption', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'member', r.member_id, 'amount', r.amount, 'currency', (SELECT b.currency FROM public.book b WHERE b.number = r.book_id),
        'entry', r.entry_number, 'mirror', r.reversal_number$f$),
    ('opening', 'opening', 'r.id', '1 + (r.reversed_at IS NOT NULL)::int',
     $e$CASE WHEN r.reversed_at IS NULL THEN 'recorded' ELSE 'reversed' END$e$,
     NULL, NULL, 'coalesce(r.reversed_at, r.recorded_at)', NULL,
     $f$'amount', r.assets, 'currency', (SELECT b.currency FROM public.book b WHERE b.number = r.book_id),
        'day', r.opened_on, 'entry', r.entry_number, 'mirror', r.reversal_number$f$),
    ('advance', 'advance', 'r.id', '1 + (r.reversed_at IS NOT NULL)::int',
     $e$CASE WHEN r.reversed_at IS NULL THEN 'granted' ELSE 'reversed' END$e$,
     NULL, NULL, 'coalesce(r.reversed_at, r.granted_at)', NULL,
     $f$'member', r.member_id, 'amount', r.amount, 'currency', (SELECT b.currency FROM public.book b WHERE b.number = r.book_id),
        'entry', r.entry_number, 'mirror', r.reversal_number$f$),
    ('joining_contribution', 'joining_contribution', 'r.id', 'r.version', 'r.state', NULL, NULL, NULL, NULL,
     $f$'member', r.member_id, 'amount', r.amount, 'currency', (SELECT b.currency FROM public.book b WHERE b.number = r.book_id)$f$)
      ) AS v(source, family, object, sequence, state, mark, before, at, partner, facts)
     WHERE v.source = p_source OR p_source IS NULL;
END
$$;

-- What a trigger asks of the rows of a statement, one text for each line of its table: of new rows ('INSERT'), or of those whose
-- mark has changed ('UPDATE').
CREATE OR REPLACE FUNCTION event_questions(p_source text, p_operation text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('SELECT array_agg(r.book_id), array_agg(%s), array_agg((%s)::uuid), array_agg((%s)::bigint), '
                  'array_agg((%s)::timestamptz), array_agg(%L || ''.'' || (%s)), array_agg(%s), '
                  'array_agg(jsonb_strip_nulls(jsonb_build_object(%s))) FROM new_rows r ',
                  s.object, s.partner, s.sequence, s.at, s.family, s.state,
                  CASE p_operation WHEN 'INSERT' THEN format('(%s)::text', s.before) ELSE 'o.state' END, s.facts)
           || CASE p_operation WHEN 'INSERT' THEN '' ELSE
                  format('JOIN (SELECT r.book_id, %s AS object, (%s)::text AS state, (%s)::text AS mark FROM old_rows r) o '
                         'ON o.book_id = r.book_id AND o.object = %s AND o.mark IS DISTINCT FROM (%s)::text ',
                         s.object, s.state, s.mark, s.object, s.mark) END
           || format('WHERE (%s) IS NOT NULL', s.state)
      FROM public.event_sources(p_source) s
$$;

-- Writes the events of a statement: of the new rows of a table, or of those whose mark has changed. The table comes as an
-- argument, as it has another name on a node of a cluster, and after it what is to be asked, which the end of this file works out.
-- It reads the rows of the statement first and writes then, with one row of events for each.
CREATE OR REPLACE FUNCTION event_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_books     int[];
    v_objects   uuid[];
    v_partners  uuid[];
    v_sequences bigint[];
    v_moments   timestamptz[];
    v_kinds     text[];
    v_before    text[];
    v_facts     jsonb[];
    v_now       timestamptz;
BEGIN
    FOR v_number IN 1 .. TG_NARGS - 1 LOOP
        EXECUTE TG_ARGV[v_number]
           INTO v_books, v_objects, v_partners, v_sequences, v_moments, v_kinds, v_before, v_facts;
        IF v_books IS NOT NULL THEN
            v_now := clock_timestamp();
            INSERT INTO public.event_written (book_id, object, partner, sequence, at, recorded_at, kind, state_before, facts)
            SELECT e.book, e.object, e.partner, e.sequence,
                   coalesce(e.at, v_now + make_interval(secs => coalesce(b.clock_offset_s, 0))), v_now, e.kind, e.before, e.facts
              FROM unnest(v_books, v_objects, v_partners, v_sequences, v_moments, v_kinds, v_before, v_facts)
                   WITH ORDINALITY AS e(book, object, partner, sequence, at, kind, before, facts, place)
              LEFT JOIN public.book b ON b.number = e.book
             ORDER BY e.place;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- Numbers a slice of the events of a book that have none, and answers how many. What it sees has committed, and the lock of the
-- head is held until its numbers have: so an event never comes below a number that somebody has seen. Of one object what was
-- written later committed later, so that its events are numbered in the order of its states. The moment of a number is taken behind
-- the lock, and never before that of a lower number: whoever has read the list before that moment finds by it what came since.
CREATE OR REPLACE FUNCTION events_number(p_book int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_last bigint;
    v_at   timestamptz;
    v_rows bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM public.event_written WHERE book_id = p_book) THEN
        RETURN 0;
    END IF;
    INSERT INTO public.event_head (book_id) VALUES (p_book) ON CONFLICT (book_id) DO NOTHING;
    SELECT last, numbered_at INTO v_last, v_at FROM public.event_head WHERE book_id = p_book FOR NO KEY UPDATE;
    v_at := greatest(v_at, clock_timestamp());
    WITH taken AS (
        DELETE FROM public.event_written WHERE book_id = p_book AND id = ANY (ARRAY(
            SELECT id FROM public.event_written WHERE book_id = p_book ORDER BY id LIMIT 1000))
        RETURNING *)
    INSERT INTO public.event (book_id, number, id, object, partner, sequence, at, recorded_at, numbered_at, kind, state_before, facts)
    SELECT p_book, v_last + row_number() OVER (ORDER BY t.id), gen_random_uuid(), t.object, t.partner, t.sequence, t.at,
           t.recorded_at, v_at, t.kind, t.state_before, t.facts
      FROM taken t;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    UPDATE public.event_head SET last = v_last + v_rows, numbered_at = v_at WHERE book_id = p_book;
    RETURN v_rows;
END
$$;
SELECT ledger_delegate('events_number(int)');

-- After which number all events of a book come that were numbered at a moment or later. Numbers have no gap, and their moments never
-- go back, so that it is found by halving what is left, in some twenty looks by key, and needs no index of its own. What partners fired has
-- numbers too.
CREATE OR REPLACE FUNCTION events_since(p_book int, p_since timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_before bigint;
    v_last   bigint;
    v_middle bigint;
    v_at     timestamptz;
BEGIN
    SELECT pruned, last INTO v_before, v_last FROM public.event_head WHERE book_id = p_book;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    WHILE v_before < v_last LOOP
        v_middle := (v_before + v_last + 1) / 2;
        SELECT numbered_at INTO v_at FROM public.partner_event WHERE book_id = p_book AND number = v_middle;
        IF v_at >= p_since THEN
            v_last := v_middle - 1;
        ELSE
            v_before := v_middle;
        END IF;
    END LOOP;
    RETURN v_before;
END
$$;

CREATE OR REPLACE TRIGGER settlement_event_of_new AFTER INSERT ON settlement REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('settlement');
CREATE OR REPLACE TRIGGER hold_event_of_new AFTER INSERT ON hold REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('hold');
CREATE OR REPLACE TRIGGER book_freeze_event_of_new AFTER INSERT ON book_freeze REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('book_freeze');
CREATE OR REPLACE TRIGGER campaign_event_of_new AFTER INSERT ON campaign REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('campaign');
CREATE OR REPLACE TRIGGER campaign_terms_event_of_new AFTER INSERT ON campaign_terms REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('campaign_terms');
CREATE OR REPLACE TRIGGER returnable_notice_event_of_new AFTER INSERT ON returnable_notice REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('returnable_notice');
CREATE OR REPLACE TRIGGER pledge_event_of_new AFTER INSERT ON pledge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('pledge');
CREATE OR REPLACE TRIGGER charge_event_of_new AFTER INSERT ON charge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('charge');
CREATE OR REPLACE TRIGGER refund_event_of_new AFTER INSERT ON refund REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('refund');
CREATE OR REPLACE TRIGGER chargeback_event_of_new AFTER INSERT ON chargeback REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('chargeback');
CREATE OR REPLACE TRIGGER receipt_event_of_new AFTER INSERT ON receipt REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('receipt');
CREATE OR REPLACE TRIGGER yearly_receipt_event_of_new AFTER INSERT ON yearly_receipt REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('yearly_receipt');
CREATE OR REPLACE TRIGGER matching_round_event_of_new AFTER INSERT ON matching_round REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('matching_round');
CREATE OR REPLACE TRIGGER pool_contribution_event_of_new AFTER INSERT ON pool_contribution REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('pool_contribution');
CREATE OR REPLACE TRIGGER milestone_call_event_of_new AFTER INSERT ON milestone_call REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('milestone_call');
CREATE OR REPLACE TRIGGER milestone_application_event_of_new AFTER INSERT ON milestone_application REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('milestone_application');
CREATE OR REPLACE TRIGGER milestone_event_of_new AFTER INSERT ON milestone REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('milestone');
CREATE OR REPLACE TRIGGER claim_event_of_new AFTER INSERT ON claim REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('claim');
CREATE OR REPLACE TRIGGER dispute_event_of_new AFTER INSERT ON dispute REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('dispute');
CREATE OR REPLACE TRIGGER challenge_event_of_new AFTER INSERT ON challenge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('challenge');
CREATE OR REPLACE TRIGGER purse_contribution_event_of_new AFTER INSERT ON purse_contribution REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('purse_contribution');
CREATE OR REPLACE TRIGGER entrant_event_of_new AFTER INSERT ON entrant REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('entrant');
CREATE OR REPLACE TRIGGER submission_event_of_new AFTER INSERT ON submission REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('submission');
CREATE OR REPLACE TRIGGER update_note_event_of_new AFTER INSERT ON update_note REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('update_note');
CREATE OR REPLACE TRIGGER update_note_event_of_change AFTER UPDATE ON update_note REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('update_note');
CREATE OR REPLACE TRIGGER appeal_event_of_new AFTER INSERT ON appeal REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('appeal');
CREATE OR REPLACE TRIGGER appeal_event_of_change AFTER UPDATE ON appeal REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('appeal');
CREATE OR REPLACE TRIGGER share_plan_event_of_new AFTER INSERT ON share_plan REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('share_plan');
CREATE OR REPLACE TRIGGER share_plan_event_of_change AFTER UPDATE ON share_plan REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('share_plan');
CREATE OR REPLACE TRIGGER member_event_of_new AFTER INSERT ON member REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('member');
CREATE OR REPLACE TRIGGER contribution_event_of_new AFTER INSERT ON contribution REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('contribution');
CREATE OR REPLACE TRIGGER proceeds_event_of_new AFTER INSERT ON proceeds REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('proceeds');
CREATE OR REPLACE TRIGGER period_result_event_of_new AFTER INSERT ON period_result REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('period_result');
CREATE OR REPLACE TRIGGER distribution_event_of_new AFTER INSERT ON distribution REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('distribution');
CREATE OR REPLACE TRIGGER redemption_event_of_new AFTER INSERT ON redemption REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('redemption');
CREATE OR REPLACE TRIGGER redemption_event_of_change AFTER UPDATE ON redemption REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('redemption');
CREATE OR REPLACE TRIGGER opening_event_of_new AFTER INSERT ON opening REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('opening');
CREATE OR REPLACE TRIGGER opening_event_of_change AFTER UPDATE ON opening REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('opening');
CREATE OR REPLACE TRIGGER advance_event_of_new AFTER INSERT ON advance REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('advance');
CREATE OR REPLACE TRIGGER advance_event_of_change AFTER UPDATE ON advance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('advance');
CREATE OR REPLACE TRIGGER proposal_event_of_new AFTER INSERT ON proposal REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('proposal');
CREATE OR REPLACE TRIGGER proposal_event_of_change AFTER UPDATE ON proposal
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('proposal');
CREATE OR REPLACE TRIGGER joining_contribution_event_of_new AFTER INSERT ON joining_contribution REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('joining_contribution');
CREATE OR REPLACE TRIGGER joining_contribution_event_of_change AFTER UPDATE ON joining_contribution
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('joining_contribution');
CREATE OR REPLACE TRIGGER pledge_move_event_of_new AFTER INSERT ON pledge_move REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('pledge_move');
CREATE OR REPLACE TRIGGER plan_change_event_of_new AFTER INSERT ON plan_change REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('plan_change');
CREATE OR REPLACE TRIGGER plan_change_end_event_of_new AFTER INSERT ON plan_change_end REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('plan_change_end');
CREATE OR REPLACE TRIGGER review_event_of_new AFTER INSERT ON review REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('review');
CREATE OR REPLACE TRIGGER release_event_of_new AFTER INSERT ON release REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('release');
CREATE OR REPLACE TRIGGER challenge_rules_event_of_new AFTER INSERT ON challenge_rules REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('challenge_rules');
CREATE OR REPLACE TRIGGER award_event_of_new AFTER INSERT ON award REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('award');
CREATE OR REPLACE TRIGGER allocation_rule_event_of_new AFTER INSERT ON allocation_rule REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('allocation_rule');
CREATE OR REPLACE TRIGGER statement_event_of_new AFTER INSERT ON statement REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('statement');
CREATE OR REPLACE TRIGGER suspense_item_event_of_new AFTER INSERT ON suspense_item REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('suspense_item');
CREATE OR REPLACE TRIGGER suspense_item_event_of_change AFTER UPDATE ON suspense_item REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('suspense_item');
CREATE OR REPLACE TRIGGER webhook_endpoint_event_of_new AFTER INSERT ON webhook_endpoint REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('webhook_endpoint');
CREATE OR REPLACE TRIGGER webhook_endpoint_event_of_change AFTER UPDATE ON webhook_endpoint
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION event_note('webhook_endpoint');
CREATE OR REPLACE TRIGGER plan_move_event_of_new AFTER INSERT ON plan_move REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('plan_move');
CREATE OR REPLACE TRIGGER plan_move_event_of_change AFTER UPDATE ON plan_move REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('plan_move');
CREATE OR REPLACE TRIGGER withdrawal_event_of_new AFTER INSERT ON withdrawal REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('withdrawal');
CREATE OR REPLACE TRIGGER withdrawal_event_of_change AFTER UPDATE ON withdrawal REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('withdrawal');
CREATE OR REPLACE TRIGGER wind_up_event_of_new AFTER INSERT ON wind_up REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('wind_up');
CREATE OR REPLACE TRIGGER wind_up_event_of_change AFTER UPDATE ON wind_up REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('wind_up');
CREATE OR REPLACE TRIGGER custodian_freeze_event_of_new AFTER INSERT ON custodian_freeze REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('custodian_freeze');
CREATE OR REPLACE TRIGGER custodian_freeze_event_of_change AFTER UPDATE ON custodian_freeze REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('custodian_freeze');
CREATE OR REPLACE TRIGGER settlement_announcement_event_of_new AFTER INSERT ON settlement_announcement REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('settlement_announcement');
CREATE OR REPLACE TRIGGER settlement_announcement_event_of_change AFTER UPDATE ON settlement_announcement REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('settlement_announcement');
CREATE OR REPLACE TRIGGER settlement_event_of_change AFTER UPDATE ON settlement REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('settlement');
CREATE OR REPLACE TRIGGER hold_event_of_change AFTER UPDATE ON hold REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('hold');
CREATE OR REPLACE TRIGGER book_freeze_event_of_change AFTER UPDATE ON book_freeze REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('book_freeze');
CREATE OR REPLACE TRIGGER campaign_event_of_change AFTER UPDATE ON campaign REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('campaign');
CREATE OR REPLACE TRIGGER pledge_event_of_change AFTER UPDATE ON pledge REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('pledge');
CREATE OR REPLACE TRIGGER charge_event_of_change AFTER UPDATE ON charge REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('charge');
CREATE OR REPLACE TRIGGER refund_event_of_change AFTER UPDATE ON refund REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('refund');
CREATE OR REPLACE TRIGGER chargeback_event_of_change AFTER UPDATE ON chargeback REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('chargeback');
CREATE OR REPLACE TRIGGER matching_round_event_of_change AFTER UPDATE ON matching_round REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('matching_round');
CREATE OR REPLACE TRIGGER pool_contribution_event_of_change AFTER UPDATE ON pool_contribution REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('pool_contribution');
CREATE OR REPLACE TRIGGER milestone_call_event_of_change AFTER UPDATE ON milestone_call
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION event_note('milestone_call');
CREATE OR REPLACE TRIGGER milestone_application_event_of_change AFTER UPDATE ON milestone_application
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION event_note('milestone_application');
CREATE OR REPLACE TRIGGER milestone_event_of_change AFTER UPDATE ON milestone REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('milestone');
CREATE OR REPLACE TRIGGER claim_event_of_change AFTER UPDATE ON claim REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('claim');
CREATE OR REPLACE TRIGGER dispute_event_of_change AFTER UPDATE ON dispute REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('dispute');
CREATE OR REPLACE TRIGGER challenge_event_of_change AFTER UPDATE ON challenge REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('challenge');
CREATE OR REPLACE TRIGGER purse_contribution_event_of_change AFTER UPDATE ON purse_contribution REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('purse_contribution');
CREATE OR REPLACE TRIGGER entrant_event_of_change AFTER UPDATE ON entrant REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('entrant');
CREATE OR REPLACE TRIGGER submission_event_of_change AFTER UPDATE ON submission REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('submission');
CREATE OR REPLACE TRIGGER member_event_of_change AFTER UPDATE ON member REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('member');
CREATE OR REPLACE TRIGGER contribution_event_of_change AFTER UPDATE ON contribution REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('contribution');
CREATE OR REPLACE TRIGGER proceeds_event_of_change AFTER UPDATE ON proceeds REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('proceeds');
CREATE OR REPLACE TRIGGER period_result_event_of_change AFTER UPDATE ON period_result REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('period_result');
CREATE OR REPLACE TRIGGER distribution_event_of_change AFTER UPDATE ON distribution REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('distribution');
CREATE OR REPLACE TRIGGER donor_event_of_change AFTER UPDATE ON donor REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('donor');
CREATE OR REPLACE TRIGGER clawback_event_of_new AFTER INSERT ON clawback REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('clawback');
CREATE OR REPLACE TRIGGER clawback_event_of_change AFTER UPDATE ON clawback REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('clawback');
CREATE OR REPLACE TRIGGER bank_account_event_of_new AFTER INSERT ON bank_account REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_account');
CREATE OR REPLACE TRIGGER bank_account_event_of_change AFTER UPDATE ON bank_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_account');
CREATE OR REPLACE TRIGGER payout_event_of_new AFTER INSERT ON payout REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('payout');
CREATE OR REPLACE TRIGGER payout_event_of_change AFTER UPDATE ON payout REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('payout');
CREATE OR REPLACE TRIGGER payout_run_event_of_new AFTER INSERT ON payout_run REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('payout_run');
CREATE OR REPLACE TRIGGER payout_run_event_of_change AFTER UPDATE ON payout_run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('payout_run');
CREATE OR REPLACE TRIGGER payout_file_event_of_new AFTER INSERT ON payout_file REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('payout_file');
CREATE OR REPLACE TRIGGER payout_file_event_of_change AFTER UPDATE ON payout_file REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('payout_file');
CREATE OR REPLACE TRIGGER bank_line_event_of_new AFTER INSERT ON bank_line REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_line');
CREATE OR REPLACE TRIGGER bank_line_event_of_change AFTER UPDATE ON bank_line REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_line');
CREATE OR REPLACE TRIGGER bank_statement_file_event_of_new AFTER INSERT ON bank_statement_file REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_statement_file');
CREATE OR REPLACE TRIGGER bank_statement_file_event_of_change AFTER UPDATE ON bank_statement_file REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_statement_file');
CREATE OR REPLACE TRIGGER bank_difference_event_of_new AFTER INSERT ON bank_difference REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_difference');
CREATE OR REPLACE TRIGGER bank_difference_event_of_change AFTER UPDATE ON bank_difference REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION event_note('bank_difference');

-- Each trigger is given what it asks, so that it need not be worked out with every statement.
DO $$
DECLARE
    v_trigger record;
BEGIN
    FOR v_trigger IN
        SELECT t.tgname, c.relname, t.tgtype & 4 > 0 AS is_new,
               (SELECT string_agg(', ' || quote_literal(q), '')
                  FROM public.event_questions(c.relname::text, CASE WHEN t.tgtype & 4 > 0 THEN 'INSERT' ELSE 'UPDATE' END) q) AS questions
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE t.tgfoid = 'public.event_note'::regproc AND n.nspname = 'public' AND NOT t.tgisinternal
           AND t.tgnargs = 1
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %I REFERENCING %s NEW TABLE AS new_rows
                           FOR EACH STATEMENT EXECUTE FUNCTION event_note(%L%s)', v_trigger.tgname,
                       CASE WHEN v_trigger.is_new THEN 'INSERT' ELSE 'UPDATE' END, v_trigger.relname,
                       CASE WHEN v_trigger.is_new THEN '' ELSE 'OLD TABLE AS old_rows' END, v_trigger.relname,
                       coalesce(v_trigger.questions, ''));
    END LOOP;
END
$$;
