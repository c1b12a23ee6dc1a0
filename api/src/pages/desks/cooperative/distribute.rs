//! A period is closed and distributed on the desk of a cooperative's keepers: which one, what becomes of it before anything is written, and
//! the draft, which the desk of distributions brings before the members.

use super::{days, of_cooperative};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::{distributions as drafts, results as closings};
use crate::pages::cooperative::{POSTED, Row, waterfall};
use crate::pages::desks::{named, sum};
use crate::pages::forms::{Effect, Fields, Filled, Sentence, answered, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::Amount;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::ToSpan;
use jiff::civil::Date;
use ledger::cooperatives::operations::results::{OpenPeriod, open_period};
use ledger::cooperatives::rules::contribution::Unit;
use ledger::cooperatives::rules::cooperative::{Hours, PERIOD_DAYS_MAX, Period};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::rules::result::PeriodResult;
use ledger::cooperatives::store::{distributions, hours};
use ledger::engine::store::books::Book;
use ledger::id::BookRef;
use std::collections::HashMap;

/// So many hours that nobody has attested are looked through for a warning.
const WAITING_MAX: i64 = 1000;

#[derive(Template)]
#[template(path = "desks/cooperative/distribute.html")]
struct DistributePage {
    book: BookRef,
    name: String,
    preview: Option<Preview>,
    loss: Option<Loss>,
    form: Filled,
}

/// What a distribution would come to.
struct Preview {
    days: String,
    net: String,
    currency: &'static str,
    rule_version: i32,
    window_days: u16,
    /// Days of the last distribution; empty where nothing was divided yet.
    last: String,
    rows: Vec<Compared>,
    warnings: Vec<String>,
    digest: String,
}

/// A line of the waterfall beside that of the last distribution.
struct Compared {
    now: Row,
    last: String,
    difference: String,
}

/// A period that has nothing to distribute: closing it carries its loss on.
struct Loss {
    effect: Effect,
}

/// The name of a line, whatever the number of members in it.
fn name_of(row: &Row) -> &str {
    row.what.split(", ").next().unwrap_or_default()
}

/// The lines of now beside those of the last distribution.
fn compared(now: &Distribution, last: Option<&Distribution>) -> Vec<Compared> {
    let before = last.map(waterfall).unwrap_or_default();
    let before: HashMap<&str, Amount> = before.iter().map(|row| (name_of(row), row.amount)).collect();
    let rows = waterfall(now).into_iter().map(|row| {
        let then = before.get(name_of(&row)).copied();
        let then = then.unwrap_or_else(|| Amount::of(0, now.currency));
        let difference = row.amount.less(then);
        Compared { last: then.bare(), difference: difference.bare(), now: row }
    });
    rows.collect()
}

/// What whoever drafts it should know before.
fn warnings(it: &Distribution, (waiting, others): (Hours, usize)) -> Vec<String> {
    let mut found = Vec::new();
    if waiting > Hours::ZERO {
        found.push(say("members-warn-hours").with("hours", texts::read().decimal(&waiting.to_string())).into());
    }
    if others > 0 {
        found.push(say("members-warn-others").with("count", others).into());
    }
    for group in &it.plan.groups {
        for number in &group.first_idle {
            found.push(say("members-warn-idle").with("number", *number).with("group", &group.group).into());
        }
        let more = group.idle - group.first_idle.len();
        if more > 0 {
            found.push(say("members-warn-idle-more").with("count", more).with("group", &group.group).into());
        }
    }
    if it.loss_before > 0 {
        let loss = sum(it.loss_before, it.currency);
        found.push(say("members-warn-loss").with("loss", loss).into());
    }
    let carried: usize = it.plan.groups.iter().map(|group| group.carried).sum();
    if carried > 0 {
        found.push(say("members-warn-carried").with("count", carried).into());
    }
    found
}

impl Preview {
    fn new(it: &Distribution, last: Option<&Distribution>, waiting: (Hours, usize)) -> Preview {
        Preview {
            days: days(it.period.from, it.period.to),
            net: sum(it.net(), it.currency),
            currency: it.currency.code(),
            rule_version: it.rule_version,
            window_days: it.window_days,
            last: last.map(|last| days(last.period.from, last.period.to)).unwrap_or_default(),
            rows: compared(it, last),
            warnings: warnings(it, waiting),
            digest: hex::encode(it.digest),
        }
    }
}

/// What closing a result without a surplus does, in a sentence.
fn effect(it: &PeriodResult, book: &Book) -> Sentence {
    let [sales, costs, before, loss] =
        [it.sales + it.other_income, it.costs + it.other_costs, it.loss_before, -it.net()]
            .map(|minor| Amount::of(minor, book.currency));
    Sentence::of(|| {
        let closes = if it.net() > 0 {
            say("members-effect-close-left").with("net", sum(it.net(), book.currency))
        } else {
            say("members-effect-close").with("loss", loss)
        };
        let closes = closes.with("days", days(it.period.from, it.period.to)).with("sales", sales);
        closes.with("costs", costs).with("before", before)
    })
}

/// The days that a form names.
fn period(sent: &Fields) -> Result<Period, Problem> {
    let day = |name: &str| {
        let day = sent.get(name).trim().parse::<Date>();
        day.map_err(|_| wrong(format!("/{name}"), say("forms-day-such-as").with("day", "2026-03-31")))
    };
    let (from, to) = (day("from")?, day("to")?);
    Period::new(from, to).map_err(|refusal| Problem::invalid("/to", refusal.detail))
}

/// The days that stand in the form at first: from the first open one to the end of the last whole month, or to today.
fn suggested(open: &OpenPeriod, today: Date) -> Period {
    let from = open.period.map_or(today, |period| period.from);
    let month = today.first_of_month().yesterday().unwrap_or(today);
    let to = if month < from { today } else { month };
    let most = from.checked_add((PERIOD_DAYS_MAX - 1).days()).unwrap_or(to);
    Period { from, to: to.min(most).max(from) }
}

/// The field that a JSON Pointer of a period means.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/');
    ["from", "to"].contains(&name).then(|| name.to_owned())
}

fn shown(book: &Book, preview: Option<Preview>, loss: Option<Loss>, form: Filled) -> DistributePage {
    DistributePage { book: book.reference(), name: book.name.clone(), preview, loss, form }
}

/// Which period; its days are suggested.
#[route("/desk/cooperatives/{id}/distributions", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let (client, wall) = (state.client().await?, ledger::calendar::now());
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    let period = suggested(&open_period(&client, &book, wall).await?, book.today(wall));
    let form = Filled::fresh(&[("from", period.from.to_string()), ("to", period.to.to_string())]);
    page(StatusCode::OK, &shown(&book, None, None, form))
}

/// What drafting the period would come to, beside the last distribution.
async fn preview(state: &State, caller: &Caller, book: &Book, period: Period) -> Result<Preview, Problem> {
    let (tried, _) = drafts::tried(state, caller, book.reference(), period).await?;
    let client = state.client().await?;
    let last = distributions::youngest(&client, book.id, POSTED).await?;
    let waiting = hours::waiting(&client, book.id, WAITING_MAX).await?;
    let of_period: Vec<_> = waiting.iter().filter(|it| period.contains(it.worked.to)).collect();
    let hours = of_period.iter().map(|it| it.contributed.hours().hundredths()).sum();
    let others = of_period.iter().filter(|it| it.contributed.unit != Unit::Hours).count();
    Ok(Preview::new(&tried, last.as_ref(), (Hours::from_hundredths(hours), others)))
}

/// What closing the period without a distribution would come to.
async fn loss(state: &State, caller: &Caller, book: &Book, period: Period) -> Result<Loss, Problem> {
    let closed = closings::tried(state, caller, book.reference(), period).await?;
    Ok(Loss { effect: Effect::fresh(effect(&closed, book)) })
}

/// What comes of the form of a period.
enum Step {
    Done(HttpResponse),
    Look(Preview),
}

/// Drafts what was read; shows it before it was.
async fn take(state: &State, caller: &Caller, book: &Book, sent: &Fields) -> Result<Step, Problem> {
    let (id, period) = (book.reference(), period(sent)?);
    if !sent.has("digest") {
        return preview(state, caller, book, period).await.map(Step::Look);
    }
    let mut seen = [0; 32];
    hex::decode_to_slice(sent.get("digest"), &mut seen).map_err(|_| wrong("", say("members-look-again")))?;
    let key = sent.key(&format!("/desk/cooperatives/{id}/distributions"))?;
    drafts::draft_once(state, caller, id, &key, (period, Some(seen))).await.map(Step::Done)
}

/// The page after a refusal: what stands in the way, and what there is to see all the same.
async fn after_refusal(
    state: &State,
    caller: &Caller,
    book: &Book,
    sent: Fields,
    problem: Problem,
) -> Result<HttpResponse, Problem> {
    let (mut again, mut losing) = (None, None);
    if problem.is("digest-mismatch") {
        again = preview(state, caller, book, period(&sent)?).await.ok();
    }
    if problem.is("no-surplus") {
        losing = loss(state, caller, book, period(&sent)?).await.ok();
    }
    or_again(problem, sent, field_of, async |form| Ok(shown(book, again, losing, form))).await
}

/// Takes the form of a period: shows what becomes of it, and drafts that once it was read.
#[post("/desk/cooperatives/{id}/distributions")]
pub(in crate::pages) async fn draft(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    match take(&state, &caller, &book, &sent).await {
        Ok(Step::Done(drafted)) => {
            let drafted: serde_json::Value = answered(drafted)?;
            let id = drafted["id"].as_str().ok_or_else(Problem::internal)?;
            Ok(done(&format!("/desk/distributions/{id}")))
        }
        Ok(Step::Look(preview)) => page(StatusCode::OK, &shown(&book, Some(preview), None, Filled::holding(sent))),
        Err(problem) => after_refusal(&state, &caller, &book, sent, problem).await,
    }
}

/// Closes a result that has nothing to distribute, when that was read as it is now.
#[post("/desk/cooperatives/{id}/results")]
pub(in crate::pages) async fn close(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    let taken = async {
        let period = period(&sent)?;
        let closed = closings::tried(&state, &caller, id, period).await?;
        if let Some(unread) = Effect::unread(&sent, effect(&closed, &book)) {
            return Ok(Some(unread));
        }
        let key = sent.key(&format!("/desk/cooperatives/{id}/results"))?;
        closings::close_once(&state, &caller, id, &key, period).await.map(|_| None)
    };
    match taken.await {
        Ok(None) => Ok(done(&format!("/desk/cooperatives/{id}?done=result"))),
        Ok(Some(effect)) => page(StatusCode::OK, &shown(&book, None, Some(Loss { effect }), Filled::holding(sent))),
        Err(problem) => after_refusal(&state, &caller, &book, sent, problem).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use ledger::cooperatives::rules::result;
    use ledger::money::Currency;

    fn since(from: Option<Date>, today: Date) -> Period {
        let closing = result::close(&result::Counted::default(), &[], Currency::USD).unwrap();
        let period = from.map(|from| Period { from, to: today });
        suggested(&OpenPeriod { period, closing }, today)
    }

    #[test]
    fn whole_months_are_suggested_and_never_more_than_a_period_has() {
        let of = |from, to| Period { from, to };
        let today = date(2026, 7, 15);
        assert_eq!(since(Some(date(2026, 1, 1)), today), of(date(2026, 1, 1), date(2026, 6, 30)));
        assert_eq!(since(Some(date(2026, 7, 1)), today), of(date(2026, 7, 1), today));
        assert_eq!(since(None, today), of(today, today));
        assert_eq!(since(Some(date(2024, 1, 1)), today), of(date(2024, 1, 1), date(2024, 12, 31)));
    }
}
