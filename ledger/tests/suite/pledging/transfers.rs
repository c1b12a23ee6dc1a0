//! Gifts by transfer: what lines of banks with our references become, and what of the rest waits in suspense.

use super::scene::Scene;
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::Error;
use ledger::books::operations::books::{self as book_operations, ChangeBook};
use ledger::chart;
use ledger::id::{OrganisationId, PledgeId, SuspenseId};
use ledger::money::Money;
use ledger::payouts::operations::bank_line_booking::{self, Posted};
use ledger::payouts::operations::bank_lines;
use ledger::payouts::rules::bank_line::{BankLine, Besides, BookedAs, Direction, LineState, Told, Why};
use ledger::pledging::operations::transfers::Target;
use ledger::pledging::operations::{campaigns, pledge_changes, pledges, refunds, suspense};
use ledger::pledging::rules::charge::{Charge, State as ChargeState};
use ledger::pledging::rules::commitment::{Cap, OverCap};
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::suspense::{Held, SuspenseItem, SuspenseState};
use ledger::pledging::rules::transfer_reference::{of_campaign, of_pledge, of_settlement, written};
use ledger::pledging::store::{campaigns as campaign_store, charges as charge_store, suspense as items};
use ledger::programmes::operations::loops;
use ledger::programmes::rules::self_funding::AtNothing;
use ledger::service::change::Change;
use ledger::testing::{MONTHLY, ONCE, refusal, usd};
use ledger::treasury::rules::settlement::Method;

/// A credit of today, with a free text in which a reference may stand.
fn credit(scene: &Scene, name: &str, amount: Money, text: &str) -> (Told, Besides) {
    let told = Told {
        reference: name.into(),
        direction: Direction::Credit,
        amount,
        fee: 0,
        value_on: scene.ground.book.today(scene.ground.wall),
        end_to_end: String::new(),
    };
    (told, Besides { creditor_reference: Besides::reference_of("", text), ..Besides::default() })
}

async fn told(scene: &Scene, account: OrganisationId, line: (Told, Besides)) -> Result<BankLine, Error> {
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let change = Change::by_service("");
    let take = async |tx: &Transaction<'_>| {
        bank_lines::take_with(tx, ground.book.id, account, vec![line.clone()], change, wall).await
    };
    ground.run(take).await.map(|mut lines| lines.remove(0))
}

/// What came to the partner's account with a text.
async fn came(scene: &Scene, name: &str, amount: &str, text: &str) -> BankLine {
    told(scene, scene.ground.partner, credit(scene, name, usd(amount), text)).await.unwrap()
}

async fn charge_of(scene: &Scene, line: &BankLine) -> Charge {
    let LineState::Gift { charge, entry } = line.state else { panic!("no gift: {line:?}") };
    let charge = charge_store::get(&scene.ground.client().await, charge).await.unwrap();
    assert_eq!((charge.entry, charge.amount), (entry, line.told.amount));
    assert!(matches!(charge.state, ChargeState::Settled { .. }), "{charge:?}");
    charge
}

async fn item_of(scene: &Scene, line: &BankLine) -> SuspenseItem {
    let LineState::Suspense { item, .. } = line.state else { panic!("not in suspense: {line:?}") };
    items::get(&scene.ground.client().await, item).await.unwrap()
}

/// A pledge that the partner collects by transfer.
async fn by_transfer(scene: &Scene, reference: &str, amount: &str, is_plan: bool) -> PledgeId {
    let schedule = if is_plan { MONTHLY } else { ONCE };
    let asked = scene.ask(reference, amount, schedule, "");
    let asked = pledges::PlacePledge { rail: Rail::Partner, method: Method::Transfer, ..asked };
    scene.place(asked).await.unwrap().pledge.id
}

async fn cash(scene: &Scene, account: OrganisationId) -> i64 {
    scene.ground.balance(&chart::cash_at(account).code).await
}

async fn waiting(scene: &Scene, account: OrganisationId) -> i64 {
    scene.ground.balance(&chart::suspense(account).code).await
}

#[tokio::test]
async fn b10_a_transfer_pays_the_earliest_due_date_with_whatever_came_captured_and_settled_in_one() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let partner = scene.ground.partner;
    let plan = by_transfer(&scene, "plan", "50.00", true).await;
    scene.work().await;
    let text = format!("for the press, {} thank you", written(&of_pledge(plan)).to_lowercase());
    let line = came(&scene, "bank-1", "60.00", &text).await;
    let charge = charge_of(&scene, &line).await;
    assert_eq!((charge.pledge, charge.sequence, charge.due_on), (plan, 1, date(2027, 1, 31)));
    assert_eq!((cash(&scene, partner).await, scene.fund(&scene.campaign).await), (6_000, 6_000));
    assert_eq!(came(&scene, "bank-1", "60.00", &text).await, line, "the same line twice is once");
    let other = told(&scene, partner, credit(&scene, "bank-1", usd("61.00"), &text)).await;
    assert_eq!(refusal(other), "reference-taken");

    // The next one is paid before it falls due, and is not charged then; of two at once the second pays the one after it.
    let early = charge_of(&scene, &came(&scene, "bank-2", "45.00", &text).await).await;
    assert_eq!((early.sequence, early.due_on), (2, date(2027, 2, 28)));
    scene.go_to(date(2027, 3, 30)).await;
    assert_eq!(scene.charges(plan).await.len(), 2);
    scene.go_to(date(2027, 4, 30)).await;
    let states: Vec<&str> = scene.charges(plan).await.iter().map(|charge| charge.state.as_str()).collect();
    assert_eq!(states[..3], ["settled", "settled", "declined"], "nobody paid March");
    let late = charge_of(&scene, &came(&scene, "bank-3", "50.00", &text).await).await;
    assert_eq!((late.sequence, late.state.attempt()), (3, 2));
    assert!(scene.pledge(plan).await.state.is_active(), "what had lapsed goes on");
    let totals = scene.totals().await;
    assert_eq!((totals.sums.collected, totals.available), (15_500, 15_500));
    scene.ground.audit().await;
}

#[tokio::test]
async fn b10_what_a_pledge_cannot_take_waits_in_suspense_with_why() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let partner = scene.ground.partner;
    let once = by_transfer(&scene, "once", "50.00", false).await;
    scene.work().await;
    charge_of(&scene, &came(&scene, "bank-1", "40.00", &of_pledge(once)).await).await;
    assert_eq!(scene.pledge(once).await.state.as_str(), "completed");
    let again = item_of(&scene, &came(&scene, "bank-2", "10.00", &of_pledge(once)).await).await;
    assert_eq!((again.why, again.pledge, again.settlement), (Held::NothingDue, Some(once), None));
    let euros = Money::parse("10.00", "EUR".parse().unwrap()).unwrap();
    let line = told(&scene, partner, credit(&scene, "bank-3", euros, &of_pledge(once))).await.unwrap();
    assert_eq!(item_of(&scene, &line).await.why, Held::CurrencyDiffers);
    let plan = by_transfer(&scene, "plan", "10.00", true).await;
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    ground.run(async |tx| pledge_changes::cancel(tx, plan, Change::by_service(""), wall).await).await.unwrap();
    let over = item_of(&scene, &came(&scene, "bank-4", "10.00", &of_pledge(plan)).await).await;
    assert_eq!(over.why, Held::PledgeOver);
    let open = by_transfer(&scene, "open", "10.00", true).await;
    let close =
        async |tx: &Transaction<'_>| campaigns::close(tx, scene.campaign.id, Change::by_service(""), wall).await;
    ground.run(close).await.unwrap();
    let closed = item_of(&scene, &came(&scene, "bank-5", "10.00", &of_pledge(open)).await).await;
    assert_eq!(closed.why, Held::CampaignNotOpen);
    assert_eq!((waiting(&scene, partner).await, cash(&scene, partner).await), (3_000, 7_000));
    assert_eq!(came(&scene, "bank-6", "10.00", "no reference").await.state, LineState::Open(Why::ReferenceUnknown));
    ground.audit().await;
}

#[tokio::test]
async fn b10_a_transfer_with_a_campaigns_reference_is_a_gift_of_nobody_that_counts_and_can_go_back() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, wall, partner) = (&scene.ground, scene.ground.wall, scene.ground.partner);
    let capped = scene.ground.new_campaign("capped");
    let cap = Some(Cap { amount: usd("100.00"), over: OverCap::Refuse });
    let capped = ground.publish(campaigns::NewCampaign { cap, ..capped }).await;
    let reference = of_campaign(capped.id);
    let line = came(&scene, "bank-1", "70.00", &reference).await;
    let charge = charge_of(&scene, &line).await;
    assert_eq!((charge.campaign, charge.sequence), (capped.id, 1));
    let pledge = scene.pledge(charge.pledge).await;
    assert_eq!((pledge.state.as_str(), pledge.amount), ("completed", usd("70.00")));
    assert_eq!(came(&scene, "bank-1", "70.00", &reference).await, line);
    let full = item_of(&scene, &came(&scene, "bank-2", "30.01", &reference).await).await;
    assert_eq!((full.why, full.pledge), (Held::CampaignFull, None));
    let last = charge_of(&scene, &came(&scene, "bank-3", "30.00", &reference).await).await;
    assert_ne!(last.pledge, charge.pledge, "each is of somebody else");
    assert_eq!((scene.fund(&capped).await, waiting(&scene, partner).await), (10_000, 3_001));
    let two = format!("{reference} {}", of_campaign(scene.campaign.id));
    assert_eq!(came(&scene, "bank-4", "1.00", &two).await.state, LineState::Open(Why::ReferenceUnknown));

    let whole = refunds::Ask::whole(charge.id, "back");
    let back = ground.run(async |tx| refunds::request(tx, whole, Change::by_service("a slip"), wall).await).await;
    assert_eq!(back.unwrap().sent, usd("70.00"));
    assert_eq!(scene.fund(&capped).await, 3_000);
    let draft = ground.new_campaign("draft");
    let draft = async |tx: &Transaction<'_>| {
        campaigns::create(tx, draft.clone(), ledger::service::store::activity::Actor::Service, wall).await
    };
    let draft = ground.run(draft).await.unwrap();
    let early = item_of(&scene, &came(&scene, "bank-5", "1.00", &of_campaign(draft.id)).await).await;
    assert_eq!(early.why, Held::CampaignNotOpen);
    ground.audit().await;
}

#[tokio::test]
async fn money_that_has_come_to_a_campaign_that_asks_for_nothing_is_taken() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let (ground, id, wall) = (&scene.ground, scene.campaign.id, scene.ground.wall);
    let said = (Some(ground.book.reference()), AtNothing::Stop);
    ground.run(async |tx| loops::say(tx, id, said, ground.owner, wall).await).await.unwrap();
    ground.run(async |tx| campaign_store::update_loop(tx, id, Some(300_000)).await).await.unwrap();
    assert_eq!(refusal(scene.place(scene.ask("m-1", "10.00", ONCE, "card")).await), "campaign-asks-for-nothing");
    let gift = charge_of(&scene, &came(&scene, "bank-1", "10.00", &of_campaign(id)).await).await;
    assert_eq!((gift.campaign, scene.fund(&scene.campaign).await), (id, 1_000));
    ground.audit().await;
}

#[tokio::test]
async fn b10_the_rest_of_the_account_to_which_donors_transfer_waits_until_it_is_matched_explained_or_goes_back() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let host = scene.ground.book.organisation;
    let version = scene.ground.book.version;
    let id = scene.ground.book.id;
    let change = ChangeBook { transfers_to: Some(Some(host)), ..ChangeBook::default() };
    let book = scene.ground.run(async |tx| book_operations::change(tx, id, version, change).await).await.unwrap();
    assert_eq!(book.transfers_to, Some(host));
    scene.ground.book = book;
    let take = async |scene: &Scene, name: &str, amount: &str| {
        told(scene, host, credit(scene, name, usd(amount), "thanks")).await.unwrap()
    };
    let (first, second, third, fourth) = (
        take(&scene, "bank-1", "10.00").await,
        take(&scene, "bank-2", "0.40").await,
        take(&scene, "bank-3", "25.00").await,
        take(&scene, "bank-4", "5.00").await,
    );
    assert_eq!((cash(&scene, host).await, waiting(&scene, host).await), (4_040, 4_040));
    assert_eq!(item_of(&scene, &first).await.why, Held::ReferenceUnknown);
    assert_eq!(take(&scene, "bank-1", "10.00").await, first);

    // Interest is no gift: it leaves suspense for what it is, and when that was wrong the line is open.
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let why = |reason| Change::by_service(reason);
    let interest = async |tx: &Transaction<'_>| {
        bank_line_booking::book(tx, second.id, &Posted::Interest, why("interest of January"), wall).await
    };
    let booked = ground.run(interest).await.unwrap();
    assert!(matches!(booked.state, LineState::Booked { .. }));
    assert_eq!(item_of(&scene, &second).await.state, SuspenseState::Explained);
    assert_eq!((cash(&scene, host).await, waiting(&scene, host).await), (4_040, 4_000));
    ground.run(async |tx| bank_line_booking::unbook(tx, second.id, why("it was not"), wall).await).await.unwrap();
    assert_eq!(take(&scene, "bank-2", "0.40").await.state, LineState::Open(Why::ReferenceUnknown));

    let matched = async |line: &BankLine, target: Target| {
        let item = item_of(&scene, line).await.id;
        let decide = async |tx: &Transaction<'_>| match target {
            Target::Pledge(pledge) => suspense::match_to(tx, item, pledge, why("she called"), wall).await,
            Target::Campaign(campaign) => suspense::match_to_campaign(tx, item, campaign, why("a flyer"), wall).await,
        };
        ground.run(decide).await
    };
    let gift = matched(&first, Target::Campaign(scene.campaign.id)).await.unwrap();
    assert_eq!(gift.state, SuspenseState::Matched);
    assert_eq!(matched(&first, Target::Campaign(scene.campaign.id)).await.unwrap(), gift, "twice is once");
    let plan = by_transfer(&scene, "plan", "20.00", true).await;
    let paid = matched(&third, Target::Pledge(plan)).await.unwrap();
    let charge = charge_store::get(&ground.client().await, paid.matched.unwrap()).await.unwrap();
    assert_eq!((charge.pledge, charge.amount, charge.partner), (plan, usd("25.00"), host));
    assert_eq!((scene.fund(&scene.campaign).await, cash(&scene, host).await), (3_500, 4_000));
    assert_eq!(refusal(matched(&first, Target::Pledge(plan)).await), "suspense-decided");

    let last: SuspenseId = item_of(&scene, &fourth).await.id;
    scene.go_to(date(2027, 3, 4)).await;
    let back = items::get(&scene.ground.client().await, last).await.unwrap();
    assert_eq!(back.state, SuspenseState::Returned, "nobody decided in time");
    scene.ground.audit().await;
}

#[tokio::test]
async fn b10_money_that_leaves_with_the_reference_of_a_gift_is_for_a_person_to_look_at() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let reference = of_campaign(scene.campaign.id);
    charge_of(&scene, &came(&scene, "bank-1", "10.00", &reference).await).await;
    let (mut out, besides) = credit(&scene, "bank-2", usd("10.00"), &reference);
    out.direction = Direction::Debit;
    let line = told(&scene, scene.ground.partner, (out, besides)).await.unwrap();
    assert_eq!(line.state, LineState::Open(Why::Reversal));
    assert_eq!(scene.fund(&scene.campaign).await, 1_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn b10_the_database_takes_no_gift_that_its_line_does_not_say() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    let plan = by_transfer(&scene, "plan", "50.00", true).await;
    scene.work().await;
    let gift = charge_of(&scene, &came(&scene, "bank-1", "50.00", &of_pledge(plan)).await).await;
    let open = came(&scene, "bank-2", "50.00", "nothing").await;
    let client = scene.ground.client().await;
    let book = scene.ground.book.id.0;
    let (charge, line) = (gift.id.object, open.id.object);
    for wrong in [
        format!(
            "UPDATE bank_line SET state = 'gift', why = '', entry = {}, charge = '{charge}' WHERE book_id = {book} AND id = '{line}'",
            gift.entry
        ),
        format!(
            "UPDATE bank_line SET state = 'open', why = 'reversal', entry = 0, charge = NULL WHERE book_id = {book} AND charge = '{charge}'"
        ),
        format!("UPDATE charge SET came_amount = 1 WHERE book_id = {book} AND id = '{charge}'"),
        format!("UPDATE settlement SET bank_line = '{line}' WHERE book_id = {book}"),
    ] {
        assert!(client.batch_execute(&wrong).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn b10_a_line_that_names_what_its_custodian_owes_settles_it_or_is_what_settled_it_before() {
    let mut scene = Scene::on(date(2027, 1, 31)).await;
    let partner = scene.ground.partner;
    let mut settlements = Vec::new();
    for (reference, amount) in [("a", "10.00"), ("b", "20.00")] {
        let plan = scene.place(scene.ask(reference, amount, ONCE, "card")).await.unwrap().pledge.id;
        scene.work().await;
        settlements.push(scene.charges(plan).await[0].settlement.unwrap());
        if reference == "a" {
            let named = of_settlement(settlements[0]);
            let early = came(&scene, "early", "10.00", &named).await;
            assert_eq!(early.state, LineState::Open(Why::AmountDiffers), "its day is not over");
            scene.go_to(date(2027, 2, 1)).await;
        }
    }
    let named = of_settlement(settlements[0]);
    assert_eq!(came(&scene, "short", "9.99", &named).await.state, LineState::Open(Why::AmountDiffers));
    let line = came(&scene, "paid", "10.00", &named).await;
    let LineState::Booked { kind: BookedAs::Entry, entry } = line.state else { panic!("{line:?}") };
    assert_eq!(came(&scene, "paid", "10.00", &named).await, line);
    assert_eq!((cash(&scene, partner).await, scene.totals().await.available), (1_000, 1_000));
    let client = scene.ground.client().await;
    let settled = ledger::treasury::store::settlements::get(&client, settlements[0]).await.unwrap();
    assert_eq!((settled.entry, settled.amount, settled.settled_at.is_some()), (entry, 1_000, true));

    // The clock was first with the other one: the line is what it posted, once.
    scene.go_to(date(2027, 2, 4)).await;
    let named = of_settlement(settlements[1]);
    let later = came(&scene, "later", "20.00", &named).await;
    assert!(matches!(later.state, LineState::Booked { kind: BookedAs::Entry, .. }), "{later:?}");
    assert_eq!(came(&scene, "twice", "20.00", &named).await.state, LineState::Open(Why::AmountDiffers));
    assert_eq!(cash(&scene, partner).await, 3_000);
    scene.ground.audit().await;
}
