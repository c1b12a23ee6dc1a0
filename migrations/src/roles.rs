//! The two roles of a database, and the logins that use them.
//!
//! `commonpurse_owner` owns every table and function and cannot log in: a migration takes its place. `commonpurse_service`
//! holds the rights of the service and cannot log in either: who serves logs in as a member of it, and of nothing more.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use crate::connection::connect;
use crate::error::Error;

/// Roles belong to the whole cluster: other databases may be making the same at this moment.
const ATTEMPTS_MAX: u32 = 20;

/// Makes what is missing, and changes nothing that is there.
const ROLES: &str = "
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_owner') THEN
        CREATE ROLE commonpurse_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_service') THEN
        CREATE ROLE commonpurse_service NOLOGIN;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_owner' AND (rolcanlogin OR rolsuper)) THEN
        RAISE EXCEPTION 'commonpurse_owner is no login and no superuser: ALTER ROLE commonpurse_owner NOLOGIN NOSUPERUSER';
    END IF;
    IF NOT pg_has_role(current_user, 'commonpurse_owner', 'MEMBER') THEN
        EXECUTE format('GRANT commonpurse_owner TO %I', current_user);
    END IF;
END
$$";

/// Everything in the schema but what belongs to an extension is ours: after a restore it may have another owner.
const TAKE_OVER: &str = "
DO $$
DECLARE
    v_what text;
BEGIN
    GRANT USAGE, CREATE ON SCHEMA public TO commonpurse_owner;
    FOR v_what IN
        SELECT format('%s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
           AND c.relowner <> 'commonpurse_owner'::regrole
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        UNION ALL
        SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'commonpurse_owner'::regrole
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER %s OWNER TO commonpurse_owner', v_what);
    END LOOP;
    GRANT USAGE ON SCHEMA public TO commonpurse_service;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC, commonpurse_service;
    -- A temporary table could stand in the place of a real one.
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, commonpurse_service', current_database());
    IF has_database_privilege('commonpurse_service', current_database(), 'TEMPORARY') THEN
        RAISE EXCEPTION '% cannot take the right to make temporary tables from everybody: ALTER DATABASE % OWNER TO commonpurse_owner',
            current_user, quote_ident(current_database());
    END IF;
END
$$;
SET LOCAL ROLE commonpurse_owner";

/// Refuses a login that is neither a superuser nor a member of the owner, nor can become one.
pub(crate) async fn may_migrate(client: &Client) -> Result<(), Error> {
    let sql = "/* roles::may_migrate */
        SELECT session_user::text,
               r.rolsuper OR CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_owner')
                                  THEN pg_has_role(session_user, 'commonpurse_owner', 'MEMBER') ELSE r.rolcreaterole END
          FROM pg_roles r WHERE r.rolname = session_user";
    let row = client.query_one(sql, &[]).await.map_err(|error| Error::statement("to read its roles", &error))?;
    if row.get(1) { Ok(()) } else { Err(Error::NotOwner { login: row.get(0) }) }
}

/// Refuses a login that may not take the owner's place.
///
/// # Errors
///
/// [`Error::NotOwner`] when it may not, [`Error::Connect`] when it cannot even connect.
pub async fn check_owner(owner_url: &str) -> Result<(), Error> {
    may_migrate(&connect(&owner_url.parse()?).await?).await
}

/// What a login is or may do that the service's must not, the first of them in words.
const TOO_MIGHTY: &str = "/* roles::check_login */
    SELECT session_user::text,
           CASE WHEN login.rolsuper THEN 1
                WHEN pg_has_role(session_user, 'commonpurse_owner', 'MEMBER') THEN 2
                WHEN EXISTS (SELECT FROM pg_class c
                              WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = login.oid) THEN 3
                WHEN pg_has_role(session_user, d.datdba, 'MEMBER') THEN 4
                WHEN login.rolcreaterole THEN 5
                WHEN has_database_privilege(session_user, d.oid, 'TEMPORARY')
                  OR has_database_privilege('commonpurse_service', d.oid, 'TEMPORARY') THEN 6
                WHEN pg_has_role(session_user, 'pg_execute_server_program', 'MEMBER')
                  OR pg_has_role(session_user, 'pg_write_server_files', 'MEMBER') THEN 7
                WHEN EXISTS (SELECT FROM unnest(ARRAY['book_head', 'balance', 'transfer', 'log_record', 'movement', 'book_check', 'account_check', 'book_freeze']) t,
                                         concat('public.', t) of_journal
                              WHERE has_table_privilege(session_user, of_journal, 'INSERT, UPDATE, DELETE, TRUNCATE')
                                 OR has_any_column_privilege(session_user, of_journal, 'INSERT, UPDATE')) THEN 8
                ELSE 0 END,
           pg_has_role(current_user, 'commonpurse_service', 'USAGE')
      FROM pg_roles login, pg_database d
     WHERE login.rolname = session_user AND d.datname = current_database()";

/// Refuses to serve with a login that may do more than the service, or less.
pub(crate) async fn check_login(client: &Client) -> Result<(), Error> {
    let row = client.query_one(TOO_MIGHTY, &[]).await.map_err(|error| match error.code() {
        // A restored backup, and nobody has made its roles.
        Some(code) if *code == SqlState::UNDEFINED_OBJECT => Error::RightsMissing,
        _other => Error::statement("to read its roles", &error),
    })?;
    let why = match row.get::<_, i32>(1) {
        0 => None,
        1 => Some("is a superuser"),
        2 => Some("is a member of commonpurse_owner"),
        3 => Some("owns tables of the service"),
        4 => Some("owns the database"),
        5 => Some("may make roles"),
        6 => Some("may make temporary tables (`commonpurse migrate` takes that right from everybody)"),
        7 => Some("may reach into the machine of the database"),
        _ => Some("may write the journal without its functions"),
    };
    match why {
        Some(why) => Err(Error::LoginTooMighty { login: row.get(0), why }),
        None if !row.get::<_, bool>(2) => Err(Error::RightsMissing),
        None => Ok(()),
    }
}

/// Makes the roles that are missing.
pub(crate) async fn make(client: &Client) -> Result<(), Error> {
    persist(client, ROLES, "the roles").await
}

/// Gives what is in the schema to the owner, takes from the others what they must not have, and becomes the owner until
/// the transaction ends.
pub(crate) async fn take_over(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.batch_execute(TAKE_OVER).await.map_err(|error| Error::statement("to take over the schema", &error))
}

/// Makes a login that is a member of the service's role, and of nothing more. `password` has no quotes in it.
pub(crate) async fn make_login(client: &Client, name: &str, password: Option<&str>) -> Result<(), Error> {
    let password = password.map(|password| format!("ALTER ROLE {name} PASSWORD '{password}';")).unwrap_or_default();
    let sql = format!(
        "DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
                CREATE ROLE {name} LOGIN IN ROLE commonpurse_service;
            END IF;
            {password}
        END
        $$"
    );
    persist(client, &sql, "the login of the service").await
}

/// Tries again what another database of the cluster has got in the way of.
async fn persist(client: &Client, sql: &str, doing: &'static str) -> Result<(), Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match client.batch_execute(sql).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                let is_passing = error.code().is_some_and(|code| ["23505", "42710", "XX000"].contains(&code.code()));
                if !is_passing || attempt == ATTEMPTS_MAX {
                    return Err(Error::statement(doing, &error));
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
