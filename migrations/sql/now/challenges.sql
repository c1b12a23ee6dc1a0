-- What guards challenges: what was promised to teams and sponsors is not taken back, and nothing is awarded while doubts are heard.

-- A challenge whose rules were published keeps the sum of its prizes, and whoever has time for work does not get less of it. Nothing is
-- awarded while an appeal is open.
CREATE OR REPLACE FUNCTION challenge_as_promised() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.purse, NEW.currency) IS DISTINCT FROM (OLD.purse, OLD.currency) THEN
        RAISE EXCEPTION 'book %: challenge % keeps its purse', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.rules_version < OLD.rules_version OR NEW.extensions < OLD.extensions
       OR (OLD.state NOT IN ('draft', 'funding', 'announced') AND NEW.is_blind <> OLD.is_blind)
       OR (OLD.state NOT IN ('draft', 'funding', 'announced', 'open', 'extended') AND NEW.rules_version <> OLD.rules_version) THEN
        RAISE EXCEPTION 'book %: challenge % keeps to its rules', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.rules_version <> OLD.rules_version
       AND EXISTS (SELECT FROM public.purse_contribution p
                    WHERE p.book_id = NEW.book_id AND p.challenge = NEW.id AND p.rolled_from IS NOT NULL AND p.state = 'settled')
       AND EXISTS (SELECT FROM public.challenge_rules r
                    WHERE r.book_id = NEW.book_id AND r.challenge = NEW.id AND r.version = NEW.rules_version
                      AND r.document::jsonb ->> 'unawarded' <> 'return_to_sponsors') THEN
        RAISE EXCEPTION 'book %: what rolled over into challenge % goes back when nobody wins it', OLD.book_id, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('open', 'extended') AND NEW.state IN ('open', 'extended') AND NEW.state_until < OLD.state_until THEN
        RAISE EXCEPTION 'book %: the time for submissions to challenge % is not made shorter', OLD.book_id, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IN ('awarded', 'no_award') AND OLD.state NOT IN ('awarded', 'no_award')
       AND EXISTS (SELECT FROM public.appeal a
                    WHERE a.book_id = NEW.book_id AND a.challenge = NEW.id AND a.state = 'open') THEN
        RAISE EXCEPTION 'book %: an appeal against the ranking of challenge % is open', OLD.book_id, OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER challenge_as_promised BEFORE UPDATE ON challenge
    FOR EACH ROW EXECUTE FUNCTION challenge_as_promised();

-- What rolls over does so once, out of a challenge whose rules say so, into one whose rules give back what nobody wins there: for the same
-- sponsor in the same custody, and no more than a posting from purse to purse carried. What went on or back of a contribution does not
-- become less, and what went on is what has come of it: so nothing is rolled over, paid or given back twice.
CREATE OR REPLACE FUNCTION purse_contribution_rolled_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_from record;
    v_to record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.rolled < OLD.rolled OR NEW.returned < OLD.returned OR (OLD.state = 'returned' AND NEW.state <> 'returned')
           OR (NEW.rolled <> OLD.rolled
               AND NEW.rolled IS DISTINCT FROM (SELECT sum(c.amount) FROM public.purse_contribution c
                                                 WHERE c.book_id = NEW.book_id AND c.rolled_from = NEW.id)) THEN
            RAISE EXCEPTION 'book %: what went on or back of contribution % stays so', OLD.book_id, OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.rolled_from IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT p.*, c.account, c.rolls_until, r.document::jsonb ->> 'unawarded' AS unawarded INTO v_from
      FROM public.purse_contribution p
      JOIN public.challenge c ON c.book_id = p.book_id AND c.id = p.challenge
      JOIN public.challenge_rules r ON r.book_id = c.book_id AND r.challenge = c.id AND r.version = c.rules_version
     WHERE p.book_id = NEW.book_id AND p.id = NEW.rolled_from;
    SELECT c.account, r.document::jsonb ->> 'unawarded' AS unawarded INTO v_to
      FROM public.challenge c
      JOIN public.challenge_rules r ON r.book_id = c.book_id AND r.challenge = c.id AND r.version = c.rules_version
     WHERE c.book_id = NEW.book_id AND c.id = NEW.challenge;
    IF v_from.rolls_until IS NULL OR v_from.rolled_from IS NOT NULL OR v_from.unawarded IS DISTINCT FROM 'roll_over'
       OR v_to.unawarded IS DISTINCT FROM 'return_to_sponsors'
       OR (NEW.sponsor, NEW.partner, NEW.currency, NEW.state, NEW.is_agreed)
          IS DISTINCT FROM (v_from.sponsor, v_from.partner, v_from.currency, 'settled', false) THEN
        RAISE EXCEPTION 'book %: contribution % does not roll over into challenge %', NEW.book_id, NEW.rolled_from, NEW.challenge
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.amount + (SELECT coalesce(sum(c.amount), 0) FROM public.purse_contribution c
                      WHERE c.book_id = NEW.book_id AND c.challenge = NEW.challenge AND c.rolled_from IS NOT NULL
                        AND c.entry = NEW.entry)
       > (SELECT coalesce(sum(t.amount), 0) FROM public.transfer t
            JOIN public.movement_kind k ON k.kind = t.kind AND k.name = 'purse_rolled'
           WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry << 16 AND (NEW.entry << 16) + 65535
             AND t.debit = v_from.account AND t.credit = v_to.account) THEN
        RAISE EXCEPTION 'book %: no posting carried what rolls over from contribution %', NEW.book_id, NEW.rolled_from
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER purse_contribution_rolled_once BEFORE INSERT OR UPDATE ON purse_contribution
    FOR EACH ROW EXECUTE FUNCTION purse_contribution_rolled_once();

-- No prize while an appeal is open, none for an entry that was withdrawn, and no part of one but by a plan that is fixed and names the team.
CREATE OR REPLACE FUNCTION award_undisputed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.appeal a
                WHERE a.book_id = NEW.book_id AND a.challenge = NEW.challenge AND a.state = 'open') THEN
        RAISE EXCEPTION 'book %: an appeal against the ranking of challenge % is open', NEW.book_id, NEW.challenge
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM public.entrant e
                WHERE e.book_id = NEW.book_id AND e.challenge = NEW.challenge AND e.team = NEW.team AND e.state = 'withdrawn') THEN
        RAISE EXCEPTION 'book %: team % has withdrawn from challenge %', NEW.book_id, NEW.team, NEW.challenge
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.plan IS NOT NULL
       AND NOT EXISTS (SELECT FROM public.share_plan p
                         JOIN public.share_part t ON t.book_id = p.book_id AND t.plan = p.id AND t.revision = p.revision
                        WHERE p.book_id = NEW.book_id AND p.id = NEW.plan AND p.challenge = NEW.challenge AND p.state = 'fixed'
                          AND t.team = NEW.team) THEN
        RAISE EXCEPTION 'book %: no fixed share plan % gives team % a part', NEW.book_id, NEW.plan, NEW.team
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER award_undisputed BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION award_undisputed();

-- An entry that was withdrawn stays so, and a team agrees to later rules only.
CREATE OR REPLACE FUNCTION entrant_as_agreed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (OLD.state = 'withdrawn'
        AND (NEW.state, NEW.withdrawn_at, NEW.withdrawn_by, NEW.rules_version)
            IS DISTINCT FROM (OLD.state, OLD.withdrawn_at, OLD.withdrawn_by, OLD.rules_version))
       OR NEW.rules_version < OLD.rules_version OR (OLD.fee_state = 'returned' AND NEW.fee_state <> 'returned') THEN
        RAISE EXCEPTION 'book %: entry % stays as it was agreed', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.rules_version > OLD.rules_version
       AND NOT EXISTS (SELECT FROM public.entry_consent c
                        WHERE c.book_id = NEW.book_id AND c.entrant = NEW.id AND c.rules_version = NEW.rules_version) THEN
        RAISE EXCEPTION 'book %: nobody agreed for entry % to rules %', OLD.book_id, OLD.id, NEW.rules_version
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER entrant_as_agreed BEFORE UPDATE ON entrant FOR EACH ROW EXECUTE FUNCTION entrant_as_agreed();

-- The rubric that is shown is the one whose digest the rules of the challenge hold.
CREATE OR REPLACE FUNCTION challenge_rubric_as_hashed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.challenge c
                     JOIN public.challenge_rules r
                       ON r.book_id = c.book_id AND r.challenge = c.id AND r.version = c.rules_version
                    WHERE c.book_id = NEW.book_id AND c.id = NEW.challenge
                      AND r.document::jsonb ->> 'secret_rubric' = encode(NEW.sha256, 'hex')) THEN
        RAISE EXCEPTION 'book %: the rules of challenge % hold another digest', NEW.book_id, NEW.challenge
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER challenge_rubric_as_hashed BEFORE INSERT ON challenge_rubric
    FOR EACH ROW EXECUTE FUNCTION challenge_rubric_as_hashed();

-- An appeal keeps what was said, and is decided once.
CREATE OR REPLACE FUNCTION appeal_decided_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'decided_by', 'decided_at', 'decision', 'version'];
BEGIN
    IF OLD.state <> 'open' OR (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes) THEN
        RAISE EXCEPTION 'book %: appeal % is decided once', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.decided_by IS NOT NULL
       AND EXISTS (SELECT FROM public.judge j
                    WHERE j.book_id = NEW.book_id AND j.challenge = NEW.challenge AND j.person = NEW.decided_by) THEN
        RAISE EXCEPTION 'book %: a judge does not decide appeal %', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER appeal_decided_once BEFORE UPDATE ON appeal FOR EACH ROW EXECUTE FUNCTION appeal_decided_once();

-- A share plan begins as one that the team of the submission proposes. It is fixed when its parts are the whole and each was attested, by
-- word or by silence, or when the host has decided about an objection; and never changes then.
CREATE OR REPLACE FUNCTION share_plan_as_agreed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['proposed_by', 'decided_by', 'version', 'proposed_at', 'state_since', 'state_until', 'revision',
                                       'state', 'note', 'decision', 'sha256'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.revision <> 1
           OR NOT EXISTS (SELECT FROM public.submission s
                           WHERE s.book_id = NEW.book_id AND s.id = NEW.submission AND s.challenge = NEW.challenge
                             AND s.team = NEW.team) THEN
            RAISE EXCEPTION 'book %: share plan % is no proposal of the team of its submission', NEW.book_id, NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'fixed' OR (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR NEW.revision NOT IN (OLD.revision, OLD.revision + 1)
       OR (NEW.revision = OLD.revision AND (NEW.sha256, NEW.note) IS DISTINCT FROM (OLD.sha256, OLD.note))
       OR (OLD.state = 'lapsed' AND NEW.revision = OLD.revision) THEN
        RAISE EXCEPTION 'book %: share plan % stays as it was agreed', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'fixed'
       AND ((SELECT sum(t.share) FROM public.share_part t
              WHERE t.book_id = NEW.book_id AND t.plan = NEW.id AND t.revision = NEW.revision) IS DISTINCT FROM 10000
            OR (NEW.decided_by IS NULL AND EXISTS (
                SELECT FROM public.share_part t
                 WHERE t.book_id = NEW.book_id AND t.plan = NEW.id AND t.revision = NEW.revision
                   AND t.state NOT IN ('attested', 'silent')))
            OR (NEW.decided_by IS NOT NULL AND (OLD.state <> 'objected' OR EXISTS (
                SELECT FROM public.judge j
                 WHERE j.book_id = NEW.book_id AND j.challenge = NEW.challenge AND j.person = NEW.decided_by)))) THEN
        RAISE EXCEPTION 'book %: the parts of share plan % are not the whole, or not agreed to', OLD.book_id, OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER share_plan_as_agreed BEFORE INSERT OR UPDATE ON share_plan
    FOR EACH ROW EXECUTE FUNCTION share_plan_as_agreed();

-- A part is answered once, by somebody of its team and in time, or by silence when the time has passed. Only the team that proposes has
-- attested its own with that.
CREATE OR REPLACE FUNCTION share_part_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'answered_by', 'answered_at', 'reason'];
    v_plan public.share_plan;
    v_is_said boolean;
BEGIN
    SELECT * INTO v_plan FROM public.share_plan p WHERE p.book_id = NEW.book_id AND p.id = NEW.plan;
    IF v_plan.state NOT IN ('proposed', 'objected') OR v_plan.revision <> NEW.revision
       OR (TG_OP = 'UPDATE' AND (OLD.state <> 'open' OR (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes))) THEN
        RAISE EXCEPTION 'book %: the parts of share plan % stay as they are', NEW.book_id, NEW.plan USING ERRCODE = 'restrict_violation';
    END IF;
    v_is_said := CASE NEW.state
        WHEN 'open' THEN TG_OP = 'INSERT'
        WHEN 'attested' THEN TG_OP = 'UPDATE' OR NEW.team = v_plan.team
        WHEN 'objected' THEN TG_OP = 'UPDATE'
        WHEN 'silent' THEN TG_OP = 'UPDATE' AND v_plan.state = 'proposed' AND NEW.answered_at >= v_plan.state_until
        ELSE TG_OP = 'INSERT' AND v_plan.state = 'objected' END;
    IF NOT v_is_said
       OR (NEW.answered_by IS NOT NULL
           AND (NEW.answered_at >= v_plan.state_until
                OR NOT EXISTS (SELECT FROM public.membership m
                                WHERE m.organisation = NEW.team AND m.person = NEW.answered_by))) THEN
        RAISE EXCEPTION 'book %: nobody of team % said so of share plan % in time', NEW.book_id, NEW.team, NEW.plan
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER share_part_as_said BEFORE INSERT OR UPDATE ON share_part
    FOR EACH ROW EXECUTE FUNCTION share_part_as_said();
