//! The page of a donor, by a link without an account: what they gave, where it is now, their plans, and their receipts.
//!
//! The token in the address is all that is asked for, so that each route counts as a guess; what leads nowhere is always the same
//! page. A form carries the token in its body, and the operations are those that a partner calls, done by the donor.

use super::receipt::ReceiptPage;
use super::{page, written};
use crate::extract::Form;
use crate::handlers::pledging::donors::data_of;
use crate::handlers::pledging::pledge_body::transfers_to;
use crate::problem::Problem;
use crate::state::State;
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
use ledger::money::{Money, Unit};
use ledger::parties::store::organisations;
use ledger::pledging::operations::moving::telling::{self, Told};
use ledger::pledging::operations::returnables::{self, Part};
use ledger::pledging::operations::{donor_links, pledge_changes};
use ledger::pledging::rules::charge::State as ChargeState;
use ledger::pledging::rules::conversion;
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
    on_the_way: Vec<String>,
    held: Vec<Held>,
    released: Vec<(Released, String)>,
    moved: Vec<Moved>,
    years: Vec<i32>,
    yearly: Vec<YearlyReceipt>,
    is_cut: bool,
}

/// A pledge, as its donor reads it.
struct PlanView {
    id: PledgeId,
    campaign: String,
    terms: String,
    state: String,
    next: String,
    pauses: bool,
    resumes: bool,
    cancels: bool,
    /// How a move to somebody else who collects it stands; empty without one.
    moving: String,
    /// Whether its payments wait, as what its custodian holds is frozen.
    is_held: bool,
    /// To whose account its donor may transfer, and what to write into the transfer; none when nobody's.
    transfer: Option<(String, String)>,
    /// What waits for the donor's word, why, and until when.
    waiting: Vec<(String, String, String)>,
    choices: Vec<Choice>,
}

/// A payment, as its donor reads it.
struct GiftView {
    day: String,
    campaign: String,
    amount: String,
    lines: Vec<(String, String)>,
    state: String,
    back: Vec<String>,
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
        let others =
            campaigns.iter().filter(|it| it.is_live && it.currency == currency && it.id != pledge.campaign).cloned();
        let waiting: Vec<(String, String, String)> = parts.iter().filter_map(waits).collect();
        // First of all where its host proposes to move it.
        let proposed: Vec<Choice> = parts.iter().filter_map(proposed).collect();
        let others = others.filter(|it| proposed.iter().all(|first| first.id != it.id));
        let others: Vec<Choice> = proposed.iter().cloned().chain(others).collect();
        let next = pledge.schedule.due_date(pledge.next_sequence).filter(|_| state.is_active());
        PlanView {
            id: pledge.id,
            campaign: own.map(|campaign| campaign.title.clone()).unwrap_or_default(),
            terms: match (Terms::of(pledge), pledge.original) {
                (Some(terms), Some(original)) => format!("{original}, about {terms}"),
                (Some(terms), None) => terms.to_string(),
                (None, Some(original)) => format!("{original}, about {} once", pledge.amount),
                (None, None) => format!("{} once", pledge.amount),
            },
            state: state_written(state, book),
            next: next.filter(|_| !is_held).map(written).unwrap_or_default(),
            is_held,
            pauses: state.is_active() && Terms::of(pledge).is_some() && next.is_some(),
            resumes: matches!(state, PledgeState::Paused { .. } | PledgeState::Lapsed { .. }),
            cancels: goes_on,
            moving: moving.filter(|_| goes_on).map(moving_written).unwrap_or_default(),
            transfer: transfers_to(book, pledge.rail, pledge.partner)
                .filter(|_| goes_on && pledge.original.is_none())
                .map(|_| (account.to_owned(), transfer_reference::written(&transfer_reference::of_pledge(pledge.id)))),
            choices: if goes_on || !waiting.is_empty() { others } else { Vec::new() },
            waiting,
        }
    }
}

/// How the last move of a plan stands.
fn moving_written(it: &Told) -> String {
    let (from, to) = (&it.from, &it.to);
    let until = it.until.map(written).unwrap_or_default();
    match it.state {
        MoveState::Asked => {
            format!("Shall {to} collect it instead of {from}? A mail asks you: answer by its link until {until}.")
        }
        MoveState::Consented => format!(
            "You agreed that {to} collects it instead of {from}. The old permission ends first; until then all stays as it is. \
             If that is not confirmed until {until}, nothing changes."
        ),
        MoveState::Active => format!("It is collected by {to} now, and no more by {from}."),
        MoveState::Declined | MoveState::Expired => String::new(),
    }
}

/// Where the host of a campaign, who winds its book up, proposes to move money.
fn proposed(part: &Part) -> Option<Choice> {
    let to = &part.proposed.as_ref()?.to;
    Some(Choice { id: to.id, title: to.title.clone(), currency: to.currency.code().to_owned(), is_live: true })
}

/// What of a pledge's money in a campaign's fund waits for its donor's word.
fn waits(part: &Part) -> Option<(String, String, String)> {
    let found = part.returnable?;
    let amount = Money::from_minor(found.amount, part.campaign.currency).ok()?;
    let title = &part.campaign.title;
    let why = match found.why {
        Why::CampaignOver => format!("{title} is over"),
        Why::Idle => {
            format!("nothing of the fund of {title} has gone to work for {} months", part.campaign.idle_months)
        }
        Why::HostCloses => match &part.proposed {
            Some(it) => format!("the host of {title} closes, and proposes to move it to {}", it.to.title),
            None => format!("the host of {title} closes"),
        },
    };
    let until = match &part.proposed {
        Some(it) => format!("until {}; after that it goes back to you by itself", written(it.until)),
        None => "without an end".to_owned(),
    };
    Some((amount.to_string(), why, until))
}

fn state_written(state: PledgeState, book: &Book) -> String {
    let day = |at| written(book.day_of(at));
    match state {
        PledgeState::Created { .. } => "not begun yet".to_owned(),
        PledgeState::Active { .. } => "running".to_owned(),
        PledgeState::NeedsAction { need: Need::Means, until, .. } => {
            format!("needs another means of payment until {}: give it where you pledged", day(until))
        }
        PledgeState::NeedsAction { need: Need::Campaign, until, .. } => {
            format!("needs another campaign until {}: choose one below", day(until))
        }
        PledgeState::NeedsAction { need: Need::Partner | Need::Rail, until, .. } => {
            format!("waits until {}: nobody collects it any more, and nothing is charged", day(until))
        }
        PledgeState::Paused { until, then: AfterPause::Resume, .. } => {
            format!("paused; goes on by itself on {}", day(until))
        }
        PledgeState::Paused { until, then: AfterPause::Lapse, .. } => {
            format!("paused; lapses on {} unless you resume it", day(until))
        }
        PledgeState::Lapsed { until, .. } => format!("lapsed; can be resumed until {}", day(until)),
        PledgeState::Completed { since } => format!("completed on {}", day(since)),
        PledgeState::Cancelled { since } => format!("cancelled on {}", day(since)),
        PledgeState::Refunded { since } => format!("refunded on {}", day(since)),
    }
}

impl GiftView {
    fn new(it: &Gift) -> GiftView {
        let currency = it.charge.amount.currency();
        let money = |minor| Money::from_minor(minor, currency).map(|money| money.to_string()).ok();
        let state = match &it.charge.state {
            ChargeState::Scheduled | ChargeState::Processing { .. } => "being collected".to_owned(),
            ChargeState::Declined { retry_on: Some(day), .. } => {
                format!("did not go through; tried again on {}", written(*day))
            }
            ChargeState::Declined { retry_on: None, .. } => "did not go through".to_owned(),
            ChargeState::Captured { .. } | ChargeState::Settled { .. } => "paid".to_owned(),
            ChargeState::Voided { .. } => "given back: the campaign had closed".to_owned(),
            ChargeState::Missed => "missed".to_owned(),
        };
        let lines = it.lines.iter().filter(|_| it.lines.len() > 1);
        let back = [("returned to you", it.charge.refunded), ("under dispute", it.charge.disputed)];
        GiftView {
            day: written(it.day),
            campaign: it.campaign_title.clone(),
            amount: conversion::written(it.charge.amount, it.charge.conversion.map(|of| of.original)),
            lines: lines.filter_map(|line| Some((line.label.clone(), money(line.amount)?))).collect(),
            state,
            back: back.into_iter().filter_map(|(what, minor)| Some(format!("{} {what}", money(minor)?))).collect(),
            receipt: it.receipt,
        }
    }

    /// Of a payment that has not arrived with the host yet.
    fn on_the_way(it: &Gift) -> Option<String> {
        let is_captured = matches!(it.charge.state, ChargeState::Captured { .. });
        let day = it.arrives_on.filter(|_| is_captured)?;
        Some(format!("{} for {}, arrives on {}", it.charge.amount, it.campaign_title, written(day)))
    }
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
        held,
        released: released
            .into_iter()
            .map(|it| {
                let day = written(book.day_of(it.at));
                (it, day)
            })
            .collect(),
        moved,
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
    since: Vec<String>,
}

impl YearLine {
    fn new(it: &Shown) -> YearLine {
        let currency = it.receipt.amount.currency();
        let since = [("returned since", it.refunded), ("under dispute", it.disputed)];
        let money = |minor| Money::from_minor(minor, currency).map(|money| money.to_string()).ok();
        YearLine {
            number: it.receipt.number,
            day: written(it.receipt.given_on),
            campaign: it.receipt.campaign_title.clone(),
            amount: conversion::written(it.receipt.amount, it.receipt.original),
            since: since.into_iter().filter_map(|(what, minor)| Some(format!("{} {what}", money(minor)?))).collect(),
        }
    }
}

/// What receipts of a year come to, in a sentence.
fn sum_written(sum: &Sum) -> String {
    let money = |minor| format!("{} {}", Unit::from(sum.currency).format(minor), sum.currency.code());
    let parts = [("returned since", sum.refunded), ("under dispute", sum.disputed)];
    let parts = parts.into_iter().filter(|(_, minor)| *minor > 0);
    let parts: Vec<String> = parts.map(|(what, minor)| format!(", {} {what}", money(minor))).collect();
    format!("{} given{}", money(sum.given), parts.concat())
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
        let own = (receipt.custodian.clone(), receipt.tax_text.clone());
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
