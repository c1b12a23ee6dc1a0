//! What every migration promises, whatever it is about.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use migrations::testing::TestDatabase;
use migrations::{Error, apply, check, latest};
use tokio_postgres::Client;

async fn client(url: &str) -> Client {
    migrations::connect(&url.parse().unwrap()).await.unwrap()
}

async fn lines(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn an_empty_database_is_migrated_once_and_then_left_alone() {
    let database = TestDatabase::create_empty().await.unwrap();
    let error = check(&client(&database.url).await).await.unwrap_err();
    assert!(error.to_string().contains("run `commonpurse migrate`"), "{error}");
    let first = apply(&database.url).await.unwrap();
    assert_eq!((first.before, first.now), (0, latest()));
    assert!(!first.applied.is_empty());
    let second = apply(&database.url).await.unwrap();
    assert_eq!((second.before, second.applied.len()), (latest(), 0));
    check(&client(&database.url).await).await.unwrap();
}

#[tokio::test]
async fn three_processes_migrating_together_apply_each_file_once() {
    let database = TestDatabase::create_empty().await.unwrap();
    let url = &database.url;
    let (one, two, three) = tokio::join!(apply(url), apply(url), apply(url));
    let applied: usize = [one, two, three].into_iter().map(|report| report.unwrap().applied.len()).sum();
    let recorded = lines(&client(url).await, "SELECT name FROM schema_file").await;
    assert_eq!(applied, recorded.len());
}

#[tokio::test]
async fn a_newer_database_is_refused_by_the_service_and_by_the_runner() {
    let database = TestDatabase::create().await.unwrap();
    let owner = client(&database.url).await;
    let newer = "INSERT INTO schema_file (name, digest) VALUES ('V9999__later.sql', repeat('0', 64))";
    owner.batch_execute(newer).await.unwrap();
    for error in [check(&owner).await.unwrap_err(), apply(&database.url).await.unwrap_err()] {
        assert!(matches!(error, Error::SchemaNewer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("upgrade the program"), "{error}");
    }
}

#[tokio::test]
async fn a_database_of_a_numbering_that_was_given_up_gets_one_sentence() {
    let database = TestDatabase::create_empty().await.unwrap();
    let owner = client(&database.url).await;
    owner.batch_execute("CREATE TABLE refinery_schema_history (version bigint PRIMARY KEY)").await.unwrap();
    for error in [check(&owner).await.unwrap_err(), apply(&database.url).await.unwrap_err()] {
        assert!(matches!(error, Error::SchemaOther { .. }), "{error}");
        assert!(error.to_string().contains("drop it and migrate anew"), "{error}");
    }
}

#[tokio::test]
async fn a_numbered_file_that_was_another_one_gets_the_same_sentence() {
    let database = TestDatabase::create().await.unwrap();
    let owner = client(&database.url).await;
    let other = "UPDATE schema_file SET digest = repeat('0', 64) WHERE name LIKE 'V0002%'";
    owner.batch_execute(other).await.unwrap();
    for error in [check(&owner).await.unwrap_err(), apply(&database.url).await.unwrap_err()] {
        assert!(matches!(&error, Error::SchemaOther { found } if found.starts_with("V0002")), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_now_that_has_changed_is_missed_and_applied_again_alone() {
    let database = TestDatabase::create().await.unwrap();
    let owner = client(&database.url).await;
    owner
        .batch_execute("UPDATE schema_file SET digest = repeat('0', 64) WHERE name = 'now/history.sql'")
        .await
        .unwrap();
    let error = check(&owner).await.unwrap_err().to_string();
    assert!(error.contains("now/history.sql") && error.contains("run `commonpurse migrate`"), "{error}");
    let triggers = "SELECT count(*)::text FROM pg_trigger WHERE NOT tgisinternal";
    let before = lines(&owner, triggers).await;
    assert_eq!(apply(&database.url).await.unwrap().applied, ["now/history.sql"]);
    check(&owner).await.unwrap();
    assert_eq!(lines(&owner, triggers).await, before);
}

#[tokio::test]
async fn functions_of_other_arguments_and_what_no_file_names_any_more_are_gone() {
    let database = TestDatabase::create().await.unwrap();
    let owner = client(&database.url).await;
    let things = "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
        UNION ALL SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
        UNION ALL SELECT t.tgname::text FROM pg_trigger t WHERE NOT t.tgisinternal ORDER BY 1";
    let before = lines(&owner, things).await;
    owner
        .batch_execute(
            "SET ROLE commonpurse_owner;
             CREATE FUNCTION journal_lock(p_book int, p_why text) RETURNS text LANGUAGE sql AS 'SELECT $2';
             DROP FUNCTION counter_next;
             CREATE FUNCTION counter_next(p_name text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
             CREATE FUNCTION forgotten() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER forgotten BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION forgotten();
             CREATE VIEW forgotten_book AS SELECT * FROM book;
             UPDATE schema_file SET digest = repeat('0', 64) WHERE name LIKE 'now/%'",
        )
        .await
        .unwrap();
    apply(&database.url).await.unwrap();
    assert_eq!(lines(&owner, things).await, before);
}

#[tokio::test]
async fn a_restored_backup_gets_its_owner_and_its_rights_back() {
    let database = TestDatabase::create().await.unwrap();
    let owner = client(&database.url).await;
    let lost = "
        DO $$
        DECLARE
            v_what text;
        BEGIN
            FOR v_what IN SELECT format('%s %s', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
                FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
                UNION ALL SELECT format('FUNCTION %s', oid::regprocedure)
                FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            LOOP
                EXECUTE format('ALTER %s OWNER TO CURRENT_USER', v_what);
            END LOOP;
            REVOKE ALL ON ALL TABLES IN SCHEMA public FROM commonpurse_service;
            REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM commonpurse_service;
            GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
            GRANT INSERT ON transfer TO commonpurse_service;
        END
        $$";
    let rights = "SELECT format('%s %s %s', oid::regclass, relowner::regrole, relacl) FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
        UNION ALL SELECT format('%s %s %s', oid::regprocedure, proowner::regrole, proacl) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s.%s %s', attrelid::regclass, attname, attacl) FROM pg_attribute WHERE attacl IS NOT NULL
        ORDER BY 1";
    let before = lines(&owner, rights).await;
    owner.batch_execute(lost).await.unwrap();
    assert_ne!(lines(&owner, rights).await, before);
    assert!(apply(&database.url).await.unwrap().applied.is_empty());
    assert_eq!(lines(&owner, rights).await, before);
}

#[tokio::test]
async fn the_service_connects_within_limits_and_passes_its_own_check() {
    let database = TestDatabase::create().await.unwrap();
    let config = migrations::service_access(&database.service_url, "a test").unwrap();
    let service = migrations::connect(&config).await.unwrap();
    migrations::check_service(&service).await.unwrap();
    assert_eq!(lines(&service, "SHOW lock_timeout").await, ["5s"]);
    assert_eq!(lines(&service, "SHOW statement_timeout").await, ["30s"]);
    assert_eq!(lines(&service, "SHOW idle_in_transaction_session_timeout").await, ["1min"]);
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
        apply(&database.service_url).await.unwrap_err(),
        migrations::check_owner(&database.service_url).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotOwner { .. }), "{error}");
        assert!(error.to_string().contains("COMMONPURSE_OWNER_URL"), "{error}");
    }
    migrations::check_owner(&database.url).await.unwrap();
}

#[tokio::test]
async fn h1_a_member_of_the_owner_migrates_a_database_that_the_owner_has() {
    let database = TestDatabase::create_empty().await.unwrap();
    let rights =
        "CREATE ROLE {login} LOGIN IN ROLE commonpurse_owner; ALTER DATABASE {database} OWNER TO commonpurse_owner";
    let (owner, url) = login(&database, rights).await;
    let report = apply(&url).await;
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

#[tokio::test]
async fn every_column_says_what_it_is() {
    let database = TestDatabase::create().await.unwrap();
    let silent = "SELECT c.relname || '.' || a.attname
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND a.attnum > 0 AND NOT a.attisdropped
          AND coalesce(btrim(col_description(c.oid, a.attnum)), '') = ''
        ORDER BY 1";
    let silent = lines(&client(&database.url).await, silent).await;
    assert!(silent.is_empty(), "columns without a comment: {silent:#?}");
}

#[tokio::test]
async fn a_table_of_a_book_has_the_book_first_in_every_key() {
    let database = TestDatabase::create().await.unwrap();
    let client = client(&database.url).await;
    let wrong = "SELECT c.relname || ': ' || i.indexrelid::regclass
        FROM pg_class c
        JOIN pg_attribute book ON book.attrelid = c.oid AND book.attname = 'book_id'
        JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND i.indkey[0] <> book.attnum
        ORDER BY 1";
    let wrong = lines(&client, wrong).await;
    assert!(wrong.is_empty(), "unique indexes that do not begin with book_id: {wrong:#?}");
    let keyless = "SELECT c.relname::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
        ORDER BY 1";
    let keyless = lines(&client, keyless).await;
    assert!(keyless.is_empty(), "tables without a primary key: {keyless:#?}");
    let nullable = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND a.attname = 'book_id' AND NOT a.attnotnull
        ORDER BY 1";
    let nullable = lines(&client, nullable).await;
    assert!(nullable.is_empty(), "tables whose book_id may be null: {nullable:#?}");
}

#[tokio::test]
async fn a_test_database_is_gone_after_its_test() {
    let database = TestDatabase::create().await.unwrap();
    let other = TestDatabase::create().await.unwrap();
    assert_ne!(database.url, other.url);
    let name = database.name().to_owned();
    let _open = client(&database.url).await;
    drop(database);
    let left = "SELECT datname::text FROM pg_database";
    assert!(!lines(&client(&other.url).await, left).await.contains(&name));
}
