-- What guards how rules are made: members who decide them by vote lose that by a vote only.

-- How rules are made is written down one time after the other. Less than before is asked for by a proposal that was opened since, and passed
-- as rules do.
CREATE OR REPLACE FUNCTION rule_making_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_last public.rule_making%ROWTYPE;
BEGIN
    PERFORM FROM public.cooperative c WHERE c.book_id = NEW.book_id FOR NO KEY UPDATE;
    SELECT * INTO v_last FROM public.rule_making r WHERE r.book_id = NEW.book_id ORDER BY r.version DESC LIMIT 1;
    IF NEW.version <> 1 + coalesce(v_last.version, 0) THEN
        RAISE EXCEPTION 'how rules are made follows how they were' USING ERRCODE = 'check_violation';
    END IF;
    IF v_last.quorum IS NOT NULL
       AND (NEW.quorum IS NULL OR NEW.quorum < v_last.quorum
            OR v_last.threshold = 'two_thirds' AND NEW.threshold <> 'two_thirds')
       AND NOT EXISTS (
        SELECT FROM public.proposal p
         WHERE p.book_id = NEW.book_id AND p.id = NEW.proposal_id AND p.state = 'passed' AND p.opened_at >= v_last.set_at
           AND p.quorum::bigint * 10000 >= p.electors::bigint * v_last.quorum
           AND (v_last.threshold = 'majority' OR p.threshold = 'two_thirds')) THEN
        RAISE EXCEPTION 'members have not voted that less is asked for' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER rule_making_next BEFORE INSERT ON rule_making
    FOR EACH ROW EXECUTE FUNCTION rule_making_next();

-- Where members decide, a rule is that of a proposal which passed.
CREATE OR REPLACE FUNCTION allocation_rule_as_voted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT r.quorum FROM public.rule_making r WHERE r.book_id = NEW.book_id ORDER BY r.version DESC LIMIT 1) IS NOT NULL
       AND NOT EXISTS (SELECT FROM public.proposal p
                        WHERE p.book_id = NEW.book_id AND p.rule_id = NEW.id AND p.state = 'passed') THEN
        RAISE EXCEPTION 'rule % is made by no vote', NEW.version USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS allocation_rule_as_voted ON allocation_rule;
CREATE CONSTRAINT TRIGGER allocation_rule_as_voted AFTER INSERT ON allocation_rule DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION allocation_rule_as_voted();
