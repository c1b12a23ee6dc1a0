-- Who may what: every right of the service stands here. Applied last, and at each migration, as a restored backup may have lost
-- its rights. What is not named here, nobody has but the owner.

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
GRANT SELECT, INSERT, UPDATE ON person TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON organisation TO commonpurse_service;
GRANT SELECT, INSERT, DELETE ON membership TO commonpurse_service;
GRANT SELECT, INSERT ON declared_tie TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON credential TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON sign_in_token TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON refresh_family TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON refresh_token TO commonpurse_service;

-- books
GRANT SELECT, INSERT, UPDATE ON book TO commonpurse_service;
GRANT SELECT, INSERT, DELETE ON book_partner TO commonpurse_service;
GRANT SELECT, INSERT ON unit TO commonpurse_service;

-- movements
GRANT SELECT ON account_class TO commonpurse_service;
GRANT SELECT ON movement_kind TO commonpurse_service;
GRANT SELECT ON movement TO commonpurse_service;

-- journal
GRANT SELECT ON book_head TO commonpurse_service;
GRANT SELECT ON account TO commonpurse_service;
GRANT SELECT ON balance TO commonpurse_service;
GRANT SELECT ON transfer TO commonpurse_service;
GRANT SELECT ON posting TO commonpurse_service;
GRANT SELECT ON log_record TO commonpurse_service;
GRANT SELECT ON entry_note TO commonpurse_service;
GRANT SELECT, INSERT ON reversal TO commonpurse_service;
GRANT SELECT ON hold TO commonpurse_service;
GRANT SELECT, INSERT ON idempotency TO commonpurse_service;

-- totals
GRANT SELECT ON day_total TO commonpurse_service;
GRANT SELECT ON month_total TO commonpurse_service;
GRANT SELECT ON kind_total TO commonpurse_service;
GRANT SELECT ON day_span TO commonpurse_service;
GRANT SELECT ON day_total_progress TO commonpurse_service;

-- service
GRANT SELECT, UPDATE ON counter TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON job TO commonpurse_service;
GRANT SELECT, INSERT ON reply TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON caller_reply TO commonpurse_service;
GRANT SELECT, INSERT ON activity TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON worker_heartbeat TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE (voided_at) ON sandbox_provider_charge TO commonpurse_service;

-- pledging
GRANT SELECT, INSERT, UPDATE ON campaign TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON donor TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON pledge TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON settlement TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON charge TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON charge_attempt TO commonpurse_service;
GRANT SELECT, INSERT ON provider_event TO commonpurse_service;
GRANT SELECT, INSERT ON pledge_move TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON fund_layer TO commonpurse_service;
GRANT SELECT, INSERT ON fund_use TO commonpurse_service;

-- milestones
GRANT SELECT, INSERT, UPDATE ON milestone TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON claim TO commonpurse_service;
GRANT SELECT, INSERT ON evidence TO commonpurse_service;
GRANT SELECT, INSERT ON review TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON dispute TO commonpurse_service;
GRANT SELECT, INSERT ON release TO commonpurse_service;

-- challenges
GRANT SELECT, INSERT, UPDATE ON challenge TO commonpurse_service;
GRANT SELECT, INSERT ON challenge_rules TO commonpurse_service;
GRANT SELECT, INSERT ON prize TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON purse_contribution TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON entrant TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON submission TO commonpurse_service;
GRANT SELECT, INSERT ON submission_evidence TO commonpurse_service;
GRANT SELECT, INSERT ON attribution TO commonpurse_service;
GRANT SELECT, INSERT ON judge TO commonpurse_service;
GRANT SELECT, INSERT, UPDATE ON scorecard TO commonpurse_service;
GRANT SELECT, INSERT ON award TO commonpurse_service;

-- cooperatives
GRANT SELECT, INSERT, UPDATE ON cooperative TO commonpurse_service;
GRANT SELECT, INSERT ON member TO commonpurse_service;
GRANT UPDATE (left_on, version) ON member TO commonpurse_service;
GRANT SELECT, INSERT ON contribution TO commonpurse_service;
GRANT UPDATE (attested_by, attested_at) ON contribution TO commonpurse_service;
GRANT SELECT, INSERT ON allocation_rule TO commonpurse_service;
GRANT SELECT, INSERT ON proceeds TO commonpurse_service;
GRANT SELECT, INSERT ON period_result TO commonpurse_service;
GRANT SELECT, INSERT ON distribution TO commonpurse_service;
GRANT UPDATE (state, approved_by, approved_at, until, answer_until, entry_number, reversal_number, posted_at, reason, version) ON distribution TO commonpurse_service;
GRANT SELECT, INSERT ON distribution_part TO commonpurse_service;
GRANT SELECT, INSERT ON distribution_objection TO commonpurse_service;
GRANT SELECT, INSERT ON statement TO commonpurse_service;

-- functions
GRANT EXECUTE ON FUNCTION book_begin TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_lock TO commonpurse_service;
GRANT EXECUTE ON FUNCTION account_open TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_post TO commonpurse_service;
GRANT EXECUTE ON FUNCTION day_totals_roll_up TO commonpurse_service;
GRANT EXECUTE ON FUNCTION hold_place TO commonpurse_service;
GRANT EXECUTE ON FUNCTION hold_end TO commonpurse_service;
GRANT EXECUTE ON FUNCTION period_close TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_post_one TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_catch_up TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companions_write TO commonpurse_service;
GRANT EXECUTE ON FUNCTION batch_post TO commonpurse_service;
GRANT EXECUTE ON FUNCTION pledges_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION jobs_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION activities_insert TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_settlement_open TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_pledge_seen TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_pledge_changed TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_charge_captured TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_job_done TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_provider_event TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_donor TO commonpurse_service;
GRANT EXECUTE ON FUNCTION companion_reply TO commonpurse_service;
GRANT EXECUTE ON FUNCTION counter_next TO commonpurse_service;
