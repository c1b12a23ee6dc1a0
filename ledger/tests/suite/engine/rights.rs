//! What the login of the service cannot do, whatever SQL reaches the database through it.
//!
//! Two tables are compared with the catalogue, so that a new right has to be written down here: `rights.txt` for tables and
//! columns, and [`FUNCTIONS`] for functions.

use crate::support::ground;
use jiff::Timestamp;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{AccountClass, AccountState, Command, Entry, Line, MovementKind, State, fold};
use ledger::engine::posting::post;
use ledger::engine::store::{accounts as account_store, journal};
use ledger::pledging::operations::campaigns::NewCampaign;
use ledger::pledging::rules::commitment::{Cap, OverCap};
use ledger::reports::store::day_totals;
use ledger::testing::{Ground, usd};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Statement};

/// PostgreSQL refuses for want of a right.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// What cannot be done to a view, or to a column that is worked out from others.
const NOT_TO_SUCH: [&str; 3] = ["55000", "42809", "428C9"];

/// A trigger refuses to change what is written once.
const RESTRICT_VIOLATION: &str = "23001";

/// Every function that the service may call, with calls of it that must fail or change nothing. `{book}` is a book with
/// entries. Each is tried with NULLs, with empty values and with nonsense besides ([`fillers`]).
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("account_lines", &["account_lines({book}, 1, 0, 1000000, '2027-01-01', '2027-01-01', 10)"]),
    (
        "account_open",
        &[
            "account_open({book}, 'liabilities:fund:press', 45::smallint, 'EUR', NULL, now())",
            "account_open({book}, 'assets:Bank', 5::smallint, 'USD', NULL, now())",
            "account_open({book}, 'assets:hours', 40::smallint, 'HOURS', 0, now())",
            "account_open({book}, 'liabilities:fund:loom', 1::smallint, 'USD', -100, now())",
            "account_open({book}, 'income:fund:loom', 1::smallint, 'USD', NULL, now())",
            "account_open(999, 'assets:bank', 40::smallint, 'USD', NULL, now())",
        ],
    ),
    ("activities_insert", &[]),
    ("adoption_holds", &[]),
    ("bank_positions", &["bank_positions({book}, '2027-01-31')", "bank_positions(999, '2027-01-31')"]),
    ("batch_post", &[]),
    ("book_begin", &["book_begin({book})", "book_begin(999)"]),
    (
        "book_check_slice",
        &["book_check_slice({book}, 0)", "book_check_slice({book}, 100001)", "book_check_slice(999, 100)"],
    ),
    ("book_prune", &["book_prune({book})", "book_prune(999)"]),
    ("companion_campaign_seen", &[]),
    ("companion_charge_begun", &[]),
    ("companion_charge_captured", &[]),
    ("companion_charge_fee", &[]),
    ("companion_donor", &[]),
    ("companion_job_done", &[]),
    ("companion_pledge_changed", &[]),
    ("companion_pledge_seen", &[]),
    ("companion_provider_event", &[]),
    ("companion_reply", &[]),
    ("companion_settlement_open", &[]),
    ("companions_write", &["companions_write({book}, '{\"transfer\": [{}]}')"]),
    ("counter_next", &["counter_next('no such counter')"]),
    ("day_totals_roll_up", &["day_totals_roll_up({book}, 1000)", "day_totals_roll_up({book}, -1)"]),
    ("donor_data", &["donor_data({book}, gen_random_uuid())"]),
    ("donor_erase", &["donor_erase({book}, gen_random_uuid(), now())", "donor_erase(999, gen_random_uuid(), now())"]),
    ("donor_objects", &[]),
    (
        "event_fire",
        &[
            "event_fire({book}, gen_random_uuid(), 'charge.captured', gen_random_uuid(), 1, NULL, '{}', 60)",
            "event_fire(999, gen_random_uuid(), 'charge.captured', gen_random_uuid(), 1, NULL, '{}', 60)",
        ],
    ),
    ("events_number", &["events_number({book})", "events_number(999)"]),
    ("events_since", &["events_since({book}, now())", "events_since(999, '-infinity')"]),
    ("hold_end", &["hold_end({book}, '00000000-0000-0000-0000-000000000000', 1, now())"]),
    (
        "hold_place",
        &[
            "hold_place({book}, gen_random_uuid(), 1, -1, NULL, now())",
            "hold_place({book}, gen_random_uuid(), 999, 1, NULL, now())",
            "hold_place(999, gen_random_uuid(), 1, 1, NULL, now())",
        ],
    ),
    ("inside_id", &[]),
    ("installation_prune", &["installation_prune()"]),
    ("jobs_insert", &[]),
    ("journal_catch_up", &["journal_catch_up({book}, 1, 1000)"]),
    ("journal_lock", &["journal_lock({book})", "journal_lock(999)"]),
    ("journal_post", &[]),
    ("journal_post_one", &[]),
    ("journal_post_plain", &[]),
    ("outside_id", &[]),
    (
        "period_close",
        &["period_close({book}, '0001-01-01', '{}', now())", "period_close(999, '2027-01-01', '{}', now())"],
    ),
    ("pledges_insert", &[]),
    ("receipts_insert", &[]),
];

/// What is written once, and what no role may do with it.
const KEPT: &[(&str, &str)] = &[
    ("account_class", "UPDATE DELETE TRUNCATE"),
    ("account_mark", "UPDATE DELETE TRUNCATE"),
    ("activity", "DELETE TRUNCATE"),
    ("adoption", "UPDATE DELETE TRUNCATE"),
    ("advance", "DELETE TRUNCATE"),
    ("allocation_rule", "UPDATE DELETE TRUNCATE"),
    ("appeal", "DELETE TRUNCATE"),
    ("attribution", "UPDATE DELETE TRUNCATE"),
    ("award", "UPDATE DELETE TRUNCATE"),
    ("balance", "DELETE TRUNCATE"),
    ("ballot", "UPDATE DELETE TRUNCATE"),
    ("bank_account", "DELETE TRUNCATE"),
    ("bank_difference", "DELETE TRUNCATE"),
    ("bank_line", "DELETE TRUNCATE"),
    ("bank_statement", "UPDATE DELETE TRUNCATE"),
    ("bank_statement_file", "DELETE TRUNCATE"),
    ("bank_statement_line", "UPDATE TRUNCATE"),
    ("book_freeze", "DELETE TRUNCATE"),
    ("book_head", "DELETE TRUNCATE"),
    ("bylaws", "UPDATE DELETE TRUNCATE"),
    ("campaign_loop", "UPDATE DELETE TRUNCATE"),
    ("campaign_terms", "UPDATE DELETE TRUNCATE"),
    ("campaign_tier", "UPDATE DELETE TRUNCATE"),
    ("challenge_rubric", "UPDATE DELETE TRUNCATE"),
    ("challenge_rules", "UPDATE DELETE TRUNCATE"),
    ("chargeback", "DELETE TRUNCATE"),
    ("chargeback_part", "UPDATE DELETE TRUNCATE"),
    ("claim_document", "UPDATE DELETE TRUNCATE"),
    ("claim_request", "DELETE TRUNCATE"),
    ("clawback", "DELETE TRUNCATE"),
    ("custodian_freeze", "DELETE TRUNCATE"),
    ("delegation", "UPDATE DELETE TRUNCATE"),
    ("dispute", "DELETE TRUNCATE"),
    ("distribution_entry", "DELETE TRUNCATE"),
    ("distribution_inputs", "UPDATE DELETE TRUNCATE"),
    ("distribution_objection", "UPDATE DELETE TRUNCATE"),
    ("distribution_part", "UPDATE DELETE TRUNCATE"),
    ("entry_answer", "UPDATE DELETE TRUNCATE"),
    ("entry_consent", "UPDATE DELETE TRUNCATE"),
    ("entry_note", "UPDATE TRUNCATE"),
    ("event", "UPDATE TRUNCATE"),
    ("event_written", "UPDATE TRUNCATE"),
    ("evidence", "UPDATE DELETE TRUNCATE"),
    ("fired_event", "UPDATE TRUNCATE"),
    ("fund_return", "UPDATE DELETE TRUNCATE"),
    ("fund_use", "UPDATE DELETE TRUNCATE"),
    ("hold", "DELETE TRUNCATE"),
    ("idempotency", "UPDATE DELETE TRUNCATE"),
    ("incoming_remittance", "DELETE TRUNCATE"),
    ("joining_contribution", "DELETE TRUNCATE"),
    ("joining_part", "DELETE TRUNCATE"),
    ("loan_interest", "UPDATE DELETE TRUNCATE"),
    ("loan_terms", "UPDATE DELETE TRUNCATE"),
    ("log_record", "UPDATE DELETE TRUNCATE"),
    ("matching_campaign", "UPDATE DELETE TRUNCATE"),
    ("matching_clawback", "UPDATE DELETE TRUNCATE"),
    ("matching_line", "UPDATE DELETE TRUNCATE"),
    ("matching_objection", "UPDATE DELETE TRUNCATE"),
    ("matching_payment", "UPDATE DELETE TRUNCATE"),
    ("matching_round", "DELETE TRUNCATE"),
    ("matching_share", "UPDATE DELETE TRUNCATE"),
    ("matching_vote", "UPDATE DELETE TRUNCATE"),
    ("member_consent", "UPDATE DELETE TRUNCATE"),
    ("member_index", "UPDATE DELETE TRUNCATE"),
    ("milestone_application", "DELETE TRUNCATE"),
    ("milestone_call", "DELETE TRUNCATE"),
    ("movement", "UPDATE DELETE TRUNCATE"),
    ("movement_kind", "UPDATE DELETE TRUNCATE"),
    ("opening", "DELETE TRUNCATE"),
    ("payout", "DELETE TRUNCATE"),
    ("payout_document", "UPDATE DELETE TRUNCATE"),
    ("payout_file", "DELETE TRUNCATE"),
    ("payout_file_item", "DELETE TRUNCATE"),
    ("payout_run", "DELETE TRUNCATE"),
    ("period_result", "DELETE TRUNCATE"),
    ("plan_change", "DELETE TRUNCATE"),
    ("plan_change_end", "UPDATE DELETE TRUNCATE"),
    ("plan_move", "DELETE TRUNCATE"),
    ("pledge_turn", "UPDATE DELETE TRUNCATE"),
    ("prize", "UPDATE DELETE TRUNCATE"),
    ("proceeds", "DELETE TRUNCATE"),
    ("product", "DELETE TRUNCATE"),
    ("product_advantage", "UPDATE DELETE TRUNCATE"),
    ("product_evidence", "UPDATE DELETE TRUNCATE"),
    ("product_milestone", "UPDATE DELETE TRUNCATE"),
    ("product_step", "UPDATE DELETE TRUNCATE"),
    ("programme", "DELETE TRUNCATE"),
    ("programme_hire", "DELETE TRUNCATE"),
    ("programme_line", "UPDATE DELETE TRUNCATE"),
    ("programme_place", "UPDATE DELETE TRUNCATE"),
    ("programme_revision", "UPDATE DELETE TRUNCATE"),
    ("programme_revision_line", "UPDATE DELETE TRUNCATE"),
    ("programme_source", "UPDATE DELETE TRUNCATE"),
    ("proposal", "DELETE TRUNCATE"),
    ("proposal_college", "DELETE TRUNCATE"),
    ("proposal_elector", "UPDATE DELETE TRUNCATE"),
    ("receipt", "UPDATE DELETE TRUNCATE"),
    ("redemption", "DELETE TRUNCATE"),
    ("release", "UPDATE DELETE TRUNCATE"),
    ("remittance", "DELETE TRUNCATE"),
    ("reply", "DELETE TRUNCATE"),
    ("retained_use", "DELETE TRUNCATE"),
    ("returnable_notice", "UPDATE DELETE TRUNCATE"),
    ("reversal", "UPDATE DELETE TRUNCATE"),
    ("review", "UPDATE DELETE TRUNCATE"),
    ("rule_making", "UPDATE DELETE TRUNCATE"),
    ("settlement_announcement", "DELETE TRUNCATE"),
    ("settlement_announcement_line", "UPDATE DELETE TRUNCATE"),
    ("settlement_arrival", "UPDATE DELETE TRUNCATE"),
    ("settlement_comparison", "UPDATE TRUNCATE"),
    ("settlement_comparison_difference", "UPDATE TRUNCATE"),
    ("share_part", "DELETE TRUNCATE"),
    ("share_plan", "DELETE TRUNCATE"),
    ("statement", "UPDATE DELETE TRUNCATE"),
    ("stored_file", "UPDATE TRUNCATE"),
    ("stored_file_part", "UPDATE TRUNCATE"),
    ("stored_file_use", "UPDATE DELETE TRUNCATE"),
    ("submission_evidence", "UPDATE DELETE TRUNCATE"),
    ("succession", "DELETE TRUNCATE"),
    ("suspense_item", "DELETE TRUNCATE"),
    ("transfer", "UPDATE DELETE TRUNCATE"),
    ("unit", "UPDATE DELETE TRUNCATE"),
    ("update_note", "DELETE TRUNCATE"),
    ("vat_declaration", "DELETE TRUNCATE"),
    ("webhook_attempt", "UPDATE TRUNCATE"),
    ("webhook_endpoint", "DELETE TRUNCATE"),
    ("wind_up", "DELETE TRUNCATE"),
    ("wind_up_plan", "DELETE TRUNCATE"),
    ("withdrawal", "DELETE TRUNCATE"),
    ("yearly_receipt", "UPDATE DELETE TRUNCATE"),
    ("yearly_receipt_item", "UPDATE DELETE TRUNCATE"),
];

/// The login of the service, without the limits and pools of the program.
async fn service(ground: &Ground) -> Client {
    migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap()
}

/// Why a statement was refused; none when it was not.
async fn refused(client: &Client, sql: &str) -> Option<String> {
    let error = client.batch_execute(sql).await.err()?;
    Some(error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()))
}

async fn lines(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// A book with two accounts and an entry between them, which is in the totals.
async fn with_an_entry() -> Ground {
    let ground = ground().await;
    let receivable = ground.account("assets:receivable:partner:2027-01-01", AccountClass::Receivable).await;
    let fund = ground.account("liabilities:fund:press", AccountClass::Fund).await;
    let line = Line { kind: MovementKind::ChargeCaptured, debit: receivable, credit: fund, amount: 500 };
    let entry = Entry { lines: vec![line], effective: date(2027, 1, 1), outside_fact: false, note: None };
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    post(&tx, &ground.book, entry, Timestamp::now()).await.expect("accepted");
    tx.commit().await.unwrap();
    day_totals::roll_up(&client, ground.book.id).await.unwrap();
    ground
}

#[tokio::test]
async fn h1_the_service_makes_no_object_of_its_own() {
    let ground = ground().await;
    let service = service(&ground).await;
    for sql in [
        "CREATE TEMPORARY TABLE movement (kind int)",
        "CREATE TEMPORARY VIEW movement AS SELECT 1",
        "CREATE TEMPORARY SEQUENCE movement",
        "CREATE TABLE pg_temp.movement (kind int)",
        "SELECT 1 AS kind INTO TEMPORARY movement",
        "CREATE TABLE shadow (kind int)",
        "CREATE SCHEMA shadow",
        "CREATE FUNCTION public.journal_lock() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.now() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER mine BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE RULE mine AS ON INSERT TO person DO INSTEAD NOTHING",
        "ALTER TABLE transfer DISABLE TRIGGER ALL",
        "ALTER TABLE balance DROP CONSTRAINT balance_floor",
        "ALTER FUNCTION journal_lock(int) RESET search_path",
        "SET session_replication_role = replica",
        "DROP TRIGGER transfer_kept ON transfer",
    ] {
        let code = refused(&service, sql).await.unwrap_or_else(|| panic!("done: {sql}"));
        assert!([INSUFFICIENT_PRIVILEGE, "0LP01"].contains(&code.as_str()), "{sql}: {code}");
    }
}

#[tokio::test]
async fn h1_no_statement_gives_the_service_another_role() {
    let ground = ground().await;
    let service = service(&ground).await;
    let login = lines(&service, "SELECT session_user::text").await;
    let superuser = lines(&ground.database_owner().await, "SELECT session_user::text").await.remove(0);
    for (sql, is_refused) in [
        ("SET ROLE NONE".to_owned(), false),
        ("RESET ROLE".to_owned(), false),
        ("RESET SESSION AUTHORIZATION".to_owned(), false),
        ("SET SESSION AUTHORIZATION DEFAULT".to_owned(), false),
        ("SET ROLE commonpurse_service".to_owned(), false),
        ("RESET ALL".to_owned(), false),
        ("DISCARD ALL".to_owned(), false),
        ("SET ROLE commonpurse_owner".to_owned(), true),
        (format!("SET ROLE {superuser}"), true),
        (format!("SET SESSION AUTHORIZATION {superuser}"), true),
        ("SET SESSION AUTHORIZATION commonpurse_owner".to_owned(), true),
        ("GRANT commonpurse_owner TO CURRENT_USER".to_owned(), true),
        ("ALTER ROLE CURRENT_USER SUPERUSER".to_owned(), true),
        ("CREATE ROLE mightier IN ROLE commonpurse_owner".to_owned(), true),
    ] {
        assert_eq!(refused(&service, &sql).await.is_some(), is_refused, "{sql}");
        assert_eq!(lines(&service, "SELECT session_user::text").await, login, "{sql}");
        for forbidden in ["INSERT INTO transfer SELECT * FROM transfer", "UPDATE balance SET floor = NULL"] {
            assert_eq!(
                refused(&service, forbidden).await.as_deref(),
                Some(INSUFFICIENT_PRIVILEGE),
                "{forbidden} after {sql}"
            );
        }
    }
}

#[tokio::test]
async fn h1_every_function_looks_for_names_in_the_catalogue_first_and_in_temporary_tables_last() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let wrong = "
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
         WHERE p.pronamespace = 'public'::regnamespace
           AND (NOT coalesce('search_path=pg_catalog, public, pg_temp' = ANY (p.proconfig), false)
                OR r.rolname <> 'commonpurse_owner' OR r.rolsuper OR r.rolcanlogin OR r.rolcreaterole OR r.rolbypassrls
                OR p.proacl IS NULL
                OR EXISTS (SELECT FROM aclexplode(p.proacl) a
                            WHERE a.grantee <> ALL (ARRAY['commonpurse_owner', 'commonpurse_service']::regrole[])))";
    assert_eq!(lines(&owner, wrong).await, Vec::<String>::new());
    let wrong = "
        SELECT c.relname::text FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
           AND (c.relowner <> 'commonpurse_owner'::regrole
                OR EXISTS (SELECT FROM aclexplode(c.relacl) a
                            WHERE a.grantee <> ALL (ARRAY['commonpurse_owner', 'commonpurse_service']::regrole[])))";
    assert_eq!(lines(&owner, wrong).await, Vec::<String>::new());
}

#[tokio::test]
async fn h1_even_with_temporary_tables_a_function_reads_the_real_ones() {
    let ground = with_an_entry().await;
    let owner = ground.database_owner().await;
    let book = ground.book.id;
    let service = service(&ground).await;
    let asked = format!("SELECT journal_lock({book})::text || journal_catch_up({book}, 1, 1000)::text");
    let before = lines(&service, &asked).await;
    let login = lines(&service, "SELECT session_user::text").await.remove(0);
    let database = ground.database.name();
    owner.batch_execute(&format!("GRANT TEMPORARY ON DATABASE {database} TO {login}")).await.unwrap();
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
          AND has_table_privilege(oid, 'SELECT')";
    for table in lines(&service, tables).await {
        service.batch_execute(&format!("CREATE TEMPORARY TABLE {table} (LIKE public.{table})")).await.unwrap();
    }
    let shadow = format!(
        "INSERT INTO pg_temp.movement VALUES (1, 1, 1); INSERT INTO pg_temp.book_head (book_id, version, next_number, \
         next_account, closed_through, recorded_at, frozen) VALUES ({book}, 900, 900, 900, '0001-01-01', now(), true)"
    );
    service.batch_execute(&shadow).await.unwrap();
    assert_eq!(lines(&service, &asked).await, before);
    let rows = format!("SELECT book_begin({book})");
    assert!(refused(&service, &rows).await.is_some(), "the head is there already, in the real table");
}

#[tokio::test]
async fn h3_every_right_of_the_service_is_written_down() {
    let ground = ground().await;
    let service = service(&ground).await;
    let owner = ground.database_owner().await;
    let columns = "
        SELECT c.relname || ' ' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY 1";
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines(&owner, columns).await {
        let (table, column) = line.split_once(' ').unwrap();
        tables.entry(table.to_owned()).or_default().push(column.to_owned());
    }
    let mut found = String::new();
    for (table, columns) in &tables {
        // Whatever else stops it (a trigger, a foreign key), it was not stopped for want of a right. A view takes no rows.
        let may = async |sql: String| {
            let why = refused(&service, &sql).await;
            !why.is_some_and(|code| code == INSUFFICIENT_PRIVILEGE || NOT_TO_SUCH.contains(&code.as_str()))
        };
        let mut given: Vec<&str> = Vec::new();
        let mut changed: Vec<&str> = Vec::new();
        for column in columns {
            if may(format!("INSERT INTO {table} (\"{column}\") SELECT \"{column}\" FROM {table} WHERE false")).await {
                given.push(column);
            }
            if may(format!("UPDATE {table} SET \"{column}\" = DEFAULT WHERE false")).await {
                changed.push(column);
            }
        }
        let mut of_all = String::new();
        for (verb, sql) in
            [("delete", format!("DELETE FROM {table} WHERE false")), ("truncate", format!("TRUNCATE {table}"))]
        {
            if may(format!("BEGIN; {sql}")).await {
                write!(of_all, " {verb}").unwrap();
            }
            service.batch_execute("ROLLBACK").await.unwrap();
        }
        let reads = may(format!("SELECT count(*) FROM {table} WHERE false")).await;
        if !reads && given.is_empty() && changed.is_empty() && of_all.is_empty() {
            continue;
        }
        assert!(reads, "{table} is written and not read");
        writeln!(found, "{table}{of_all}").unwrap();
        for (verb, columns) in [("insert", given), ("update", changed)] {
            if !columns.is_empty() {
                writeln!(found, "    {verb} {}", columns.join(" ")).unwrap();
            }
        }
    }
    let written = include_str!("rights.txt");
    let written: Vec<&str> = written.lines().filter(|line| !line.starts_with('#')).collect();
    let found: Vec<&str> = found.lines().collect();
    let differs = found.iter().zip(&written).find(|(found, written)| found != written);
    assert!(found == written, "rights.txt differs first at {differs:?}; it should be:\n{}", found.join("\n"));
}

#[tokio::test]
async fn h3_what_is_given_once_and_what_only_the_owner_gives_is_no_right_of_the_service() {
    let ground = with_an_entry().await;
    let service = service(&ground).await;
    for sql in [
        "UPDATE person SET is_operator = true",
        "INSERT INTO person (id, caller, email, name, is_operator, created_at)
         VALUES (gen_random_uuid(), 999, 'eve@example.org', 'Eve', true, now())",
        "UPDATE person SET email = 'eve@example.org'",
        "UPDATE organisation SET created_by = created_by, kind = 'fiscal_host'",
        "UPDATE book SET organisation = gen_random_uuid()",
        "UPDATE book SET mode = 'live'",
        "UPDATE balance SET floor = NULL",
        "UPDATE balance SET side = -side",
        "UPDATE account SET class = 23",
        "UPDATE book_head SET closed_through = '0001-01-01'",
        "UPDATE counter SET last = 0",
        "UPDATE unit SET exponent = 8",
        "UPDATE credential SET scopes = '{}', mode = 'live'",
        "UPDATE campaign SET terms_sha256 = terms_sha256, created_at = now()",
        "UPDATE campaign SET fees = '[]'",
        "UPDATE charge_fee SET amount = 1, returns = false",
        "UPDATE pledge SET anchor_day = 1, payments = 1200, currency = 'EUR'",
        "UPDATE plan_change SET consent = 'not_needed'",
        "UPDATE charge SET amount = 1",
        "UPDATE refund SET amount = 1",
        "UPDATE refund SET sent = amount",
        "UPDATE charge_fee SET amount = 1",
        "INSERT INTO idempotency (book_id, caller, key, request_digest, number) VALUES (1, 1, gen_random_uuid(), 1, 1)",
        "INSERT INTO movement VALUES (5, 1, 23)",
        "UPDATE schema_file SET digest = digest",
        "INSERT INTO adoption (number, cluster, database, reason) VALUES (2, 1, 1, 'mine')",
        "SELECT adoption_record('mine')",
    ] {
        assert_eq!(refused(&service, sql).await.as_deref(), Some(INSUFFICIENT_PRIVILEGE), "{sql}");
    }
}

#[tokio::test]
async fn h3_history_is_edited_by_no_role() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let kept = "SELECT DISTINCT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE t.tgfoid = 'refuse_change'::regproc ORDER BY 1";
    assert_eq!(lines(&owner, kept).await, KEPT.iter().map(|(table, _)| *table).collect::<Vec<_>>());
    for (table, verbs) in KEPT {
        let column =
            format!("SELECT attname::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum = 1");
        let column = lines(&owner, &column).await.remove(0);
        for verb in verbs.split(' ') {
            let sql = match verb {
                "UPDATE" => format!("UPDATE {table} SET {column} = {column} WHERE false"),
                "DELETE" => format!("DELETE FROM {table} WHERE false"),
                _ => format!("TRUNCATE {table} CASCADE"),
            };
            assert_eq!(refused(&owner, &sql).await.as_deref(), Some(RESTRICT_VIOLATION), "{sql}");
        }
    }
}

/// All rows of all tables, as digests by table.
async fn content(owner: &Client, digests: &Statement) -> BTreeMap<String, String> {
    let rows = owner.query(digests, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// One statement for all tables, as it is asked after each of some hundred calls.
async fn digests(owner: &Client) -> Statement {
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    let digest = |table: &String| {
        format!("SELECT '{table}', md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {table} t")
    };
    let all: Vec<String> = lines(owner, tables).await.iter().map(digest).collect();
    owner.prepare(&all.join(" UNION ALL ")).await.unwrap()
}

/// Values of a type that say nothing, or little.
fn fillers(kind: &str) -> [String; 3] {
    let plain = match kind.trim_end_matches("[]") {
        "smallint" | "integer" | "bigint" => ["0", "-7"],
        "text" => ["''", "'x'"],
        "uuid" => ["'00000000-0000-0000-0000-000000000000'", "'01900000-0000-7000-8000-000000000001'"],
        "jsonb" => ["'[]'", "'[{}]'"],
        "date" => ["'0001-01-01'", "'0001-01-01'"],
        "timestamp with time zone" => ["now()", "now()"],
        other => panic!("what is a wrong {other}?"),
    };
    let whole = |value: &str| format!("{value}::{kind}");
    if kind.ends_with("[]") {
        let of_one = format!("ARRAY[{}]", plain[1]);
        return [whole("NULL"), whole("'{}'"), whole(&of_one)];
    }
    [whole("NULL"), whole(plain[0]), whole(plain[1])]
}

#[tokio::test]
async fn h3_no_function_that_the_service_may_call_changes_anything_when_it_is_told_nonsense() {
    let ground = with_an_entry().await;
    let owner = ground.database_owner().await;
    let service = service(&ground).await;
    let callable = "SELECT p.proname::text FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY p.proname COLLATE \"C\"";
    let callable = lines(&service, callable).await;
    assert_eq!(callable, FUNCTIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "see FUNCTIONS");
    let digests = digests(&owner).await;
    let before = content(&owner, &digests).await;
    let book = ground.book.id.0.to_string();
    for (name, own) in FUNCTIONS {
        let kinds = format!(
            "SELECT format_type(t.kind, NULL) FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY t(kind, place)
              WHERE p.oid = '{name}'::regproc ORDER BY t.place"
        );
        let kinds = lines(&owner, &kinds).await;
        let mut calls: Vec<String> = own.iter().map(|call| call.replace("{book}", &book)).collect();
        for filler in 0..3 {
            let told: Vec<String> = kinds.iter().map(|kind| fillers(kind)[filler].clone()).collect();
            calls.push(format!("{name}({})", told.join(", ")));
            if kinds.first().is_some_and(|kind| kind == "integer") {
                for first in [book.as_str(), "999"] {
                    let told: Vec<&str> =
                        std::iter::once(first).chain(told.iter().skip(1).map(String::as_str)).collect();
                    calls.push(format!("{name}({})", told.join(", ")));
                }
            }
        }
        for call in calls {
            let why = refused(&service, &format!("SELECT {call}")).await;
            assert_ne!(why.as_deref(), Some("42883"), "no such function: {call}");
            let now = content(&owner, &digests).await;
            let changed: Vec<_> = now.iter().filter(|(table, digest)| before[*table] != **digest).collect();
            assert!(changed.is_empty(), "{call} changed {changed:?}");
        }
    }
}

#[tokio::test]
async fn p16_the_service_can_neither_widen_the_room_below_a_cap_nor_lower_what_donors_were_shown() {
    let ground = with_an_entry().await;
    let cap = Some(Cap { amount: usd("100.00"), over: OverCap::Refuse });
    let campaign = ground.publish(NewCampaign { cap, ..ground.new_campaign("capped") }).await;
    let room = campaign.commitments.expect("it is published").room;
    let service = service(&ground).await;
    let book = ground.book.id.0;
    for (sql, state) in [
        ("UPDATE balance SET floor = NULL".to_owned(), INSUFFICIENT_PRIVILEGE),
        (format!("UPDATE account SET code = code WHERE book_id = {book}"), INSUFFICIENT_PRIVILEGE),
        (format!("DELETE FROM transfer WHERE book_id = {book}"), INSUFFICIENT_PRIVILEGE),
        ("UPDATE campaign SET cap = cap - 1".to_owned(), RESTRICT_VIOLATION),
        ("UPDATE campaign SET cap = NULL, over_cap = over_cap".to_owned(), INSUFFICIENT_PRIVILEGE),
        ("UPDATE campaign SET monthly_goal = monthly_goal - 1 WHERE cap IS NOT NULL".to_owned(), RESTRICT_VIOLATION),
        ("UPDATE campaign_tier SET places = 1".to_owned(), INSUFFICIENT_PRIVILEGE),
    ] {
        assert_eq!(refused(&service, &sql).await.as_deref(), Some(state), "{sql}");
    }
    // Asked for once more, the account is the one that there is, with its floor.
    let again = format!(
        "SELECT account_open({book}, 'equity:commitments:capped:room', 38::smallint, 'PLEDGED.USD', NULL, now())::text"
    );
    assert_eq!(lines(&service, &again).await, [room.0.to_string()]);
    let floor = format!("SELECT floor::text FROM balance WHERE book_id = {book} AND account = {}", room.0);
    assert_eq!(lines(&service, &floor).await, ["-10000"]);

    // A program that knows of no floor writes what it likes, and the database refuses it.
    let over = [(10_001, Some("23514")), (10_000, None)];
    for (amount, expected) in over {
        let mut client = ground.client().await;
        let tx = client.transaction().await.unwrap();
        let head = journal::lock(&tx, ground.book.id).await.unwrap();
        let of = campaign.commitments.expect("it is published");
        let line = Line { kind: MovementKind::PledgeCommitted, debit: of.room, credit: of.pledged, amount };
        let effective = ground.book.today(ground.wall);
        let entry = Entry { lines: vec![line], effective, outside_fact: false, note: None };
        let read = account_store::load(&tx, ground.book.id, &[of.room, of.pledged]).await.unwrap().into_iter();
        let free = read.map(|it| (it.number, AccountState { floor: None, ..it.into_state() }));
        let accounts = free.collect();
        let closed_through = head.closed_through;
        let mut state = State { version: head.version, next_number: head.next_number, closed_through, accounts };
        let (batch, _) = fold(&mut state, [&Command::post(None, entry)]);
        let next = state.next_number;
        let written = journal::write(&tx, ground.book.id, &head, next, &batch, head.records_at(ground.wall)).await;
        match (written, expected) {
            (Ok(true), None) => {}
            (Err(Error::Database(error)), Some(code)) => assert_eq!(error.code().map(SqlState::code), Some(code)),
            (written, _) => panic!("{amount}: {written:?}"),
        }
    }
}
