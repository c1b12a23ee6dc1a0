//! What a member of a cooperative got: the statements of all distributions, and the share in what is before the members.

use super::hours::quantity;
use super::{days, of_cooperative};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::consents::{NewConsent, say_once};
use crate::handlers::cooperatives::members::cooperative_of;
use crate::pages::desks::distribution::{Own, in_a_word, own_shares};
use crate::pages::desks::named;
use crate::pages::forms::{Fields, Filled, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::{Member, MemberState, Standing};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::rules::statement::{Measure, Statement};
use ledger::cooperatives::store::{consents, distributions, members, statements};
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, DistributionId, MemberId};
use ledger::money::Currency;
use std::fmt;
use uuid::Uuid;

/// So many statements are shown.
const SHOWN: i64 = 500;

/// States of a distribution of which members have no statement yet.
const UNDER_WAY: &[&str] = &["objection", "objected", "approved", "posted", "paid"];

#[derive(Template)]
#[template(path = "desks/cooperative/share.html")]
struct SharePage {
    book: BookRef,
    name: String,
    currency: &'static str,
    memberships: Vec<String>,
    /// What the member may agree to; none without bylaws, and for who is no member today.
    consent: Option<ConsentView>,
    form: Filled,
    /// All that stands of it.
    total: Sums,
    /// What is still there of all retained parts.
    left: String,
    next: Option<Next>,
    statements: Vec<Row>,
}

/// The bylaws that hold, and what the member said of them.
struct ConsentView {
    member: MemberId,
    title: String,
    url: String,
    sha256: String,
    says: Said,
    agrees: bool,
}

/// A share in its two parts.
struct Sums {
    share: String,
    cash: String,
    retained: String,
}

/// A statement.
struct Row {
    distribution: DistributionId,
    days: String,
    /// By what it was shared, and how much of it there was.
    base: Said,
    sums: Sums,
    /// What of the retained part is still there.
    left: String,
    /// What of it was redeemed or bore losses, what earlier losses took of the share, and what the member bears of a loss.
    notes: Vec<Said>,
    is_reversed: bool,
}

/// The distribution of which there is no statement yet.
struct Next {
    id: DistributionId,
    days: String,
    state: Said,
    shares: Vec<Own>,
}

impl Sums {
    fn new(cash: i64, retained: i64, netted: i64, currency: Currency) -> Sums {
        let bare = |minor: i64| Amount::of(minor, currency).bare();
        let share = cash.saturating_add(retained).saturating_add(netted);
        Sums { share: bare(share), cash: bare(cash), retained: bare(retained) }
    }
}

impl Row {
    fn new(it: &Statement) -> Row {
        Row {
            distribution: it.issued.distribution,
            days: days(it.period.from, it.period.to),
            base: base(it),
            sums: Sums::new(it.issued.cash, it.issued.retained, it.issued.netted, it.currency),
            left: Amount::of(it.left(), it.currency).bare(),
            notes: notes(it),
            is_reversed: it.reversed,
        }
    }
}

/// What became of a share, besides what was paid and what stays.
fn notes(it: &Statement) -> Vec<Said> {
    let some = [
        ("members-note-redeemed", it.redeemed),
        ("members-note-lost", it.lost),
        ("members-note-netted", it.issued.netted),
        ("members-note-loss", it.issued.loss),
        ("members-note-stands", it.issued.stands),
    ];
    let note = |(text, minor): (&'static str, i64)| {
        (minor > 0).then(|| say(text).with("amount", Amount::of(minor, it.currency)))
    };
    some.into_iter().filter_map(note).collect()
}

/// A number as the language of the page writes it.
fn written(number: &impl fmt::Display) -> String {
    texts::read().decimal(&number.to_string())
}

/// By what a share was measured, and how much of it the member had.
fn base(it: &Statement) -> Said {
    match it.issued.measure() {
        Measure::Alike => say("members-equal"),
        Measure::Capital(_) => say("cooperative-by-capital"),
        Measure::Units(counted) => say("members-some-units").with("amount", written(&counted)),
        Measure::Points(counted) => say("members-some-points").with("amount", written(&counted)),
        Measure::Value(worth, valued) => {
            let each = valued.iter().map(|it| format!("{} × {}", quantity(&it.contributed), written(&it.worth)));
            let each: Vec<String> = each.collect();
            say("members-worth").with("worth", written(&worth)).with("each", each.join(" + "))
        }
        Measure::Hours(hours) => say("members-some-hours").with("amount", written(&hours)),
        Measure::Indexed(hours, indexed) => {
            let each = indexed.iter().map(|it| format!("{} × {}", written(&it.hours), written(&it.index)));
            let each: Vec<String> = each.collect();
            say("members-indexed-hours").with("amount", written(&hours)).with("each", each.join(" + "))
        }
    }
}

impl Next {
    fn new(it: &Distribution, shares: Vec<Own>) -> Option<Next> {
        let (id, days, state) = (it.id, days(it.period.from, it.period.to), in_a_word(&it.state));
        (!shares.is_empty()).then_some(Next { id, days, state, shares })
    }
}

/// A membership in words, as it stands today.
fn in_words(it: &Member, today: Date) -> String {
    let stays = if it.consents { say("members-part-stays") } else { say("members-all-paid") };
    let membership = match (it.state_on(today), it.left_on) {
        (_, Some(day)) if it.standing == Standing::Employee => say("members-employee-until").with("until", Day(day)),
        (_, None) if it.standing == Standing::Employee => say("members-employee"),
        (MemberState::Candidate, _) => say("members-candidate"),
        (MemberState::Left, Some(day)) if day < it.joined_on => say("members-candidate-until").with("until", Day(day)),
        (MemberState::Member | MemberState::Leaving | MemberState::Left, Some(day)) => {
            say("members-membership-until").with("until", Day(day))
        }
        (MemberState::Member | MemberState::Leaving | MemberState::Left, None) => say("members-membership"),
    };
    let membership = membership.with("number", it.number).with("group", &it.group).with("since", Day(it.joined_on));
    membership.with("probation", Day(it.begins_on())).with("stays", stays).into()
}

/// The sums of all statements that stand.
fn total(all: &[Statement], currency: Currency) -> Sums {
    let stands = || all.iter().filter(|it| !it.reversed);
    let (cash, retained) = (stands().map(|it| it.issued.cash).sum(), stands().map(|it| it.issued.retained).sum());
    Sums::new(cash, retained, stands().map(|it| it.issued.netted).sum(), currency)
}

/// What the person's present membership may agree to.
async fn consent_of(
    client: &impl GenericClient,
    memberships: &[Member],
    today: Date,
) -> Result<Option<ConsentView>, Error> {
    let Some(member) = memberships.iter().find(|it| it.is_member_on(today)) else { return Ok(None) };
    let Some(bylaws) = consents::in_force(client, member.id.book).await? else { return Ok(None) };
    let last = consents::list(client, member.id, None, 1).await?.pop();
    let says = match last.map(|it| (it.consents, it.bylaws == bylaws.version)) {
        None if member.consents => say("members-consent-written-down"),
        None if member.asked => say("members-consent-asked"),
        None => say("members-consent-unsaid"),
        Some((true, true)) => say("members-consent-yes"),
        Some((true, false)) => say("members-consent-yes-before"),
        Some((false, _)) => say("members-consent-no"),
    };
    Ok(Some(ConsentView {
        member: member.id,
        title: bylaws.title,
        url: bylaws.url,
        sha256: bylaws.sha256.to_string(),
        says,
        agrees: member.consents,
    }))
}

/// Says whether a part of a share may stay, by the button that was pressed.
#[post("/desk/members/{id}/consent")]
pub(in crate::pages) async fn consent(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MemberId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let client = state.client().await?;
    let book = cooperative_of(&client, &caller, id.book, "member").await?;
    // What is done takes a connection of its own.
    drop(client);
    let taken = async {
        let consents = match sent.get("choice") {
            "yes" => true,
            "no" => false,
            _other => return Err(wrong("/consents", say("members-consent-neither"))),
        };
        let new = NewConsent { consents, bylaws_sha256: sent.get("bylaws").to_owned() };
        say_once(&state, &caller, id, &sent.key(&format!("/desk/members/{id}/consent"))?, &new).await
    };
    match taken.await {
        Ok(_) => Ok(done(&format!("/desk/cooperatives/{}/me", book.reference()))),
        Err(problem) => {
            let field = |_: &str| None;
            let again = async |again| shown(&state.client().await?, &caller, book, again).await;
            or_again(problem, sent, field, again).await
        }
    }
}

/// The caller's own statements.
#[route("/desk/cooperatives/{id}/me", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    page(StatusCode::OK, &shown(&client, &caller, book, Filled::fresh(&[])).await?)
}

async fn shown(client: &impl GenericClient, caller: &Caller, book: Book, form: Filled) -> Result<SharePage, Problem> {
    let memberships = members::of_person(client, book.id, caller.person()?.id).await?;
    let own: Vec<MemberId> = memberships.iter().map(|it| it.id).collect();
    let mut issued = statements::list(client, book.id, Some(&own), Uuid::nil(), SHOWN).await?;
    issued.reverse();
    let today = book.today(ledger::calendar::now());
    let next = match distributions::youngest(client, book.id, UNDER_WAY).await? {
        Some(it) => Next::new(&it, own_shares(client, &it, &own).await?),
        None => None,
    };
    Ok(SharePage {
        book: book.reference(),
        currency: book.currency.code(),
        memberships: memberships.iter().map(|it| in_words(it, today)).collect(),
        total: total(&issued, book.currency),
        left: Amount::of(issued.iter().map(Statement::left).sum::<i64>(), book.currency).bare(),
        next,
        statements: issued.iter().map(Row::new).collect(),
        consent: consent_of(client, &memberships, today).await?,
        form,
        name: book.name,
    })
}
