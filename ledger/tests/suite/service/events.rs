//! Events: no change of a state without one, whoever makes it; none without a change; in an order in which none is skipped.

use crate::pledging::scene::Scene;
use crate::support::ground;
use jiff::civil::date;
use ledger::engine::store::books::Visibility;
use ledger::pledging::operations::plan_changes::{self, AskedChange};
use ledger::pledging::operations::pledges::{AskedDonor, PlacePledge};
use ledger::pledging::operations::{campaigns, pledge_changes};
use ledger::service::change::Change;
use ledger::service::event::{EventKind, FAMILIES, check_reach};
use ledger::service::store::activity::Actor;
use ledger::service::store::events::{self, Event, Head};
use ledger::service::store::pruning;
use ledger::testing::{Ground, Host, MONTHLY, ONCE, usd};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Client;
use uuid::Uuid;

/// Why the rows of a table are no events, and of which tables that holds.
const NO_EVENTS: &[(&str, &[&str])] = &[
    (
        "it belongs to no book: who may what in the installation",
        &[
            "adoption",
            "browser_session",
            "caller_reply",
            "counter",
            "credential",
            "invitation",
            "join_request",
            "mail_link_key",
            "mail_preference",
            "membership",
            "organisation",
            "outside_identity",
            "partner_request",
            "person",
            "quota_use",
            "recovery_code",
            "refresh_family",
            "refresh_token",
            "schema_file",
            "second_factor",
            "second_factor_reset",
            "sign_in_code",
            "sign_in_token",
            "worker_heartbeat",
        ],
    ),
    (
        "the journal and what follows from it: entries have numbers, and are read by them",
        &[
            "account",
            "account_mark",
            "balance",
            "book_head",
            "day_span",
            "day_total",
            "day_total_progress",
            "entry_note",
            "exchange_pair",
            "idempotency",
            "log_record",
            "recent_total",
            "reversal",
            "running_total",
            "transfer",
            "unit",
        ],
    ),
    ("the same in every book", &["account_class", "movement", "movement_kind"]),
    ("it says how far the comparison of a book with itself has come", &["account_check", "book_check"]),
    (
        "how a book is set up: the list of who did what says when",
        &[
            "book",
            "book_partner",
            "bylaws",
            "cooperative",
            "declared_tie",
            "lender",
            "loan_terms",
            "member_consent",
            "member_index",
            "rule_making",
            "payout_policy",
        ],
    ),
    (
        "work of the service, answers that are kept, the events themselves, and what partners fire by hand",
        &[
            "activity",
            "event",
            "event_head",
            "event_written",
            "evidence_fetch",
            "fired_event",
            "job",
            "outbox_mail",
            "provider_event",
            "reply",
            "sandbox_provider_charge",
            "sandbox_provider_refund",
            "webhook_received",
        ],
    ),
    (
        "what claims, submissions and documents name, whose states are events",
        &["stored_file", "stored_file_part", "stored_file_use"],
    ),
    ("a part of a charge, whose states are events", &["charge_attempt", "charge_fee"]),
    ("events on their way to an endpoint, whose states are events", &["webhook_attempt", "webhook_delivery"]),
    (
        "a part of a settlement, whose states are events",
        &["settlement_line", "settlement_announcement_line", "settlement_arrival"],
    ),
    (
        "what a partner's list of a day says differently: it changes nothing",
        &["settlement_comparison", "settlement_comparison_difference"],
    ),
    ("a part of a cost, whose states are events", &["loan_interest"]),
    (
        "what was declared of sales and costs, which are events: who keeps the book has written it down",
        &["vat_declaration"],
    ),
    ("how a pledge went on, whose states are events", &["pledge_turn"]),
    ("a part of a payout, whose states are events", &["payout_document"]),
    ("a part of a payout file, whose states are events, as those of its payouts are", &["payout_file_item"]),
    (
        "a part of a statement file, whose states are events, as are those of its lines once they are in",
        &["bank_statement", "bank_statement_line"],
    ),
    ("what a host intends: what comes of it are events of campaigns, refunds and pledges", &["wind_up_plan"]),
    ("a part of a receipt of a year, which is an event", &["yearly_receipt_item"]),
    ("a part of a chargeback, whose states are events", &["chargeback_part"]),
    ("what of a retained share went, by redemptions and distributions, whose states are events", &["retained_use"]),
    (
        "the parts of what a member pays to join: their lines of the bank are events, and the whole has its own",
        &["joining_part"],
    ),
    (
        "what a book plans to spend, which its page shows, and who works for it: nothing moves by it, and nobody waits for it",
        &[
            "campaign_loop",
            "product",
            "product_advantage",
            "product_evidence",
            "product_milestone",
            "product_step",
            "programme",
            "programme_hire",
            "programme_line",
            "programme_place",
            "programme_revision",
            "programme_revision_line",
            "programme_source",
        ],
    ),
    ("money between two books, which both of them list", &["incoming_remittance", "remittance"]),
    ("the end of a cooperative, which its members have decided: the payout is an event", &["succession"]),
    (
        "a part of a proposal, whose states are events, and what members say, which is theirs alone",
        &["ballot", "delegation", "proposal_college", "proposal_elector"],
    ),
    (
        "a part of a matching round, whose states are events, and what is said of its result",
        &[
            "matching_campaign",
            "matching_clawback",
            "matching_line",
            "matching_objection",
            "matching_payment",
            "matching_share",
            "matching_vote",
            "matching_voter",
        ],
    ),
    (
        "who a donor is, to somebody, and how often somebody has tried to pay",
        &["donor_identity", "donor_link", "donor_mail_preference", "payment_try"],
    ),
    ("how far receipts are numbered, each of which is an event", &["receipt_year"]),
    (
        "whose money an entry took: each of them comes with an object that is an event",
        &["fund_layer", "fund_return", "fund_use"],
    ),
    ("what was shown to donors, written once: the list of who did what says when", &["campaign_tier"]),
    (
        "a part of a claim or a submission, whose states are events",
        &["attribution", "claim_document", "claim_request", "evidence", "submission_evidence"],
    ),
    ("a part of a version of the rules, which is an event", &["prize"]),
    ("a part of a share plan, whose states are events", &["share_part"]),
    ("who judges, and what they think before the ranking is known", &["judge", "scorecard"]),
    (
        "what a team answered when it entered, and agreed to later, and by what was judged: the list of who did what says when",
        &["challenge_rubric", "entry_answer", "entry_consent"],
    ),
    (
        "a part of a distribution, whose states are events",
        &["distribution_entry", "distribution_inputs", "distribution_objection", "distribution_part"],
    ),
];

/// Where events come from, as the triggers have it.
struct Source {
    table: String,
    family: String,
    state: String,
    facts: String,
}

async fn sources(owner: &Client) -> Vec<Source> {
    let asked = "SELECT source, family, state, facts FROM event_sources(NULL)";
    let rows = owner.query(asked, &[]).await.unwrap();
    rows.iter()
        .map(|row| Source { table: row.get(0), family: row.get(1), state: row.get(2), facts: row.get(3) })
        .collect()
}

async fn lines(owner: &Client, sql: &str) -> BTreeSet<String> {
    owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// What stands in quotes.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_table_is_a_source_of_events_or_has_a_reason_why_not() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let tables =
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')";
    let tables = lines(&owner, tables).await;
    let sources: BTreeSet<String> = sources(&owner).await.into_iter().map(|source| source.table).collect();
    let reasons: BTreeSet<String> =
        NO_EVENTS.iter().flat_map(|(_, tables)| tables.iter().map(|table| (*table).to_owned())).collect();
    let both: Vec<_> = sources.intersection(&reasons).collect();
    assert!(both.is_empty(), "sources with a reason why they are none: {both:?}");
    let known: BTreeSet<String> = sources.union(&reasons).cloned().collect();
    assert_eq!(tables, known, "a table has a line in event_sources and its triggers, or a reason in NO_EVENTS");

    // A source has a trigger for its new rows, and one for each that changes where the service may change it.
    let triggers = "SELECT DISTINCT c.relname || ' ' || CASE WHEN t.tgtype & 4 > 0 THEN 'new' ELSE 'change' END
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE t.tgfoid = 'event_note'::regproc AND t.tgenabled = 'O' AND t.tgnewtable IS NOT NULL
           AND starts_with(encode(t.tgargs, 'escape'), c.relname || E'\\\\000')";
    let mut wanted = BTreeSet::new();
    for source in &sources {
        // Donors are no events when they are made.
        if source != "donor" {
            wanted.insert(format!("{source} new"));
        }
        let kept = format!(
            "SELECT tgname::text FROM pg_trigger WHERE tgrelid = '{source}'::regclass
                AND tgfoid IN ('refuse_change'::regproc, 'refuse_but_erasure'::regproc) AND tgtype & 16 > 0"
        );
        if source != "pledge_move" && lines(&owner, &kept).await.is_empty() {
            wanted.insert(format!("{source} change"));
        }
    }
    assert_eq!(lines(&owner, triggers).await, wanted);

    // What a trigger asks is worked out of the list as it is now.
    let outdated = "SELECT t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE t.tgfoid = 'event_note'::regproc AND t.tgargs IS DISTINCT FROM
               convert_to(c.relname, 'UTF8') || '\\x00'::bytea
               || (SELECT string_agg(convert_to(q, 'UTF8') || '\\x00'::bytea, ''::bytea)
                     FROM event_questions(c.relname::text, CASE WHEN t.tgtype & 4 > 0 THEN 'INSERT' ELSE 'UPDATE' END) q)";
    assert_eq!(lines(&owner, outdated).await, BTreeSet::new());
}

#[tokio::test]
async fn the_list_of_kinds_and_facts_is_that_of_the_tables() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let mut states: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut facts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources(&owner).await {
        let words = match source.state.strip_prefix("r.") {
            // The words that the table allows in a column.
            Some(column) => {
                let check = format!(
                    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '{}'::regclass
                        AND pg_get_constraintdef(oid) ~ '^CHECK \\(\\({column} = ANY \\(ARRAY\\[[^]]*\\]\\)\\)\\)$'",
                    source.table
                );
                let checks = lines(&owner, &check).await;
                assert_eq!(checks.len(), 1, "{}.{column}: {checks:?}", source.table);
                checks.iter().flat_map(|check| quoted(check)).collect()
            }
            None => quoted(&source.state),
        };
        states.entry(source.family.clone()).or_default().extend(words);
        let names = format!(
            "SELECT jsonb_object_keys(jsonb_build_object({})) FROM (SELECT (NULL::{}).*) r",
            source.facts, source.table
        );
        facts.entry(source.family).or_default().extend(lines(&owner, &names).await);
    }
    let named = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<BTreeSet<String>>();
    let listed = |of: fn(&'static ledger::service::event::Family) -> Vec<&'static str>| {
        FAMILIES.iter().map(|family| (family.name.to_owned(), named(of(family)))).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(states, listed(|family| family.states.iter().map(|(state, _)| *state).collect()), "see families.rs");
    assert_eq!(facts, listed(|family| family.facts.to_vec()), "see families.rs");
}

fn words(events: &[EventKind]) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_object_has_one_event_for_each_of_its_states_in_their_order_by_lane_and_by_hand() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let mut placed = Vec::new();
    for index in 0..20 {
        let asked = scene.ask(&format!("p-{index}"), "1.00", ONCE, "card");
        placed.push(scene.place(asked).await.unwrap().pledge.id);
    }
    let soft = scene.monthly("soft", "5.00", "insufficient_funds").await.id;
    // The worker captures what is due through the lane of the book, but for the first of the day.
    scene.go_to(date(2027, 2, 4)).await;
    for pledge in placed {
        assert_eq!(words(&scene.ground.events_of(pledge.object).await), ["pledge.active", "pledge.completed"]);
        let charge = scene.charges(pledge).await.remove(0);
        let all = scene.ground.events().await;
        let of_charge: Vec<&Event> = all.iter().filter(|event| event.object == charge.id.object).collect();
        let kinds: Vec<String> = of_charge.iter().map(|event| event.kind.to_string()).collect();
        assert_eq!(kinds, ["charge.processing", "charge.captured", "charge.settled"]);
        let before: Vec<_> = of_charge.iter().map(|event| event.state_before.as_deref()).collect();
        assert_eq!(before, [None, Some("processing"), Some("captured")]);
        assert_eq!(of_charge[1].facts["entry"], charge.entry);
        assert_eq!(of_charge[1].facts["amount"], 100);
    }
    let declined = scene.charges(soft).await.remove(0);
    let kinds = words(&scene.ground.events_of(declined.id.object).await);
    assert_eq!(kinds[..4], ["charge.processing", "charge.declined", "charge.processing", "charge.declined"]);
    // What every other test of operations asks of its book as well: states and events agree.
    scene.ground.audit().await;
}

#[tokio::test]
async fn what_is_rolled_back_leaves_no_event() {
    let ground = ground().await;
    let (new, wall) = (ground.new_campaign("press"), ground.wall);
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    campaigns::create(&tx, new, Actor::Service, wall).await.unwrap();
    let count = "SELECT count(*) FROM event_written";
    assert_eq!(tx.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
    tx.rollback().await.unwrap();
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(ground.events().await, []);
}

/// A page as somebody reads it who polls.
async fn poll(ground: &Ground, after: i64) -> Vec<Event> {
    let client = ground.client().await;
    events::number(&client, ground.book.id).await.unwrap();
    events::list(&client, ground.book.id, after, 100).await.unwrap()
}

#[tokio::test]
async fn an_event_that_commits_after_a_later_one_is_not_skipped_by_who_polls() {
    let ground = ground().await;
    let (wall, mut slow, mut quick) = (ground.wall, ground.client().await, ground.client().await);
    let first = slow.transaction().await.unwrap();
    let early = campaigns::create(&first, ground.new_campaign("early"), Actor::Service, wall).await.unwrap();
    let second = quick.transaction().await.unwrap();
    let late = campaigns::create(&second, ground.new_campaign("late"), Actor::Service, wall).await.unwrap();
    // They were written in this order, and commit in the other one.
    let written = "SELECT max(id) FROM event_written";
    let [of_early, of_late] = [
        first.query_one(written, &[]).await.unwrap().get::<_, i64>(0),
        second.query_one(written, &[]).await.unwrap().get(0),
    ];
    assert!(of_early < of_late);
    second.commit().await.unwrap();

    let seen = poll(&ground, 0).await;
    assert_eq!(seen.iter().map(|event| event.object).collect::<Vec<_>>(), [late.id.object]);
    let cursor = seen[0].number;
    assert_eq!(poll(&ground, cursor).await, []);
    first.commit().await.unwrap();
    let seen = poll(&ground, cursor).await;
    assert_eq!(seen.iter().map(|event| event.object).collect::<Vec<_>>(), [early.id.object]);
    assert!(seen[0].number > cursor);
}

#[tokio::test]
async fn events_of_an_object_keep_the_order_of_its_states_whichever_transaction_began_first() {
    let ground = ground().await;
    let (wall, mut other) = (ground.wall, ground.client().await);
    let campaign = ground.campaign("press").await;
    // It has written before the other one begins, and changes the campaign when that has committed.
    let first = other.transaction().await.unwrap();
    campaigns::create(&first, ground.new_campaign("mill"), Actor::Service, wall).await.unwrap();
    let (id, change) = (campaign.id, Change::by_service("told"));
    ground.run(async |tx| campaigns::suspend(tx, id, change, wall).await).await.unwrap();
    campaigns::reinstate(&first, id, change, wall).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(
        words(&ground.events_of(id.object).await),
        ["campaign.draft", "campaign.live", "campaign.suspended", "campaign.live"]
    );
    ground.audit().await;
}

#[tokio::test]
async fn whoever_numbers_at_the_same_time_waits_and_no_number_is_given_twice() {
    let ground = Host { visibility: Visibility::Public, ..Host::default() }.open(jiff::Timestamp::now()).await;
    for slug in ["one", "two", "three"] {
        ground.campaign(slug).await;
    }
    let numbering = (0..6).map(|_| async {
        let client = ground.client().await;
        events::number(&client, ground.book.id).await.unwrap()
    });
    let numbered: i64 = futures_util::future::join_all(numbering).await.iter().sum();
    assert_eq!(numbered, 6, "three drafts, and three that are live");
    assert_eq!(ground.events().await.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn no_event_tells_who_a_donor_is_or_what_people_have_written() {
    const MARKS: [&str; 5] = ["Xanthippe", "xan@donors.example", "ref-9f31", "tok-77aa", "because-42bd"];
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let donor = |asked: &PlacePledge| AskedDonor {
        reference: MARKS[2].into(),
        name: MARKS[0].into(),
        email: MARKS[1].into(),
        ..asked.donor.clone()
    };
    let mut placed = Vec::new();
    for (number, schedule) in [MONTHLY, ONCE, MONTHLY].into_iter().enumerate() {
        let asked = scene.ask(&format!("{} {number}", MARKS[2]), "10.00", schedule, MARKS[3]);
        let asked = PlacePledge { donor: donor(&asked), ..asked };
        placed.push(scene.place(asked).await.unwrap().pledge.id);
    }
    scene.go_to(date(2027, 3, 4)).await;
    let change = Change { reason: MARKS[4], ..Change::by_service("") };
    let wall = scene.ground.wall;
    let asked = AskedChange { amount: Some(usd("20.00")), interval: None, consent: None };
    let (changed, cancelled) = (placed[0], placed[2]);
    scene.ground.run(async |tx| plan_changes::ask(tx, changed, asked, MARKS[3], change, wall).await).await.unwrap();
    scene.ground.run(async |tx| pledge_changes::cancel(tx, cancelled, change, wall).await).await.unwrap();
    let all = scene.ground.events().await;
    let seen: BTreeSet<&str> = all.iter().map(|event| event.kind.family.name).collect();
    assert_eq!(seen, ["campaign", "charge", "plan_change", "pledge", "receipt", "settlement"].into());

    let owner = scene.ground.database_owner().await;
    // It is there to be found: in the tables of donors and pledges, and in the list of who did what.
    for (table, marks) in [("donor", &MARKS[..3]), ("pledge", &MARKS[2..4]), ("activity", &MARKS[4..])] {
        for mark in marks {
            assert_ne!(rows_with(&owner, table, mark).await, 0, "{table} {mark}");
        }
    }
    for table in ["event", "event_written", "event_head"] {
        for mark in MARKS {
            assert_eq!(rows_with(&owner, table, mark).await, 0, "{table} {mark}");
        }
        // Nor by its pseudonym, or by a person's id.
        for id in [donor_of(&owner).await, scene.ground.owner.0, scene.ground.operator.0] {
            assert_eq!(rows_with(&owner, table, &id.to_string()).await, 0, "{table} {id}");
        }
    }
}

#[tokio::test]
async fn old_events_go_and_who_has_read_less_than_them_is_told() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let old = format!(
        "INSERT INTO event_written (book_id, object, sequence, at, recorded_at, kind, facts)
         SELECT {}, gen_random_uuid(), 1, now(), now() - interval '91 days', 'hold.placed', '{{}}' FROM generate_series(1, 3)",
        ground.book.id
    );
    owner.batch_execute(&old).await.unwrap();
    assert_eq!(ground.events().await.len(), 3);
    ground.campaign("press").await;
    let client = ground.client().await;
    assert_eq!(pruning::of_book(&client, ground.book.id).await.unwrap(), 3);
    let numbers: Vec<i64> = ground.events().await.iter().map(|event| event.number).collect();
    assert_eq!(numbers, [4, 5], "what is young stays, and keeps its number");
    let head = events::head(&client, ground.book.id).await.unwrap();
    assert_eq!(head, Head { last: 5, pruned: 3 });
    assert_eq!(check_reach(2, head.pruned).unwrap_err().code, "events-deleted");
    assert!(check_reach(3, head.pruned).is_ok());
}

async fn rows_with(owner: &Client, table: &str, mark: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%'");
    owner.query_one(&count, &[&mark]).await.unwrap().get(0)
}

async fn donor_of(owner: &Client) -> Uuid {
    owner.query_one("SELECT id FROM donor", &[]).await.unwrap().get(0)
}
