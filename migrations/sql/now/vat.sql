-- What guards value added tax: what lies on its accounts is what sales, costs and declarations say.

-- The lines of an entry are the tax of the sale or cost whose entry it is (106 is vat_on_sale, 108 vat_on_cost), or what its declaration
-- says (110 is vat_declared).
CREATE OR REPLACE FUNCTION vat_as_recorded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry bigint;
    v_on_sales numeric;
    v_on_costs numeric;
    v_said record;
BEGIN
    v_entry := coalesce((to_jsonb(NEW)->>'pos')::bigint >> 16, (to_jsonb(NEW)->>'entry_number')::bigint);
    SELECT coalesce(sum(t.amount) FILTER (WHERE t.kind = 106 OR t.kind = 110 AND d.class = 48), 0),
           coalesce(sum(t.amount) FILTER (WHERE t.kind = 108 OR t.kind = 110 AND c.class = 49), 0)
      INTO v_on_sales, v_on_costs
      FROM public.transfer t
      JOIN public.account d ON d.book_id = t.book_id AND d.number = t.debit
      JOIN public.account c ON c.book_id = t.book_id AND c.number = t.credit
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535 AND t.kind IN (106, 108, 110);
    SELECT coalesce(sum(s.on_sales), 0) AS on_sales, coalesce(sum(s.on_costs), 0) AS on_costs INTO v_said
      FROM (SELECT CASE p.kind WHEN 'sale' THEN p.vat ELSE 0 END AS on_sales, CASE p.kind WHEN 'cost' THEN p.vat ELSE 0 END AS on_costs
              FROM public.proceeds p WHERE p.book_id = NEW.book_id AND p.entry_number = v_entry
            UNION ALL
            SELECT v.on_sales, v.on_costs
              FROM public.vat_declaration v WHERE v.book_id = NEW.book_id AND v.entry_number = v_entry) AS s;
    IF (v_on_sales, v_on_costs) <> (v_said.on_sales, v_said.on_costs) THEN
        RAISE EXCEPTION 'book %: entry % has % and % of value added tax, and not % and %',
            NEW.book_id, v_entry, v_on_sales, v_on_costs, v_said.on_sales, v_said.on_costs USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS vat_as_recorded ON transfer;
CREATE CONSTRAINT TRIGGER vat_as_recorded AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN (106, 108, 110)) EXECUTE FUNCTION vat_as_recorded();
DROP TRIGGER IF EXISTS vat_as_recorded ON proceeds;
CREATE CONSTRAINT TRIGGER vat_as_recorded AFTER INSERT ON proceeds DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.vat > 0) EXECUTE FUNCTION vat_as_recorded();
DROP TRIGGER IF EXISTS vat_as_recorded ON vat_declaration;
CREATE CONSTRAINT TRIGGER vat_as_recorded AFTER INSERT ON vat_declaration DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION vat_as_recorded();
