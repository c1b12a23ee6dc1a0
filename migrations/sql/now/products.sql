-- What guards products: they go one stage on at a time, each time on the kinds of evidence that the stage asks for, and end once.

-- Assumptions follow one another.
CREATE OR REPLACE FUNCTION product_advantage_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.product p WHERE p.book_id = NEW.book_id AND p.id = NEW.product_id FOR NO KEY UPDATE;
    IF NEW.version <> 1 + coalesce((SELECT max(a.version) FROM public.product_advantage a
                                     WHERE a.book_id = NEW.book_id AND a.product_id = NEW.product_id), 0) THEN
        RAISE EXCEPTION 'an assumption about product % follows the one before', NEW.product_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER product_advantage_next BEFORE INSERT ON product_advantage
    FOR EACH ROW EXECUTE FUNCTION product_advantage_next();

-- The next stage, or the end.
CREATE OR REPLACE FUNCTION product_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_stages CONSTANT text[] := ARRAY['design', 'facility', 'optimise', 'market'];
    v_may CONSTANT text[] := ARRAY['stage', 'staged_at', 'stopped_by', 'stopped_at', 'reason', 'version'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'design' OR NEW.stopped_at IS NOT NULL OR NEW.staged_at <> NEW.opened_at THEN
            RAISE EXCEPTION 'product % begins with its design', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.stopped_at IS NOT NULL OR NEW.version <> OLD.version + 1 OR (to_jsonb(NEW) - v_may) IS DISTINCT FROM (to_jsonb(OLD) - v_may)
       OR (NEW.stage <> OLD.stage) = (NEW.stopped_at IS NOT NULL)
       OR NEW.stage = OLD.stage AND NEW.staged_at <> OLD.staged_at
       OR NEW.stage <> OLD.stage AND (array_position(v_stages, NEW.stage) <> array_position(v_stages, OLD.stage) + 1
                                      OR NEW.staged_at < OLD.staged_at) THEN
        RAISE EXCEPTION 'product % goes one stage on, or is stopped once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER product_forward BEFORE INSERT OR UPDATE ON product
    FOR EACH ROW EXECUTE FUNCTION product_forward();

-- A product is in a stage by a step that was taken to it then; a step has its evidence, of the kinds that its stage asks for.
CREATE OR REPLACE FUNCTION product_on_evidence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_id CONSTANT uuid := coalesce(v_row ->> 'product_id', v_row ->> 'id');
BEGIN
    IF EXISTS (
        SELECT FROM public.product p
         WHERE p.book_id = NEW.book_id AND p.id = v_id AND p.stage <> 'design'
           AND NOT EXISTS (SELECT FROM public.product_step s
                            WHERE s.book_id = p.book_id AND s.product_id = p.id AND s.stage = p.stage AND s.taken_at = p.staged_at))
       OR EXISTS (
        SELECT FROM public.product_step s
          JOIN public.product p ON p.book_id = s.book_id AND p.id = s.product_id
         WHERE s.book_id = NEW.book_id AND s.product_id = v_id
           AND (array_position(ARRAY['design', 'facility', 'optimise', 'market'], s.stage)
                > array_position(ARRAY['design', 'facility', 'optimise', 'market'], p.stage)
                OR s.pieces <> (SELECT count(*) FROM public.product_evidence e
                                 WHERE e.book_id = s.book_id AND e.product_id = s.product_id AND e.stage = s.stage)
                OR EXISTS (SELECT FROM unnest(CASE s.stage WHEN 'facility' THEN ARRAY['licence', 'design_files']
                                                           WHEN 'optimise' THEN ARRAY['bill_of_materials', 'build_instructions']
                                                           ELSE ARRAY['test_report', 'enterprise_plan'] END) AS asked(kind)
                            WHERE NOT EXISTS (SELECT FROM public.product_evidence e
                                               WHERE e.book_id = s.book_id AND e.product_id = s.product_id AND e.stage = s.stage
                                                 AND e.kind = asked.kind AND (e.kind <> 'licence' OR e.licence <> ''))))) THEN
        RAISE EXCEPTION 'product % is not where its evidence is', v_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS product_on_evidence ON product;
CREATE CONSTRAINT TRIGGER product_on_evidence AFTER INSERT OR UPDATE ON product DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION product_on_evidence();
DROP TRIGGER IF EXISTS product_on_evidence ON product_step;
CREATE CONSTRAINT TRIGGER product_on_evidence AFTER INSERT ON product_step DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION product_on_evidence();
DROP TRIGGER IF EXISTS product_on_evidence ON product_evidence;
CREATE CONSTRAINT TRIGGER product_on_evidence AFTER INSERT ON product_evidence DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION product_on_evidence();
