-- What guards the membership of cooperatives.

-- What was contributed lies within the membership or the probation before it, never across the day of the admission: rules differ in
-- whether they count what was worked before.
CREATE OR REPLACE FUNCTION contribution_of_its_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.member m
         WHERE m.book_id = NEW.book_id AND m.id = NEW.member_id
           AND NEW.worked_from >= coalesce(m.candidate_from, m.joined_on)
           AND NEW.worked_to <= coalesce(m.left_on, 'infinity')
           AND (NEW.worked_from >= m.joined_on OR NEW.worked_to < m.joined_on)) THEN
        RAISE EXCEPTION 'from % to % the member was none on all days, or was admitted', NEW.worked_from, NEW.worked_to
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER contribution_of_its_days BEFORE INSERT ON contribution
    FOR EACH ROW EXECUTE FUNCTION contribution_of_its_days();

-- Who works there and is no member has no capital: nothing of such a share is retained, and nobody joins by paying.
CREATE OR REPLACE FUNCTION no_capital_of_employees() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.member m
                WHERE m.book_id = NEW.book_id AND m.id = NEW.member_id AND m.standing = 'employee') THEN
        RAISE EXCEPTION 'who is no member has no capital' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER no_capital_of_employees BEFORE INSERT ON distribution_part
    FOR EACH ROW WHEN (NEW.retained > 0) EXECUTE FUNCTION no_capital_of_employees();
CREATE OR REPLACE TRIGGER no_joining_of_employees BEFORE INSERT ON joining_contribution
    FOR EACH ROW EXECUTE FUNCTION no_capital_of_employees();

-- Members say themselves whether they agree, to the bylaws that hold, one time after the other.
CREATE OR REPLACE FUNCTION consent_by_the_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.cooperative c WHERE c.book_id = NEW.book_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM public.member m
                    WHERE m.book_id = NEW.book_id AND m.id = NEW.member_id AND m.person = NEW.said_by AND m.standing <> 'employee') THEN
        RAISE EXCEPTION 'members say themselves whether they agree' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> 1 + coalesce((SELECT max(c.version) FROM public.member_consent c
                                     WHERE c.book_id = NEW.book_id AND c.member_id = NEW.member_id), 0)
       OR NEW.bylaws_version IS DISTINCT FROM (SELECT max(b.version) FROM public.bylaws b WHERE b.book_id = NEW.book_id) THEN
        RAISE EXCEPTION 'what a member says follows what it said before, and is of the bylaws that hold' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER consent_by_the_member BEFORE INSERT ON member_consent
    FOR EACH ROW EXECUTE FUNCTION consent_by_the_member();

-- A member agrees when it has said so last, and never because it is written down for it.
CREATE OR REPLACE FUNCTION member_as_it_said() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.consents IS DISTINCT FROM coalesce((SELECT c.consents FROM public.member_consent c
                                                WHERE c.book_id = NEW.book_id AND c.member_id = NEW.id
                                                ORDER BY c.version DESC LIMIT 1), false) THEN
        RAISE EXCEPTION 'member % has not said so', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER member_admitted_as_it_said BEFORE INSERT ON member
    FOR EACH ROW WHEN (NEW.consents) EXECUTE FUNCTION member_as_it_said();
CREATE OR REPLACE TRIGGER member_as_it_said BEFORE UPDATE OF consents ON member
    FOR EACH ROW WHEN (OLD.consents <> NEW.consents) EXECUTE FUNCTION member_as_it_said();

-- Bylaws follow one another.
CREATE OR REPLACE FUNCTION bylaws_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.cooperative c WHERE c.book_id = NEW.book_id FOR NO KEY UPDATE;
    IF NEW.version <> 1 + coalesce((SELECT max(b.version) FROM public.bylaws b WHERE b.book_id = NEW.book_id), 0) THEN
        RAISE EXCEPTION 'bylaws follow those before' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER bylaws_next BEFORE INSERT ON bylaws
    FOR EACH ROW EXECUTE FUNCTION bylaws_next();
