//! Gifts in another currency: what comes of them, what goes back, and whose the differences of rates are.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::Error;
use ledger::calendar::Interval;
use ledger::chart;
use ledger::id::{ChargeId, PledgeId};
use ledger::money::{Currency, Money};
use ledger::pledging::operations::campaigns::{self, NewCampaign};
use ledger::pledging::operations::charges::{self, Recorded};
use ledger::pledging::operations::moving::asking::{self, AskedMove};
use ledger::pledging::operations::plan_changes::{self, AskedChange};
use ledger::pledging::operations::pledges::{self, PlacePledge};
use ledger::pledging::operations::receipts;
use ledger::pledging::operations::recoveries::{Received, fund_reserve};
use ledger::pledging::operations::refund_outcomes::{self, Made, Reported};
use ledger::pledging::operations::refunds::{self, Ask};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::charge::Charge;
use ledger::pledging::rules::commitment::{Cap, OverCap};
use ledger::pledging::rules::conversion::Collected;
use ledger::pledging::rules::pledge::{Rail, Token};
use ledger::pledging::rules::refund::{Outcome, Refund};
use ledger::pledging::store::campaigns as campaign_rows;
use ledger::pledging::store::{charges as charge_rows, issued_receipts, lineage};
use ledger::reports::operations::{FiveTotals, five_totals};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, Host, MONTHLY, refusal, usd};

fn money(text: &str, code: &str) -> Money {
    Money::parse(text, code.parse::<Currency>().unwrap()).unwrap()
}

fn chf(text: &str) -> Money {
    money(text, "CHF")
}

struct Scene {
    ground: Ground,
    campaign: Campaign,
}

impl Scene {
    async fn new() -> Scene {
        let ground = Host { zone: "UTC", ..Host::default() }.open(Timestamp::now()).await;
        let cap = Some(Cap { amount: usd("1000.00"), over: OverCap::Trim });
        let campaign = ground.publish(NewCampaign { cap, ..ground.new_campaign("press") }).await;
        Scene { ground, campaign }
    }

    /// A pledge of 50.00 CHF to the partner, which promises 55.00 USD for them.
    fn ask(&self, reference: &str) -> PlacePledge {
        let asked = self.ground.ask(&self.campaign, reference, "55.00");
        PlacePledge { original: Some(chf("50.00")), rail: Rail::Partner, token: String::new(), ..asked }
    }

    /// The pledge, whose first payment its partner is to collect.
    async fn begun(&self, asked: PlacePledge) -> (PledgeId, ChargeId) {
        let wall = self.ground.wall;
        let placed = self.ground.run(async |tx| {
            let pledge = pledges::place(tx, asked, wall).await?.pledge.id;
            charges::begin(tx, pledge, 1, wall).await?;
            Ok(pledge)
        });
        let pledge = placed.await.unwrap();
        (pledge, charge_rows::list(&self.ground.client().await, pledge, 0, 1).await.unwrap().remove(0).id)
    }

    async fn came(
        &self,
        charge: ChargeId,
        event: &str,
        came: &str,
        original: Option<Money>,
    ) -> Result<Recorded, Error> {
        let collected = Some(Collected { amount: usd(came), original });
        let (partner, wall) = (self.ground.partner, self.ground.wall);
        let report = async |tx: &Transaction<'_>| {
            charges::capture_reported_as(tx, charge, partner, (event, event), collected, None, wall).await
        };
        self.ground.run(report).await
    }

    /// A payment of 50.00 CHF that came to so much, and settled three days later.
    async fn settled(&self, reference: &str, came: &str) -> (PledgeId, ChargeId) {
        let (pledge, charge) = self.begun(self.ask(reference)).await;
        self.came(charge, reference, came, Some(chf("50.00"))).await.unwrap();
        self.ground.settle(pledge, self.ground.day(3)).await;
        (pledge, charge)
    }

    async fn charge(&self, id: ChargeId) -> Charge {
        charge_rows::get(&self.ground.client().await, id).await.unwrap()
    }

    async fn refund(&self, charge: ChargeId, part: Option<&str>) -> Refund {
        let ask = Ask { charge, amount: part.map(usd), reference: None, from: None };
        let (change, wall) = (Change::by_service(""), self.ground.day(4));
        self.ground.run(async |tx| refunds::request(tx, ask, change, wall).await).await.unwrap()
    }

    async fn end(&self, refund: &Refund, outcome: Outcome, cost: Option<Money>) -> Result<Refund, Error> {
        let (partner, wall) = (self.ground.partner, self.ground.day(5));
        let report = async |tx: &Transaction<'_>| {
            refund_outcomes::report_with_cost(tx, refund.id, partner, outcome.clone(), cost, wall).await
        };
        self.ground.run(report).await
    }

    async fn arrives(&self, refund: &Refund, cost: Option<&str>) -> Refund {
        self.end(refund, last_of(refund), cost.map(usd)).await.unwrap()
    }

    async fn balance(&self, account: chart::Account) -> i64 {
        self.ground.balance(&account.code).await
    }

    /// Loss, gain, what the host owes the partner of losses, and the partner's cash.
    async fn differences(&self) -> [i64; 4] {
        let partner = self.ground.partner;
        [
            self.balance(chart::refund_loss()).await,
            self.balance(chart::refund_gain()).await,
            self.balance(chart::exchange_owed(partner)).await,
            self.balance(chart::cash_at(partner)).await,
        ]
    }

    async fn totals(&self) -> FiveTotals {
        let client = self.ground.client().await;
        let campaign = campaign_rows::get(&client, self.campaign.id).await.unwrap();
        let pledged = campaign.commitments.map(|of| of.pledged);
        five_totals(&client, &self.ground.book, &campaign.slug, pledged, campaign.fund).await.unwrap()
    }

    async fn agrees(&self) {
        self.ground.audit().await;
        let wrong = lineage::audit(&self.ground.client().await, self.ground.book.id).await.unwrap();
        assert_eq!(wrong, Vec::<String>::new());
    }
}

fn last_of(refund: &Refund) -> Outcome {
    Outcome::Settled { provider_reference: format!("back-{}", refund.id) }
}

#[tokio::test]
async fn a_payment_in_another_currency_is_of_what_came_of_it_and_its_promise_follows() {
    let scene = Scene::new().await;
    let (_, up) = scene.begun(scene.ask("up")).await;
    let original = Some(chf("50.00"));
    assert_eq!(refusal(scene.came(up, "e-1", "57.00", None).await), "capture-amount");
    assert_eq!(refusal(scene.came(up, "e-1", "57.00", Some(chf("51.00"))).await), "original-differs");
    for wild in ["43.99", "66.01"] {
        assert_eq!(refusal(scene.came(up, "e-1", wild, original).await), "rate-out-of-bounds");
    }
    assert_eq!(scene.charge(up).await.amount, usd("55.00"), "what was refused has changed nothing");
    assert_eq!(scene.came(up, "e-1", "57.00", original).await.unwrap(), Recorded::Captured);
    assert_eq!(scene.came(up, "e-1", "57.00", original).await.unwrap(), Recorded::Already);
    assert_eq!(refusal(scene.came(up, "e-1", "58.00", original).await), "capture-amount");
    let (_, down) = scene.begun(scene.ask("down")).await;
    scene.came(down, "e-2", "44.00", original).await.unwrap();
    let (_, as_promised) = scene.begun(scene.ask("as promised")).await;
    scene.came(as_promised, "e-3", "55.00", None).await.unwrap();
    let (_, pending) = scene.begun(scene.ask("pending")).await;

    assert_eq!(scene.ground.balance(&chart::fund("press").code).await, 5_700 + 4_400 + 5_500);
    let expected = FiveTotals {
        pledged: Some(4 * 5_500 + 200),
        collected: 15_600,
        dropped: Some(1_100),
        refunded: 0,
        disputed: 0,
    };
    assert_eq!(scene.totals().await, expected);
    let charge = scene.charge(up).await;
    assert_eq!(charge.conversion.map(|of| (of.original, of.promised)), original.map(|of| (of, usd("55.00"))));
    let wall = scene.ground.wall;
    let receipt = scene.ground.run(async |tx| receipts::issue(tx, up, wall).await).await.unwrap().unwrap();
    assert_eq!((receipt.amount, receipt.original), (usd("57.00"), original));
    let shown = issued_receipts::of_charge(&scene.ground.client().await, up).await.unwrap().unwrap();
    assert_eq!(shown.receipt.original, original);

    // As the service itself: no other amount, before the capture or after it.
    let client = scene.ground.client().await;
    for (id, set) in [
        (up, "amount = 5600"),
        (up, "came_amount = 5600"),
        (up, "original_amount = 1"),
        (pending, "came_amount = 5600"),
        (pending, "came_amount = 9900, entry = 1, state = 'captured'"),
        (pending, "promised_amount = 5600"),
    ] {
        let update = format!("UPDATE charge SET {set} WHERE id = '{}'", id.object);
        assert!(client.batch_execute(&update).await.is_err(), "{set}");
    }
    scene.agrees().await;
}

#[tokio::test]
async fn a_capture_that_was_kept_while_the_book_was_frozen_is_of_what_came_and_one_after_the_end_changes_nothing() {
    let scene = Scene::new().await;
    let (partner, wall) = (scene.ground.partner, scene.ground.wall);
    let (_, kept) = scene.begun(scene.ask("kept")).await;
    let names = ("evt", "pay");
    let later = scene
        .ground
        .run(async |tx| charges::capture_kept(tx, kept, partner, names, Some(5_300), wall, scene.ground.day(1)).await);
    assert_eq!(later.await.unwrap(), Recorded::Captured);
    assert_eq!(scene.charge(kept).await.amount, usd("53.00"));
    let (_, late) = scene.begun(scene.ask("late")).await;
    let (id, change) = (scene.campaign.id, Change::by_service(""));
    scene.ground.run(async |tx| campaigns::close(tx, id, change, wall).await).await.unwrap();
    let voided = scene.came(late, "e-late", "57.00", Some(chf("50.00"))).await.unwrap();
    assert!(matches!(voided, Recorded::Voided { .. }), "{voided:?}");
    assert_eq!(scene.charge(late).await.amount, usd("55.00"), "nothing came of it");
    scene.agrees().await;
}

#[tokio::test]
async fn a_refund_gives_the_original_back_and_the_difference_of_rates_is_the_hosts() {
    let scene = Scene::new().await;
    let (_, first) = scene.settled("first", "57.00").await;
    // A third of 57.00 is 19.00, and of 50.00 CHF 16.66: a later part takes what is left of a cent.
    let parts = [scene.refund(first, Some("19.00")).await, scene.refund(first, Some("19.00")).await];
    let rest = scene.refund(first, None).await;
    let given = |refund: &Refund| refund.original.map(|back| back.to_string()).unwrap();
    assert_eq!([given(&parts[0]), given(&parts[1]), given(&rest)], ["16.66 CHF", "16.67 CHF", "16.67 CHF"]);
    // One fails, and is asked for again: it takes what is free of both.
    scene.end(&parts[0], Outcome::Failed { code: "closed".into() }, None).await.unwrap();
    let again = scene.refund(first, None).await;
    assert_eq!((given(&again), again.sent), ("16.66 CHF".into(), usd("19.00")));

    scene.arrives(&parts[1], Some("20.50")).await;
    assert_eq!(
        scene.differences().await,
        [150, 0, 150, 3_800],
        "it cost more: the host owes it, and no donor's cash pays it"
    );
    scene.arrives(&again, Some("18.00")).await;
    assert_eq!(scene.differences().await, [150, 100, 50, 1_900], "it cost less, which pays of what is owed");
    let last = scene.arrives(&rest, Some("19.00")).await;
    assert_eq!((last.settled_amount, last.original.map(|back| back.minor)), (Some(usd("19.00")), Some(1_667)));
    assert_eq!(scene.differences().await, [150, 100, 50, 0]);
    assert_eq!(scene.ground.balance(&chart::fund("press").code).await, 0, "the fund has moved with no rate");
    assert_eq!(scene.arrives(&last, Some("19.00")).await, last, "the same report again");
    let other = scene.end(&last, last_of(&last), Some(usd("19.01"))).await;
    assert_eq!(refusal(other), "refund-over");

    // Money of the host's own that comes to the partner pays what is left.
    let received = Received { amount: usd("10.00"), custodian: Some(scene.ground.partner), reference: "bank-1".into() };
    let wall = scene.ground.day(6);
    let (book, by) = (&scene.ground.book, Actor::Service);
    scene.ground.run(async |tx| fund_reserve(tx, book, &received, by, wall).await).await.unwrap();
    assert_eq!(scene.differences().await, [150, 100, 0, 950]);
    assert_eq!(scene.balance(chart::risk_reserve()).await, 1_000);
    scene.agrees().await;
}

#[tokio::test]
async fn a_refund_says_its_cost_in_the_campaigns_currency_within_bounds_or_there_is_no_difference() {
    let scene = Scene::new().await;
    let (partner, wall) = (scene.ground.partner, scene.ground.wall);
    // One that has not settled, and that its partner gives back by itself.
    let (_, unsettled) = scene.begun(scene.ask("second")).await;
    scene.came(unsettled, "pay-2", "55.00", None).await.unwrap();
    let made = Made {
        event_id: "evt-2",
        provider_reference: "pay-2",
        refund_reference: "ref-2",
        amount: None,
        settled_amount: Some(usd("53.00")),
        reason: "",
    };
    let back = async |tx: &Transaction<'_>| refund_outcomes::report_made(tx, unsettled, partner, made, wall).await;
    let Reported::Refunded(refund) = scene.ground.run(back).await.unwrap() else { panic!("it was held") };
    assert_eq!(refund.original.map(|back| back.to_string()), Some("50.00 CHF".into()), "the whole of it");
    assert_eq!(scene.differences().await, [0, 200, 0, 200]);
    // A gift in the campaign's own currency has no rate.
    let (_, own) = scene.begun(PlacePledge { original: None, ..scene.ask("own") }).await;
    assert_eq!(refusal(scene.came(own, "pay-3", "55.00", Some(chf("50.00"))).await), "capture-amount");
    scene.came(own, "pay-3", "55.00", None).await.unwrap();
    let (_, charge) = scene.settled("first", "57.00").await;
    let cash = 5_500 + 5_700 + 200;
    assert_eq!(scene.differences().await, [0, 200, 0, cash]);

    let refund = scene.refund(charge, Some("10.00")).await;
    for cost in ["4.99", "20.01"] {
        assert_eq!(refusal(scene.end(&refund, last_of(&refund), Some(usd(cost))).await), "rate-out-of-bounds");
    }
    let other = scene.end(&refund, last_of(&refund), Some(chf("10.00"))).await;
    assert!(
        matches!(&other, Err(Error::Invalid { pointer, .. }) if pointer == "/settled_amount/currency"),
        "{other:?}"
    );
    scene.arrives(&refund, None).await;
    assert_eq!(scene.differences().await, [0, 200, 0, cash - 1_000], "nothing was said of a rate");
    let refund = scene.refund(own, None).await;
    assert_eq!(refund.original, None);
    let cost = scene.end(&refund, last_of(&refund), Some(usd("55.00"))).await;
    assert!(matches!(&cost, Err(Error::Invalid { pointer, .. }) if pointer == "/settled_amount"), "{cost:?}");
    scene.agrees().await;
}

#[tokio::test]
async fn an_original_is_in_another_currency_by_a_rail_that_converts_and_a_plan_keeps_it() {
    let scene = Scene::new().await;
    let wall = scene.ground.wall;
    let place = async |asked: PlacePledge| {
        scene.ground.run(async |tx| pledges::place(tx, asked, wall).await).await.map(|placed| placed.pledge)
    };
    let same = place(PlacePledge { original: Some(usd("50.00")), ..scene.ask("same") }).await;
    assert!(matches!(&same, Err(Error::Invalid { pointer, .. }) if pointer == "/original/currency"), "{same:?}");
    let sandbox = PlacePledge { rail: Rail::Sandbox, token: "card".into(), ..scene.ask("sandbox") };
    assert_eq!(refusal(place(sandbox).await), "original-refused");
    let first = place(scene.ask("once")).await.unwrap();
    assert_eq!(place(scene.ask("once")).await.unwrap(), first, "the same reference");
    let other = PlacePledge { original: Some(chf("51.00")), ..scene.ask("once") };
    assert_eq!(refusal(place(other).await), "reference-taken");
    // What does not fit whole below the cap is not cut down.
    let large = PlacePledge { amount: usd("980.00"), original: Some(chf("900.00")), ..scene.ask("large") };
    assert_eq!(refusal(place(large).await), "campaign-full");

    let plan = place(PlacePledge { schedule: MONTHLY, ..scene.ask("plan") }).await.unwrap();
    let change = async |amount, interval| {
        let asked = AskedChange { amount, interval, consent: None };
        let by = Change::by_service("");
        scene.ground.run(async |tx| plan_changes::ask(tx, plan.id, asked, "secret", by, wall).await).await
    };
    assert_eq!(refusal(change(Some(usd("40.00")), None).await), "original-kept");
    change(None, Some(Interval::Year)).await.unwrap();
    scene.agrees().await;
    // Nor does it move to where nobody converts it.
    let plan = place(PlacePledge { schedule: MONTHLY, ..scene.ask("moving") }).await.unwrap();
    let to = AskedMove { rail: Some(Rail::Sandbox), token: Some(Token("card".into())), ..AskedMove::default() };
    let (host, change) = (scene.ground.book.organisation, Change::by_service("it closes down"));
    let moved = scene.ground.run(async |tx| asking::ask(tx, plan.id, to, host, "s3cret", change, wall).await).await;
    assert_eq!(refusal(moved), "original-refused");
}
