//! What every migration promises, whatever it is about.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use migrations::testing::TestDatabase;
use migrations::{Error, Roles, apply, check, latest, preview};
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
    let first = apply(&database.url, &Roles::default()).await.unwrap();
    assert_eq!((first.before, first.now), (0, latest()));
    assert!(!first.applied.is_empty());
    let second = apply(&database.url, &Roles::default()).await.unwrap();
    assert_eq!((second.before, second.applied.len()), (latest(), 0));
    check(&client(&database.url).await).await.unwrap();
}

#[tokio::test]
async fn three_processes_migrating_together_apply_each_file_once() {
    let database = TestDatabase::create_empty().await.unwrap();
    let url = &database.url;
    let roles = Roles::default();
    let (one, two, three) = tokio::join!(apply(url, &roles), apply(url, &roles), apply(url, &roles));
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
    for error in [check(&owner).await.unwrap_err(), apply(&database.url, &Roles::default()).await.unwrap_err()] {
        assert!(matches!(error, Error::SchemaNewer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("upgrade the program"), "{error}");
    }
}

#[tokio::test]
async fn a_database_of_a_numbering_that_was_given_up_gets_one_sentence() {
    let database = TestDatabase::create_empty().await.unwrap();
    let owner = client(&database.url).await;
    owner.batch_execute("CREATE TABLE refinery_schema_history (version bigint PRIMARY KEY)").await.unwrap();
    for error in [check(&owner).await.unwrap_err(), apply(&database.url, &Roles::default()).await.unwrap_err()] {
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
    for error in [check(&owner).await.unwrap_err(), apply(&database.url, &Roles::default()).await.unwrap_err()] {
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
    assert_eq!(apply(&database.url, &Roles::default()).await.unwrap().applied, ["now/history.sql"]);
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
    apply(&database.url, &Roles::default()).await.unwrap();
    assert_eq!(lines(&owner, things).await, before);
}

#[tokio::test]
async fn h9_a_restored_backup_gets_its_owner_and_its_rights_back() {
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
    assert!(apply(&database.url, &Roles::default()).await.unwrap().applied.is_empty());
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

#[tokio::test]
async fn a_preview_changes_nothing_and_its_script_does_what_a_migration_does() {
    let database = TestDatabase::create_empty().await.unwrap();
    let superuser = client(&database.url).await;
    let made = "SELECT format('%s %s', relname, relacl) FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s', oid::regprocedure, proacl) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT name || digest FROM schema_file ORDER BY 1";
    let roles = Roles::default();
    let before = preview(&database.url, &roles).await.unwrap();
    assert!(!before.is_up_to_date());
    assert_eq!((before.before, before.now), (0, latest()));
    let nothing = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(lines(&superuser, nothing).await, Vec::<String>::new());

    // psql reads its own commands besides; the rest is SQL.
    let script: Vec<&str> = before.sql.lines().filter(|line| !line.starts_with('\\')).collect();
    superuser.batch_execute(&script.join("\n")).await.unwrap();
    assert!(preview(&database.url, &roles).await.unwrap().is_up_to_date());
    check(&superuser).await.unwrap();
    let by_script = lines(&superuser, made).await;
    let other = TestDatabase::create_empty().await.unwrap();
    apply(&other.url, &roles).await.unwrap();
    assert_eq!(by_script, lines(&client(&other.url).await, made).await);

    superuser.batch_execute("ALTER TABLE activity OWNER TO CURRENT_USER").await.unwrap();
    let orphaned = preview(&database.url, &roles).await.unwrap();
    assert!(orphaned.is_orphaned && orphaned.due.is_empty() && !orphaned.is_up_to_date());
    superuser
        .batch_execute("UPDATE schema_file SET digest = repeat('0', 64) WHERE name = 'now/books.sql'")
        .await
        .unwrap();
    assert_eq!(preview(&database.url, &roles).await.unwrap().due, ["now/books.sql"]);
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
