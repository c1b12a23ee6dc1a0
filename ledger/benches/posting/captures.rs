//! Captured charges of one campaign: through its book's lane, against a transaction each.

use crate::book::empty_book;
use crate::load::{AsyncCaller, Figure, closed_loop};
use deadpool_postgres::{Pool, Transaction};
use jiff::Timestamp;
use ledger::calendar::Interval;
use ledger::engine::lane::Lanes;
use ledger::id::{BookId, ChargeId, OrganisationId, PersonId};
use ledger::money::{Currency, Money};
use ledger::parties::operations::organisations::create_organisation;
use ledger::parties::rules::person::Person;
use ledger::parties::rules::privacy::Privacy;
use ledger::parties::rules::role::OrganisationKind;
use ledger::parties::store::people;
use ledger::pledging::operations::campaigns::{self, NewCampaign};
use ledger::pledging::operations::captures::{self, By};
use ledger::pledging::operations::charges::{self, Begun};
use ledger::pledging::operations::pledges::{self, AskedDonor, AskedSchedule, PlacePledge};
use ledger::pledging::rules::charge::Outcome;
use ledger::pledging::rules::pledge::Rail;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::treasury::rules::settlement::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Charges that wait for their outcome: more than one measurement takes.
const CHARGES: usize = 30_000;

/// Charges whose attempts are under way, on a day whose settlement is open.
pub(crate) struct Due {
    book: BookId,
    charges: Vec<ChargeId>,
    next: AtomicUsize,
}

/// So many callers capture one charge after another, with the lanes if there are any.
pub(crate) async fn capture(url: &str, callers: usize, by_lane: bool, run: Duration) -> Figure {
    let pool = crate::book::pool(url, callers.min(32) + 4);
    let due = Arc::new(due(url, &pool).await);
    let lanes = by_lane.then(|| Lanes::new(crate::book::pool(url, 2)));
    closed_loop(callers, run, 1, |_| Caller { pool: pool.clone(), lanes: lanes.clone(), due: due.clone() }).await
}

/// One charge as a partner and a worker make it, captured, so that its settlement is open; and thousands like it.
async fn due(url: &str, pool: &Pool) -> Due {
    let book = empty_book(pool).await;
    let wall = Timestamp::now();
    let mut client = pool.get().await.expect("a connection");
    let tx = client.transaction().await.expect("a transaction");
    let amount = |minor| Money::from_minor(minor, Currency::USD).expect("an amount");
    let new = NewCampaign::new(book, "bench", "Bench", "None but these.", amount(300_000));
    let draft = campaigns::create(&tx, new, Actor::Service, wall).await.expect("a campaign");
    let campaign = campaigns::publish(&tx, draft.id, Change::by_service(""), wall).await.expect("a live campaign");
    let asked = PlacePledge {
        tier: None,
        campaign: campaign.id,
        partner: platform(&tx, wall).await,
        reference: "first".into(),
        donor: AskedDonor {
            reference: "fan".into(),
            name: String::new(),
            email: String::new(),
            privacy: Privacy::HostOnly,
        },
        amount: amount(1_000),
        original: None,
        schedule: AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: None },
        rail: Rail::Sandbox,
        method: Method::Card,
        token: "card".into(),
        terms_digest: campaign.terms_digest,
        by: Actor::Service,
    };
    let pledge = pledges::place(&tx, asked, wall).await.expect("a pledge").pledge;
    let Begun::Try { charge: first, .. } = charges::begin(&tx, pledge.id, 1, wall).await.expect("a charge") else {
        panic!("nothing is due");
    };
    tx.commit().await.expect("a commit");

    let owner = migrations::connect(&url.parse().expect("an address")).await.expect("a connection");
    let copies = format!(
        "CREATE TEMP TABLE copy AS SELECT n, gen_random_uuid() AS pledge, gen_random_uuid() AS charge
           FROM generate_series(1, {CHARGES}) n;
         INSERT INTO pledge SELECT r.* FROM pledge p, copy c, LATERAL jsonb_populate_record(p, jsonb_build_object(
                'id', c.pledge, 'reference', 'copy-' || c.n)) r WHERE p.book_id = {book};
         INSERT INTO charge SELECT r.* FROM charge g, copy c, LATERAL jsonb_populate_record(g, jsonb_build_object(
                'id', c.charge, 'pledge', c.pledge)) r WHERE g.book_id = {book};
         INSERT INTO charge_attempt SELECT r.* FROM charge_attempt a, copy c, LATERAL jsonb_populate_record(a,
                jsonb_build_object('charge', c.charge)) r WHERE a.book_id = {book};"
    );
    owner.batch_execute(&copies).await.expect("copies");
    owner.batch_execute("ANALYZE; CHECKPOINT").await.expect("a checkpoint");
    let rows = owner.query("SELECT charge FROM copy", &[]).await.expect("the copies");
    let copier: i32 = owner.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);
    drop(owner);
    // Its CPU time must not vanish from the server's in the middle of a measurement.
    let (mut runs, deadline) = (true, Instant::now() + Duration::from_secs(10));
    while runs {
        assert!(Instant::now() < deadline, "the connection that made the copies is still there");
        let asked = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)";
        runs = client.query_one(asked, &[&copier]).await.expect("an answer").get(0);
    }
    by_transaction(pool, first).await;
    let charges = rows.iter().map(|row| ChargeId::new(book, row.get(0))).collect();
    Due { book, charges, next: AtomicUsize::new(0) }
}

/// The partner in whose name receipts are issued; its kind does not matter here, and this one needs no operator.
async fn platform(tx: &Transaction<'_>, wall: Timestamp) -> OrganisationId {
    let founder = Person {
        id: PersonId::generate(),
        caller: people::next_caller(tx).await.expect("a number"),
        email: format!("{}@platform.example", PersonId::generate().0),
        name: String::new(),
        is_operator: false,
        created_at: wall,
        disabled_at: None,
        language: None,
        version: 1,
    };
    assert!(people::insert(tx, &founder).await.expect("a person"), "nobody had the address");
    let made = create_organisation(tx, founder.id, "Platform", OrganisationKind::ProjectTeam, wall).await;
    made.expect("an organisation").id
}

struct Caller {
    pool: Pool,
    lanes: Option<Lanes>,
    due: Arc<Due>,
}

impl AsyncCaller for Caller {
    async fn call(&mut self) {
        let place = self.due.next.fetch_add(1, Ordering::Relaxed);
        let charge = *self.due.charges.get(place).expect("more charges than one run takes");
        match &self.lanes {
            Some(lanes) => by_lane(&self.pool, lanes, self.due.book, charge).await,
            None => by_transaction(&self.pool, charge).await,
        }
    }
}

async fn by_lane(pool: &Pool, lanes: &Lanes, book: BookId, charge: ChargeId) {
    let client = pool.get().await.expect("a connection");
    let drafted = captures::draft(&client, charge, By::Attempt(1), format!("pay-{charge}"), Timestamp::now()).await;
    drop(client);
    let command = drafted.expect("an answer").expect("a plain capture").command(None);
    lanes.command(book, captures::key(charge), command).await.expect("a verdict");
}

async fn by_transaction(pool: &Pool, charge: ChargeId) {
    let mut client = pool.get().await.expect("a connection");
    let tx = client.transaction().await.expect("a transaction");
    let outcome = Outcome::Captured { provider_reference: format!("pay-{charge}") };
    charges::record_outcome(&tx, charge, 1, outcome, Timestamp::now()).await.expect("a capture");
    tx.commit().await.expect("a commit");
}
