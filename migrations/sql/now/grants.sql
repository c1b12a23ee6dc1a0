-- Who may what: every right of the service stands here. Applied last, and at each migration, as a restored backup may have
-- lost its rights. What is not named here, nobody has but the owner. A column is named where the service writes it: what is
-- given once (ids, owners, sides, classes, who made what when) it cannot change, and what only the owner gives it cannot give.

DO $$
DECLARE
    v_what text;
BEGIN
    FOR v_what IN
        SELECT format('TABLE %s', c.oid::regclass) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relowner = current_user::regrole
        UNION ALL
        SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, commonpurse_service', v_what);
    END LOOP;
END
$$;

GRANT SELECT ON schema_file TO commonpurse_service;

-- parties
GRANT SELECT ON person, organisation, membership, invitation, declared_tie, credential, sign_in_token, sign_in_code,
    refresh_family, refresh_token, browser_session, outside_identity TO commonpurse_service;
GRANT INSERT (id, caller, email, name, created_at) ON person TO commonpurse_service;
GRANT UPDATE (disabled_at, language, name, version) ON person TO commonpurse_service;
GRANT INSERT (id, caller, name, kind, version, created_at, created_by) ON organisation TO commonpurse_service;
GRANT UPDATE (name, version, address, registration, receipt_text) ON organisation TO commonpurse_service;
GRANT INSERT (organisation, person, role, created_at, created_by) ON membership TO commonpurse_service;
GRANT DELETE ON membership TO commonpurse_service;
GRANT INSERT (id, organisation, email, role, secret_digest, invited_by, created_at, expires_at) ON invitation TO
    commonpurse_service;
GRANT UPDATE (accepted_by, accepted_at, declined_by, declined_at, withdrawn_at) ON invitation TO commonpurse_service;
GRANT SELECT ON join_request TO commonpurse_service;
GRANT INSERT (id, organisation, person, note, asked_at, until) ON join_request TO commonpurse_service;
GRANT UPDATE (outcome, ended_at, ended_by, role, reason) ON join_request TO commonpurse_service;
GRANT INSERT (person, organisation, declared_by, declared_at, book_id, reason) ON declared_tie TO commonpurse_service;
GRANT INSERT (id, organisation, mode, slot, scopes, secret_digest, name, created_at, created_by) ON credential TO
    commonpurse_service;
GRANT UPDATE (revoked_at, secret_digest, old_digest, old_ends_at, old_used_on, last_used_on) ON credential TO
    commonpurse_service;
GRANT SELECT ON partner_request TO commonpurse_service;
GRANT INSERT (id, organisation, credential, at, book_id, status, mode, method, path, problem, request_id) ON partner_request TO
    commonpurse_service;
GRANT INSERT (digest, person, email, expires_at) ON sign_in_token TO commonpurse_service;
GRANT UPDATE (used_at) ON sign_in_token TO commonpurse_service;
GRANT INSERT (issuer, subject, person, linked_at) ON outside_identity TO commonpurse_service;
GRANT DELETE ON outside_identity TO commonpurse_service;
GRANT INSERT (browser, digest, link, expires_at) ON sign_in_code TO commonpurse_service;
GRANT UPDATE (tries) ON sign_in_code TO commonpurse_service;
GRANT INSERT (id, person, created_at) ON refresh_family TO commonpurse_service;
GRANT UPDATE (ended_at) ON refresh_family TO commonpurse_service;
GRANT INSERT (digest, family, expires_at) ON refresh_token TO commonpurse_service;
GRANT UPDATE (used_at) ON refresh_token TO commonpurse_service;
GRANT INSERT (digest, family, expires_at) ON browser_session TO commonpurse_service;
GRANT UPDATE (proved_at, proved_by) ON refresh_family TO commonpurse_service;
GRANT SELECT ON second_factor, recovery_code TO commonpurse_service;
GRANT DELETE ON second_factor, recovery_code TO commonpurse_service;
GRANT SELECT ON second_factor_reset TO commonpurse_service;
GRANT INSERT (person, begun_at, key_version, sealed) ON second_factor TO commonpurse_service;
GRANT UPDATE (begun_at, active_at, waits_until, last_step, tries, key_version, sealed) ON second_factor TO commonpurse_service;
GRANT INSERT (person, digest, key_version) ON recovery_code TO commonpurse_service;
GRANT UPDATE (used_at) ON recovery_code TO commonpurse_service;
GRANT INSERT (id, person, asked_at, until, state) ON second_factor_reset TO commonpurse_service;
GRANT UPDATE (first_by, first_at, second_by, second_at, until, ended_at, state) ON second_factor_reset TO commonpurse_service;
GRANT SELECT ON mail_preference, donor_mail_preference, mail_link_key TO commonpurse_service;
GRANT INSERT (person, version, link_serial, decisions, deadlines, money, news) ON mail_preference TO commonpurse_service;
GRANT UPDATE (version, link_serial, decisions, deadlines, money, news) ON mail_preference TO commonpurse_service;
GRANT INSERT (donor, book_id, money) ON donor_mail_preference TO commonpurse_service;
GRANT UPDATE (money) ON donor_mail_preference TO commonpurse_service;

-- books
GRANT SELECT ON book, book_partner, unit, exchange_pair TO commonpurse_service;
GRANT INSERT (number, uid, organisation, name, currency, mode, zone, visibility, clock_offset_s, created_at) ON book TO
    commonpurse_service;
GRANT UPDATE (visibility, clock_offset_s, clock_target, winds_up_at, transfers_to, kept_by_bank_lines, version) ON book TO commonpurse_service;
GRANT INSERT (book_id, organisation, admitted_by, admitted_at) ON book_partner TO commonpurse_service;
GRANT UPDATE (admitted_by, admitted_at, withdrawn_by, withdrawn_at, settles_by) ON book_partner TO commonpurse_service;
GRANT INSERT (created_at, book_id, exponent, code, name, counts) ON unit TO commonpurse_service;
GRANT INSERT (book_id, account, partner) ON exchange_pair TO commonpurse_service;

-- movements
GRANT SELECT ON account_class, movement_kind, movement TO commonpurse_service;

-- journal
GRANT SELECT ON book_head, account, balance, transfer, account_mark, posting, log_record, entry_note, reversal, hold, idempotency TO
    commonpurse_service;
GRANT INSERT (number, reversed_by, book_id) ON reversal TO commonpurse_service;
GRANT INSERT (key, request_digest, book_id, caller) ON idempotency TO commonpurse_service;

-- totals
GRANT SELECT ON recent_total, day_total, running_total, day_span, day_total_progress TO commonpurse_service;

-- checks
GRANT SELECT ON book_check, account_check, book_freeze TO commonpurse_service;

-- service
GRANT SELECT ON job, reply, caller_reply, activity, outbox_mail, quota_use, worker_heartbeat, sandbox_provider_charge,
    sandbox_provider_refund TO
    commonpurse_service;
GRANT SELECT ON event, event_written, event_head TO commonpurse_service;
GRANT SELECT ON fired_event, partner_event TO commonpurse_service;
GRANT INSERT (book_id, id, kind, dedupe, payload, due_at) ON job TO commonpurse_service;
GRANT UPDATE (payload, attempts, forgiven, leased_until, leased_by, last_error, finished_at, dead_at) ON job TO
    commonpurse_service;
GRANT INSERT (key, created_at, book_id, caller, status, body) ON reply TO commonpurse_service;
GRANT INSERT (caller, key, request_digest, status, body, created_at) ON caller_reply TO commonpurse_service;
GRANT UPDATE (status, body) ON caller_reply TO commonpurse_service;
GRANT INSERT (id, actor, at, book_id, actor_kind, object, action, reason) ON activity TO commonpurse_service;
GRANT INSERT (id, partner, created_at, book_id, kind, about, recipient, subject, text) ON outbox_mail TO commonpurse_service;
GRANT INSERT (caller, what, day, used) ON quota_use TO commonpurse_service;
GRANT UPDATE (day, used) ON quota_use TO commonpurse_service;
GRANT INSERT (name, seen_at, version) ON worker_heartbeat TO commonpurse_service;
GRANT UPDATE (seen_at, version) ON worker_heartbeat TO commonpurse_service;
GRANT INSERT (book_id, reference, token, amount_minor, currency, outcome, code, provider_reference, created_at) ON
    sandbox_provider_charge TO commonpurse_service;
GRANT UPDATE (voided_at) ON sandbox_provider_charge TO commonpurse_service;
GRANT INSERT (book_id, reference, amount_minor, currency, outcome, provider_reference, created_at) ON sandbox_provider_refund TO
    commonpurse_service;

-- pledging
GRANT SELECT ON campaign, donor, pledge, plan_change, plan_change_end, settlement, charge, charge_attempt, provider_event,
    pledge_move, fund_layer, fund_use, fund_return, charge_fee, refund TO commonpurse_service;
GRANT SELECT ON campaign_tier TO commonpurse_service;
GRANT INSERT (id, campaign, amount, created_at, book_id, number, position, places, room, taken, currency, name, description) ON
    campaign_tier TO commonpurse_service;
GRANT INSERT (cap, elsewhere, elsewhere_on, over_cap, elsewhere_reason) ON campaign TO commonpurse_service;
GRANT UPDATE (monthly_goal, goal, cap, promise_room, promise_beyond, promise_pledged, promises_since) ON campaign TO
    commonpurse_service;
GRANT INSERT (tier, asked_amount, promised, has_place) ON pledge TO commonpurse_service;
GRANT UPDATE (tier, promised, has_place) ON pledge TO commonpurse_service;
GRANT INSERT (promise) ON charge TO commonpurse_service;
GRANT UPDATE (promise) ON charge TO commonpurse_service;
GRANT INSERT (original_amount, original_currency) ON pledge TO commonpurse_service;
GRANT INSERT (original_amount, original_currency, promised_amount) ON charge TO commonpurse_service;
GRANT UPDATE (came_amount) ON charge TO commonpurse_service;
GRANT INSERT (original_amount, original_currency) ON receipt TO commonpurse_service;
GRANT INSERT (original_amount, original_currency) ON refund TO commonpurse_service;
GRANT UPDATE (settled_amount) ON refund TO commonpurse_service;
GRANT SELECT ON payment_try TO commonpurse_service;
GRANT INSERT (last_at, subject, tries) ON payment_try TO commonpurse_service;
GRANT UPDATE (last_at, tries) ON payment_try TO commonpurse_service;
GRANT SELECT ON webhook_received TO commonpurse_service;
GRANT INSERT (received_at, provider, event_id, kind, object, sha256) ON webhook_received TO commonpurse_service;
GRANT SELECT ON receipt_year, receipt, donor_link TO commonpurse_service;
GRANT INSERT (book_id, year, last) ON receipt_year TO commonpurse_service;
GRANT UPDATE (last) ON receipt_year TO commonpurse_service;
GRANT INSERT (id, charge, pledge, donor, campaign, custodian, amount, entry, issued_at, book_id, year, number, given_on, currency,
    campaign_title, custodian_name, custodian_address, custodian_registration, tax_text, terms_sha256, lines) ON receipt TO
    commonpurse_service;
GRANT INSERT (id, donor, receipt, created_at, lapses_at, book_id, secret_digest) ON donor_link TO commonpurse_service;
GRANT INSERT (yearly_receipt) ON donor_link TO commonpurse_service;
GRANT SELECT ON yearly_receipt, yearly_receipt_item TO commonpurse_service;
GRANT UPDATE (yearly) ON receipt_year TO commonpurse_service;
GRANT INSERT (id, donor, custodian, issued_at, book_id, year, number, edition, custodian_name, custodian_address,
    custodian_registration, tax_text) ON yearly_receipt TO commonpurse_service;
GRANT INSERT (yearly_receipt, receipt, refunded, disputed, book_id, edition) ON yearly_receipt_item TO commonpurse_service;
GRANT UPDATE (revoked_at) ON donor_link TO commonpurse_service;
GRANT INSERT (id, monthly_goal, created_at, state_since, state_until, book_id, slug, title, summary, terms, terms_sha256,
    kind, lineage, currency, state, fees, goal, optimum, last_day, basis) ON campaign TO commonpurse_service;
GRANT UPDATE (version, state_since, state_until, fund, state, promised, counted, verdict_at, verdict) ON campaign TO commonpurse_service;
GRANT INSERT (idle_months) ON campaign TO commonpurse_service;
GRANT SELECT ON returnable_notice TO commonpurse_service;
GRANT INSERT (pledge, campaign, told_at, book_id, since) ON returnable_notice TO commonpurse_service;
GRANT UPDATE (terms_version) ON campaign TO commonpurse_service;
GRANT SELECT ON campaign_terms TO commonpurse_service;
GRANT INSERT (campaign, created_at, book_id, version, effective_on, terms, terms_sha256, fees) ON campaign_terms TO commonpurse_service;
GRANT INSERT (id, partner, created_at, book_id, reference, name, email, privacy) ON donor TO commonpurse_service;
GRANT UPDATE (name, email, privacy) ON donor TO commonpurse_service;
GRANT INSERT (id, campaign, donor, partner, amount, created_at, state_since, state_until, book_id, starts_on, payments,
    next_sequence, anchor_day, schedule, currency, rail, state, state_detail, reference, token, terms_sha256, content,
    method) ON pledge TO commonpurse_service;
GRANT UPDATE (campaign, amount, version, state_since, state_until, starts_on, next_sequence, terms_from, schedule, state,
    state_detail, token) ON pledge TO commonpurse_service;
GRANT INSERT (id, pledge, asked_by, from_amount, to_amount, asked_at, consented_at, lapses_at, book_id, currency, from_interval,
    to_interval, consent, reason, shown_sha256, secret_digest) ON plan_change TO commonpurse_service;
GRANT INSERT (change, at, book_id, terms_from, starts_on, outcome) ON plan_change_end TO commonpurse_service;
GRANT INSERT (id, partner, created_at, book_id, receivable, day, due_on, currency, method, amount, entry, settled_at, reference,
    reason, missing, content, bank_line) ON settlement TO commonpurse_service;
GRANT SELECT ON settlement_line TO commonpurse_service;
GRANT INSERT (settlement, charge, of_settlement, amount, missing, fee, book_id) ON settlement_line TO commonpurse_service;
GRANT UPDATE (amount, entry, settled_at) ON settlement TO commonpurse_service;
GRANT SELECT ON settlement_announcement, settlement_announcement_line, settlement_arrival TO commonpurse_service;
GRANT INSERT (id, partner, credential, line, amount, came, announced_at, book_id, day, is_short, state, differs, currency, reference,
    reason, content) ON settlement_announcement TO commonpurse_service;
GRANT UPDATE (line, came, version, ended_at, state, differs) ON settlement_announcement TO commonpurse_service;
GRANT INSERT (announcement, charge, amount, fee, book_id, place) ON settlement_announcement_line TO commonpurse_service;
GRANT INSERT (settlement, entry, amount, at, book_id) ON settlement_arrival TO commonpurse_service;
GRANT SELECT ON pledge_turn, settlement_comparison, settlement_comparison_difference TO commonpurse_service;
GRANT INSERT (id, partner, credential, bytes, made_at, book_id, our_lines, their_lines, matched, kept, day, sha256, counts, totals)
    ON settlement_comparison TO commonpurse_service;
GRANT INSERT (comparison, object, our_gross, our_fee, our_promised, their_gross, their_fee, their_net, their_promised, book_id, place,
    their_line, difference, column_name, our_kind, their_kind, our_turn, their_turn, our_currency, their_currency, reference)
    ON settlement_comparison_difference TO commonpurse_service;
GRANT INSERT (id, pledge, campaign, partner, amount, created_at, waits_until, book_id, sequence, attempt, due_on, currency,
    rail, state, method) ON charge TO commonpurse_service;
GRANT UPDATE (campaign, settlement, entry, version, waits_until, attempt, declines, first_declined_on, retry_on, captured_on,
    state, decline_kind, decline_code, provider_reference, fees, withheld, refunded, arrived, doubted_at) ON charge TO commonpurse_service;
GRANT INSERT (charge, amount, book_id, account, returns, payee) ON charge_fee TO commonpurse_service;
GRANT UPDATE (undone) ON charge_fee TO commonpurse_service;
GRANT INSERT (id, charge, partner, amount, sent, entry, requested_at, waits_until, book_id, of_cash, currency, rail, state, reason,
    reference, fees) ON refund TO commonpurse_service;
GRANT UPDATE (end_entry, version, waits_until, state, failure, provider_reference) ON refund TO commonpurse_service;
GRANT INSERT (charge, started_at, book_id, attempt, state) ON charge_attempt TO commonpurse_service;
GRANT UPDATE (finished_at, state, code, provider_reference) ON charge_attempt TO commonpurse_service;
GRANT INSERT (charge, received_at, book_id, provider, event_id) ON provider_event TO commonpurse_service;
GRANT INSERT (entry, pledge, from_campaign, to_campaign, amount, book_id) ON pledge_move TO commonpurse_service;
GRANT INSERT (pledge, number, settled, amount, remaining, book_id, fund, round) ON fund_layer TO commonpurse_service;
GRANT UPDATE (remaining) ON fund_layer TO commonpurse_service;
GRANT INSERT (entry, layer, amount, book_id, fund) ON fund_use TO commonpurse_service;
GRANT INSERT (entry, used_by, layer, amount, book_id, fund) ON fund_return TO commonpurse_service;

GRANT SELECT ON suspense_item TO commonpurse_service;
GRANT INSERT (id, pledge, charge, partner, settlement, amount, entry, received_at, waits_until, book_id, received_on, currency, method,
    state, event_id, provider_reference, line, why) ON suspense_item TO commonpurse_service;
GRANT UPDATE (matched, end_entry, sent_entry, version, waits_until, state) ON suspense_item TO commonpurse_service;
GRANT SELECT ON withdrawal TO commonpurse_service;
GRANT INSERT (id, partner, created_at, from_at, book_id, last_day, rail, state, reason) ON withdrawal TO commonpurse_service;
GRANT UPDATE (version, restored_at, state) ON withdrawal TO commonpurse_service;
GRANT SELECT ON plan_move TO commonpurse_service;
GRANT INSERT (id, pledge, from_partner, to_partner, asked_by, asked_at, state_since, waits_until, book_id, from_rail, to_rail,
    from_method, to_method, from_reference, to_reference, from_token, token, state, consent, reason, shown_sha256, secret_digest)
    ON plan_move TO commonpurse_service;
GRANT UPDATE (version, pledge_version, state_since, waits_until, consented_at, first_on, from_token, state, ended_by, ended_note)
    ON plan_move TO commonpurse_service;
GRANT UPDATE (partner, rail, method, reference) ON pledge TO commonpurse_service;
GRANT SELECT ON webhook_endpoint, webhook_delivery, webhook_attempt TO commonpurse_service;
GRANT INSERT (id, partner, cursor, created_at, state_since, book_id, secret_key, slot, state, url, description, kinds, scopes, secret)
    ON webhook_endpoint TO commonpurse_service;
GRANT UPDATE (cursor, version, round, pings, state_since, next_job_at, failing_since, last_failure_at, last_success_at, old_ends_at,
    failures, secret_key, old_secret_key, is_slow, state, reason, url, description, kinds, scopes, secret, old_secret) ON webhook_endpoint TO
    commonpurse_service;
GRANT INSERT (endpoint, event, number, next_at, created_at, book_id, state, kind) ON webhook_delivery TO commonpurse_service;
GRANT UPDATE (next_at, attempts, tries, state) ON webhook_delivery TO commonpurse_service;
GRANT INSERT (endpoint, event, at, book_id, number, milliseconds, status, failure) ON webhook_attempt TO commonpurse_service;
GRANT SELECT ON wind_up, wind_up_plan TO commonpurse_service;
GRANT INSERT (id, announced_at, from_at, return_from, book_id, last_day, return_after, state, why) ON wind_up TO
    commonpurse_service;
GRANT UPDATE (version, ended_at, state) ON wind_up TO commonpurse_service;
GRANT INSERT (wind_up, to_campaign, planned_at, book_id, account, plan) ON wind_up_plan TO commonpurse_service;
GRANT UPDATE (to_campaign, version, planned_at, plan) ON wind_up_plan TO commonpurse_service;
GRANT SELECT ON custodian_freeze, frozen_layer TO commonpurse_service;
GRANT INSERT (id, custodian, frozen_at, book_id, reason) ON custodian_freeze TO commonpurse_service;
GRANT UPDATE (version, released_at) ON custodian_freeze TO commonpurse_service;
GRANT UPDATE (disputed, lost) ON charge TO commonpurse_service;
GRANT SELECT ON chargeback, chargeback_part TO commonpurse_service;
GRANT INSERT (id, charge, pledge, campaign, partner, amount, fee, held_from, created_at, until, evidence_until, book_id,
    reported_on, currency, reason, event_id) ON chargeback TO commonpurse_service;
GRANT UPDATE (opened_entry, closed_entry, held_until, version, decided_at, state) ON chargeback TO commonpurse_service;
GRANT INSERT (chargeback, campaign, team, amount, book_id, number, bearer) ON chargeback_part TO commonpurse_service;
-- matching
GRANT SELECT ON matching_round, matching_campaign, pool_contribution, donor_identity, matching_voter, matching_vote,
    matching_line, matching_share, matching_payment, matching_objection, matching_clawback TO commonpurse_service;
GRANT INSERT (id, cap_per_campaign, cap_per_identity, created_at, state_until, book_id, allowance, first_day, last_day,
    objection_days, saturate, verified_only, slug, title, terms, terms_sha256, currency, formula, vote_cost, state) ON
    matching_round TO commonpurse_service;
GRANT UPDATE (pool, version, state_until, account, tally, state, reason) ON matching_round TO commonpurse_service;
GRANT INSERT (round, campaign, book_id) ON matching_campaign TO commonpurse_service;
GRANT INSERT (id, round, sponsor, partner, settlement, amount, entry, created_at, book_id, captured_on, currency, state,
    reference, provider_reference) ON pool_contribution TO commonpurse_service;
GRANT UPDATE (returned, state) ON pool_contribution TO commonpurse_service;
GRANT INSERT (donor, stated_by, stated_at, book_id, verified, identity) ON donor_identity TO commonpurse_service;
GRANT UPDATE (stated_by, stated_at, verified, identity) ON donor_identity TO commonpurse_service;
GRANT INSERT (round, book_id, allowance, spent, identity) ON matching_voter TO commonpurse_service;
GRANT UPDATE (spent) ON matching_voter TO commonpurse_service;
GRANT INSERT (round, campaign, donor, at, book_id, number, votes, identity) ON matching_vote TO commonpurse_service;
GRANT INSERT (round, campaign, number, amount, book_id, tally, weighs, identity) ON matching_line TO commonpurse_service;
GRANT INSERT (round, campaign, given, identities, share, book_id, tally, roots, raw) ON matching_share TO
    commonpurse_service;
GRANT INSERT (round, campaign, amount, entry, book_id, tally) ON matching_payment TO commonpurse_service;
GRANT INSERT (round, raised_by, raised_at, book_id, number, tally, reason) ON matching_objection TO commonpurse_service;
GRANT INSERT (round, campaign, share, would_be, found_at, book_id, number) ON matching_clawback TO commonpurse_service;

-- milestones
GRANT SELECT ON milestone, claim, evidence, review, dispute, release, claim_request, clawback, claim_document, evidence_fetch, stored_file,
    stored_file_part, stored_file_use TO commonpurse_service;
GRANT INSERT (id, campaign_id, team, amount, threshold, version, created_at, book_id, reviewers_needed, review_days,
    objection_days, gate_licence, gate_design, gate_enterprise, on_silence, state, currency, name, description) ON milestone
    TO commonpurse_service;
GRANT UPDATE (claim_id, released_total, version, state, reason) ON milestone TO commonpurse_service;
GRANT SELECT ON milestone_call, milestone_application TO commonpurse_service;
GRANT INSERT (id, campaign, made_by, amount, threshold, created_at, closes_at, decide_until, book_id, applications_until,
    reviewers_needed, review_days, objection_days, gate_licence, gate_design, gate_enterprise, on_silence, currency, name,
    description) ON milestone_call TO commonpurse_service;
GRANT UPDATE (milestone, ended_by, version, ended_at, state, reason) ON milestone_call TO commonpurse_service;
GRANT INSERT (id, call, team, applied_by, submitted_at, book_id, text) ON milestone_application TO commonpurse_service;
GRANT UPDATE (ended_by, version, ended_at, state, reason) ON milestone_application TO commonpurse_service;
GRANT INSERT (id, milestone_id, team, claimant, amount, version, created_at, decide_until, book_id, revision, round, state,
    currency, digest, note) ON claim TO commonpurse_service;
GRANT UPDATE (claimant, amount, approved_amount, frozen, struck, released_total, version, submitted_at, decide_until,
    decided_at, objection_until, revision, round, escalated, state, decided_by, digest, note, reason) ON claim TO
    commonpurse_service;
GRANT INSERT (claim_id, book_id, revision, number, kind, licence, sha256, title, url) ON evidence TO commonpurse_service;
GRANT INSERT (claim_id, reviewer, amount, at, book_id, round, verdict, claim_digest, evidence, comment) ON review TO
    commonpurse_service;
GRANT INSERT (id, claim_id, opened_by, amount, version, opened_at, until, book_id, state, reason) ON dispute TO
    commonpurse_service;
GRANT UPDATE (resolved_by, version, resolved_at, state, resolution, until, answer, answered_by, answered_at, reply, replied_at,
    ruling, struck, first_ruling, first_struck, decided_by, decided_at, decision, appealed_by, appealed_at, appeal) ON dispute TO
    commonpurse_service;
GRANT INSERT (id, claim_id, milestone_id, campaign_id, team, amount, entry_number, released_at, book_id, number, currency,
    set_off) ON release TO commonpurse_service;
GRANT INSERT (claim_id, requested_by, amount, requested_at, until, book_id, number, kind, state, bearer, reason) ON claim_request
    TO commonpurse_service;
GRANT UPDATE (confirmed_by, ended_at, state) ON claim_request TO commonpurse_service;
GRANT INSERT (claim_id, milestone_id, campaign_id, team, amount, unpaid, entry_number, revoked_at, book_id, state, currency,
    reason) ON clawback TO commonpurse_service;
GRANT UPDATE (set_off, recovered, written_off, borne, version, state) ON clawback TO commonpurse_service;
GRANT INSERT (claim_id, added_by, added_at, book_id, number, kind, title, url, sha256) ON claim_document TO commonpurse_service;
GRANT INSERT (id, owner, bytes, created_at, book_id, content_type, sha256) ON stored_file TO commonpurse_service;
GRANT INSERT (file, book_id, number, content) ON stored_file_part TO commonpurse_service;
GRANT INSERT (file, object, named_at, book_id, kind) ON stored_file_use TO commonpurse_service;
GRANT INSERT (id, asked_by, asked_at, book_id, state, url) ON evidence_fetch TO commonpurse_service;
GRANT UPDATE (bytes, ended_at, state, failure, final_url, content_type, sha256) ON evidence_fetch TO commonpurse_service;

-- challenges
GRANT SELECT ON challenge, challenge_rules, prize, purse_contribution, entrant, submission, submission_evidence, attribution,
    judge, scorecard, award TO commonpurse_service;
GRANT SELECT ON entry_consent, entry_answer, challenge_rubric, appeal TO commonpurse_service;
GRANT INSERT (is_blind) ON challenge TO commonpurse_service;
GRANT UPDATE (is_blind, extensions, consent_until, rolls_until) ON challenge TO commonpurse_service;
GRANT INSERT (rolled_from, entry, is_agreed) ON purse_contribution TO commonpurse_service;
GRANT UPDATE (rules_version, rules_sha256, is_agreed, rolled) ON purse_contribution TO commonpurse_service;
GRANT UPDATE (rules_version, rules_sha256, state, withdrawn_at, withdrawn_by) ON entrant TO commonpurse_service;
GRANT INSERT (entrant, challenge, consented_by, consented_at, book_id, rules_version, rules_sha256) ON entry_consent TO
    commonpurse_service;
GRANT INSERT (entrant, book_id, number, question, answer) ON entry_answer TO commonpurse_service;
GRANT INSERT (challenge, shown_by, shown_at, book_id, sha256, text) ON challenge_rubric TO commonpurse_service;
GRANT INSERT (id, challenge, entrant, raised_by, raised_at, until, book_id, state, reason) ON appeal TO commonpurse_service;
GRANT UPDATE (decided_by, version, decided_at, state, decision) ON appeal TO commonpurse_service;
GRANT SELECT ON update_note TO commonpurse_service;
GRANT INSERT (id, campaign, challenge, milestone, organisation, written_by, written_at, book_id, title, body) ON update_note TO
    commonpurse_service;
GRANT UPDATE (withdrawn_by, withdrawn_at, reason) ON update_note TO commonpurse_service;
GRANT SELECT ON share_plan, share_part TO commonpurse_service;
GRANT INSERT (id, challenge, submission, team, proposed_by, proposed_at, state_since, state_until, book_id, revision, state, note,
    sha256) ON share_plan TO commonpurse_service;
GRANT UPDATE (proposed_by, decided_by, version, proposed_at, state_since, state_until, revision, state, note, decision, sha256) ON
    share_plan TO commonpurse_service;
GRANT INSERT (plan, team, answered_by, answered_at, book_id, revision, number, share, state, part) ON share_part TO
    commonpurse_service;
GRANT UPDATE (answered_by, answered_at, state, reason) ON share_part TO commonpurse_service;
GRANT INSERT (plan, part) ON award TO commonpurse_service;
GRANT INSERT (id, purse, version, created_at, state_until, book_id, rules_version, announced_days, appeal_days, funding_days,
    judging_days, submission_days, slug, title, summary, currency, state, rules_sha256) ON challenge TO commonpurse_service;
GRANT UPDATE (purse, version, state_until, account, rules_version, announced_days, appeal_days, funding_days, judging_days,
    submission_days, escalated, state, reason, rules_sha256) ON challenge TO commonpurse_service;
GRANT INSERT (challenge, created_at, created_by, book_id, version, sha256, document) ON challenge_rules TO
    commonpurse_service;
GRANT INSERT (challenge, amount, book_id, version, number, count, first_place, last_place, score, condition, stage, name) ON
    prize TO commonpurse_service;
GRANT INSERT (id, challenge, sponsor, partner, amount, created_at, book_id, rules_version, currency, state, reference,
    rules_sha256) ON purse_contribution TO commonpurse_service;
GRANT UPDATE (settlement, returned, entry, version, captured_on, state, provider_reference) ON purse_contribution TO
    commonpurse_service;
GRANT INSERT (id, challenge, team, entered_by, collector, fee, entered_at, book_id, rules_version, fee_state, rules_sha256) ON
    entrant TO commonpurse_service;
GRANT UPDATE (partner, settlement, entry, version, fee_state, provider_reference) ON entrant TO commonpurse_service;
GRANT INSERT (id, challenge, entrant, team, created_at, book_id, revision, state, stage, title, note, digest) ON submission TO
    commonpurse_service;
GRANT UPDATE (version, submitted_at, revision, place, score, state, title, note, digest) ON submission TO commonpurse_service;
GRANT INSERT (submission, book_id, revision, number, kind, licence, sha256, title, url) ON submission_evidence TO
    commonpurse_service;
GRANT INSERT (submission, builds_on, book_id, revision, number, share, part) ON attribution TO commonpurse_service;
GRANT INSERT (challenge, person, appointed_by, appointed_at, book_id) ON judge TO commonpurse_service;
GRANT INSERT (submission, judge, at, book_id, points, submission_digest, comment) ON scorecard TO commonpurse_service;
GRANT UPDATE (at, points, submission_digest, comment) ON scorecard TO commonpurse_service;
GRANT INSERT (id, challenge, submission, team, amount, entry, awarded_at, book_id, version, number, prize, currency) ON award
    TO commonpurse_service;

-- cooperatives
GRANT SELECT ON cooperative, member, member_index, contribution, allocation_rule, proceeds, period_result, distribution,
    distribution_part, distribution_inputs, distribution_entry, distribution_objection, statement, redemption, redemption_part, redemption_entry, retained_use, advance, opening, vat_declaration, joining_contribution,
    joining_part, loan_terms, loan_interest, succession, rule_making, affiliation, remittance, incoming_remittance, bylaws, member_consent, proposal, proposal_college, proposal_elector, ballot, delegation TO commonpurse_service;
GRANT INSERT (book_id) ON cooperative TO commonpurse_service;
GRANT UPDATE (members_last, rules_last, closed_through, capital_most) ON cooperative TO commonpurse_service;
GRANT INSERT (id, person, version, created_at, book_id, number, candidate_from, joined_on, consents, "group", standing, asked) ON member TO
    commonpurse_service;
GRANT UPDATE (version, left_on, consents) ON member TO commonpurse_service;
GRANT INSERT (published_by, published_at, book_id, version, title, url, sha256) ON bylaws TO commonpurse_service;
GRANT INSERT (member_id, said_by, said_at, book_id, version, bylaws_version, consents) ON member_consent TO commonpurse_service;
GRANT INSERT (member_id, set_by, set_at, book_id, version, index, effective_from) ON member_index TO commonpurse_service;
GRANT INSERT (id, member_id, recorded_by, hours, recorded_at, book_id, worked_from, worked_to, note, unit, quantity, kind) ON
    contribution TO commonpurse_service;
GRANT UPDATE (attested_by, attested_at, reversed_by, reversed_at, reversal_reason) ON contribution TO commonpurse_service;
GRANT INSERT (id, published_by, published_at, book_id, version, effective_from, window_days, digest, rule) ON allocation_rule
    TO commonpurse_service;
GRANT INSERT (id, recorded_by, amount, entry_number, recorded_at, book_id, account, occurred_on, kind, label, memo, reference, on_credit,
    product, units, place, counterparty, non_member, vat) ON proceeds TO commonpurse_service;
GRANT UPDATE (reversal_number, reversed_by, reversed_at, reversal_reason) ON proceeds TO commonpurse_service;
GRANT INSERT (id, closed_by, sales, costs, other_income, other_costs, loss_before, carried, left_out, entry_number, closed_at, book_id,
    period_from, period_to) ON period_result TO commonpurse_service;
GRANT UPDATE (reversal_number, reversed_by, reversed_at, reversal_reason) ON period_result TO commonpurse_service;
GRANT INSERT (id, rule_id, result_id, drafted_by, sales, costs, other_income, other_costs, loss_before, version, drafted_at, until, book_id, rule_version,
    period_from, period_to, window_days, currency, state, digest, plan) ON distribution TO commonpurse_service;
GRANT UPDATE (approved_by, entry_number, reversal_number, version, until, answer_until, approved_at, posted_at, state, reason)
    ON distribution TO commonpurse_service;
GRANT INSERT (distribution_id, member_id, amount, retained, carry, share, book_id, line, number, account) ON distribution_part TO
    commonpurse_service;
GRANT INSERT (distribution_id, inputs, book_id) ON distribution_inputs TO commonpurse_service;
GRANT INSERT (distribution_id, entry_number, book_id, number, from_member, to_member) ON distribution_entry TO commonpurse_service;
GRANT UPDATE (reversal_number) ON distribution_entry TO commonpurse_service;
GRANT INSERT (distribution_id, member_id, raised_by, raised_at, book_id, reason) ON distribution_objection TO
    commonpurse_service;
GRANT INSERT (id, distribution_id, member_id, hours, cash, retained, issued_at, book_id, consents, patronage, "group",
              interest, capital, counted, indexed, valued, netted, loss, stands) ON statement TO commonpurse_service;
GRANT INSERT (id, member_id, requested_by, amount, version, requested_at, book_id, state, digest) ON redemption TO
    commonpurse_service;
GRANT UPDATE (approved_by, entry_number, reversal_number, version, approved_at, state, reason) ON redemption TO
    commonpurse_service;
GRANT INSERT (redemption_id, distribution_id, member_id, amount, remains, book_id, line, number) ON redemption_part TO commonpurse_service;
GRANT INSERT (redemption_id, entry_number, book_id, number, from_member, to_member) ON redemption_entry TO commonpurse_service;
GRANT UPDATE (reversal_number) ON redemption_entry TO commonpurse_service;
GRANT INSERT (distribution_id, member_id, used_by, amount, book_id, kind) ON retained_use TO commonpurse_service;
GRANT UPDATE (undone) ON retained_use TO commonpurse_service;
GRANT INSERT (id, member_id, granted_by, amount, entry_number, granted_at, book_id, granted_on, memo) ON advance TO
    commonpurse_service;
GRANT UPDATE (reversal_number, reversed_by, reversed_at, reversal_reason) ON advance TO commonpurse_service;
GRANT INSERT (id, recorded_by, assets, entry_number, recorded_at, book_id, opened_on, memo) ON opening TO commonpurse_service;
GRANT UPDATE (reversal_number, reversed_by, reversed_at, reversal_reason) ON opening TO commonpurse_service;
GRANT INSERT (id, recorded_by, on_sales, on_costs, entry_number, recorded_at, book_id, through, office, memo) ON vat_declaration
    TO commonpurse_service;
GRANT UPDATE (reversal_number, reversed_by, reversed_at, reversal_reason) ON vat_declaration TO commonpurse_service;
GRANT INSERT (id, member_id, granted_by, amount, version, granted_at, book_id, parts, reserve_percent, state, memo) ON
    joining_contribution TO commonpurse_service;
GRANT UPDATE (cancelled_by, version, cancelled_at, parts_paid, state, reason) ON joining_contribution TO commonpurse_service;
GRANT INSERT (joining_id, amount, to_reserve, book_id, number) ON joining_part TO commonpurse_service;
GRANT UPDATE (bank_line, entry_number) ON joining_part TO commonpurse_service;
GRANT INSERT (id, published_by, published_at, book_id, rate, effective_from, lender) ON loan_terms TO commonpurse_service;
GRANT INSERT (proceeds_id, amount, book_id, through, lender) ON loan_interest TO commonpurse_service;
GRANT INSERT (proposal_id, set_by, set_at, book_id, version, quorum, threshold) ON rule_making TO commonpurse_service;
GRANT INSERT (id, invited_by, invited_at, until, book_id, of_book) ON affiliation TO commonpurse_service;
GRANT UPDATE (answered_by, ended_by, version, answered_at, ended_at, joined_on, left_on, state, reason) ON affiliation TO
    commonpurse_service;
GRANT INSERT (id, asked_by, amount, asked_at, book_id, to_book, from_fund, to_fund, memo) ON remittance TO commonpurse_service;
GRANT UPDATE (approved_by, entry_number, return_number, paid_number, version, approved_at, ended_at, paid_on, state, reason) ON remittance
    TO commonpurse_service;
GRANT INSERT (id, amount, offered_at, until, book_id, from_book, to_fund, memo) ON incoming_remittance TO commonpurse_service;
GRANT UPDATE (answered_by, entry_number, received_number, version, answered_at, received_on, state, reason) ON incoming_remittance
    TO commonpurse_service;
GRANT INSERT (id, proposal_id, passed_by, amount, entry_number, passed_at, book_id, passed_on, successor, memo) ON succession TO
    commonpurse_service;
GRANT UPDATE (reversal_number, reversed_by, reversed_at, reversal_reason) ON succession TO commonpurse_service;
GRANT INSERT (id, proposed_by, opened_at, closes_at, book_id, electors, quorum, last_day, effective_from, window_days, threshold, title,
    text, digest, rule, programme) ON proposal TO commonpurse_service;
GRANT UPDATE (ended_by, rule_id, programme_id, version, ended_at, counted, approval, state, reason, refused) ON proposal TO commonpurse_service;
GRANT INSERT (proposal_id, book_id, weight, electors, number, "group") ON proposal_college TO commonpurse_service;
GRANT UPDATE (yes, no, blank, delegated) ON proposal_college TO commonpurse_service;
GRANT INSERT (proposal_id, member_id, book_id, member_number, college) ON proposal_elector TO commonpurse_service;
GRANT INSERT (proposal_id, member_id, cast_by, cast_at, book_id, version, choice) ON ballot TO commonpurse_service;
GRANT INSERT (member_id, delegate, given_by, given_at, book_id, version) ON delegation TO commonpurse_service;

-- programmes
GRANT SELECT ON programme, programme_line, programme_source, programme_place, programme_hire, product, product_step, product_evidence,
    product_milestone, product_advantage, campaign_loop TO commonpurse_service;
GRANT INSERT (id, opened_by, opened_at, amount, book_id, first_month, months, lines, sources, places, name, about) ON programme TO
    commonpurse_service;
GRANT UPDATE (withdrawn_by, version, withdrawn_at, reason) ON programme TO commonpurse_service;
GRANT INSERT (programme_id, amount, book_id, first_month, number, months, name, account) ON programme_line TO commonpurse_service;
GRANT SELECT ON programme_revision, programme_revision_line, programme_counting TO commonpurse_service;
GRANT INSERT (programme_id, revised_by, revised_at, amount, book_id, number, from_month, months, lines, reason) ON programme_revision TO
    commonpurse_service;
GRANT INSERT (programme_id, amount, book_id, revision, first_month, number, months, name, account) ON programme_revision_line TO
    commonpurse_service;
GRANT INSERT (programme_id, book_id, number, account) ON programme_source TO commonpurse_service;
GRANT INSERT (programme_id, book_id, number, people, title) ON programme_place TO commonpurse_service;
GRANT INSERT (id, programme_id, hired_by, hired_at, book_id, starts_on, place) ON programme_hire TO commonpurse_service;
GRANT UPDATE (ended_by, ended_at, ends_on) ON programme_hire TO commonpurse_service;
GRANT INSERT (id, opened_by, opened_at, staged_at, amount, book_id, name, about) ON product TO commonpurse_service;
GRANT UPDATE (stopped_by, version, staged_at, stopped_at, stage, reason) ON product TO commonpurse_service;
GRANT INSERT (product_id, taken_by, taken_at, book_id, pieces, stage) ON product_step TO commonpurse_service;
GRANT INSERT (product_id, book_id, number, stage, kind, title, url, licence, sha256) ON product_evidence TO commonpurse_service;
GRANT INSERT (product_id, milestone_id, linked_by, linked_at, book_id) ON product_milestone TO commonpurse_service;
GRANT INSERT (product_id, assumed_by, benchmark, assumed_at, book_id, version, first, per_level, level, way, note) ON product_advantage
    TO commonpurse_service;
GRANT INSERT (campaign_id, said_by, said_at, book_id, version, source_book, at_nothing) ON campaign_loop TO commonpurse_service;
GRANT UPDATE (loop_brings) ON campaign TO commonpurse_service;

-- payouts
GRANT SELECT ON bank_account, payout_policy, payout, bank_line, lender, payout_run, payout_document, payout_file, payout_file_item,
    bank_statement_file, bank_statement, bank_statement_line, bank_difference TO commonpurse_service;
GRANT INSERT (id, payee, proposed_by, proposed_at, active_at, state_until, book_id, key_version, state, currency, country,
    last_four, sealed, payee_kind, link) ON bank_account TO commonpurse_service;
GRANT UPDATE (confirmed_by, version, confirmed_at, active_at, state_until, key_version, state, reason, sealed) ON bank_account TO
    commonpurse_service;
GRANT INSERT (threshold, set_at, book_id, late_days) ON payout_policy TO commonpurse_service;
GRANT UPDATE (threshold, set_at, late_days) ON payout_policy TO commonpurse_service;
GRANT INSERT (id, payee, custodian, claim, requested_by, amount, requested_at, state_until, book_id, payable, release, source,
    state, currency, reference, memo, payee_kind, cash, run) ON payout TO commonpurse_service;
GRANT UPDATE (bank_account, approved_by, sent_by, fee, returned, sent_entry, end_entry, version, state_until, sent_on, late_from,
    settled_on, state, screening, reason, approved) ON payout TO commonpurse_service;
GRANT INSERT (id, custodian, amount, fee, recorded_at, book_id, value_on, is_debit, state, why, currency, reference, end_to_end,
    file, creditor_reference, bank_code, return_reason) ON bank_line TO commonpurse_service;
GRANT UPDATE (payout, charge, suspense, entry, version, state, why, booked_as, party, stands_since) ON bank_line TO commonpurse_service;
GRANT INSERT (id, custodian, received_by, bytes, lines, skipped, received_at, book_id, format, state, sha256)
    ON bank_statement_file TO commonpurse_service;
GRANT UPDATE (taken, known, version, state, problem) ON bank_statement_file TO commonpurse_service;
GRANT INSERT (file, custodian, lines, opening, closing, credits, debits, book_id, number, opening_on, closing_on, currency,
    account, name) ON bank_statement TO commonpurse_service;
GRANT INSERT (file, amount, fee, number, book_id, value_on, is_debit, currency, reference, end_to_end, creditor_reference,
    bank_code, return_reason) ON bank_statement_line TO commonpurse_service;
GRANT DELETE ON bank_statement_line TO commonpurse_service;
GRANT INSERT (id, custodian, proposed_by, amount, proposed_at, book_id, on_day, side, currency, state, reason) ON bank_difference TO
    commonpurse_service;
GRANT UPDATE (approved_by, ended_by, back_proposed_by, entry, back_entry, version, approved_at, ended_at, back_proposed_at, state,
    back_reason) ON bank_difference TO
    commonpurse_service;
GRANT INSERT (payee, named_by, named_at, book_id, name, payee_kind) ON lender TO commonpurse_service;
GRANT UPDATE (payee, named_by, version, named_at, payee_kind) ON lender TO commonpurse_service;
GRANT INSERT (id, custodian, requested_by, minimum, requested_at, book_id, sources, state, currency, cash, memo) ON payout_run TO
    commonpurse_service;
GRANT UPDATE (total, version, payouts, ended, state, reason) ON payout_run TO commonpurse_service;
GRANT INSERT (payout, added_by, added_at, book_id, number, kind, title, url, sha256) ON payout_document TO commonpurse_service;
GRANT INSERT (id, custodian, debtor, asked_by, asked_at, book_id, items, execution_on, format, state, currency, originator, layout,
    run) ON payout_file TO commonpurse_service;
GRANT UPDATE (taken_by, total, version, ready_at, taken_at, sent, left_out, state, reason) ON payout_file TO commonpurse_service;
GRANT INSERT (file, payout, book_id, place, state) ON payout_file_item TO commonpurse_service;
GRANT UPDATE (state, why) ON payout_file_item TO commonpurse_service;

-- functions
GRANT EXECUTE ON FUNCTION series_needs TO commonpurse_service;
GRANT EXECUTE ON FUNCTION book_begin TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_lock TO commonpurse_service;
GRANT EXECUTE ON FUNCTION account_open TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_post TO commonpurse_service;
GRANT EXECUTE ON FUNCTION day_totals_roll_up TO commonpurse_service;
GRANT EXECUTE ON FUNCTION hold_place TO commonpurse_service;
GRANT EXECUTE ON FUNCTION hold_end TO commonpurse_service;
GRANT EXECUTE ON FUNCTION period_close TO commonpurse_service;
GRANT EXECUTE ON FUNCTION bank_positions TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_post_plain TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_post_one TO commonpurse_service;
GRANT EXECUTE ON FUNCTION account_lines TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_catch_up TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companions_write TO commonpurse_service;
GRANT EXECUTE ON FUNCTION batch_post TO commonpurse_service;
GRANT EXECUTE ON FUNCTION pledges_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION jobs_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION inside_id TO commonpurse_service;
GRANT EXECUTE ON FUNCTION activities_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_settlement_open TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_pledge_seen TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_pledge_changed TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_charge_captured TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_charge_fee TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_job_done TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_provider_event TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_donor TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_reply TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_campaign_seen TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_charge_begun TO commonpurse_service;
GRANT EXECUTE ON FUNCTION receipts_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION counter_next TO commonpurse_service;
GRANT EXECUTE ON FUNCTION book_prune TO commonpurse_service;
GRANT EXECUTE ON FUNCTION installation_prune TO commonpurse_service;
GRANT EXECUTE ON FUNCTION book_check_slice TO commonpurse_service;
GRANT EXECUTE ON FUNCTION adoption_holds TO commonpurse_service;
GRANT EXECUTE ON FUNCTION event_fire TO commonpurse_service;
GRANT EXECUTE ON FUNCTION events_number TO commonpurse_service;
GRANT EXECUTE ON FUNCTION events_since TO commonpurse_service;
GRANT EXECUTE ON FUNCTION outside_id TO commonpurse_service;
GRANT EXECUTE ON FUNCTION donor_objects TO commonpurse_service;
GRANT EXECUTE ON FUNCTION donor_data TO commonpurse_service;
GRANT EXECUTE ON FUNCTION donor_erase TO commonpurse_service;
