//! A team enters a challenge: a member of it agrees to the rules by their digest, and answers what they ask.

use super::{named, sum};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::challenges::challenge_body::challenge_of;
use crate::handlers::challenges::entrants::{NewAnswer, NewEntry, enter_once};
use crate::pages::forms::{Fields, Filled, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::challenges::rules::entering::{AnswerKind, Question};
use ledger::challenges::rules::entrant::Entrant;
use ledger::challenges::rules::purse::FeeState;
use ledger::challenges::store::{challenges, entrants};
use ledger::engine::store::books::Book;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, PersonId};
use ledger::money::Currency;
use ledger::parties::rules::organisation::Organisation;
use ledger::parties::store::organisations;
use uuid::Uuid;

/// How many of somebody's organisations may be chosen here; the API takes any.
const TEAMS_MAX: i64 = 50;

/// A question of the rules.
struct Asks {
    /// The field of its answer.
    field: String,
    title: String,
    is_yes_no: bool,
    /// What the rules want to hear, in words; nothing when any answer does.
    wants: String,
}

impl From<&Question> for Asks {
    fn from(it: &Question) -> Asks {
        Asks {
            field: field_of(&it.name),
            title: it.title.clone(),
            is_yes_no: match it.kind {
                AnswerKind::YesNo => true,
                AnswerKind::Text => false,
            },
            wants: match it.wants {
                Some(true) => say("enter-only-yes").into(),
                Some(false) => say("enter-only-no").into(),
                None => String::new(),
            },
        }
    }
}

fn field_of(question: &str) -> String {
    format!("answer-{question}")
}

#[derive(Template)]
#[template(path = "desks/entry.html")]
struct EntryPage {
    id: ChallengeId,
    title: String,
    host: String,
    until: Option<Day>,
    takes_entries: bool,
    rules_version: i32,
    rules_sha256: Digest,
    /// What a team pays to enter; empty when nothing.
    fee: String,
    /// What must be said before a fee is taken: by which skills it is judged, and who offers the prizes.
    disclosure: Option<(String, String, String)>,
    /// Teams that may be chosen.
    teams: Vec<(String, String)>,
    /// Those that have entered, and how.
    entered: Vec<(String, String)>,
    asks: Vec<Asks>,
    form: Filled,
}

/// How an entry stands, in a sentence. `collector` is who has its fee once it is paid.
fn standing(it: &Entrant, book: &Book, currency: Currency, collector: &str) -> String {
    let day = Day(book.day_of(it.entered_at));
    if it.withdrawn.is_some() {
        return say("enter-withdrawn").with("day", day).into();
    }
    let fee = sum(it.fee, currency);
    let of_fee = match it.fee_state {
        FeeState::Free => say("enter-fee-free"),
        FeeState::Due => say("enter-fee-due").with("fee", fee).with("collector", collector),
        FeeState::Captured => say("enter-fee-captured").with("fee", fee).with("collector", collector),
        FeeState::Settled | FeeState::Closed => say("enter-fee-paid").with("fee", fee),
        FeeState::Returned => say("enter-fee-returned").with("fee", fee),
    };
    say("enter-entered").with("day", day).with("fee", of_fee).into()
}

/// The organisations of a person: those that can enter, and how those stand that have.
async fn teams(
    client: &impl GenericClient,
    person: PersonId,
    (book, challenge): (&Book, ChallengeId),
    currency: Currency,
) -> Result<(Vec<(String, String)>, Vec<(String, String)>), Error> {
    let (mut free, mut entered) = (Vec::new(), Vec::new());
    for Organisation { id, name, .. } in organisations::list_of_person(client, person, Uuid::nil(), TEAMS_MAX).await? {
        match entrants::find_of_team(client, challenge, id).await? {
            Some(entrant) => {
                let collector = entrant.collector.unwrap_or(book.organisation);
                let collector = organisations::find(client, collector).await?.map(|found| found.name);
                entered.push((name, standing(&entrant, book, currency, &collector.unwrap_or_default())));
            }
            None => free.push((id.to_string(), name)),
        }
    }
    Ok((free, entered))
}

impl EntryPage {
    async fn of(state: &State, caller: &Caller, id: ChallengeId, form: Filled) -> Result<EntryPage, Problem> {
        let person = caller.person()?.id;
        let client = state.client().await?;
        let (book, challenge) = challenge_of(&client, id).await?;
        if !challenge.state.is_announced() {
            return Err(Error::NotFound("challenge").into());
        }
        let rules = challenges::get_rules(&client, id, challenge.rules_version).await?.rules;
        let currency = challenge.purse.currency();
        let (teams, entered) = teams(&client, person, (&book, id), currency).await?;
        let disclosure = rules.fee_disclosure.as_ref();
        let disclosure = disclosure.map(|it| (it.skill.clone(), it.sponsor.clone(), it.excluded_places.join(", ")));
        let host = organisations::find(&client, book.organisation).await?.map(|host| host.name);
        Ok(EntryPage {
            id,
            host: host.unwrap_or_default(),
            until: challenge.state.until().map(|until| Day(book.day_of(until))),
            takes_entries: challenge.takes_entries(book.now(ledger::calendar::now())).is_ok(),
            rules_version: challenge.rules_version,
            rules_sha256: challenge.rules,
            fee: rules.entry_fee.map(|fee| sum(fee.amount.minor(), fee.amount.currency())).unwrap_or_default(),
            disclosure,
            teams,
            entered,
            asks: rules.questions.iter().map(Asks::from).collect(),
            title: challenge.title,
            form,
        })
    }
}

/// What a team agrees to and is asked, for everybody who is signed in.
#[route("/desk/challenges/{id}/enter", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ChallengeId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &EntryPage::of(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// The names of the questions that were answered, in the order in which they are asked.
fn answered(sent: &Fields, page: &EntryPage) -> Vec<String> {
    let fields = page.asks.iter().filter(|asks| sent.has(&asks.field));
    fields.filter_map(|asks| asks.field.strip_prefix("answer-").map(str::to_owned)).collect()
}

/// Enters the team that was chosen.
#[post("/desk/challenges/{id}/enter")]
pub(in crate::pages) async fn enter(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ChallengeId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let questions = answered(&sent, &EntryPage::of(&state, &caller, id, Filled::fresh(&[])).await?);
    let answer =
        |name: &String| NewAnswer { question: name.clone(), answer: sent.get(&field_of(name)).trim().to_owned() };
    let new = NewEntry {
        team: sent.get("team").to_owned(),
        rules_sha256: sent.get("rules_sha256").to_owned(),
        collector: None,
        answers: questions.iter().map(answer).collect(),
    };
    let path = format!("/desk/challenges/{id}/enter");
    let entered = async {
        let key = sent.key(&path)?;
        if sent.get("agree") != "yes" {
            return Err(wrong("/agree", say("enter-who-agrees")));
        }
        enter_once(&state, &caller, id, &key, &new).await
    };
    match entered.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => {
            let of = |pointer: &str| field(pointer, &questions);
            or_again(problem, sent, of, async |again| EntryPage::of(&state, &caller, id, again).await).await
        }
    }
}

/// The field of a pointer into the request.
fn field(pointer: &str, questions: &[String]) -> Option<String> {
    if let Some(rest) = pointer.strip_prefix("/answers/") {
        let index: usize = rest.split('/').next()?.parse().ok()?;
        return questions.get(index).map(|name| field_of(name));
    }
    match pointer {
        "/team" => Some("team".to_owned()),
        "/agree" | "/rules_sha256" => Some("agree".to_owned()),
        _other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_answer_stands_beside_its_question() {
        let questions = ["adult".to_owned(), "why".to_owned()];
        assert_eq!(field("/answers/1/answer", &questions).as_deref(), Some("answer-why"));
        assert_eq!(field("/answers/2/answer", &questions), None);
        assert_eq!(field("/answers", &questions), None);
        assert_eq!(field("/rules_sha256", &questions).as_deref(), Some("agree"));
    }
}
