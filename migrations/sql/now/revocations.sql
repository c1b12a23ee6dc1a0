-- What guards disputes, the gate of a release, and claims that are revoked.

-- A dispute keeps what was objected to and what was said; it goes its way once, and what is over stays.
CREATE OR REPLACE FUNCTION dispute_goes_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.claim_id, NEW.opened_by, NEW.amount, NEW.opened_at, NEW.book_id, NEW.reason)
           IS DISTINCT FROM (OLD.id, OLD.claim_id, OLD.opened_by, OLD.amount, OLD.opened_at, OLD.book_id, OLD.reason)
       OR OLD.resolved_at IS NOT NULL
       OR (OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answered_by, NEW.answered_at)
                                           IS DISTINCT FROM (OLD.answer, OLD.answered_by, OLD.answered_at))
       OR (OLD.replied_at IS NOT NULL AND (NEW.reply, NEW.replied_at) IS DISTINCT FROM (OLD.reply, OLD.replied_at))
       OR (OLD.decided_at IS NOT NULL
           AND (NEW.first_ruling, NEW.first_struck, NEW.decision, NEW.decided_by, NEW.decided_at)
               IS DISTINCT FROM (OLD.first_ruling, OLD.first_struck, OLD.decision, OLD.decided_by, OLD.decided_at))
       OR (OLD.appealed_at IS NOT NULL AND (NEW.appeal, NEW.appealed_by, NEW.appealed_at)
                                           IS DISTINCT FROM (OLD.appeal, OLD.appealed_by, OLD.appealed_at))
       OR (OLD.state = 'answered' AND NEW.state = 'open')
       OR (OLD.state = 'replied' AND NEW.state IN ('open', 'answered'))
       OR (OLD.state = 'decided' AND NEW.state IN ('open', 'answered', 'replied'))
       OR (OLD.state = 'appealed' AND NEW.state IN ('open', 'answered', 'replied', 'decided')) THEN
        RAISE EXCEPTION 'book %: dispute % does not go this way', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER dispute_goes_on BEFORE UPDATE ON dispute FOR EACH ROW EXECUTE FUNCTION dispute_goes_on();
CREATE OR REPLACE TRIGGER dispute_kept BEFORE DELETE OR TRUNCATE ON dispute FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Nothing is released of a claim whose present text lacks evidence of a kind that its milestone asks for, a licence with its
-- identifier, or that is not approved, such as one that is revoked.
CREATE OR REPLACE FUNCTION release_through_the_gate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_missing text;
BEGIN
    SELECT string_agg(g.kind, ', ' ORDER BY g.place) INTO v_missing
      FROM public.claim c
      JOIN public.milestone m ON m.book_id = c.book_id AND m.id = c.milestone_id
     CROSS JOIN LATERAL (VALUES (1, 'licence', m.gate_licence), (2, 'design_files', m.gate_design),
                                (3, 'enterprise_plan', m.gate_enterprise)) AS g (place, kind, asked)
     WHERE c.book_id = NEW.book_id AND c.id = NEW.claim_id AND g.asked
       AND NOT EXISTS (SELECT FROM public.evidence e
                        WHERE e.book_id = c.book_id AND e.claim_id = c.id AND e.revision = c.revision
                          AND e.kind = g.kind AND (g.kind <> 'licence' OR e.licence <> ''));
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'book %: claim % lacks %', NEW.book_id, NEW.claim_id, v_missing USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM public.claim c
                WHERE c.book_id = NEW.book_id AND c.id = NEW.claim_id AND c.state NOT IN ('approved', 'disputed')) THEN
        RAISE EXCEPTION 'book %: nothing of claim % is released', NEW.book_id, NEW.claim_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER release_through_the_gate BEFORE INSERT ON release
    FOR EACH ROW EXECUTE FUNCTION release_through_the_gate();

-- What two people do together: asked for once, ended once.
CREATE OR REPLACE FUNCTION claim_request_by_two() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' THEN
            RAISE EXCEPTION 'book %: a request begins as one', NEW.book_id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - ARRAY['state', 'confirmed_by', 'ended_at'])
           IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'confirmed_by', 'ended_at'])
       OR OLD.state <> 'requested' THEN
        RAISE EXCEPTION 'book %: request % of claim % stays as it is', OLD.book_id, OLD.number, OLD.claim_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER claim_request_by_two BEFORE INSERT OR UPDATE ON claim_request
    FOR EACH ROW EXECUTE FUNCTION claim_request_by_two();
CREATE OR REPLACE TRIGGER claim_request_kept BEFORE DELETE OR TRUNCATE ON claim_request
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A claim is revoked by two people, and for good.
CREATE OR REPLACE FUNCTION claim_revoked_by_two() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'revoked' THEN
        RAISE EXCEPTION 'book %: claim % is revoked for good', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'revoked'
       AND (NEW.frozen <> 0 OR NEW.released_total + NEW.struck <> NEW.approved_amount
            OR NEW.released_total <> OLD.released_total
            OR NOT EXISTS (SELECT FROM public.claim_request q
                            WHERE q.book_id = NEW.book_id AND q.claim_id = NEW.id AND q.kind = 'revocation'
                              AND q.state = 'confirmed')) THEN
        RAISE EXCEPTION 'book %: claim % is revoked by two people, and all that is not released is struck', OLD.book_id, OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER claim_revoked_by_two BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION claim_revoked_by_two();

-- A clawback is of all that was released of a revoked claim; what came back of it only grows.
CREATE OR REPLACE FUNCTION clawback_as_revoked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['set_off', 'recovered', 'written_off', 'borne', 'state', 'version'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM public.claim c
                        WHERE c.book_id = NEW.book_id AND c.id = NEW.claim_id AND c.state = 'revoked'
                          AND c.released_total = NEW.amount AND c.team = NEW.team) THEN
            RAISE EXCEPTION 'book %: claim % is not revoked', NEW.book_id, NEW.claim_id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR NEW.set_off < OLD.set_off OR NEW.recovered < OLD.recovered OR NEW.written_off < OLD.written_off
       OR NEW.borne < OLD.borne THEN
        RAISE EXCEPTION 'book %: the clawback of claim % does not go this way', OLD.book_id, OLD.claim_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.written_off + NEW.borne > OLD.written_off + OLD.borne
       AND NEW.written_off + NEW.borne > (SELECT coalesce(sum(q.amount), 0) FROM public.claim_request q
                                           WHERE q.book_id = NEW.book_id AND q.claim_id = NEW.claim_id
                                             AND q.kind = 'write_off' AND q.state = 'confirmed') THEN
        RAISE EXCEPTION 'book %: two people write off what is owed of claim %', OLD.book_id, OLD.claim_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER clawback_as_revoked BEFORE INSERT OR UPDATE ON clawback
    FOR EACH ROW EXECUTE FUNCTION clawback_as_revoked();
CREATE OR REPLACE TRIGGER clawback_kept BEFORE DELETE OR TRUNCATE ON clawback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What comes back to a layer is no more than what was used of it, and comes with an entry that brings it into the fund.
CREATE OR REPLACE FUNCTION return_of_a_use() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n
                 JOIN public.fund_use u ON u.book_id = n.book_id AND u.fund = n.fund AND u.entry = n.used_by AND u.layer = n.layer
                WHERE u.amount < (SELECT sum(r.amount) FROM public.fund_return r
                                   WHERE r.book_id = n.book_id AND r.fund = n.fund AND r.used_by = n.used_by
                                     AND r.layer = n.layer)) THEN
        RAISE EXCEPTION 'more comes back to a layer than was used of it' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM (SELECT n.book_id, n.fund, n.entry FROM new_rows n GROUP BY n.book_id, n.fund, n.entry) AS e
                WHERE (SELECT coalesce(sum(r.amount), 0) FROM public.fund_return r
                        WHERE r.book_id = e.book_id AND r.fund = e.fund AND r.entry = e.entry)
                      > (SELECT coalesce(sum(t.amount), 0)
                           FROM public.transfer t
                           JOIN public.movement_kind k ON k.kind = t.kind
                            AND k.name IN ('clawback_unpaid', 'recovery_restored')
                          WHERE t.book_id = e.book_id AND t.credit = e.fund
                            AND t.pos >= e.entry << 16 AND t.pos < (e.entry + 1) << 16)) THEN
        RAISE EXCEPTION 'no entry brings back what layers are given' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER return_of_a_use AFTER INSERT ON fund_return REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION return_of_a_use();
CREATE OR REPLACE TRIGGER fund_return_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_return
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
