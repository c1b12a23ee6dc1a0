//! Hours on the desk of a cooperative's members: a week is written down in a grid of its days, other work in a form beside it, and what
//! others have written down is attested, by boxes and one button. Keepers of the books write hours down for others too.

use super::{days, of_cooperative, other_work};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::cooperatives::members::{NewContributionRequest, attest_all_once, contribute_once};
use crate::pages::desks::named;
use crate::pages::forms::{Fields, Filled, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use crate::who_may::{KEEPERS, MEMBER};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::ToSpan;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::rules::contribution::{Contributed, Contribution, ContributionState, HOURS_A_DAY, Unit};
use ledger::cooperatives::rules::cooperative::{Hours, Member};
use ledger::cooperatives::store::{hours, members};
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, ContributionId, MemberId, PersonId};
use serde::Deserialize;
use std::collections::HashMap;

/// So many members are known to the page.
const MEMBERS_MAX: i64 = 1000;

/// So many hours that wait are shown, the oldest.
const WAITING_MAX: i64 = 200;

/// So many that were written down are shown, the youngest.
const OWN_MAX: i64 = 20;

/// So many days has a week, which begins on Monday.
const WEEK: usize = 7;

/// Their names.
fn weekdays() -> [Said; WEEK] {
    [
        say("members-monday"),
        say("members-tuesday"),
        say("members-wednesday"),
        say("members-thursday"),
        say("members-friday"),
        say("members-saturday"),
        say("members-sunday"),
    ]
}

#[derive(Template)]
#[template(path = "desks/cooperative/hours.html")]
struct HoursPage {
    book: BookRef,
    name: String,
    /// What was done just now; empty otherwise.
    done: String,
    week: String,
    first: Date,
    before: Option<Date>,
    after: Option<Date>,
    cells: Vec<Cell>,
    /// For whom keepers write hours down; empty for members, who write down their own.
    members: Vec<(String, String)>,
    attests: bool,
    waiting: Vec<Waiting>,
    own: Vec<Own>,
    new: Filled,
    attest: Filled,
    /// What other work is counted in.
    units: Vec<(String, String)>,
    other: Filled,
}

/// A day of the grid.
struct Cell {
    field: String,
    label: String,
}

/// Hours that wait.
struct Waiting {
    field: String,
    says: String,
    note: String,
}

/// Hours that were written down: one's own, or for a keeper those of everybody.
struct Own {
    id: ContributionId,
    days: String,
    /// How many, and whose they are where not all are one's own.
    hours: Said,
    state: Said,
    note: String,
}

/// Which week, and what was done just now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Which {
    week: Option<Date>,
    done: Option<String>,
}

impl Which {
    fn says(&self) -> String {
        match self.done.as_deref() {
            Some("recorded") => say("members-hours-recorded").into(),
            Some("attested") => say("members-hours-attested").into(),
            Some(_) | None => String::new(),
        }
    }
}

/// The forms of the page.
struct Forms {
    new: Filled,
    attest: Filled,
    other: Filled,
}

impl Forms {
    fn fresh() -> Forms {
        Forms { new: Filled::fresh(&[]), attest: Filled::fresh(&[]), other: Filled::fresh(&[]) }
    }
}

/// The Monday of the week of a day.
fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(back.days()).unwrap_or(day)
}

/// A day of a week, counted from Monday.
fn day_of(first: Date, place: usize) -> Date {
    let ahead = i64::try_from(place).unwrap_or_default();
    first.checked_add(ahead.days()).unwrap_or(first)
}

fn cell(place: usize) -> String {
    format!("hours-{place}")
}

/// The box of hours that wait.
fn tick(id: ContributionId) -> String {
    format!("attest-{id}")
}

fn cells(first: Date) -> Vec<Cell> {
    let cell = |(place, name): (usize, Said)| Cell {
        field: cell(place),
        label: say("members-weekday").with("weekday", name).with("day", Day(day_of(first, place))).into(),
    };
    weekdays().into_iter().enumerate().map(cell).collect()
}

/// Where hours stand, in words.
pub(super) fn in_words(state: ContributionState) -> Said {
    match state {
        ContributionState::Recorded => say("members-hours-wait"),
        ContributionState::Attested => say("members-hours-are-attested"),
        ContributionState::Reversed => say("members-taken-back"),
    }
}

/// What was contributed, such as 7.50 hours.
pub(super) fn amount(it: &Contribution) -> Said {
    quantity(&it.contributed)
}

/// So much of something, such as 7.50 hours.
pub(super) fn quantity(it: &Contributed) -> Said {
    let amount = match it.unit {
        Unit::Hours => say("members-some-hours"),
        Unit::Units => say("members-some-units"),
        Unit::Points => say("members-some-points"),
        Unit::Use => say("members-some-use"),
        Unit::InKind => say("members-some-things"),
    };
    let amount = amount.with("amount", texts::read().decimal(&it.quantity.to_string()));
    amount.with("kind", it.kind.as_deref().unwrap_or_default())
}

/// Whether somebody may attest hours, as far as the page can tell: neither who worked them nor who wrote them down.
fn is_of_others(it: &Contribution, people: &HashMap<MemberId, Member>, by: PersonId) -> bool {
    it.recorded_by != by && people.get(&it.member).is_some_and(|member| member.person != by)
}

impl Waiting {
    fn new(it: &Contribution, people: &HashMap<MemberId, Member>) -> Waiting {
        let number = people.get(&it.member).map(|member| member.number).unwrap_or_default();
        Waiting {
            field: tick(it.id),
            says: say("members-waiting")
                .with("what", amount(it))
                .with("number", number)
                .with("days", days(it.worked.from, it.worked.to))
                .into(),
            note: it.note.clone(),
        }
    }
}

impl Own {
    fn new(it: &Contribution, hours: Said) -> Own {
        let (days, state) = (days(it.worked.from, it.worked.to), in_words(it.state()));
        Own { id: it.id, days, hours, state, note: it.note.clone() }
    }
}

async fn shown(state: &State, caller: &Caller, book: &Book, which: &Which, forms: Forms) -> Result<HoursPage, Problem> {
    let (client, by) = (state.client().await?, caller.person()?.id);
    let all = members::list(&client, book.id, 0, MEMBERS_MAX).await?;
    let own: Vec<MemberId> = all.iter().filter(|member| member.person == by).map(|member| member.id).collect();
    let keeps = caller.has_role(&client, book.organisation, KEEPERS).await?;
    let mut choices: Vec<&Member> = all.iter().filter(|member| keeps && member.left_on.is_none()).collect();
    // Whoever writes down their own hours finds themselves chosen.
    choices.sort_by_key(|member| member.person != by);
    let choice = |member: &Member| {
        let named = if member.person == by { say("members-member-yourself") } else { say("members-member-of") };
        let named = named.with("number", member.number).with("group", &member.group);
        (member.id.to_string(), named.to_string())
    };
    let choices = choices.into_iter().map(choice).collect();
    let people: HashMap<MemberId, Member> = all.into_iter().map(|member| (member.id, member)).collect();
    let own: Vec<MemberId> = if keeps { people.keys().copied().collect() } else { own };
    let whose = |it: &Contribution| match people.get(&it.member).filter(|_| keeps) {
        Some(member) => say("members-hours-of").with("what", amount(it)).with("number", member.number),
        None => amount(it),
    };
    let recent = hours::recent(&client, book.id, &own, OWN_MAX).await?;
    let waiting = hours::waiting(&client, book.id, WAITING_MAX).await?;
    let waiting = waiting.iter().filter(|it| is_of_others(it, &people, by));
    let first = monday(which.week.unwrap_or_else(|| book.today(ledger::calendar::now())));
    Ok(HoursPage {
        book: book.reference(),
        name: book.name.clone(),
        done: which.says(),
        week: days(first, day_of(first, WEEK - 1)),
        first,
        before: first.checked_sub(7.days()).ok(),
        after: first.checked_add(7.days()).ok(),
        cells: cells(first),
        members: choices,
        attests: caller.has_role(&client, book.organisation, MEMBER).await?,
        waiting: waiting.map(|it| Waiting::new(it, &people)).collect(),
        own: recent.iter().map(|it| Own::new(it, whose(it))).collect(),
        new: forms.new,
        attest: forms.attest,
        units: other_work::units(),
        other: forms.other,
    })
}

/// The week of today, or of a day.
#[route("/desk/cooperatives/{id}/hours", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Which>,
) -> Result<HttpResponse, Problem> {
    let book = of_cooperative(&state.client().await?, &caller, named(asked)?).await?;
    page(StatusCode::OK, &shown(&state, &caller, &book, &query.0, Forms::fresh()).await?)
}

/// The first day of the week that a form is about.
fn week(sent: &Fields) -> Result<Date, Problem> {
    let first = sent.get("week").parse::<Date>().map(monday);
    first.map_err(|_| wrong("", say("forms-not-whole")))
}

/// What was worked on the days of a week: the place of each day on which something was.
fn worked(sent: &Fields) -> Result<Vec<(usize, Hours)>, Problem> {
    let mut found = Vec::new();
    for place in 0..WEEK {
        if !sent.has(&cell(place)) {
            continue;
        }
        let wrong = |what: Said| wrong(format!("/{}", cell(place)), what);
        let hours: Hours = sent.number(&cell(place)).parse().map_err(|_| wrong(say("members-hours-such")))?;
        if hours.hundredths() > HOURS_A_DAY {
            return Err(wrong(say("members-day-has")));
        }
        if hours > Hours::ZERO {
            found.push((place, hours));
        }
    }
    Ok(found)
}

/// What was filled in, as a request of the API: from the first day on which something was worked to the last.
fn request(sent: &Fields) -> Result<NewContributionRequest, Problem> {
    let (first, worked) = (week(sent)?, worked(sent)?);
    let (Some((from, _)), Some((to, _))) = (worked.first(), worked.last()) else {
        return Err(wrong(format!("/{}", cell(0)), say("members-one-day")));
    };
    let all = Hours::from_hundredths(worked.iter().map(|(_, hours)| hours.hundredths()).sum());
    Ok(NewContributionRequest {
        member: sent.given("member"),
        from: day_of(first, *from),
        to: day_of(first, *to),
        unit: None,
        kind: None,
        hours: Some(all.to_string()),
        quantity: None,
        note: sent.get("note").trim().to_owned(),
    })
}

/// The field that a JSON Pointer of new hours means.
fn field_of(pointer: &str) -> Option<String> {
    match pointer.trim_start_matches('/') {
        name @ ("member" | "note") => Some(name.to_owned()),
        name if name.starts_with("hours-") => Some(name.to_owned()),
        "from" | "to" | "hours" => Some(cell(0)),
        _ => None,
    }
}

/// Shows the page again with what was refused, or answers what went wrong.
async fn refused(
    state: &State,
    caller: &Caller,
    book: &Book,
    (week, sent, problem): (Option<Date>, Fields, Problem),
    forms: impl FnOnce(Filled) -> Forms,
) -> Result<HttpResponse, Problem> {
    let which = Which { week, done: None };
    let field_of = if other_work::is_sent(&sent) { other_work::field_of } else { field_of };
    or_again(problem, sent, field_of, async |again| shown(state, caller, book, &which, forms(again)).await).await
}

/// Writes a week down, or other work.
#[post("/desk/cooperatives/{id}/hours")]
pub(in crate::pages) async fn record(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    let path = format!("/desk/cooperatives/{id}/hours");
    let taken = async {
        let new = if other_work::is_sent(&sent) { other_work::request(&sent)? } else { request(&sent)? };
        let key = sent.key(&path)?;
        contribute_once(&state, &caller, id, &key, &new).await
    };
    match taken.await {
        Ok(_) => Ok(done(&format!("{path}?week={}&done=recorded", week(&sent)?))),
        Err(problem) => {
            let (week, is_other) = (week(&sent).ok(), other_work::is_sent(&sent));
            let forms = |again| {
                if is_other { Forms { other: again, ..Forms::fresh() } } else { Forms { new: again, ..Forms::fresh() } }
            };
            refused(&state, &caller, &book, (week, sent, problem), forms).await
        }
    }
}

/// Attests all that is ticked, once, or none of it.
async fn attest_ticked(state: &State, caller: &Caller, book: &Book, sent: &Fields) -> Result<(), Problem> {
    let key = sent.key(&format!("/desk/cooperatives/{}/attestations", book.reference()))?;
    let ticked = sent.ticked("attest-");
    if ticked.is_empty() {
        return Err(wrong("", say("members-tick-what")));
    }
    let ids = ticked.into_iter().map(|id| id.parse().map_err(|_| Error::NotFound("contribution").into()));
    let ids: Vec<ContributionId> = ids.collect::<Result<_, Problem>>()?;
    attest_all_once(state, caller, book.reference(), &key, &ids).await.map(|_| ())
}

/// Attests hours of others.
#[post("/desk/cooperatives/{id}/attestations")]
pub(in crate::pages) async fn attest(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    match attest_ticked(&state, &caller, &book, &sent).await {
        Ok(()) => Ok(done(&format!("/desk/cooperatives/{id}/hours?done=attested"))),
        Err(problem) => {
            let forms = |attest| Forms { attest, ..Forms::fresh() };
            refused(&state, &caller, &book, (None, sent, problem), forms).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn sent(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn a_week_is_one_sum_from_its_first_worked_day_to_its_last() {
        let typed =
            [("week", "2026-02-04"), ("hours-1", "7.5"), ("hours-2", "0"), ("hours-4", " 4.25 "), ("note", "x")];
        let new = request(&sent(&typed)).unwrap();
        assert_eq!((new.from, new.to, new.hours.as_deref()), (date(2026, 2, 3), date(2026, 2, 6), Some("11.75")));
        assert_eq!(new.member, None);
    }

    #[test]
    fn what_no_day_has_is_said_beside_the_day() {
        for (typed, field) in [
            (&[("week", "2026-02-04"), ("hours-3", "24.01")][..], "hours-3"),
            (&[("week", "2026-02-04"), ("hours-6", "many")], "hours-6"),
            (&[("week", "2026-02-04"), ("hours-6", "0")], "hours-0"),
        ] {
            let problem = request(&sent(typed)).unwrap_err();
            assert_eq!(field_of(&problem.body().errors[0].pointer).as_deref(), Some(field));
        }
        assert_eq!(request(&sent(&[("hours-0", "1")])).unwrap_err().status(), 422);
    }
}
