-- A restored copy of the installation is at another place, and reaches out to nobody until it is adopted there.

-- Whether this database is the one that was adopted last, in the cluster where that was.
CREATE OR REPLACE FUNCTION adoption_holds() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.cluster = c.system_identifier AND a.database = d.oid::bigint
      FROM public.adoption a, pg_control_system() c, pg_database d
     WHERE d.datname = current_database() ORDER BY a.number DESC LIMIT 1
$$;

-- Says that the installation is at home here, whatever copy of another one it was; answers the number of that adoption.
CREATE OR REPLACE FUNCTION adoption_record(p_reason text) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO public.adoption (number, cluster, database, reason) VALUES
        ((SELECT max(number) + 1 FROM public.adoption), (SELECT system_identifier FROM pg_control_system()),
         (SELECT oid::bigint FROM pg_database WHERE datname = current_database()), p_reason)
    RETURNING number
$$;
