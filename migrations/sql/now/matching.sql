-- What guards matching rounds.

-- A round that is paid or was given up stays so, and one whose result is final is paid and nothing else: by whatever it is
-- changed. What counted at a final result stays what counts.
CREATE OR REPLACE FUNCTION matching_round_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state IN ('paid', 'cancelled')
       OR (OLD.state = 'final' AND ((NEW.tally, NEW.pool) IS DISTINCT FROM (OLD.tally, OLD.pool)
                                    OR NEW.state NOT IN ('final', 'paid'))) THEN
        RAISE EXCEPTION 'book %: matching round % is %, and does not go back', NEW.book_id, NEW.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER matching_round_forward BEFORE UPDATE ON matching_round
    FOR EACH ROW EXECUTE FUNCTION matching_round_forward();

-- A round that is final pays each campaign what its last tally says, and none that is not.
CREATE OR REPLACE FUNCTION matching_payment_as_tallied() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.matching_round r
                     JOIN public.matching_share s ON s.book_id = r.book_id AND s.round = r.id AND s.tally = r.tally
                    WHERE r.book_id = NEW.book_id AND r.id = NEW.round AND r.state = 'final' AND r.tally = NEW.tally
                      AND s.campaign = NEW.campaign AND s.share = NEW.amount) THEN
        RAISE EXCEPTION 'book %: matching round % owes campaign % no such amount', NEW.book_id, NEW.round, NEW.campaign
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER matching_payment_as_tallied BEFORE INSERT ON matching_payment
    FOR EACH ROW EXECUTE FUNCTION matching_payment_as_tallied();
