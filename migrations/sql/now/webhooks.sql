-- Where partners have events sent, and what is on its way there.

-- An endpoint that is deleted stays so, and what only grows does not fall.
CREATE OR REPLACE FUNCTION webhook_endpoint_goes_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'deleted' OR NEW.cursor < OLD.cursor OR NEW.round < OLD.round OR NEW.pings < OLD.pings
       OR (NEW.state <> OLD.state AND NEW.version <> OLD.version + 1) OR NEW.version NOT IN (OLD.version, OLD.version + 1) THEN
        RAISE EXCEPTION 'book %: a webhook endpoint goes on, and one that is deleted stays so', OLD.book_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER webhook_endpoint_goes_on BEFORE UPDATE ON webhook_endpoint
    FOR EACH ROW EXECUTE FUNCTION webhook_endpoint_goes_on();

-- A delivery begins as one that waits, and its attempts are counted one by one. Only what waits is delivered or given up.
CREATE OR REPLACE FUNCTION webhook_delivery_goes_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.attempts <> 0 THEN
            RAISE EXCEPTION 'book %: a delivery begins waiting', NEW.book_id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.attempts NOT IN (OLD.attempts, OLD.attempts + 1)
       OR (NEW.attempts <> OLD.attempts AND OLD.state <> 'waiting')
       OR (NEW.state = 'delivered' AND NEW.attempts <> OLD.attempts + 1)
       OR (NEW.state = 'given_up' AND OLD.state <> 'waiting') THEN
        RAISE EXCEPTION 'book %: a delivery is sent before it is delivered', OLD.book_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER webhook_delivery_goes_on BEFORE INSERT OR UPDATE ON webhook_delivery
    FOR EACH ROW EXECUTE FUNCTION webhook_delivery_goes_on();
