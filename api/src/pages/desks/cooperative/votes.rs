//! Votes on the desk of a cooperative's people: what members are asked, how it ended, whom they let vote for them, and the form by which
//! keepers ask something from which no rule follows. A proposal has a page of its own, on which members vote.

use super::{member_of, of_cooperative};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::members::cooperative_of;
use crate::handlers::governance::delegations::{NewDelegation, give_once};
use crate::handlers::governance::proposals::{
    NewProposalRequest, NewVote, WithdrawProposal, open_once, vote_once, withdraw_once,
};
use crate::pages::cooperative::in_words;
use crate::pages::desks::named;
use crate::pages::forms::{Fields, Filled, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use crate::who_may::KEEPERS;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::ToSpan as _;
use jiff::civil::Date;
use ledger::cooperatives::store::members;
use ledger::engine::store::books::Book;
use ledger::governance::operations::votes;
use ledger::governance::rules::proposal::{College, Executed, Proposal, ProposalEnd};
use ledger::governance::rules::vote::{Choice, Threshold};
use ledger::governance::store::{delegations, proposals};
use ledger::id::{BookRef, ProposalId};
use ledger::money::Currency;
use ledger::programmes::rules::programme::{Line, NewProgramme, last_day};

/// So many proposals are shown, the youngest.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "desks/cooperative/votes.html")]
struct VotesPage {
    book: BookRef,
    name: String,
    proposals: Vec<Row>,
    /// Who votes for whoever looks; none for who is no member.
    delegate: Option<Said>,
    /// Whether it is a member who does.
    is_given: bool,
    keeps: bool,
    new: Filled,
    given: Filled,
    thresholds: Vec<(String, String)>,
}

/// A proposal among others.
struct Row {
    id: ProposalId,
    title: String,
    stands: Said,
}

#[derive(Template)]
#[template(path = "desks/proposal.html")]
struct ProposalPage {
    id: ProposalId,
    book: BookRef,
    name: String,
    title: String,
    text: String,
    stands: Said,
    needs: Said,
    /// What the rule that it would publish does, step by step.
    steps: Vec<String>,
    rule_from: Day,
    /// The programme that it would open, and its lines.
    budget: Option<(Said, Vec<Said>)>,
    digest: String,
    colleges: Vec<CollegeRow>,
    is_counted: bool,
    is_open: bool,
    is_elector: bool,
    /// What whoever looks voted last.
    own: Option<Said>,
    keeps: bool,
    form: Filled,
}

/// What a college has said.
struct CollegeRow {
    group: Said,
    weight: String,
    electors: i32,
    yes: i32,
    no: i32,
    blank: i32,
}

/// A decimal as the page's language writes it.
fn written(decimal: &str) -> String {
    decimal.replace('.', &texts::read().marks().1.to_string())
}

/// How it stands, in a sentence.
fn stands(it: &Proposal, is_over: bool) -> Said {
    let counted = |said: Said| {
        let outcome = it.outcome;
        said.with("counted", outcome.map_or(0, |it| it.counted)).with("electors", it.electors)
    };
    let approved = |said: Said| {
        let hundredths = it.outcome.and_then(|it| it.approval).unwrap_or_default();
        counted(said).with("approval", written(&format!("{}.{:02}", hundredths / 100, hundredths % 100)))
    };
    match it.ended.as_ref().map(|(end, _)| end) {
        None if is_over => say("votes-is-counted").with("day", Day(it.last_day)),
        None => say("votes-is-open").with("day", Day(it.last_day)),
        Some(ProposalEnd::Passed(Executed::Refused(_))) => approved(say("votes-passed-in-vain")),
        Some(ProposalEnd::Passed(Executed::Nothing | Executed::Published(_) | Executed::Opened(_))) => {
            approved(say("votes-passed"))
        }
        Some(ProposalEnd::Failed) if it.outcome.is_some_and(|it| it.approval.is_some()) => {
            approved(say("votes-failed")).with("quorum", it.quorum)
        }
        Some(ProposalEnd::Failed) => counted(say("votes-failed-unsaid")).with("quorum", it.quorum),
        Some(ProposalEnd::Withdrawn { reason, .. }) => say("votes-withdrawn").with("reason", reason),
    }
}

/// What it needs.
fn needs(it: &Proposal) -> Said {
    let said = match it.threshold {
        Threshold::Majority => say("votes-needs-majority"),
        Threshold::TwoThirds => say("votes-needs-two-thirds"),
    };
    said.with("quorum", it.quorum).with("electors", it.electors)
}

/// A choice, as it was made.
fn chosen(choice: Choice) -> Said {
    match choice {
        Choice::Yes => say("votes-own-yes"),
        Choice::No => say("votes-own-no"),
        Choice::Blank => say("votes-own-blank"),
    }
}

impl CollegeRow {
    fn new(it: College) -> CollegeRow {
        let count = it.count.unwrap_or_default();
        CollegeRow {
            group: it.group.map_or_else(|| say("votes-all"), |group| say("votes-group").with("group", group)),
            weight: written(&it.weight.to_string()),
            electors: it.electors,
            yes: count.yes,
            no: count.no,
            blank: count.blank,
        }
    }
}

/// The forms of the page, of which one may have been refused.
struct Forms {
    new: Filled,
    given: Filled,
}

impl Forms {
    fn fresh(book: &Book) -> Forms {
        let today = book.today(ledger::calendar::now());
        let last = today.saturating_add(14.days()).to_string();
        let standing = [("last_day", last), ("quorum", "1".to_owned()), ("threshold", "majority".to_owned())];
        Forms { new: Filled::fresh(&standing), given: Filled::fresh(&[]) }
    }
}

async fn shown(client: &impl GenericClient, caller: &Caller, book: Book, forms: Forms) -> Result<VotesPage, Problem> {
    let now = book.now(ledger::calendar::now());
    let all = proposals::list(client, book.id, None, SHOWN).await?;
    let row = |it: &Proposal| Row { id: it.id, title: it.title.clone(), stands: stands(it, it.closes_at <= now) };
    let today = book.day_of(now);
    let own = members::of_person(client, book.id, caller.person()?.id).await?;
    let (mut delegate, mut is_given) = (None, false);
    if let Some(member) = own.iter().find(|member| member.votes_on(today)) {
        let to = delegations::last(client, member.id).await?.and_then(|last| last.delegate);
        is_given = to.is_some();
        delegate = Some(match to {
            Some(to) => say("votes-given-to").with("number", members::get(client, to).await?.number),
            None => say("votes-given-to-nobody"),
        });
    }
    let threshold = |of: Threshold, key| (of.to_string(), say(key).to_string());
    Ok(VotesPage {
        proposals: all.iter().map(row).collect(),
        delegate,
        is_given,
        keeps: caller.has_role(client, book.organisation, KEEPERS).await?,
        book: book.reference(),
        name: book.name,
        new: forms.new,
        given: forms.given,
        thresholds: vec![
            threshold(Threshold::Majority, "votes-majority"),
            threshold(Threshold::TwoThirds, "votes-two-thirds"),
        ],
    })
}

/// What members are asked, for whoever has to do with the cooperative's proceeds.
#[route("/desk/cooperatives/{id}/votes", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    let forms = Forms::fresh(&book);
    page(StatusCode::OK, &shown(&client, &caller, book, forms).await?)
}

/// The field that a JSON Pointer means.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    match name {
        "delegate" => Some("number".to_owned()),
        "number" | "title" | "text" | "last_day" | "quorum" | "threshold" | "reason" => Some(name.to_owned()),
        _other => None,
    }
}

/// Puts a resolution to the vote.
#[post("/desk/cooperatives/{id}/votes")]
pub(in crate::pages) async fn open(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let path = format!("/desk/cooperatives/{id}/votes");
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, id).await?;
    // What is done takes a connection of its own.
    drop(client);
    let taken = async {
        let last_day = sent.get("last_day").parse().map_err(|_| wrong("/last_day", say("votes-no-such-day")))?;
        let quorum = sent.get("quorum").trim().parse().map_err(|_| wrong("/quorum", say("votes-no-such-quorum")))?;
        let new = NewProposalRequest {
            title: sent.get("title").trim().to_owned(),
            text: sent.get("text").trim().to_owned(),
            last_day,
            quorum,
            threshold: sent.get("threshold").to_owned(),
            colleges: Vec::new(),
            rule: None,
            programme: None,
        };
        open_once(&state, &caller, id, &sent.key(&path)?, &new).await
    };
    match taken.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => {
            let again = async |again| {
                let forms = Forms { new: again, ..Forms::fresh(&book) };
                shown(&state.client().await?, &caller, book, forms).await
            };
            or_again(problem, sent, field_of, again).await
        }
    }
}

/// Lets another member vote for whoever sends it, or nobody.
#[post("/desk/cooperatives/{id}/delegation")]
pub(in crate::pages) async fn give(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, id).await?;
    let member = member_of(&client, &book, &sent).await;
    drop(client);
    let taken = async {
        let new = NewDelegation { delegate: member?.map(|id| id.to_string()) };
        give_once(&state, &caller, id, &sent.key(&format!("/desk/cooperatives/{id}/delegation"))?, &new).await
    };
    match taken.await {
        Ok(_) => Ok(done(&format!("/desk/cooperatives/{id}/votes"))),
        Err(problem) => {
            let again = async |again| {
                let forms = Forms { given: again, ..Forms::fresh(&book) };
                shown(&state.client().await?, &caller, book, forms).await
            };
            or_again(problem, sent, field_of, again).await
        }
    }
}

/// What a programme is to spend in all, and line by line.
fn budget(new: &NewProgramme, currency: Currency) -> (Said, Vec<Said>) {
    let all: i64 = new.plan.lines.iter().map(|line| line.amount).sum();
    let over = |said: Said, minor: i64, first_month: Date, last_day: Date| {
        said.with("amount", Amount::of(minor, currency)).with("from", Day(first_month)).with("to", Day(last_day))
    };
    let line = |line: &Line| {
        let said = say("votes-budget-line").with("name", &line.name).with("account", &line.account);
        over(said, line.amount, line.first_month, line.last_day())
    };
    let (first_month, last_day) = (new.plan.first_month, last_day(new.plan.first_month, new.plan.months));
    let said = over(say("votes-a-budget-follows").with("name", &new.name), all, first_month, last_day);
    (said, new.plan.lines.iter().map(line).collect())
}

async fn proposal(state: &State, caller: &Caller, id: ProposalId, form: Filled) -> Result<ProposalPage, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, caller, id.book, "proposal").await?;
    let it = proposals::get(&client, id).await?;
    let own = votes::own(&client, id, caller.person()?.id).await?;
    let colleges = proposals::colleges(&client, id).await?;
    let is_over = it.closes_at <= book.now(ledger::calendar::now());
    let rule = it.motion.rule();
    let steps = rule.iter().flat_map(|rule| &rule.rule.steps).map(|step| in_words(step, book.currency)).collect();
    Ok(ProposalPage {
        id,
        stands: stands(&it, is_over),
        needs: needs(&it),
        steps,
        rule_from: Day(rule.map_or(it.last_day, |rule| rule.effective_from)),
        budget: it.motion.budget().map(|new| budget(new, book.currency)),
        digest: hex::encode(it.digest),
        is_counted: it.outcome.is_some(),
        is_open: it.ended.is_none() && !is_over,
        is_elector: own.is_elector,
        own: own.vote.map(|(choice, _)| chosen(choice)),
        colleges: colleges.into_iter().map(CollegeRow::new).collect(),
        keeps: caller.has_role(&client, book.organisation, KEEPERS).await?,
        title: it.title,
        text: it.text,
        book: book.reference(),
        name: book.name,
        form,
    })
}

/// A proposal: what it says and does, what came of it, and the vote of whoever looks.
#[route("/desk/proposals/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn read(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ProposalId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &proposal(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Where a step on a proposal leads to: the proposal as it is then, or why it was refused.
async fn after(
    state: &State,
    caller: &Caller,
    id: ProposalId,
    sent: Fields,
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match taken {
        Ok(_) => Ok(done(&format!("/desk/proposals/{id}"))),
        Err(problem) => or_again(problem, sent, field_of, async |again| proposal(state, caller, id, again).await).await,
    }
}

/// Votes, by the button that was pressed.
#[post("/desk/proposals/{id}/vote")]
pub(in crate::pages) async fn vote(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ProposalId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let new = NewVote { choice: sent.get("choice").to_owned() };
    let taken = match sent.key(&format!("/desk/proposals/{id}/vote")) {
        Ok(key) => vote_once(&state, &caller, id, &key, &new).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// Gives it up, for members to read why.
#[post("/desk/proposals/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ProposalId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let why = WithdrawProposal { reason: sent.get("reason").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/proposals/{id}/withdraw")) {
        Ok(key) => withdraw_once(&state, &caller, id, &key, &why).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}
