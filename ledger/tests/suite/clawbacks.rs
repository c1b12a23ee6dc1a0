//! Disputes as they are heard, and claims that are revoked: what comes back, from whom, and to whose layers.

use crate::milestones::{Scene, two_weeks};
use crate::support::waits;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::book::AccountClass;
use ledger::books::operations::wind_ups;
use ledger::calendar::days_after;
use ledger::chart;
use ledger::engine::posting;
use ledger::engine::store::accounts;
use ledger::id::{BankAccountId, ClaimId, DisputeId, OrganisationId, PayoutFileId, PayoutId, PersonId};
use ledger::milestones::operations::{claims, clawbacks, disputes, notices, releases, revocations};
use ledger::milestones::rules::claim::Claim;
use ledger::milestones::rules::clawback::{Asked, Bearer, Clawback, Request};
use ledger::milestones::rules::dispute::{Dispute, Ruling};
use ledger::milestones::rules::milestone::Policy;
use ledger::milestones::rules::notice::Event;
use ledger::milestones::store::{clawbacks as rows, disputes as dispute_rows, milestones, requests};
use ledger::money::{Currency, Money};
use ledger::movements;
use ledger::parties::rules::role::Role;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::payout_files::{self, NewPayoutFile, Which};
use ledger::payouts::operations::payouts::{self, NewPayout};
use ledger::payouts::operations::revocations as confirming;
use ledger::payouts::operations::{bank_lines, payout_file_pages};
use ledger::payouts::rules::bank_line::{Direction, LineState as Matching, Told};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payout::{Payout, PayoutState, Screening};
use ledger::payouts::rules::payout_file::FileFormat;
use ledger::payouts::store::bank_accounts::{self as account_rows, Sealed};
use ledger::payouts::store::payouts as payout_rows;
use ledger::pledging::operations::recoveries::Received;
use ledger::pledging::store::lineage;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{refusal, usd};
use ledger::winding::operations::lines;
use ledger::winding::rules::line::{Decider, LineState, Of, Reason, Remains};

mod walk;

/// The scene with a second decider of the host.
struct Two {
    scene: Scene,
    approver: PersonId,
}

impl Two {
    async fn new() -> Two {
        let scene = Scene::new().await;
        let approver = scene.ground.person("approver", Role::Approver).await;
        Two { scene, approver }
    }

    async fn ask(&self, id: ClaimId, asked: Asked, by: PersonId, day: i64) -> Result<Request, Error> {
        let (why, wall) = ("the photos are of another press".to_owned(), self.scene.ground.day(day));
        self.scene.ground.run(async |tx| revocations::ask(tx, id, asked, why, by, wall).await).await
    }

    async fn confirm(&self, id: ClaimId, number: i32, by: PersonId, day: i64) -> Result<Request, Error> {
        let wall = self.scene.ground.day(day);
        self.scene.ground.run(async |tx| confirming::confirm(tx, id, number, by, wall).await).await
    }

    /// Both, by two people.
    async fn revoke(&self, id: ClaimId, day: i64) {
        let asked = self.ask(id, Asked::Revocation, self.scene.ground.owner, day).await.unwrap();
        self.confirm(id, asked.number, self.approver, day).await.unwrap();
    }

    /// A claim on a milestone of its own that one reviewer has approved.
    async fn by_one(&self, amount: &str) -> Claim {
        let milestone = self.scene.funded(amount, Policy { reviewers_needed: 1, ..two_weeks() }).await;
        let claim = self.scene.submitted(&milestone, amount).await;
        self.scene.approve(&claim, self.scene.reviewers[0], amount).await.unwrap()
    }

    async fn clawback(&self, id: ClaimId) -> Option<Clawback> {
        rows::find(&self.scene.ground.client().await, id).await.unwrap()
    }

    async fn recover(&self, id: ClaimId, amount: &str, day: i64) -> Result<Clawback, Error> {
        self.recover_of(id, usd(amount), day).await
    }

    async fn recover_of(&self, id: ClaimId, amount: Money, day: i64) -> Result<Clawback, Error> {
        let (ground, by) = (&self.scene.ground, Actor::Person(self.scene.ground.owner));
        let received = Received { amount, custodian: None, reference: format!("bank {day}") };
        ground.run(async |tx| clawbacks::recover(tx, id, &received, by, ground.day(day)).await).await
    }

    /// Money leaves what is owed to the team, as a payout that names no release does it.
    async fn pay(&self, amount: &str) {
        let ground = &self.scene.ground;
        let payable = chart::team_payable(self.scene.team.id).code;
        let client = ground.client().await;
        let found = accounts::find(&client, ground.book.id, &payable).await.unwrap().unwrap();
        let transit = chart::payouts_in_transit(ground.book.organisation).code;
        let transit = match accounts::find(&client, ground.book.id, &transit).await.unwrap() {
            Some(account) => account.number,
            None => ground.account(&transit, AccountClass::PayoutsInTransit).await,
        };
        let entry = movements::payout_sent(found.number, transit, usd(amount), ground.book.today(ground.wall), "p");
        ground.run(async |tx| posting::post(tx, &ground.book, entry, ground.wall).await).await.unwrap();
    }

    /// What lies in the fund, is owed to the team, is paid out, is owed by it, and is waited for by the fund.
    async fn money(&self) -> [i64; 5] {
        let ground = &self.scene.ground;
        let mut found = [0; 5];
        for (place, prefix) in [
            "liabilities:fund:",
            "liabilities:payable:team:",
            "liabilities:payouts:",
            "assets:receivable:clawback:",
            "liabilities:recoveries:",
        ]
        .into_iter()
        .enumerate()
        {
            found[place] = ground.balance_below(prefix).await;
        }
        found
    }

    async fn audit(&self) {
        self.scene.ground.audit().await;
        let wrong = lineage::audit(&self.scene.ground.client().await, self.scene.ground.book.id).await.unwrap();
        assert_eq!(wrong, Vec::<String>::new());
    }

    async fn heard(&self, dispute: &Dispute) -> Dispute {
        dispute_rows::get(&self.scene.ground.client().await, dispute.id, Currency::USD).await.unwrap()
    }

    async fn say(&self, dispute: DisputeId, step: &str, by: PersonId, day: i64) -> Result<Dispute, Error> {
        let (ground, text) = (&self.scene.ground, "it is on page 4".to_owned());
        let wall = ground.day(day);
        ground
            .run(async |tx| match step {
                "answer" => disputes::answer(tx, dispute, text, by, wall).await,
                "reply" => disputes::reply(tx, dispute, text, by, wall).await,
                "accept" => disputes::accept(tx, dispute, by, wall).await,
                "appeal" => disputes::appeal(tx, dispute, text, by, wall).await,
                other => panic!("no step {other}"),
            })
            .await
    }

    async fn rule(
        &self,
        dispute: DisputeId,
        (ruling, part): (Ruling, Option<&str>),
        by: PersonId,
        day: i64,
    ) -> Result<Dispute, Error> {
        let (ground, part) = (&self.scene.ground, part.map(usd));
        let wall = ground.day(day);
        let why = "both were heard".to_owned();
        ground.run(async |tx| disputes::resolve(tx, dispute, (ruling, part), why, by, wall).await).await
    }

    async fn close(&self, claim: &Claim, day: i64) {
        let ground = &self.scene.ground;
        ground.run(async |tx| claims::close_review(tx, claim.id, ground.day(day)).await).await.unwrap();
    }

    /// Who is told of an event; none when it is no longer how things stand.
    async fn told(&self, claim: ClaimId, dispute: Option<DisputeId>, event: Event, day: i64) -> Option<Vec<String>> {
        let client = self.scene.ground.client().await;
        let notice = notices::notice(&client, claim, dispute, event, self.scene.ground.day(day)).await.unwrap();
        notice.map(|notice| notice.recipients)
    }
}

#[tokio::test]
async fn m8_m9_a_dispute_is_heard_decided_in_part_appealed_and_decided_at_last_by_somebody_else() {
    let two = Two::new().await;
    let (scene, owner, team) = (&two.scene, two.scene.ground.owner, two.scene.team.member);
    let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "5000.00").await;
    let dispute = scene.dispute(&claim, "1200.00", 13).await;
    let (id, objector) = (dispute.id, scene.reviewers[0]);
    let told = async |event, day| two.told(claim.id, Some(id), event, day).await.unwrap();
    assert_eq!(told(Event::DisputeOpened, 13).await.len(), 3, "the team, and two who may decide");
    assert_eq!(waits(&scene.ground, team).await, ["answer_dispute"]);
    assert_eq!(refusal(two.rule(id, (Ruling::Uphold, None), owner, 14).await), "dispute-not-heard");
    assert!(matches!(two.say(id, "answer", objector, 14).await, Err(Error::Forbidden(_))));
    two.say(id, "answer", team, 14).await.unwrap();
    assert_eq!(told(Event::DisputeAnswered, 14).await, ["first@example.org"]);
    assert_eq!(two.told(claim.id, Some(id), Event::DisputeOpened, 14).await, None, "it is answered");
    assert_eq!(waits(&scene.ground, objector).await, ["reply_dispute"]);
    assert_eq!(refusal(two.say(id, "reply", owner, 15).await), "not-your-dispute");
    two.say(id, "reply", objector, 15).await.unwrap();
    assert_eq!(told(Event::DisputeReplied, 15).await.len(), 2);

    // The rest has gone its way meanwhile.
    assert_eq!(scene.release(&claim, 15).await, Some(380_000));
    assert_eq!(refusal(two.rule(id, (Ruling::UpholdPart, Some("1200.00")), owner, 16).await), "ruling-no-part");
    let decided = two.rule(id, (Ruling::UpholdPart, Some("200.00")), owner, 16).await.unwrap();
    assert_eq!((decided.state.as_str(), decided.until), ("decided", scene.ground.day(18)));
    assert_eq!(told(Event::DisputeDecided, 16).await.len(), 2, "the team, and who objects");
    assert_eq!(refusal(two.say(id, "appeal", scene.reviewers[1], 17).await), "nothing-to-appeal");
    two.say(id, "appeal", objector, 17).await.unwrap();
    assert_eq!(told(Event::DisputeAppealed, 17).await, ["approver@example.org"], "not who decided before");
    assert_eq!(waits(&scene.ground, two.approver).await, ["resolve_dispute"]);
    assert_eq!(refusal(two.rule(id, (Ruling::Dismiss, None), owner, 18).await), "same-person");
    let over = two.rule(id, (Ruling::UpholdPart, Some("500.00")), two.approver, 18).await.unwrap();
    assert_eq!(over.state.as_str(), "upheld_part");
    assert_eq!(over.decision.unwrap().outcome.struck, 20_000, "what was decided first is kept");
    assert_eq!(told(Event::DisputeUpheldPart, 18).await.len(), 2);
    assert_eq!(scene.release(&claim, 18).await, Some(70_000));
    let decision = scene.claim(&claim).await.state.decision().unwrap();
    assert_eq!((decision.released, decision.struck, decision.frozen), (450_000, 50_000, 0));
    two.audit().await;
}

#[tokio::test]
async fn m8_whoever_looks_late_finds_each_step_ended_as_of_its_own_deadline() {
    let two = Two::new().await;
    let (scene, team) = (&two.scene, two.scene.team.member);
    let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "5000.00").await;
    let silent_team = scene.dispute(&claim, "100.00", 1).await;
    let silent_objector = scene.dispute(&claim, "200.00", 1).await;
    let silent_host = scene.dispute(&claim, "400.00", 1).await;
    let stands = scene.dispute(&claim, "800.00", 1).await;
    for dispute in [&silent_objector, &silent_host, &stands] {
        two.say(dispute.id, "answer", team, 2).await.unwrap();
    }
    for dispute in [&silent_host, &stands] {
        two.say(dispute.id, "reply", scene.reviewers[0], 3).await.unwrap();
    }
    two.rule(stands.id, (Ruling::UpholdPart, Some("300.00")), scene.ground.owner, 4).await.unwrap();
    // A leap of the clock: the first who looks finds all of it done, and what they want comes too late.
    assert_eq!(refusal(two.say(silent_team.id, "answer", team, 90).await), "dispute-closed");
    two.close(&claim, 90).await;
    for (dispute, state, day) in [
        (&silent_team, "upheld", 8),
        (&silent_objector, "dismissed", 7),
        (&silent_host, "upheld", 5),
        (&stands, "upheld_part", 6),
    ] {
        let now = two.heard(dispute).await;
        assert_eq!((now.state.as_str(), now.state.ended().unwrap().at), (state, scene.ground.day(day)), "{state}");
    }
    assert_eq!(scene.release(&claim, 90).await, Some(500_000 - 10_000 - 40_000 - 30_000));
    two.audit().await;
}

#[tokio::test]
async fn m10_two_people_revoke_what_was_paid_is_owed_and_comes_back_to_the_donors_layers() {
    let two = Two::new().await;
    let scene = &two.scene;
    let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "4000.00").await;
    assert_eq!(scene.release(&claim, 14).await, Some(400_000));
    two.pay("1500.00").await;
    assert_eq!(two.money().await, [400_000, 250_000, 150_000, 0, 0]);

    let owner = scene.ground.owner;
    assert!(matches!(two.ask(claim.id, Asked::Revocation, scene.reviewers[0], 15).await, Err(Error::Forbidden(_))));
    let asked = two.ask(claim.id, Asked::Revocation, owner, 15).await.unwrap();
    assert_eq!(refusal(two.ask(claim.id, Asked::Revocation, two.approver, 15).await), "request-open");
    assert_eq!(waits(&scene.ground, two.approver).await, ["confirm_request"]);
    let told = two.told(claim.id, None, Event::RevocationAsked, 15).await.unwrap();
    assert_eq!(told, ["approver@example.org"]);
    assert_eq!(refusal(two.confirm(claim.id, asked.number, owner, 15).await), "same-person");
    assert_eq!(refusal(two.confirm(claim.id, asked.number, two.approver, 22).await), "request-closed");
    assert_eq!(two.money().await, [400_000, 250_000, 150_000, 0, 0], "nothing moved by one person");
    two.close(&claim, 22).await;
    let lapsed = requests::get(&scene.ground.client().await, claim.id, 1, Currency::USD).await.unwrap();
    assert_eq!(lapsed.state.as_str(), "lapsed");

    two.revoke(claim.id, 23).await;
    let revoked = scene.claim(&claim).await;
    assert_eq!(revoked.state.as_str(), "revoked");
    assert_eq!(two.money().await, [650_000, 0, 150_000, 150_000, 150_000]);
    assert_eq!(refusal(two.ask(claim.id, Asked::Revocation, owner, 24).await), "claim-not-approved");
    two.audit().await;

    // The next release of the team is set off; then the team pays, and two people give the rest up.
    let next = two.by_one("1000.00").await;
    assert_eq!(scene.release(&next, 40).await, Some(100_000));
    assert_eq!(two.money().await, [650_000, 0, 150_000, 50_000, 50_000], "released, and back in the fund");
    two.audit().await;
    assert_eq!(refusal(two.recover(claim.id, "500.01", 41).await), "receivable-exceeded");
    assert_eq!(two.recover(claim.id, "200.00", 41).await.unwrap().owed(), 30_000);
    let give_up = |bearer, amount| Asked::WriteOff { amount: usd(amount), bearer };
    let short = two.ask(claim.id, give_up(Bearer::RiskReserve, "100.00"), owner, 42).await.unwrap();
    assert_eq!(refusal(two.confirm(claim.id, short.number, two.approver, 42).await), "reserve-short");
    let asked = two.ask(claim.id, give_up(Bearer::Fund, "300.00"), owner, 60).await.unwrap();
    two.confirm(claim.id, asked.number, two.approver, 60).await.unwrap();
    assert_eq!(two.money().await, [670_000, 0, 150_000, 0, 0]);
    let clawback = two.clawback(claim.id).await.unwrap();
    assert_eq!((clawback.state(), clawback.returned(), clawback.written_off), ("settled", 370_000, 30_000));
    two.audit().await;
}

#[tokio::test]
async fn c4_m10_a_wind_up_explains_each_cent_of_an_open_clawback_until_two_people_write_it_off() {
    let two = Two::new().await;
    let (scene, ground) = (&two.scene, &two.scene.ground);
    let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "4000.00").await;
    assert_eq!(scene.release(&claim, 14).await, Some(400_000));
    two.pay("1500.00").await;
    two.revoke(claim.id, 23).await;
    let (last_day, wall) = (days_after(ground.book.today(ground.day(24)), 10), ground.day(24));
    let why = Change::by_service("it closes");
    let said =
        ground.run(async |tx| wind_ups::announce(tx, &ground.book, (last_day, None), why, wall).await).await.unwrap();
    let stand = async |day| {
        let client = ground.client().await;
        let found = lines::list(&client, &ground.book, &said, "", 100, ground.day(day)).await.unwrap();
        for line in &found {
            assert_eq!(line.remains.iter().map(|part| part.amount).sum::<i64>(), line.account.balance, "{line:?}");
        }
        let balances: i64 = found.iter().map(|line| line.account.balance).sum();
        // What is on its way to the team is no line: its bank has it, or it comes back.
        assert_eq!(balances + 150_000, ground.balance_below("liabilities:").await, "every cent of others is in a line");
        found.into_iter().find(|line| line.account.code == chart::recoveries("press").code).unwrap()
    };
    let open = stand(40).await;
    assert_eq!((open.state, open.decides, open.until), (LineState::Recovering, Some(Decider::Host), None));
    assert_eq!(open.remains, [Remains { amount: 150_000, reason: Reason::Clawback }]);
    assert_eq!(open.account.of, Some(Of::Campaign(scene.campaign.id)));

    assert_eq!(two.recover(claim.id, "200.00", 41).await.unwrap().owed(), 130_000);
    assert_eq!(stand(42).await.account.balance, 130_000, "what was paid back is in the fund, and goes back with it");
    let asked = Asked::WriteOff { amount: usd("1300.00"), bearer: Bearer::Fund };
    let asked = two.ask(claim.id, asked, ground.owner, 60).await.unwrap();
    assert_eq!(stand(60).await.state, LineState::Recovering, "one person writes nothing off");
    two.confirm(claim.id, asked.number, two.approver, 60).await.unwrap();
    let closed = stand(61).await;
    assert_eq!((closed.state, closed.decides, closed.remains.len()), (LineState::Empty, None, 0));
    two.audit().await;
}

#[tokio::test]
async fn m10_a_revocation_ends_disputes_and_cancels_the_payouts_that_its_money_was_for() {
    let two = Two::new().await;
    let scene = &two.scene;
    let (ground, owner) = (&scene.ground, scene.ground.owner);
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    let dispute = scene.dispute(&claim, "1200.00", 13).await;
    assert_eq!(scene.release(&claim, 14).await, Some(380_000));
    let honest = two.by_one("1000.00").await;
    assert_eq!(scene.release(&honest, 14).await, Some(100_000));
    let ask = async |release| {
        let new = NewPayout {
            book: ground.book.id,
            owed: Owed::Team(scene.team.id),
            currency: Currency::USD,
            amount: None,
            release: Some(release),
            custodian: Some(ground.partner),
            cash: String::new(),
            memo: String::new(),
        };
        ground.run(async |tx| payouts::request(tx, new, owner, ground.wall).await).await.unwrap()
    };
    let of_claim = ask((claim.id, 1)).await;
    let of_honest = ask((honest.id, 1)).await;
    two.revoke(claim.id, 15).await;
    let client = ground.client().await;
    let state = async |id| payout_rows::get(&client, id).await.unwrap().state.word();
    assert_eq!(state(of_claim.id).await, PayoutState::Cancelled);
    assert_eq!(state(of_honest.id).await, PayoutState::Requested, "money of another claim is not touched");
    assert_eq!(two.heard(&dispute).await.state.as_str(), "upheld");
    assert_eq!(two.money().await, [700_000, 100_000, 0, 0, 0]);
    let clawback = two.clawback(claim.id).await.unwrap();
    assert_eq!((clawback.state(), clawback.unpaid), ("settled", 380_000));
    let left = milestones::get(&client, milestone.id).await.unwrap();
    assert_eq!((left.state.as_str(), left.earmark()), ("partly_released", 120_000), "what was struck stays");
    two.audit().await;
}

#[tokio::test]
async fn m10_nothing_is_released_while_a_revocation_is_asked_for_and_it_goes_on_when_that_lapses() {
    let two = Two::new().await;
    let scene = &two.scene;
    let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "5000.00").await;
    let tied = two.approver;
    let (book, team, wall) = (&scene.ground.book, scene.team.id, scene.ground.wall);
    two.ask(claim.id, Asked::Revocation, scene.ground.owner, 10).await.unwrap();
    assert_eq!(scene.release(&claim, 14).await, None);
    let why = "a cousin".to_owned();
    let declare = async |tx: &Transaction<'_>| {
        ledger::parties::operations::ties::declare_tie(tx, book, tied, team, why, tied, wall).await
    };
    scene.ground.run(declare).await.unwrap();
    assert_eq!(refusal(two.confirm(claim.id, 1, tied, 14).await), "declared-tie");
    assert_eq!(scene.release(&claim, 17).await, Some(500_000), "nobody confirmed it");
    two.audit().await;
}

#[tokio::test]
async fn the_database_guards_disputes_gates_revocations_and_what_comes_back() {
    let two = Two::new().await;
    let scene = &two.scene;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    let dispute = scene.dispute(&claim, "100.00", 1).await;
    two.say(dispute.id, "answer", scene.team.member, 2).await.unwrap();
    let client = scene.ground.client().await;
    let refused = async |sql: &str| client.batch_execute(sql).await.is_err();
    for sql in [
        "UPDATE claim SET state = 'revoked', frozen = 0, struck = approved_amount",
        "UPDATE dispute SET state = 'upheld', resolved_at = now()",
        "UPDATE dispute SET state = 'decided', ruling = 'uphold', struck = amount",
        "UPDATE dispute SET answer = 'another one'",
        "UPDATE dispute SET state = 'open'",
        "UPDATE dispute SET amount = 1",
        "DELETE FROM dispute",
        "INSERT INTO claim_request (claim_id, requested_by, requested_at, until, book_id, number, kind, state, reason)
         SELECT id, claimant, now(), now(), book_id, 1, 'revocation', 'confirmed', 'x' FROM claim",
        "INSERT INTO clawback (claim_id, milestone_id, campaign_id, team, amount, unpaid, entry_number, revoked_at, book_id,
                               state, currency, reason)
         SELECT c.id, c.milestone_id, m.campaign_id, c.team, 1, 1, 1, now(), c.book_id, 'settled', c.currency, 'x'
           FROM claim c JOIN milestone m ON m.id = c.milestone_id",
    ] {
        assert!(refused(sql).await, "{sql}");
    }
    // The gate is closed behind the approval: the rule says so, and so does the database.
    let owner = scene.ground.database_owner().await;
    owner.batch_execute("UPDATE milestone SET gate_licence = true, gate_enterprise = true").await.unwrap();
    let release = async |tx: &Transaction<'_>| releases::release(tx, claim.id, scene.ground.day(14)).await;
    assert_eq!(refusal(scene.ground.run(release).await), "gate-missing");
    let by_hand = "INSERT INTO release (id, claim_id, milestone_id, campaign_id, team, amount, entry_number, released_at, book_id,
                                        number, currency, set_off)
                   SELECT gen_random_uuid(), c.id, c.milestone_id, m.campaign_id, c.team, 1, 1, now(), c.book_id, 1, c.currency, 0
                     FROM claim c JOIN milestone m ON m.id = c.milestone_id";
    let why = client.batch_execute(by_hand).await.unwrap_err();
    let why = why.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
    assert!(why.ends_with("lacks licence, enterprise_plan"), "{why}");
    owner.batch_execute("UPDATE milestone SET gate_licence = false, gate_enterprise = false").await.unwrap();
    assert_eq!(scene.release(&claim, 14).await, Some(490_000));

    two.revoke(claim.id, 15).await;
    for sql in [
        "UPDATE claim SET state = 'approved'",
        "UPDATE claim SET reason = 'another one'",
        "UPDATE clawback SET written_off = 1, state = 'open'",
        "UPDATE clawback SET unpaid = 0",
        "UPDATE fund_return SET amount = 1",
        "DELETE FROM clawback",
        "INSERT INTO fund_return (entry, used_by, layer, amount, book_id, fund)
         SELECT entry + 1, used_by, layer, 1, book_id, fund FROM fund_return",
    ] {
        assert!(refused(sql).await, "{sql}");
    }
    two.audit().await;
}

/// By the bank, by whoever sends payouts, and by the withdrawal of a file: however the money comes back.
#[tokio::test]
async fn m10_m12_what_comes_back_of_a_payout_after_its_claim_was_revoked_is_in_the_fund_and_not_owed_to_the_team_again()
{
    for ends in [End::Fails, End::Returns, End::WithItsFile] {
        let two = Two::new().await;
        let scene = &two.scene;
        two.account(scene.team.id, scene.team.member, Currency::USD).await;
        let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "3000.00").await;
        assert_eq!(scene.release(&claim, 14).await, Some(300_000));
        let payout = two.sent(claim.id, ends == End::WithItsFile).await;
        if ends == End::Returns {
            two.line(&payout, Direction::Debit, "3000.00", 15).await;
        }
        two.revoke(claim.id, 16).await;
        let on_its_way = if ends == End::Returns { 0 } else { 300_000 };
        assert_eq!(
            two.money().await,
            [500_000, 0, on_its_way, 300_000, 300_000],
            "{ends:?}: the team owes what it has"
        );
        two.end(&payout, ends).await;
        assert_eq!(two.money().await, [800_000, 0, 0, 0, 0], "{ends:?}");
        let clawback = two.clawback(claim.id).await.unwrap();
        assert_eq!(
            (clawback.state(), clawback.set_off, clawback.returned()),
            ("settled", 300_000, 300_000),
            "{ends:?}"
        );
        assert_eq!(refusal(two.ask_payout(None).await), "payout-nothing", "{ends:?}");
        two.audit().await;
    }
}

/// What somebody else was wronged of is not taken: as far as a team owes something, and no further.
#[tokio::test]
async fn m10_m12_of_what_comes_back_as_much_is_set_off_as_the_team_owes_and_the_rest_is_owed_to_it() {
    let two = Two::new().await;
    let scene = &two.scene;
    two.account(scene.team.id, scene.team.member, Currency::USD).await;
    let claim = scene.approved(&scene.funded("5000.00", two_weeks()).await, "1000.00").await;
    let honest = two.by_one("2500.00").await;
    for (claim, minor) in [(&claim, 100_000), (&honest, 250_000)] {
        assert_eq!(scene.release(claim, 14).await, Some(minor));
    }
    let first = two.sent(claim.id, false).await;
    two.line(&first, Direction::Debit, "1000.00", 15).await;
    let second = two.sent(honest.id, false).await;
    two.revoke(claim.id, 16).await;
    assert_eq!(two.money().await, [450_000, 0, 250_000, 100_000, 100_000]);
    two.end(&second, End::Fails).await;
    assert_eq!(two.money().await, [550_000, 150_000, 0, 0, 0], "1,000.00 of 2,500.00 were owed");
    two.line(&first, Direction::Credit, "1000.00", 17).await;
    assert_eq!(two.money().await, [550_000, 250_000, 0, 0, 0], "nothing is owed any more");
    two.audit().await;
}

/// How a payout ends that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The bank does not accept it.
    Fails,
    /// It comes back after it has settled.
    Returns,
    /// The file is withdrawn that it stood in.
    WithItsFile,
}

impl Two {
    /// Where a payee is paid; of its bank the tests themselves say what it says.
    async fn account(&self, payee: OrganisationId, by: PersonId, currency: Currency) {
        let ground = &self.scene.ground;
        let new = NewBankAccount {
            id: BankAccountId::generate(ground.book.id),
            payee: payee.into(),
            currency,
            country: "US".into(),
            last_four: "0005".into(),
            sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
        };
        ground.run(async |tx| bank_accounts::propose(tx, new, "", by, ground.wall).await).await.unwrap();
    }

    async fn ask_payout(&self, release: Option<(ClaimId, i32)>) -> Result<Payout, Error> {
        let ground = &self.scene.ground;
        let new = NewPayout {
            book: ground.book.id,
            owed: Owed::Team(self.scene.team.id),
            currency: Currency::USD,
            amount: None,
            release,
            custodian: Some(ground.partner),
            cash: String::new(),
            memo: String::new(),
        };
        ground.run(async |tx| payouts::request(tx, new, ground.owner, ground.day(14)).await).await
    }

    /// The first release of a claim is asked for, approved, screened and sent, by itself or in a file.
    async fn sent(&self, claim: ClaimId, in_a_file: bool) -> Payout {
        let (ground, wall) = (&self.scene.ground, self.scene.ground.day(14));
        let asked = self.ask_payout(Some((claim, 1))).await.unwrap();
        let client = ground.client().await;
        let account = account_rows::active(&client, ground.book.id, asked.payee, Currency::USD).await.unwrap().unwrap();
        let seen = asked.digest(&account);
        let approve = async |tx: &Transaction<'_>| payouts::approve(tx, asked.id, seen, self.approver, wall).await;
        let approved = ground.run(approve).await.unwrap();
        let clear = (Screening::Clear, "");
        let screen = async |tx: &Transaction<'_>| payouts::screened(tx, asked.id, approved.approval, clear, wall).await;
        ground.run(screen).await.unwrap();
        if in_a_file {
            self.file(asked.id).await;
        } else {
            ground.run(async |tx| payouts::send(tx, asked.id, ground.owner, wall).await).await.unwrap();
        }
        payout_rows::get(&client, asked.id).await.unwrap()
    }

    /// A file with one payout, which is built.
    async fn file(&self, payout: PayoutId) {
        let (ground, wall) = (&self.scene.ground, self.scene.ground.day(14));
        self.account(ground.partner, ground.operator, Currency::USD).await;
        let new = NewPayoutFile {
            book: ground.book.id,
            custodian: Some(ground.partner),
            format: FileFormat::Pain001,
            currency: Currency::USD,
            execution_on: None,
            originator: String::new(),
            layout: None,
            which: Which::These(vec![payout]),
        };
        let file = ground.run(async |tx| payout_files::create(tx, new, ground.owner, wall).await).await.unwrap();
        ground.run(async |tx| payout_file_pages::build(tx, file.id, 10, wall).await).await.unwrap();
    }

    /// The bank tells of a payout.
    async fn line(&self, payout: &Payout, direction: Direction, amount: &str, day: i64) {
        let (ground, wall) = (&self.scene.ground, self.scene.ground.day(day));
        let told = Told {
            reference: format!("{direction} {}", payout.reference),
            direction,
            amount: usd(amount),
            fee: 0,
            value_on: ground.book.today(wall),
            end_to_end: payout.reference.clone(),
        };
        let change = Change::by_service("");
        let take = async |tx: &Transaction<'_>| {
            bank_lines::take(tx, ground.book.id, payout.custodian, vec![told], change, wall).await
        };
        let taken = ground.run(take).await.unwrap();
        assert!(matches!(taken[0].state, Matching::Matched { .. }), "{taken:?}");
    }

    async fn end(&self, payout: &Payout, ends: End) {
        let (ground, wall) = (&self.scene.ground, self.scene.ground.day(17));
        match ends {
            End::Fails => {
                let why = Change::by_service("AC04 closed account number");
                ground.run(async |tx| payouts::fail(tx, payout.id, why, wall).await).await.unwrap();
            }
            End::Returns => self.line(payout, Direction::Credit, "3000.00", 17).await,
            End::WithItsFile => {
                let owner = ground.database_owner().await;
                let row = owner.query_one("SELECT id FROM payout_file", &[]).await.unwrap();
                let (id, why) = (PayoutFileId::new(ground.book.id, row.get(0)), Change::by_service("the wrong day"));
                ground.run(async |tx| payout_files::withdraw(tx, id, true, why, wall).await).await.unwrap();
                ground.run(async |tx| payout_file_pages::end(tx, id, 10, wall).await).await.unwrap();
            }
        }
    }
}
