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
    let recorded = lines(&client(url).await, "SELECT version::text FROM refinery_schema_history").await;
    assert_eq!(applied, recorded.len());
}

#[tokio::test]
async fn a_newer_database_is_refused_by_the_service_and_by_the_runner() {
    let database = TestDatabase::create().await.unwrap();
    let owner = client(&database.url).await;
    let newer = "INSERT INTO refinery_schema_history VALUES (9999, 'later', '2030-01-01T00:00:00Z', '1')";
    owner.batch_execute(newer).await.unwrap();
    for error in [check(&owner).await.unwrap_err(), apply(&database.url).await.unwrap_err()] {
        assert!(matches!(error, Error::SchemaNewer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("upgrade the program"), "{error}");
    }
}

#[tokio::test]
async fn the_service_role_connects_within_limits_and_may_read_the_version() {
    let database = TestDatabase::create().await.unwrap();
    let config = migrations::service_config(&database.url, "a test").unwrap();
    let service = migrations::connect(&config).await.unwrap();
    check(&service).await.unwrap();
    assert_eq!(lines(&service, "SELECT current_user::text").await, ["commonpurse_service"]);
    assert_eq!(lines(&service, "SHOW lock_timeout").await, ["5s"]);
    assert_eq!(lines(&service, "SHOW statement_timeout").await, ["30s"]);
    assert_eq!(lines(&service, "SHOW idle_in_transaction_session_timeout").await, ["1min"]);
}

#[tokio::test]
async fn every_column_says_what_it_is() {
    let database = TestDatabase::create().await.unwrap();
    let silent = "SELECT c.relname || '.' || a.attname
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relname <> 'refinery_schema_history' AND a.attnum > 0 AND NOT a.attisdropped
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
