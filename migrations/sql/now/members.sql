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
