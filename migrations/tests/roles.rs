//! As whom a database is migrated and served: the two roles, who made them, and what a login must not be.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use migrations::testing::TestDatabase;
use migrations::{Error, Roles, apply, latest, preview};
use tokio_postgres::Client;

async fn client(url: &str) -> Client {
    migrations::connect(&url.parse().unwrap()).await.unwrap()
}

async fn lines(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// A login of its own with the given rights, in a database of its own: the owner's connection and the login's URL.
async fn login(database: &TestDatabase, rights: &str) -> (Client, String) {
    let owner = client(&database.url).await;
    let name = format!("cp_login_{}", &database.name()[8..20]);
    let mut sql = rights.replace("{login}", &name).replace("{database}", database.name());
    let service = database.service_url.parse::<migrations::Access>().unwrap().config;
    if let Some(password) = service.get_password() {
        let password = String::from_utf8_lossy(password);
        sql.push_str(&format!("; ALTER ROLE {name} PASSWORD '{password}'"));
    }
    owner.batch_execute(&sql).await.unwrap();
    (owner, database.service_url.replacen(service.get_user().unwrap(), &name, 1))
}

#[tokio::test]
async fn h1_the_service_runs_as_nobody_who_may_do_more_than_it() {
    let cases = [
        ("CREATE ROLE {login} LOGIN SUPERUSER", "is a superuser"),
        (
            "CREATE ROLE {login} LOGIN IN ROLE commonpurse_owner, commonpurse_service",
            "is a member of commonpurse_owner",
        ),
        (
            "CREATE ROLE {login}_between IN ROLE commonpurse_owner;
             CREATE ROLE {login} LOGIN IN ROLE {login}_between, commonpurse_service",
            "is a member of commonpurse_owner",
        ),
        (
            "CREATE ROLE {login} LOGIN IN ROLE commonpurse_service; GRANT CREATE ON SCHEMA public TO {login};
             ALTER TABLE activity OWNER TO {login}",
            "owns tables of the service",
        ),
        (
            "CREATE ROLE {login} LOGIN IN ROLE commonpurse_service; ALTER DATABASE {database} OWNER TO {login}",
            "owns the database",
        ),
        ("CREATE ROLE {login} LOGIN CREATEROLE IN ROLE commonpurse_service", "may make roles"),
        (
            "CREATE ROLE {login} LOGIN IN ROLE commonpurse_service; GRANT TEMPORARY ON DATABASE {database} TO {login}",
            "may make temporary tables",
        ),
        (
            "CREATE ROLE {login} LOGIN IN ROLE commonpurse_service, pg_write_all_data",
            "may write the journal without its functions",
        ),
        (
            "CREATE ROLE {login} LOGIN IN ROLE commonpurse_service, pg_execute_server_program",
            "may reach into the machine of the database",
        ),
        ("CREATE ROLE {login} LOGIN", "run `commonpurse migrate`"),
        ("CREATE ROLE {login} LOGIN IN ROLE commonpurse_service", ""),
    ];
    for (rights, why) in cases {
        let database = TestDatabase::create().await.unwrap();
        let (owner, url) = login(&database, rights).await;
        let config = migrations::service_access(&url, "a test").unwrap();
        let found = match migrations::check_service(&migrations::connect(&config).await.unwrap()).await {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        };
        let name = lines(&client(&url).await, "SELECT session_user::text").await.remove(0);
        let roles = format!("SELECT rolname::text FROM pg_roles WHERE rolname LIKE '{name}%' ORDER BY 1 DESC");
        let roles = lines(&owner, &roles).await;
        let gone = roles
            .iter()
            .map(|role| format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role};"));
        owner.batch_execute(&gone.collect::<String>()).await.unwrap();
        assert!(found.contains(why) && found.is_empty() == why.is_empty(), "{rights}: {found}");
    }
}

#[tokio::test]
async fn h1_a_login_without_the_owners_rights_cannot_migrate_and_hears_what_to_set() {
    let database = TestDatabase::create().await.unwrap();
    for error in [
        apply(&database.service_url, &Roles::default()).await.unwrap_err(),
        migrations::owner_access(&database.service_url, "a test").await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotOwner { .. }), "{error}");
        assert!(error.to_string().contains("COMMONPURSE_OWNER_URL"), "{error}");
    }
    migrations::owner_access(&database.url, "a test").await.unwrap();
}

#[tokio::test]
async fn h1_a_member_of_the_owner_migrates_a_database_that_the_owner_has() {
    let database = TestDatabase::create_empty().await.unwrap();
    let rights =
        "CREATE ROLE {login} LOGIN IN ROLE commonpurse_owner; ALTER DATABASE {database} OWNER TO commonpurse_owner";
    let (owner, url) = login(&database, rights).await;
    let report = apply(&url, &Roles::default()).await;
    let name = lines(&client(&url).await, "SELECT session_user::text").await.remove(0);
    let owned = format!("SELECT relname::text FROM pg_class WHERE relowner = '{name}'::regrole");
    let owned = lines(&owner, &owned).await;
    let service = client(&database.service_url).await;
    let checked = migrations::check_service(&service).await;
    owner.batch_execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await.unwrap();
    assert_eq!(report.unwrap().now, latest());
    checked.unwrap();
    assert!(owned.is_empty(), "{owned:?}");
}

/// Logins and roles of one test, gone with it: roles belong to the cluster that all tests share.
struct Strangers<'a> {
    owner: &'a Client,
    names: Vec<String>,
}

impl Strangers<'_> {
    async fn gone(self, database: &TestDatabase) {
        let superuser = lines(self.owner, "SELECT session_user::text").await.remove(0);
        let mut sql = format!("ALTER DATABASE {} OWNER TO {superuser};", database.name());
        for name in self.names {
            sql.push_str(&format!("DROP OWNED BY {name} CASCADE; DROP ROLE {name};"));
        }
        self.owner.batch_execute(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn s2_a_login_that_owns_its_database_uses_roles_that_somebody_has_made_and_says_what_to_run_before() {
    let database = TestDatabase::create_empty().await.unwrap();
    let rights = "CREATE ROLE {login} LOGIN; ALTER DATABASE {database} OWNER TO {login}";
    let (superuser, url) = login(&database, rights).await;
    let name = lines(&client(&url).await, "SELECT session_user::text").await.remove(0);
    let (owner, service) = (format!("{name}_o"), format!("{name}_s"));
    let roles = Roles::named(&owner, &service).unwrap();
    let strangers = Strangers { owner: &superuser, names: vec![name.clone(), owner.clone(), service.clone()] };

    let error = apply(&url, &roles).await.unwrap_err();
    let Error::RolesMissing { sql, .. } = &error else { panic!("{error}") };
    let wanted = [
        format!("CREATE ROLE {owner} NOLOGIN;"),
        format!("CREATE ROLE {service} NOLOGIN;"),
        format!("GRANT {owner} TO \"{name}\";"),
    ];
    assert_eq!(sql.lines().collect::<Vec<_>>(), wanted);
    assert!(error.to_string().contains(sql), "{error}");
    // What it says is what mends it, line by line.
    superuser.batch_execute(sql).await.unwrap();
    let report = apply(&url, &roles).await;
    let checked = preview(&url, &roles).await;
    let owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace";
    let owners = lines(&superuser, owners).await;
    let grantees = "SELECT DISTINCT a.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) a
         WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1";
    let grantees = lines(&superuser, grantees).await;
    // The login of the service is checked against whatever roles there are.
    let serving = format!(
        "GRANT {service} TO {login}; REVOKE {owner} FROM {login}; ALTER DATABASE {database} OWNER TO {owner}",
        login = name,
        database = database.name()
    );
    superuser.batch_execute(&serving).await.unwrap();
    let served = migrations::check_service(&client(&url).await).await;
    superuser.batch_execute(&format!("GRANT {owner} TO {name}")).await.unwrap();
    let mightier = migrations::check_service(&client(&url).await).await;
    strangers.gone(&database).await;

    assert_eq!(report.unwrap().now, latest());
    assert!(checked.unwrap().is_up_to_date());
    assert_eq!(owners, std::slice::from_ref(&owner));
    assert_eq!(grantees, [owner.clone(), service]);
    served.unwrap();
    assert!(mightier.unwrap_err().to_string().contains(&format!("is a member of {owner}")));
}

#[tokio::test]
async fn s2_roles_that_may_do_too_much_are_cut_down_each_time_and_names_that_need_quotes_are_refused() {
    let database = TestDatabase::create_empty().await.unwrap();
    let superuser = client(&database.url).await;
    let name = format!("cp_role_{}", &database.name()[8..20]);
    let (owner, service) = (format!("{name}_o"), format!("{name}_s"));
    let made = format!("CREATE ROLE {owner} LOGIN CREATEROLE BYPASSRLS; CREATE ROLE {service} CREATEDB SUPERUSER");
    superuser.batch_execute(&made).await.unwrap();
    let strangers = Strangers { owner: &superuser, names: vec![owner.clone(), service.clone()] };
    let done = apply(&database.url, &Roles::named(&owner, &service).unwrap()).await;
    let left = format!(
        "SELECT rolname::text FROM pg_roles WHERE rolname LIKE '{name}%'
            AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
    );
    let left = lines(&superuser, &left).await;
    strangers.gone(&database).await;
    done.unwrap();
    assert_eq!(left, Vec::<String>::new());
    for (owner, service) in [("a b", "c"), ("a", "a"), ("", "b"), ("a", "pg_monitor"), ("a;", "b"), ("Owner", "b")] {
        let error = Roles::named(owner, service).unwrap_err();
        assert!(matches!(error, Error::RoleName { .. }), "{error}");
    }
}
