-- History is written once: no role, not even the owner, edits it by accident.

-- Refuses whatever would change or remove rows that are written once.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: history is corrected by a reversal, never by an edit', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

-- Refuses whatever would change of a row more than that it was taken back, or that a second time.
CREATE OR REPLACE FUNCTION refuse_but_reversal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_reversal CONSTANT text[] := ARRAY['reversal_number', 'reversed_by', 'reversed_at', 'reversal_reason'];
BEGIN
    IF OLD.reversed_at IS NOT NULL OR NEW.reversed_at IS NULL
       OR (to_jsonb(NEW) - v_reversal) IS DISTINCT FROM (to_jsonb(OLD) - v_reversal) THEN
        RAISE EXCEPTION '% on % is refused: it is written once, and taken back once', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Refuses whatever would change of a row more than that it was withdrawn, or that a second time.
CREATE OR REPLACE FUNCTION refuse_but_withdrawal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_withdrawal CONSTANT text[] := ARRAY['withdrawn_by', 'withdrawn_at', 'reason'];
BEGIN
    IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
       OR (to_jsonb(NEW) - v_withdrawal) IS DISTINCT FROM (to_jsonb(OLD) - v_withdrawal) THEN
        RAISE EXCEPTION '% on % is refused: it is written once, and withdrawn once', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Refuses a campaign's goal or cap that falls, appears or goes: what donors were shown only rises.
CREATE OR REPLACE FUNCTION refuse_lower_goal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (OLD.monthly_goal IS NULL) <> (NEW.monthly_goal IS NULL) OR NEW.monthly_goal < OLD.monthly_goal
       OR OLD.goal IS NOT NULL AND (NEW.goal IS NULL OR NEW.goal < OLD.goal)
       OR (OLD.cap IS NULL) <> (NEW.cap IS NULL) OR NEW.cap < OLD.cap
       OR NEW.goal IS DISTINCT FROM OLD.goal AND OLD.verdict IS NOT NULL THEN
        RAISE EXCEPTION '% on % is refused: a goal or a cap only rises', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Refuses whatever would change of a row more than that it says nothing of a person any more: the column that is named here is
-- blank then.
CREATE OR REPLACE FUNCTION refuse_but_erasure() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_column CONSTANT text := TG_ARGV[0];
    v_was    CONSTANT jsonb := to_jsonb(OLD);
    v_is     CONSTANT jsonb := to_jsonb(NEW);
BEGIN
    IF v_was - v_column <> v_is - v_column
       OR v_is -> v_column <> (CASE v_column WHEN 'body' THEN public.reply_without_person(v_was -> 'body') ELSE '""' END) THEN
        RAISE EXCEPTION '% on % is refused: it is written once, and only what it says of a person is erased', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER campaign_goal_rises BEFORE UPDATE ON campaign FOR EACH ROW EXECUTE FUNCTION refuse_lower_goal();
CREATE OR REPLACE TRIGGER campaign_tier_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON campaign_tier
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER unit_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON unit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER account_class_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON account_class
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER movement_kind_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON movement_kind
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER movement_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON movement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER account_mark_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON account_mark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER log_record_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON log_record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER idempotency_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER entry_note_kept BEFORE UPDATE OR TRUNCATE ON entry_note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER balance_kept BEFORE DELETE OR TRUNCATE ON balance FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER book_head_kept BEFORE DELETE OR TRUNCATE ON book_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER reversal_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER hold_kept BEFORE DELETE OR TRUNCATE ON hold FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER book_freeze_kept BEFORE DELETE OR TRUNCATE ON book_freeze
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER reply_kept BEFORE DELETE OR TRUNCATE ON reply FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER reply_erased BEFORE UPDATE ON reply FOR EACH ROW EXECUTE FUNCTION refuse_but_erasure('body');
CREATE OR REPLACE TRIGGER adoption_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON adoption
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER activity_kept BEFORE DELETE OR TRUNCATE ON activity FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER activity_erased BEFORE UPDATE ON activity FOR EACH ROW EXECUTE FUNCTION refuse_but_erasure('reason');

CREATE OR REPLACE TRIGGER event_kept BEFORE UPDATE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER event_written_kept BEFORE UPDATE OR TRUNCATE ON event_written
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER fired_event_kept BEFORE UPDATE OR TRUNCATE ON fired_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER plan_change_kept BEFORE DELETE OR TRUNCATE ON plan_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER plan_change_erased BEFORE UPDATE ON plan_change FOR EACH ROW EXECUTE FUNCTION refuse_but_erasure('reason');
CREATE OR REPLACE TRIGGER plan_change_end_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_change_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER campaign_terms_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON campaign_terms
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER returnable_notice_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON returnable_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER receipt_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER yearly_receipt_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON yearly_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER yearly_receipt_item_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON yearly_receipt_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER fund_use_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER suspense_item_kept BEFORE DELETE OR TRUNCATE ON suspense_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER plan_move_kept BEFORE DELETE OR TRUNCATE ON plan_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER webhook_endpoint_kept BEFORE DELETE OR TRUNCATE ON webhook_endpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER webhook_attempt_kept BEFORE UPDATE OR TRUNCATE ON webhook_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER withdrawal_kept BEFORE DELETE OR TRUNCATE ON withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER wind_up_kept BEFORE DELETE OR TRUNCATE ON wind_up
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER wind_up_plan_kept BEFORE DELETE OR TRUNCATE ON wind_up_plan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER custodian_freeze_kept BEFORE DELETE OR TRUNCATE ON custodian_freeze
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER chargeback_kept BEFORE DELETE OR TRUNCATE ON chargeback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER chargeback_part_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON chargeback_part
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER matching_vote_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_vote
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_line_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_share_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_share
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_payment_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_payment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_objection_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_clawback_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_clawback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_campaign_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON matching_campaign
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER matching_round_kept BEFORE DELETE OR TRUNCATE ON matching_round
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER evidence_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER claim_document_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER stored_file_kept BEFORE UPDATE OR TRUNCATE ON stored_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER stored_file_part_kept BEFORE UPDATE OR TRUNCATE ON stored_file_part
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER stored_file_use_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_file_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER review_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON review
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER release_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON release
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER challenge_rules_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON challenge_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER entry_consent_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON entry_consent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER entry_answer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON entry_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER challenge_rubric_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON challenge_rubric
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER milestone_call_kept BEFORE DELETE OR TRUNCATE ON milestone_call
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER milestone_application_kept BEFORE DELETE OR TRUNCATE ON milestone_application
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER update_note_kept BEFORE DELETE OR TRUNCATE ON update_note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER update_note_withdrawn BEFORE UPDATE ON update_note
    FOR EACH ROW EXECUTE FUNCTION refuse_but_withdrawal();
CREATE OR REPLACE TRIGGER appeal_kept BEFORE DELETE OR TRUNCATE ON appeal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER share_plan_kept BEFORE DELETE OR TRUNCATE ON share_plan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER share_part_kept BEFORE DELETE OR TRUNCATE ON share_part
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER prize_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON prize
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER submission_evidence_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON submission_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER attribution_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON attribution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER award_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON award
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER allocation_rule_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON allocation_rule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER member_index_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON member_index
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proceeds_kept BEFORE DELETE OR TRUNCATE ON proceeds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proceeds_reversed_once BEFORE UPDATE ON proceeds
    FOR EACH ROW EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER period_result_kept BEFORE DELETE OR TRUNCATE ON period_result
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER period_result_reversed_once BEFORE UPDATE ON period_result
    FOR EACH ROW EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER contribution_reversed_once BEFORE UPDATE ON contribution
    FOR EACH ROW WHEN (OLD.reversed_at IS NOT NULL) EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER opening_kept BEFORE DELETE OR TRUNCATE ON opening
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER opening_reversed_once BEFORE UPDATE ON opening
    FOR EACH ROW EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER vat_declaration_kept BEFORE DELETE OR TRUNCATE ON vat_declaration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER vat_declaration_reversed_once BEFORE UPDATE ON vat_declaration
    FOR EACH ROW EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER advance_kept BEFORE DELETE OR TRUNCATE ON advance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER advance_reversed_once BEFORE UPDATE ON advance
    FOR EACH ROW EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER joining_contribution_kept BEFORE DELETE OR TRUNCATE ON joining_contribution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER joining_part_kept BEFORE DELETE OR TRUNCATE ON joining_part
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER remittance_kept BEFORE DELETE OR TRUNCATE ON remittance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER incoming_remittance_kept BEFORE DELETE OR TRUNCATE ON incoming_remittance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER distribution_entry_kept BEFORE DELETE OR TRUNCATE ON distribution_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER rule_making_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_making
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER bylaws_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bylaws
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER member_consent_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON member_consent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER loan_terms_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_terms
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER loan_interest_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_interest
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proposal_kept BEFORE DELETE OR TRUNCATE ON proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proposal_college_kept BEFORE DELETE OR TRUNCATE ON proposal_college
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER proposal_elector_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON proposal_elector
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ballot_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ballot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER delegation_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON delegation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER succession_kept BEFORE DELETE OR TRUNCATE ON succession
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER succession_reversed_once BEFORE UPDATE ON succession
    FOR EACH ROW EXECUTE FUNCTION refuse_but_reversal();
CREATE OR REPLACE TRIGGER campaign_loop_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON campaign_loop
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER product_kept BEFORE DELETE OR TRUNCATE ON product
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER product_advantage_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON product_advantage
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER product_step_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON product_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER product_evidence_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON product_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER product_milestone_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON product_milestone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_kept BEFORE DELETE OR TRUNCATE ON programme
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_line_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_revision_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_revision_line_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_revision_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_source_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_source
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_place_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON programme_place
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER programme_hire_kept BEFORE DELETE OR TRUNCATE ON programme_hire
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER redemption_kept BEFORE DELETE OR TRUNCATE ON redemption
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER retained_use_kept BEFORE DELETE OR TRUNCATE ON retained_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER distribution_part_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_part
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER distribution_inputs_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_inputs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER distribution_objection_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON distribution_objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER statement_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
