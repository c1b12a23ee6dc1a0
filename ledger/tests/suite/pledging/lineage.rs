//! Lineage beside the postings: whose money a release and a move took, and that a replay of the book finds the same.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use jiff::Timestamp;
use ledger::engine::store::balances;
use ledger::evidence::Gate;
use ledger::id::{CampaignId, ClaimId, PersonId, PledgeId};
use ledger::milestones::operations::{claims, milestones, releases};
use ledger::milestones::rules::claim::Content;
use ledger::milestones::rules::milestone::Policy;
use ledger::milestones::rules::release::Release;
use ledger::milestones::rules::review::Verdict;
use ledger::parties::rules::role::Role;
use ledger::pledging::operations::campaigns::NewCampaign;
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::operations::recoveries::{Received, fund_reserve};
use ledger::pledging::operations::{chargebacks, pledge_changes};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::chargeback::{Ruling, State};
use ledger::pledging::rules::lineage::{self as rules, Held, Layer, Method, Use};
use ledger::pledging::store::charges;
use ledger::pledging::store::lineage::{self, Giver, Source, Standing};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, Host, MONTHLY, Team, usd};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A reviewer of the host, and a team that is paid.
pub(super) struct Scene {
    pub(super) ground: Ground,
    team: Team,
    reviewer: PersonId,
}

impl Scene {
    /// In a zone whose days all have 24 hours.
    pub(super) async fn new() -> Scene {
        let ground = Host { zone: "UTC", ..Host::default() }.open(Timestamp::now()).await;
        let team = ground.team("Press team", "claimant").await;
        let reviewer = ground.person("reviewer", Role::Reviewer).await;
        Scene { ground, team, reviewer }
    }

    pub(super) async fn campaign(&self, slug: &str, lineage: Method) -> Campaign {
        self.ground.publish(NewCampaign { lineage, ..self.ground.new_campaign(slug) }).await
    }

    /// A monthly pledge whose first payment is captured at once, on a day.
    pub(super) async fn captured(&self, campaign: &Campaign, reference: &str, amount: &str, day: i64) -> PledgeId {
        let asked = PlacePledge { schedule: MONTHLY, ..self.ground.ask(campaign, reference, amount) };
        self.ground.captured(asked, self.ground.day(day)).await
    }

    pub(super) async fn settle(&self, pledge: PledgeId, day: i64) {
        self.ground.settle(pledge, self.ground.day(day)).await;
    }

    /// A claim of a milestone of this amount, approved on day 3: it is released from day 5 on.
    pub(super) async fn approved(&self, campaign: &Campaign, amount: &str) -> ClaimId {
        let wall = self.ground.day(3);
        let new = milestones::NewMilestone {
            campaign: campaign.id,
            team: self.team.id,
            name: "Prototype".into(),
            description: String::new(),
            amount: usd(amount),
            policy: Policy { reviewers_needed: 1, objection_days: 1, ..Policy::default() },
            gate: Gate::default(),
        };
        let content = Content { amount: usd(amount), note: "Built".into(), evidence: Vec::new() };
        let (owner, claimant, reviewer) = (self.ground.owner, self.team.member, self.reviewer);
        self.ground
            .run(async |tx| {
                let milestone = milestones::create(tx, new, owner, wall).await?;
                milestones::fund(tx, milestone.id, owner, wall).await?;
                let draft = claims::create(tx, milestone.id, content, claimant, wall).await?;
                let claim = claims::submit(tx, draft.id, claimant, wall).await?;
                let opinion = claims::Opinion {
                    verdict: Verdict::Approve { amount: usd(amount).minor() },
                    claim: claim.digest(),
                    evidence: Vec::new(),
                    comment: String::new(),
                };
                claims::review(tx, claim.id, opinion, reviewer, wall).await?;
                Ok(claim.id)
            })
            .await
            .unwrap()
    }

    pub(super) async fn release(&self, claim: ClaimId) -> Release {
        let wall = self.ground.day(5);
        self.ground.run(async |tx| releases::release(tx, claim, wall).await).await.unwrap().unwrap()
    }

    pub(super) async fn released(&self, campaign: &Campaign, amount: &str) -> Release {
        self.release(self.approved(campaign, amount).await).await
    }

    pub(super) async fn redirect(&self, pledge: PledgeId, to: CampaignId) -> Option<i64> {
        let (wall, change) = (self.ground.day(6), Change::by_service(""));
        let done = self
            .ground
            .run(async |tx| pledge_changes::redirect(tx, pledge, to, true, change, wall).await)
            .await
            .unwrap();
        done.moved.map(|money| money.minor())
    }

    /// What each pledge paid of a release, minor units.
    async fn sources(&self, release: &Release) -> BTreeMap<PledgeId, i64> {
        let client = self.ground.client().await;
        let rows =
            lineage::list_sources(&client, self.ground.book.id, release.entry, Uuid::nil(), 1_000).await.unwrap();
        let of_pledge = |row: Source| match row.giver {
            Giver::Pledge(pledge, _) => (pledge, row.amount),
            Giver::Round(round) => panic!("{round} paid it"),
        };
        rows.into_iter().map(of_pledge).collect()
    }

    pub(super) async fn standing(&self, pledge: PledgeId) -> (i64, i64) {
        let standing = lineage::standing(&self.ground.client().await, pledge).await.unwrap();
        let Standing { contributed, left } = standing;
        (contributed, left)
    }

    /// Nothing contradicts anything, and who replays the layers and the entries of a fund finds what stands in the book.
    async fn audit(&self, campaign: &Campaign) {
        self.ground.audit().await;
        let client = self.ground.client().await;
        assert_eq!(lineage::audit(&client, self.ground.book.id).await.unwrap(), Vec::<String>::new());
        let (book, fund) = (&self.ground.book.id.0, &campaign.fund.unwrap().0);
        let rows = "SELECT number, settled, pledge, amount FROM fund_layer WHERE book_id = $1 AND fund = $2";
        let layers = client.query(rows, &[book, fund]).await.unwrap();
        let layer = |row: &tokio_postgres::Row| Layer {
            number: row.get(0),
            settled: row.get(1),
            pledge: Some(PledgeId::new(self.ground.book.id, row.get(2))),
            left: row.get(3),
        };
        let layers: Vec<Layer> = layers.iter().map(layer).collect();
        let rows = "SELECT t.pos >> 16, t.amount, coalesce(m.pledge, k.pledge) FROM transfer t
                      LEFT JOIN pledge_move m ON m.book_id = t.book_id AND m.entry = t.pos >> 16
                      LEFT JOIN chargeback k ON k.book_id = t.book_id AND k.closed_entry = t.pos >> 16
                     WHERE t.book_id = $1 AND t.debit = $2";
        let uses = client.query(rows, &[book, fund]).await.unwrap();
        let used = |row: &tokio_postgres::Row| Use {
            entry: row.get(0),
            amount: row.get(1),
            own: row.get::<_, Option<Uuid>>(2).map(|pledge| PledgeId::new(self.ground.book.id, pledge)),
        };
        let uses: Vec<Use> = uses.iter().map(used).collect();
        let rows = "SELECT entry, layer, amount FROM fund_use WHERE book_id = $1 AND fund = $2";
        let written = client.query(rows, &[book, fund]).await.unwrap();
        let mut written: Vec<(i64, i64, i64)> =
            written.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        written.sort_unstable();
        let rows = "SELECT pledge, held_from, held_until FROM chargeback WHERE book_id = $1";
        let held = client.query(rows, &[book]).await.unwrap();
        let hold = |row: &tokio_postgres::Row| Held {
            pledge: PledgeId::new(self.ground.book.id, row.get(0)),
            from: row.get(1),
            until: row.get(2),
        };
        let held: Vec<Held> = held.iter().map(hold).collect();
        let replayed = rules::replay_held(campaign.lineage, &layers, &uses, &held).unwrap();
        let mut replayed: Vec<(i64, i64, i64)> = replayed
            .into_iter()
            .flat_map(|(entry, parts)| parts.into_iter().map(move |part| (entry, part.layer, part.amount)))
            .collect();
        replayed.sort_unstable();
        assert_eq!(replayed, written);
    }
}

#[tokio::test]
async fn a_release_takes_what_settled_first_and_a_move_takes_the_donors_own() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let drill = scene.campaign("drill", Method::Fifo).await;
    let first = scene.captured(&press, "first", "30.00", 0).await;
    let second = scene.captured(&press, "second", "30.00", 0).await;
    let third = scene.captured(&press, "third", "30.00", 1).await;
    let other = scene.captured(&drill, "other", "30.00", 1).await;
    scene.settle(first, 3).await;
    scene.settle(first, 3).await;
    scene.settle(third, 3).await;

    let release = scene.released(&press, "45.00").await;
    assert_eq!(scene.sources(&release).await, BTreeMap::from([(first, 3_000), (second, 1_500)]));
    assert_eq!((scene.standing(first).await, scene.standing(second).await), ((3_000, 0), (3_000, 1_500)));

    assert_eq!(scene.redirect(first, drill.id).await, None, "nothing of its own is left");
    assert_eq!(scene.redirect(second, drill.id).await, Some(1_500));
    assert_eq!(scene.standing(second).await, (3_000, 1_500), "a move uses nothing up");
    let release = scene.released(&drill, "15.00").await;
    assert_eq!(scene.sources(&release).await, BTreeMap::from([(other, 1_500)]), "it settled before the move");
    assert_eq!(scene.redirect(second, press.id).await, Some(1_500));

    let client = scene.ground.client().await;
    let uses = lineage::list_uses(&client, second, 0, 10).await.unwrap();
    let told: Vec<_> = uses.iter().map(|used| (used.amount, used.release.is_some(), used.moved_to)).collect();
    assert_eq!(told, [(1_500, true, None), (1_500, false, Some(drill.id)), (1_500, false, Some(press.id))]);
    scene.audit(&press).await;
    scene.audit(&drill).await;
}

#[tokio::test]
async fn pro_rata_takes_of_every_pledge_and_the_odd_cent_of_the_oldest() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::ProRata).await;
    let first = scene.captured(&press, "first", "10.00", 0).await;
    let second = scene.captured(&press, "second", "10.00", 0).await;
    let third = scene.captured(&press, "third", "20.00", 0).await;
    scene.settle(first, 2).await;
    let release = scene.released(&press, "0.05").await;
    assert_eq!(scene.sources(&release).await, BTreeMap::from([(first, 1), (second, 1), (third, 3)]));
    let all = scene.released(&press, "39.95").await;
    assert_eq!(scene.sources(&all).await, BTreeMap::from([(first, 999), (second, 999), (third, 1_997)]));
    for pledge in [first, second, third] {
        assert_eq!(scene.standing(pledge).await.1, 0);
    }
    scene.audit(&press).await;
}

#[tokio::test]
async fn what_has_not_settled_is_nobodys_layer() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let early = scene.captured(&press, "early", "10.00", 0).await;
    let late = scene.captured(&press, "late", "10.00", 2).await;
    assert_eq!(scene.standing(early).await, (0, 0));
    scene.audit(&press).await;
    scene.settle(early, 2).await;
    assert_eq!((scene.standing(early).await, scene.standing(late).await), ((1_000, 1_000), (0, 0)));
    let release = scene.released(&press, "10.00").await;
    assert_eq!(scene.sources(&release).await, BTreeMap::from([(early, 1_000)]));
    scene.audit(&press).await;
}

#[tokio::test]
async fn releases_and_settlements_at_once_take_each_cent_once_and_replay_alike() {
    for method in [Method::Fifo, Method::ProRata] {
        let scene = Scene::new().await;
        let press = scene.campaign("press", method).await;
        let mut settling = Vec::new();
        for day in 0..3 {
            for number in 0..7 {
                let pledge = scene.captured(&press, &format!("{day}-{number}"), "10.01", day).await;
                if number == 0 {
                    settling.push(pledge);
                }
            }
        }
        scene.settle(settling[0], 2).await;
        let claims = [
            scene.approved(&press, "13.37").await,
            scene.approved(&press, "20.00").await,
            scene.approved(&press, "0.01").await,
        ];
        let (one, two, three, (), ()) = tokio::join!(
            scene.release(claims[0]),
            scene.release(claims[1]),
            scene.release(claims[2]),
            scene.settle(settling[1], 5),
            scene.settle(settling[2], 5),
        );
        for release in [one, two, three] {
            let sources = scene.sources(&release).await;
            assert_eq!(sources.values().sum::<i64>(), release.amount.minor());
        }
        scene.audit(&press).await;
        let client = scene.ground.client().await;
        let balance = balances::get(&client, scene.ground.book.id, press.fund.unwrap()).await.unwrap().net();
        let open = lineage::list_open(&client, scene.ground.book.id, press.fund.unwrap(), (0, 0), 1_000).await.unwrap();
        assert_eq!(rules::returned(&open).values().sum::<i64>(), balance);
        assert_eq!(balance, 21 * 1_001 - 1_337 - 2_000 - 1);
    }
}

#[tokio::test]
async fn the_database_refuses_more_than_is_left_and_the_audit_names_what_does_not_add_up() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let pledge = scene.captured(&press, "one", "10.00", 0).await;
    scene.settle(pledge, 2).await;
    let release = scene.released(&press, "4.00").await;
    let owner = scene.ground.database_owner().await;
    let more = owner.execute("UPDATE fund_layer SET remaining = remaining - 601", &[]).await.unwrap_err();
    assert_eq!(more.code().unwrap().code(), "23514");
    let kept = owner.execute("UPDATE fund_use SET amount = 1", &[]).await.unwrap_err();
    assert_eq!(kept.code().unwrap().code(), "23001");

    owner.execute("UPDATE fund_layer SET remaining = 500", &[]).await.unwrap();
    let wrong = lineage::audit(&scene.ground.client().await, scene.ground.book.id).await.unwrap();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("layers hold 500, settled in it is 600"), "{wrong:?}");
    assert!(wrong[1].contains("500 of 1000 is left, uses took 400"), "{wrong:?}");

    owner.batch_execute("UPDATE fund_layer SET remaining = 1000; TRUNCATE fund_use").await.unwrap_err();
    owner.batch_execute("ALTER TABLE fund_use DISABLE TRIGGER fund_use_kept; DELETE FROM fund_use").await.unwrap();
    let wrong = lineage::audit(&scene.ground.client().await, scene.ground.book.id).await.unwrap();
    let took = format!("entry {}: took 400 out of fund", release.entry);
    assert!(wrong.iter().any(|sentence| sentence.starts_with(&took)), "{wrong:?}");
}

#[tokio::test]
async fn p9_a_release_takes_nothing_of_what_a_chargeback_holds_and_a_replay_finds_the_same() {
    for method in [Method::Fifo, Method::ProRata] {
        let scene = Scene::new().await;
        let press = scene.campaign("press", method).await;
        let first = scene.captured(&press, "first", "30.00", 0).await;
        let second = scene.captured(&press, "second", "30.00", 0).await;
        scene.settle(first, 3).await;
        let (ground, wall) = (&scene.ground, scene.ground.day(3));
        let charge = charges::list(&ground.client().await, first, 0, 1).await.unwrap().remove(0);
        let reported = chargebacks::Report {
            charge: charge.id,
            event_id: "evt-1".into(),
            amount: usd("30.00"),
            fee: None,
            reason: "fraudulent".into(),
            reported_on: None,
            evidence_until: None,
        };
        let partner = ground.partner;
        let opened = ground.run(async |tx| chargebacks::report(tx, reported, partner, wall).await).await.unwrap();
        let released = scene.released(&press, "20.00").await;
        assert_eq!(scene.sources(&released).await, BTreeMap::from([(second, 2_000)]), "{method}");
        assert_eq!(scene.redirect(first, scene.campaign("drill", method).await.id).await, None, "held");

        let lost = method == Method::ProRata;
        let ruling = if lost { Ruling::Lose } else { Ruling::Win };
        let wall = ground.day(5);
        let decided = ground
            .run(async |tx| chargebacks::decide(tx, opened.id, ruling, Actor::Partner(partner), wall).await)
            .await
            .unwrap();
        assert_eq!(decided.state, if lost { State::Lost } else { State::Won });
        assert_eq!(scene.standing(first).await.1, if lost { 0 } else { 3_000 });
        let rest = if lost { "10.00" } else { "40.00" };
        let released = scene.released(&press, rest).await;
        assert_eq!(scene.sources(&released).await[&second], 1_000, "{method}");
        scene.audit(&press).await;
    }
}

#[tokio::test]
async fn p9_a_release_waits_for_what_a_chargeback_holds() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let first = scene.captured(&press, "first", "30.00", 0).await;
    scene.captured(&press, "second", "30.00", 0).await;
    scene.settle(first, 3).await;
    let claim = scene.approved(&press, "50.00").await;
    let (ground, wall) = (&scene.ground, scene.ground.day(4));
    let charge = charges::list(&ground.client().await, first, 0, 1).await.unwrap().remove(0);
    let reported = chargebacks::Report {
        charge: charge.id,
        event_id: "evt-1".into(),
        amount: usd("30.00"),
        fee: None,
        reason: "fraudulent".into(),
        reported_on: None,
        evidence_until: None,
    };
    let partner = ground.partner;
    let opened = ground.run(async |tx| chargebacks::report(tx, reported, partner, wall).await).await.unwrap();
    let wall = ground.day(5);
    let released = ground.run(async |tx| releases::release(tx, claim, wall).await).await.unwrap();
    assert_eq!(released, None, "30.00 are free");
    let again = "SELECT count(*) FROM job WHERE kind = 'release_claim' AND finished_at IS NULL AND due_at = $1";
    let client = ground.client().await;
    assert_eq!(client.query_one(again, &[&ground.day(6)]).await.unwrap().get::<_, i64>(0), 1, "a day later");
    let by = Actor::Partner(partner);
    ground.run(async |tx| chargebacks::decide(tx, opened.id, Ruling::Win, by, wall).await).await.unwrap();
    assert_eq!(scene.release(claim).await.amount, usd("50.00"));
    scene.audit(&press).await;
}

#[tokio::test]
async fn p9_a_chargeback_is_decided_once_whatever_the_services_login_tries() {
    let scene = Scene::new().await;
    let press = scene.campaign("press", Method::Fifo).await;
    let pledge = scene.captured(&press, "first", "30.00", 0).await;
    scene.settle(pledge, 3).await;
    let (ground, wall) = (&scene.ground, scene.ground.day(3));
    let charge = charges::list(&ground.client().await, pledge, 0, 1).await.unwrap().remove(0);
    let received = Received { amount: usd("20.00"), custodian: Some(ground.partner), reference: "bank-1".into() };
    let reserve = ground.run(async |tx| fund_reserve(tx, &ground.book, &received, Actor::Service, wall).await).await;
    assert_eq!(reserve.unwrap().1, 2_000);
    let reported = chargebacks::Report {
        charge: charge.id,
        event_id: "evt-1".into(),
        amount: usd("30.00"),
        fee: Some(usd("15.00")),
        reason: "fraudulent".into(),
        reported_on: None,
        evidence_until: None,
    };
    let by = Actor::Partner(ground.partner);
    let opened = ground.run(async |tx| chargebacks::report(tx, reported, ground.partner, wall).await).await.unwrap();
    let decide = async |ruling| ground.run(async |tx| chargebacks::decide(tx, opened.id, ruling, by, wall).await).await;
    let (won, lost) = tokio::join!(decide(Ruling::Win), decide(Ruling::Lose));
    assert!(won.is_ok() != lost.is_ok(), "one of both words counts: {won:?} {lost:?}");
    let client = ground.client().await;
    for sql in [
        "UPDATE chargeback SET state = 'open', decided_at = NULL, held_until = NULL, closed_entry = 0",
        "UPDATE chargeback SET state = CASE state WHEN 'won' THEN 'lost' ELSE 'won' END",
        "UPDATE chargeback SET decided_at = decided_at + interval '1 day'",
        "UPDATE chargeback SET version = version + 1",
        "UPDATE chargeback SET amount = 1",
        "UPDATE charge SET disputed = 1",
        "UPDATE charge SET lost = disputed + 1",
        "DELETE FROM chargeback",
    ] {
        assert!(client.batch_execute(sql).await.is_err(), "{sql}");
    }
    scene.audit(&press).await;
}
