-- Numbers that are handed out in one place.

-- Draws the next number; the row lock is held until the caller commits, so that numbers are in commit order.
CREATE OR REPLACE FUNCTION counter_next(p_name text) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.counter SET last = last + 1 WHERE name = p_name RETURNING last
$$;
