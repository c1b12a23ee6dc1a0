//! The page of a donor, by a link without an account: what they gave, where it is now, their plans, and their receipts.
//!
//! The token in the address is all that is asked for, so that each route counts as a guess; what leads nowhere is always the same
//! page. A form carries the token in its body, and the operations are those that a partner calls, done by the donor.

use super::giving::{self, collector, money};
use super::receipt::ReceiptPage;
use super::{page, written};
use crate::extract::Form;
use crate::handlers::pledging::donors::data_of;
use crate::handlers::pledging::pledge_body::transfers_to;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{Linked, Said};
use crate::wire::{bounded, parse};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{CampaignId, DonorId, PledgeId};
use ledger::money::Money;
use ledger::parties::store::organisations;
use ledger::pledging::operations::moving::telling::{self, Told};
use ledger::pledging::operations::returnables::{self, Part};
use ledger::pledging::operations::{donor_links, pledge_changes};
use ledger::pledging::rules::charge::State as ChargeState;
use ledger::pledging::rules::plan_change::Terms;
use ledger::pledging::rules::plan_move::MoveState;
use ledger::pledging::rules::pledge::{AfterPause, Need, Pledge, State as PledgeState};
use ledger::pledging::rules::receipt::{self, Custodian, Number, Shown, Sum};
use ledger::pledging::rules::returnable::Why;
use ledger::pledging::rules::transfer_reference;
use ledger::pledging::rules::yearly_receipt::YearlyReceipt;
use ledger::pledging::store::gifts::{self, Choice, Gift, Held, Moved, Released};
use ledger::pledging::store::{donors, issued_receipts, plan_moves, pledges, yearly_receipts};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::treasury::rules::custodian::Freeze;
use ledger::treasury::store::custodians;
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// So many plans, payments, uses and campaigns are shown; `data.json` has them all.
const SHOWN_MAX: i64 = 100;

/// So many receipts of a year are shown.
const YEAR_MAX: i64 = 1_000;

/// What the list of who did what says of a change by the page.
const REASON: &str = "by the donor's own link";

#[derive(Template)]
#[template(path = "donor.html")]
struct DonorPage {
    token: String,
    name: String,
    book: String,
    as_of: String,
    plans: Vec<PlanView>,
    gifts: Vec<GiftView>,
    on_the_way: Vec<Said>,
    held: Vec<Linked>,
    released: Vec<Linked>,
    moved: Vec<Said>,
    years: Vec<i32>,
    yearly: Vec<YearlyReceipt>,
    is_cut: bool,
}

/// A pledge, as its donor reads it.
struct PlanView {
    id: PledgeId,
    campaign: String,
    terms: Said,
    state: Said,
    next: String,
    pauses: bool,
    resumes: bool,
    cancels: bool,
    /// How a move to somebody else who collects it stands; none without one.
    moving: Option<Said>,
    /// Whether its payments wait, as what its custodian holds is frozen.
    is_held: bool,
    /// To whose account its donor may transfer, and what to write into the transfer; none when nobody's.
    transfer: Option<Linked>,
    /// What waits for the donor's word, why, and until when.
    waiting: Vec<Linked>,
    choices: Vec<Choice>,
}

/// A payment, as its donor reads it.
struct GiftView {
    day: String,
    campaign: String,
    amount: String,
    lines: Vec<(String, String)>,
    state: Said,
    back: Vec<Said>,
    receipt: Option<Number>,
}

impl PlanView {
    fn new(
        pledge: &Pledge,
        moving: Option<&Told>,
        parts: &[Part],
        campaigns: &[Choice],
        (book, frozen): (&Book, &[Freeze]),
        account: &str,
        wall: Timestamp,
    ) -> PlanView {
        let state = pledge.state.at(book.now(wall));
        let goes_on = !state.is_over();
        let custodian = pledge.rail.custodian(pledge.partner, book.organisation);
        let is_held = state.is_active() && frozen.iter().any(|freeze| freeze.custodian == custodian);
        let own = campaigns.iter().find(|campaign| campaign.id == pledge.campaign);
        let currency = pledge.amount.currency().code();
        // A plan that goes on is a promise, for which one that stops does not ask; what has come may go there.
        let takes = |it: &&Choice| it.is_live && it.currency == currency && (it.asks || !goes_on);
        let others = campaigns.iter().filter(takes).filter(|it| it.id != pledge.campaign).cloned();
        let waiting: Vec<Linked> = parts.iter().filter_map(waits).collect();
        // First of all where its host proposes to move it.
        let proposed: Vec<Choice> = parts.iter().filter_map(proposed).collect();
        let others = others.filter(|it| proposed.iter().all(|first| first.id != it.id));
        let others: Vec<Choice> = proposed.iter().cloned().chain(others).collect();
        let next = pledge.schedule.due_date(pledge.next_sequence).filter(|_| state.is_active());
        PlanView {
            id: pledge.id,
            campaign: own.map(|campaign| campaign.title.clone()).unwrap_or_default(),
            terms: terms_written(pledge),
            state: state_written(state, book),
            next: next.filter(|_| !is_held).map(written).unwrap_or_default(),
            is_held,
            pauses: state.is_active() && Terms::of(pledge).is_some() && next.is_some(),
            resumes: matches!(state, PledgeState::Paused { .. } | PledgeState::Lapsed { .. }),
            cancels: goes_on,
            moving: moving.filter(|_| goes_on).and_then(moving_written),
            transfer: transfers_to(book, pledge.rail, pledge.partner)
                .filter(|_| goes_on && pledge.original.is_none())
                .map(|_| transfer_written(pledge, account)),
            choices: if goes_on || !waiting.is_empty() { others } else { Vec::new() },
            waiting,
        }
    }
}

/// What it costs, with what its donor pays in another currency.
fn terms_written(pledge: &Pledge) -> Said {
    let cost = giving::cost(Terms::of(pledge), pledge.amount);
    match pledge.original {
        Some(original) => say("donor-about").with("original", money(original)).with("terms", cost),
        None => cost,
    }
}

/// To whose account its donor may transfer, and what to write into the transfer.
fn transfer_written(pledge: &Pledge, account: &str) -> Linked {
    let reference = transfer_reference::written(&transfer_reference::of_pledge(pledge.id));
    say("donor-transfer").with("account", account).with("reference", reference).marked()
}

/// How the last move of a plan stands.
fn moving_written(it: &Told) -> Option<Said> {
    let until = it.until.map(written).unwrap_or_default();
    let said = match it.state {
        MoveState::Asked => say("donor-move-asked").with("day", until),
        MoveState::Consented => say("donor-move-consented").with("day", until),
        MoveState::Active => say("donor-move-active"),
        MoveState::Declined | MoveState::Expired => return None,
    };
    Some(said.with("from", collector(&it.from)).with("to", collector(&it.to)))
}

/// Where the host of a campaign, who winds its book up, proposes to move money.
fn proposed(part: &Part) -> Option<Choice> {
    let to = &part.proposed.as_ref()?.to;
    Some(Choice {
        id: to.id,
        title: to.title.clone(),
        currency: to.currency.code().to_owned(),
        is_live: true,
        asks: true,
    })
}

/// What of a pledge's money in a campaign's fund waits for its donor's word.
fn waits(part: &Part) -> Option<Linked> {
    let found = part.returnable?;
    let amount = Money::from_minor(found.amount, part.campaign.currency).ok()?;
    let title = &part.campaign.title;
    let why = match found.why {
        Why::CampaignOver => say("donor-why-over"),
        Why::Idle => say("donor-why-idle").with("months", part.campaign.idle_months),
        Why::HostCloses => match &part.proposed {
            Some(it) => say("donor-why-closes-to").with("to", &it.to.title),
            None => say("donor-why-closes"),
        },
    };
    let until = match &part.proposed {
        Some(it) => say("donor-until").with("day", written(it.until)),
        None => say("donor-no-end"),
    };
    let why = why.with("campaign", title);
    Some(say("donor-waits").with("amount", money(amount)).with("why", why).with("until", until).marked())
}

fn state_written(state: PledgeState, book: &Book) -> Said {
    let on = |said: Said, at| said.with("day", written(book.day_of(at)));
    match state {
        PledgeState::Created { .. } => say("donor-is-created"),
        PledgeState::Active { .. } => say("donor-is-active"),
        PledgeState::NeedsAction { need: Need::Means, until, .. } => on(say("donor-needs-means"), until),
        PledgeState::NeedsAction { need: Need::Campaign, until, .. } => on(say("donor-needs-campaign"), until),
        PledgeState::NeedsAction { need: Need::Partner | Need::Rail, until, .. } => {
            on(say("donor-needs-collector"), until)
        }
        PledgeState::Paused { until, then: AfterPause::Resume, .. } => on(say("donor-is-paused"), until),
        PledgeState::Paused { until, then: AfterPause::Lapse, .. } => on(say("donor-is-paused-lapses"), until),
        PledgeState::Lapsed { until, .. } => on(say("donor-is-lapsed"), until),
        PledgeState::Completed { since } => on(say("donor-is-completed"), since),
        PledgeState::Cancelled { since } => on(say("donor-is-cancelled"), since),
        PledgeState::Refunded { since } => on(say("donor-is-refunded"), since),
    }
}

impl GiftView {
    fn new(it: &Gift) -> GiftView {
        let currency = it.charge.amount.currency();
        let state = match &it.charge.state {
            ChargeState::Scheduled | ChargeState::Processing { .. } => say("donor-gift-collected"),
            ChargeState::Declined { retry_on: Some(day), .. } => say("donor-gift-retried").with("day", written(*day)),
            ChargeState::Declined { retry_on: None, .. } => say("donor-gift-declined"),
            ChargeState::Captured { .. } | ChargeState::Settled { .. } => say("donor-gift-paid"),
            ChargeState::Voided { .. } => say("donor-gift-voided"),
            ChargeState::Missed => say("donor-gift-missed"),
        };
        let lines = it.lines.iter().filter(|_| it.lines.len() > 1);
        let back = [(say("donor-returned"), it.charge.refunded), (say("donor-disputed"), it.charge.disputed)];
        GiftView {
            day: written(it.day),
            campaign: it.campaign_title.clone(),
            amount: giving::converted(it.charge.amount, it.charge.conversion.map(|of| of.original)),
            lines: giving::lines(lines, currency),
            state,
            back: giving::parts(back, currency),
            receipt: it.receipt,
        }
    }

    /// Of a payment that has not arrived with the host yet.
    fn on_the_way(it: &Gift) -> Option<Said> {
        let is_captured = matches!(it.charge.state, ChargeState::Captured { .. });
        let day = it.arrives_on.filter(|_| is_captured)?;
        let said = say("donor-on-the-way").with("amount", money(it.charge.amount));
        Some(said.with("campaign", &it.campaign_title).with("day", written(day)))
    }
}

fn held_written(it: &Held) -> Linked {
    say("donor-held").with("amount", money(it.amount)).with("campaign", &it.campaign_title).marked()
}

fn released_written(it: &Released, book: &Book) -> Linked {
    let said = say("donor-released").with("amount", money(it.amount)).with("day", written(book.day_of(it.at)));
    said.with("milestone", &it.milestone).with("campaign", &it.campaign_title).marked()
}

fn moved_written(it: &Moved) -> Said {
    say("donor-moved-what").with("amount", money(it.amount)).with("from", &it.from).with("to", &it.to)
}

/// What a token leads to: a donor and the book. One that leads nowhere is not found.
pub(super) async fn whose(client: &impl GenericClient, token: &str, wall: Timestamp) -> Result<(DonorId, Book), Error> {
    let donor = donor_links::donor(client, token, wall).await?;
    Ok((donor, books::get(client, donor.book).await?))
}

/// All that a donor gave, and where it is now.
#[route("/donors/{token}", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let wall = ledger::calendar::now();
    let client = state.client().await?;
    let (id, book) = whose(&client, &token, wall).await?;
    let donor = donors::get(&client, id).await?;
    let plans = pledges::list_of_donor(&client, id, SHOWN_MAX).await?;
    let paid = gifts::list(&client, id, SHOWN_MAX).await?;
    let campaigns = gifts::campaigns(&client, id, SHOWN_MAX).await?;
    let held = gifts::held(&client, id).await?;
    let released = gifts::released(&client, id, SHOWN_MAX).await?;
    let moved = gifts::moved(&client, id, SHOWN_MAX).await?;
    let frozen = custodians::list_standing(&client, book.id).await?;
    let yearly = yearly_receipts::list(&client, id, Uuid::nil(), SHOWN_MAX).await?;
    let account = match book.transfers_to {
        Some(account) => organisations::find(&client, account).await?.map(|account| account.name).unwrap_or_default(),
        None => String::new(),
    };
    let mut views = Vec::with_capacity(plans.len());
    for pledge in &plans {
        let parts = returnables::money(&client, &book, pledge.id, wall).await?;
        let moving = match plan_moves::last(&client, pledge.id).await? {
            Some(last) => Some(telling::of(&client, &book, last, wall).await?),
            None => None,
        };
        views.push(PlanView::new(pledge, moving.as_ref(), &parts, &campaigns, (&book, &frozen), &account, wall));
    }
    drop(client);
    let is_full = |rows: usize| i64::try_from(rows).is_ok_and(|rows| rows >= SHOWN_MAX);
    let shown = DonorPage {
        token: token.into_inner(),
        name: donor.name,
        as_of: written(book.today(wall)),
        plans: views,
        gifts: paid.iter().map(GiftView::new).collect(),
        on_the_way: paid.iter().filter_map(GiftView::on_the_way).collect(),
        years: paid.iter().filter_map(|it| Some(it.receipt?.year)).collect::<BTreeSet<_>>().into_iter().rev().collect(),
        yearly,
        is_cut: [plans.len(), paid.len(), released.len(), moved.len()].into_iter().any(is_full),
        held: held.iter().map(held_written).collect(),
        released: released.iter().map(|it| released_written(it, &book)).collect(),
        moved: moved.iter().map(moved_written).collect(),
        book: book.name,
    };
    page(StatusCode::OK, &shown)
}

/// All that is stored of a donor, as JSON.
#[route("/donors/{token}/data.json", method = "GET", method = "HEAD")]
pub(super) async fn data(state: Data<State>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (id, _) = whose(&client, &token, ledger::calendar::now()).await?;
    let donor = donors::get(&client, id).await?;
    Ok(HttpResponse::Ok().json(data_of(&client, &donor).await?))
}

/// One of the donor's receipts, by its number.
#[route("/donors/{token}/receipts/{number}", method = "GET", method = "HEAD")]
pub(super) async fn one_receipt(
    state: Data<State>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (token, number) = path.into_inner();
    let client = state.client().await?;
    let (id, _) = whose(&client, &token, ledger::calendar::now()).await?;
    let missing = || Problem::not_found("receipt");
    let number: Number = number.parse().map_err(|_| missing())?;
    let shown = issued_receipts::find_numbered(&client, id, number).await?.ok_or_else(missing)?;
    ReceiptPage::of(&client, shown).await?.respond(&request)
}

/// The receipts of one year with their sums: to be printed for whoever asks for the whole year.
#[derive(Template)]
#[template(path = "receipt_year.html")]
struct YearPage {
    token: String,
    year: i32,
    name: String,
    book: String,
    as_of: String,
    receipts: Vec<YearLine>,
    sums: Vec<String>,
    custodians: Vec<(Custodian, String)>,
    /// The receipts of the year itself; and whether one can be asked for.
    yearly: Vec<YearlyReceipt>,
    can_ask: bool,
    is_cut: bool,
}

/// A receipt among those of a year.
struct YearLine {
    number: Number,
    day: String,
    campaign: String,
    amount: String,
    since: Vec<Said>,
}

impl YearLine {
    fn new(it: &Shown) -> YearLine {
        let since = [(say("receipt-since-returned"), it.refunded), (say("receipt-since-disputed"), it.disputed)];
        YearLine {
            number: it.receipt.number,
            day: written(it.receipt.given_on),
            campaign: it.receipt.campaign_title.clone(),
            amount: giving::converted(it.receipt.amount, it.receipt.original),
            since: giving::parts(since, it.receipt.amount.currency()),
        }
    }
}

/// What receipts of a year come to, in a sentence.
fn sum_written(it: &Sum) -> String {
    let parts = [
        (say("receipt-sum-given"), it.given),
        (say("receipt-since-returned"), it.refunded),
        (say("receipt-since-disputed"), it.disputed),
    ];
    let parts: Vec<_> = giving::parts(parts, it.currency).iter().map(Said::to_string).collect();
    parts.join(", ")
}

/// All receipts of a year, with their sums.
#[route("/donors/{token}/years/{year}", method = "GET", method = "HEAD")]
pub(super) async fn show_year(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (token, year) = path.into_inner();
    let wall = ledger::calendar::now();
    let client = state.client().await?;
    let (id, book) = whose(&client, &token, wall).await?;
    let year: i32 = year.parse().map_err(|_| Problem::not_found("page"))?;
    let receipts = issued_receipts::of_year(&client, id, year, YEAR_MAX).await?;
    if receipts.is_empty() {
        return Err(Problem::not_found("page"));
    }
    let mut custodians: Vec<(Custodian, String)> = Vec::new();
    for Shown { receipt, .. } in &receipts {
        let own = (receipt.custodian.clone(), giving::tax_text(&receipt.tax_text));
        if !custodians.contains(&own) {
            custodians.push(own);
        }
    }
    let of_year = yearly_receipts::custodians(&client, id, year).await?;
    let is_over = i32::from(book.today(wall).year()) > year;
    let shown = YearPage {
        can_ask: is_over && of_year.iter().any(|(_, issued)| issued.is_none()),
        yearly: of_year.into_iter().filter_map(|(_, issued)| issued).collect(),
        token,
        year,
        name: donors::get(&client, id).await?.name,
        as_of: written(book.today(wall)),
        sums: receipt::sums(&receipts).iter().map(sum_written).collect(),
        is_cut: i64::try_from(receipts.len()).is_ok_and(|rows| rows >= YEAR_MAX),
        receipts: receipts.iter().map(YearLine::new).collect(),
        custodians,
        book: book.name,
    };
    page(StatusCode::OK, &shown)
}

/// What a donor wants of a pledge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changing {
    token: String,
    pledge: String,
    /// `pause`, `resume`, `redirect`, `return` or `cancel`.
    step: String,
    /// Where a redirected pledge goes.
    #[serde(default)]
    campaign: String,
    /// Whether its settled money goes along: the value of a box that was ticked.
    #[serde(default)]
    move_settled: String,
}

/// Does what a donor wants of a pledge, and leads back to the page.
#[post("/donors/change")]
pub(super) async fn change_plan(state: Data<State>, form: Form<Changing>) -> Result<HttpResponse, Problem> {
    let Changing { token, pledge, step, campaign, move_settled } = form.0;
    let token = bounded("/token", &token, 1..=200)?;
    let pledge: PledgeId = parse("/pledge", &pledge)?;
    let campaign: Option<CampaignId> = (step == "redirect").then(|| parse("/campaign", &campaign)).transpose()?;
    state
        .in_transaction(async |tx| {
            let wall = ledger::calendar::now();
            let (donor, _) = whose(tx, &token, wall).await?;
            if pledge.book != donor.book || pledges::get(tx, pledge).await?.donor != donor {
                return Err(Error::NotFound("page"));
            }
            let by = Change { version: None, actor: Actor::Donor(donor), reason: REASON };
            match (step.as_str(), campaign) {
                ("pause", _) => pledge_changes::pause(tx, pledge, None, by, wall).await.map(drop),
                ("resume", _) => pledge_changes::resume(tx, pledge, None, by, wall).await.map(drop),
                ("return", _) => returnables::give_back(tx, pledge, by, wall).await.map(drop),
                ("cancel", _) => pledge_changes::cancel(tx, pledge, by, wall).await.map(drop),
                ("redirect", Some(to)) => {
                    let moves = !move_settled.is_empty();
                    pledge_changes::redirect(tx, pledge, to, moves, by, wall).await.map(drop)
                }
                _ => Err(Error::invalid("/step", "pause, resume, redirect, return or cancel")),
            }
        })
        .await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/donors/{token}"))).finish())
}
