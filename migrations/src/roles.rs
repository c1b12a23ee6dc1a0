//! The two roles of a database, and the logins that use them.
//!
//! The owner (`commonpurse_owner`, unless it has another name) owns every table and function and cannot log in: a migration
//! takes its place. The service's role (`commonpurse_service`) holds the rights of the service: who serves logs in as a
//! member of it, and of nothing more. Either is made by whoever may make roles, or beforehand by whoever runs the cluster.

use tokio_postgres::Client;

use crate::connection::{Access, connect};
use crate::error::Error;

/// Roles belong to the whole cluster: other databases may be making the same at this moment.
const ATTEMPTS_MAX: u32 = 20;

/// The names that SQL files and statements say, in the place of those that are configured.
const OWNER: &str = "commonpurse_owner";
const SERVICE: &str = "commonpurse_service";

/// What the two roles are called in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    owner: String,
    service: String,
}

impl Default for Roles {
    fn default() -> Self {
        Self { owner: OWNER.to_owned(), service: SERVICE.to_owned() }
    }
}

impl Roles {
    /// Other names than ours.
    ///
    /// # Errors
    ///
    /// [`Error::RoleName`] when a name would need quotes in SQL, or both are the same.
    pub fn named(owner: &str, service: &str) -> Result<Self, Error> {
        for name in [owner, service] {
            let is_plain =
                |at: usize, letter: u8| matches!(letter, b'a'..=b'z' | b'_') || (at > 0 && letter.is_ascii_digit());
            let is_word = name.bytes().enumerate().all(|(at, letter)| is_plain(at, letter));
            if !is_word || !(1..=63).contains(&name.len()) || name.starts_with("pg_") || owner == service {
                return Err(Error::RoleName { name: name.to_owned() });
            }
        }
        Ok(Self { owner: owner.to_owned(), service: service.to_owned() })
    }

    /// SQL with these names in the place of ours.
    pub(crate) fn fill(&self, sql: &str) -> String {
        // In two steps: a name may hold the other's default.
        let marked = sql.replace(OWNER, "\u{1}").replace(SERVICE, "\u{2}");
        marked.replace('\u{1}', &self.owner).replace('\u{2}', &self.service)
    }
}

/// Makes what is missing, and takes from both what they must not be. What whoever runs the cluster has made stays.
pub(crate) const ROLES: &str = "
DO $$
DECLARE
    v_role text;
    v_wrong text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_owner') THEN
        CREATE ROLE commonpurse_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'commonpurse_service') THEN
        CREATE ROLE commonpurse_service NOLOGIN;
    END IF;
    FOR v_role, v_wrong IN
        SELECT rolname, concat_ws(' ', CASE WHEN rolname = 'commonpurse_owner' AND rolcanlogin THEN 'NOLOGIN' END,
                                       CASE WHEN rolsuper THEN 'NOSUPERUSER' END, CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END,
                                       CASE WHEN rolcreatedb THEN 'NOCREATEDB' END, CASE WHEN rolreplication THEN 'NOREPLICATION' END,
                                       CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' END)
          FROM pg_roles WHERE rolname IN ('commonpurse_owner', 'commonpurse_service')
    LOOP
        IF v_wrong <> '' THEN
            BEGIN
                EXECUTE format('ALTER ROLE %I %s', v_role, v_wrong);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role % may do too much; whoever may change it runs: ALTER ROLE % %', v_role, v_role, v_wrong;
            END;
        END IF;
    END LOOP;
    -- From 16 on, who makes a role is its administrator without being able to take its place.
    IF NOT pg_has_role(current_user, 'commonpurse_owner',
                       CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT commonpurse_owner TO %I', current_user);
    END IF;
END
$$";

/// Everything in the schema but what belongs to an extension is ours: after a restore it may have another owner. Then the
/// owner's place is taken until the transaction ends.
pub(crate) const TAKE_OVER: &str = "
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

/// Refuses a login that may not migrate, and says what whoever may make roles has to run where that would help.
pub(crate) async fn may_migrate(client: &Client, roles: &Roles) -> Result<(), Error> {
    let sql = "/* roles::may_migrate */
        SELECT session_user::text, r.rolsuper, r.rolcreaterole, pg_has_role(session_user, d.datdba, 'MEMBER'),
               EXISTS (SELECT FROM pg_roles WHERE rolname = $1), EXISTS (SELECT FROM pg_roles WHERE rolname = $2),
               EXISTS (SELECT FROM pg_roles o WHERE o.rolname = $1 AND pg_has_role(session_user, o.oid, 'MEMBER'))
          FROM pg_roles r, pg_database d WHERE r.rolname = session_user AND d.datname = current_database()";
    let row = client.query_one(sql, &[&roles.owner, &roles.service]).await;
    let row = row.map_err(|error| Error::statement("to read its roles", &error))?;
    let login: String = row.get(0);
    let (is_superuser, makes_roles, owns_database): (bool, bool, bool) = (row.get(1), row.get(2), row.get(3));
    let (has_owner, has_service, is_member): (bool, bool, bool) = (row.get(4), row.get(5), row.get(6));
    if is_superuser || (has_owner && has_service && is_member) || (makes_roles && (is_member || !has_owner)) {
        return Ok(());
    }
    if has_owner && has_service && !owns_database {
        return Err(Error::NotOwner { login, owner: roles.owner.clone() });
    }
    let missing =
        [(has_owner, &roles.owner), (has_service, &roles.service)].into_iter().filter(|(is_there, _)| !is_there);
    let mut lines: Vec<String> = missing.map(|(_, role)| format!("CREATE ROLE {role} NOLOGIN;")).collect();
    if !is_member {
        lines.push(format!("GRANT {} TO \"{}\";", roles.owner, login.replace('"', "\"\"")));
    }
    Err(Error::RolesMissing { login, sql: lines.join("\n") })
}

/// Whether a role is missing, or something of the schema belongs to somebody else than the owner.
pub(crate) async fn are_orphaned(client: &Client, roles: &Roles) -> Result<bool, Error> {
    let sql = "/* roles::are_orphaned */
        SELECT (SELECT count(*) FROM pg_roles WHERE rolname IN ($1, $2)) < 2
            OR EXISTS (SELECT FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND o.rolname <> $1
                          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                                             AND d.objid = c.oid AND d.deptype = 'e'))";
    let row = client.query_one(sql, &[&roles.owner, &roles.service]).await;
    Ok(row.map_err(|error| Error::statement("to read its roles", &error))?.get(0))
}

/// Finds the role that owns the tables, and refuses a login that may not take its place.
async fn owner_of(client: &Client) -> Result<String, Error> {
    let sql = "/* roles::owner_of */
        SELECT session_user::text, c.relowner::regrole::text, pg_has_role(session_user, c.relowner, 'MEMBER')
          FROM pg_class c WHERE c.oid = to_regclass('public.schema_file')";
    let row = client.query_opt(sql, &[]).await.map_err(|error| Error::statement("to read its roles", &error))?;
    let row = row.ok_or(Error::SchemaOlder { found: 0, wanted: crate::latest() })?;
    let owner: String = row.get(1);
    if row.get(2) { Ok(owner) } else { Err(Error::NotOwner { login: row.get(0), owner }) }
}

/// The way to the database for what only the owner of the tables may do.
///
/// # Errors
///
/// [`Error::NotOwner`] when the login may not take the owner's place, [`Error::SchemaOlder`] when nobody has migrated the
/// database, [`Error::Connect`] when it cannot be reached.
pub async fn owner_access(owner_url: &str, application_name: &str) -> Result<Access, Error> {
    let owner = owner_of(&connect(&owner_url.parse()?).await?).await?;
    crate::connection::access_as(owner_url, application_name, &owner)
}

/// What a login is or may do that the service's must not, the first of them in words; and whether it may what it must.
const TOO_MIGHTY: &str = "/* roles::check_login */
    SELECT session_user::text,
           CASE WHEN login.rolsuper THEN 'is a superuser'
                WHEN EXISTS (SELECT FROM pg_class c
                              WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = login.oid)
                THEN 'owns tables of the service'
                WHEN pg_has_role(session_user, ours.relowner, 'MEMBER')
                THEN format('is a member of %s', ours.relowner::regrole)
                WHEN pg_has_role(session_user, d.datdba, 'MEMBER') THEN 'owns the database'
                WHEN login.rolcreaterole THEN 'may make roles'
                WHEN has_database_privilege(session_user, d.oid, 'TEMPORARY')
                THEN 'may make temporary tables (`commonpurse migrate` takes that right from everybody)'
                WHEN pg_has_role(session_user, 'pg_execute_server_program', 'MEMBER')
                  OR pg_has_role(session_user, 'pg_write_server_files', 'MEMBER')
                THEN 'may reach into the machine of the database'
                WHEN EXISTS (SELECT FROM unnest(ARRAY['book_head', 'balance', 'transfer', 'log_record', 'movement', 'book_check', 'account_check', 'book_freeze']) t,
                                         concat('public.', t) of_journal
                              WHERE has_table_privilege(session_user, of_journal, 'INSERT, UPDATE, DELETE, TRUNCATE')
                                 OR has_any_column_privilege(session_user, of_journal, 'INSERT, UPDATE'))
                THEN 'may write the journal without its functions' END,
           has_table_privilege(current_user, 'public.book_head', 'SELECT')
      FROM pg_roles login, pg_database d, pg_class ours
     WHERE login.rolname = session_user AND d.datname = current_database() AND ours.oid = 'public.schema_file'::regclass";

/// Refuses to serve with a login that may do more than the service, or less.
pub(crate) async fn check_login(client: &Client) -> Result<(), Error> {
    let row = client.query_one(TOO_MIGHTY, &[]).await;
    let row = row.map_err(|error| Error::statement("to read its roles", &error))?;
    match row.get::<_, Option<String>>(1) {
        Some(why) => Err(Error::LoginTooMighty { login: row.get(0), why }),
        None if !row.get::<_, bool>(2) => Err(Error::RightsMissing),
        None => Ok(()),
    }
}

/// Makes the roles that are missing.
pub(crate) async fn make(client: &Client, roles: &Roles) -> Result<(), Error> {
    persist(client, &roles.fill(ROLES), "the roles").await
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
