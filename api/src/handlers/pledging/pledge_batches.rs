//! Batches of pledges: a verdict per item, order kept.

use super::payers::{Payer, Tries};
use super::pledge_body::{NewPledge, PledgeBody, View};
use super::pledges::{donors_of, place_under_lock, require_offered};
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::items::{self, Answer, Answered};
use crate::idempotency::{IdempotencyKey, Reply, Scope, has_come, idempotent, posted_or};
use crate::problem::{Problem, ProblemBody};
use crate::state::State;
use crate::visibility::{book_of, require_admitted};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, post};
use deadpool_postgres::{GenericClient, Transaction};
use ledger::Error;
use ledger::book::{Command, Key};
use ledger::engine::lane::{self, Outcome};
use ledger::engine::store::books::Book;
use ledger::id::{CampaignId, OrganisationId};
use ledger::pledging::operations::pledge_batches::{self as operations, Drafted};
use ledger::pledging::operations::pledges::{New, PlacePledge, rows};
use ledger::pledging::rules::pledge::Pledge;
use ledger::pledging::store::tries::Subject;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// After so many pledges the others have their turn.
const TURN: usize = 50;

/// So many pledges are written in one transaction.
const APART: usize = 500;

/// Fewer go with others through the lane.
const APART_MIN: usize = 100;

/// The most pledges of a batch.
const PLEDGES_MAX: usize = 1_000;

/// Several pledges to one campaign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPledgeBatch {
    /// What a refusal does to the others: `continue` with them, `stop` before the next, or `all_or_nothing`. With the first
    /// two a pledge that is refused leaves the others as they are; with the last, nothing of the batch is placed, and the
    /// refusal names the pledge; no amount is trimmed to what fits below a cap. Pledges whose keys are known were answered before, and hear the same. A body that is not of
    /// this shape is refused whole.
    #[schema(pattern = "^(continue|stop|all_or_nothing)$", example = "continue")]
    on_error: String,
    /// In this order.
    #[schema(min_items = 1, max_items = 1000)]
    pledges: Vec<NewPledgeItem>,
}

/// One pledge of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPledgeItem {
    /// The idempotency key of this pledge; with `all_or_nothing` each may stand there once.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    key: String,
    /// The pledge.
    pledge: NewPledge,
}

/// What became of the pledges.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PledgeBatch)]
pub struct PledgeBatchBody {
    /// One for each pledge, in their order.
    items: Vec<PledgeVerdictBody>,
}

/// What became of a pledge of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PledgeVerdict)]
pub struct PledgeVerdictBody {
    /// `placed`, `repeated` when the partner had sent the same content under its reference before, `refused`, or `skipped`
    /// after a refusal that stopped the batch.
    pub(super) verdict: &'static str,
    /// The pledge; null when there is none.
    #[schema(value_type = Option<PledgeBody>)]
    pub(super) pledge: Option<Value>,
    /// Whether this is the first answer to its key again.
    replayed: bool,
    /// Why it was refused.
    pub(super) problem: Option<ProblemBody>,
}

impl PledgeVerdictBody {
    fn skipped() -> PledgeVerdictBody {
        PledgeVerdictBody { verdict: "skipped", pledge: None, replayed: false, problem: None }
    }

    fn good(answered: Answered) -> PledgeVerdictBody {
        let verdict = if answered.status == StatusCode::CREATED { "placed" } else { "repeated" };
        PledgeVerdictBody { verdict, pledge: Some(answered.body), replayed: answered.replayed, problem: None }
    }

    /// The verdict on the pledge at a place; what is nobody's verdict (a lost database) fails the request, and its keys tell the
    /// rest.
    fn of(place: usize, answer: Answer) -> Result<PledgeVerdictBody, Problem> {
        let problem = match answer {
            Ok(answered) => return Ok(PledgeVerdictBody::good(answered)),
            Err(problem) => problem,
        };
        let replayed = items::is_replayed(&problem);
        let passes = problem.status().is_server_error() || problem.is("still-running") || problem.is("overloaded");
        if passes && !replayed {
            return Err(problem);
        }
        let problem = Some(items::refusal(problem, &format!("/pledges/{place}/pledge")));
        Ok(PledgeVerdictBody { verdict: "refused", pledge: None, replayed, problem })
    }
}

/// Places up to 1,000 pledges to a campaign, each under its own key.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The campaign")),
    request_body = NewPledgeBatch,
    responses((status = 200, description = "A verdict for each pledge, in their order", body = PledgeBatchBody)))]
#[post("/v1/campaigns/{id}/pledges:batch")]
pub(crate) async fn place_batch(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    http: HttpRequest,
    request: Keyed<NewPledgeBatch>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::PledgesWrite)?;
    let NewPledgeBatch { on_error, pledges } = request.body;
    if !(1..=PLEDGES_MAX).contains(&pledges.len()) {
        return Err(Problem::invalid("/pledges", format!("1 to {PLEDGES_MAX}")));
    }
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    require_admitted(&client, partner, &book, "campaign").await?;
    drop(client);
    let mut keys = Vec::with_capacity(pledges.len());
    let mut asked = Vec::with_capacity(pledges.len());
    let mut payers = Vec::with_capacity(pledges.len());
    for (place, item) in pledges.iter().enumerate() {
        if place % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
        let below = |problem: Problem| problem.below(&format!("/pledges/{place}"));
        keys.push(item.key(http.path()).map_err(below)?);
        payers.push(item.pledge.payer().map_err(below)?);
        let parsed = item.pledge.parse(*id, partner.organisation);
        asked.push(parsed.and_then(|asked| require_offered(&state, asked)));
    }
    let tries = Tries::of(&state, &caller, &book)?;
    let subjects = payers.iter().map(|payer| tries.subjects(payer, None)).collect();
    let batch = Batch { state: &state, caller: &caller, book: &book, campaign: *id, tries, subjects };
    match on_error.as_str() {
        "continue" => Ok(HttpResponse::Ok().json(batch.one_by_one(keys, asked).await?)),
        "stop" => Ok(HttpResponse::Ok().json(batch.until_refused(keys, asked).await?)),
        "all_or_nothing" => batch.whole(&request.key, keys, asked).await,
        _ => Err(Problem::invalid("/on_error", "must be continue, stop or all_or_nothing")),
    }
}

impl NewPledgeItem {
    /// Its key, if it is of the shape that the contract gives it; what it means, only the book can say.
    fn key(&self, path: &str) -> Result<IdempotencyKey, Problem> {
        self.pledge.check_shape().map_err(|problem| problem.below("/pledge"))?;
        let told = serde_json::to_value(&self.pledge).map_err(|_| Problem::internal())?;
        let key = IdempotencyKey::of_item(path, &self.key, &told);
        key.ok_or_else(|| Problem::invalid("/key", "1 to 255 visible ASCII characters"))
    }
}

/// What an item that was understood, or was not, asks for.
pub(super) type Asked = Result<PlacePledge, Problem>;

/// Pledges of a partner that came in another shape, of no payer: from itself, or from people of the host for it.
pub(super) struct Several<'a> {
    pub(super) state: &'a State,
    pub(super) caller: &'a Caller,
    pub(super) book: &'a Book,
    pub(super) campaign: CampaignId,
    pub(super) partner: OrganisationId,
}

impl Several<'_> {
    fn batch(&self, items: usize) -> Batch<'_> {
        let Several { state, caller, book, campaign, partner } = *self;
        let tries = Tries::for_partner(state, caller, book, partner);
        let subjects = (0..items).map(|_| tries.subjects(&Payer::default(), None)).collect();
        Batch { state, caller, book, campaign, tries, subjects }
    }

    /// Places each for itself, under its key.
    pub(super) async fn place(
        &self,
        keys: Vec<IdempotencyKey>,
        asked: Vec<Asked>,
    ) -> Result<Vec<PledgeVerdictBody>, Problem> {
        Ok(self.batch(keys.len()).one_by_one(keys, asked).await?.items)
    }

    /// What would become of each now, and nothing is written: whether it is new, or there already.
    pub(super) async fn attempt(&self, asked: Vec<Asked>) -> Result<Vec<Result<bool, Problem>>, Problem> {
        let (batch, client) = (self.batch(0), self.state.client().await?);
        let understood: Vec<PlacePledge> = asked.iter().filter_map(|asked| asked.as_ref().ok().cloned()).collect();
        let mut drafted = batch.draft(&client, understood).await?.into_iter();
        let mut told = Vec::with_capacity(asked.len());
        for asked in asked {
            told.push(match asked {
                Err(problem) => Err(problem),
                Ok(_) => match drafted.next().ok_or_else(Problem::internal)? {
                    Ok(drafted) => Ok(matches!(drafted, Drafted::New(_))),
                    Err(error @ (Error::Refused(_) | Error::Invalid { .. })) => Err(error.into()),
                    Err(error) => return Err(error.into()),
                },
            });
        }
        Ok(told)
    }
}

/// How an item goes on.
enum Step {
    /// It is answered: it was not understood, or its key has come before.
    Answered(Answer),
    /// It is decided on what was read; the answer is to be kept.
    Decided(Answer),
    /// It is new: the lane writes it.
    New(Box<ToWrite>),
    /// It waits for an earlier item of its key or its reference.
    Later(Box<PlacePledge>),
}

/// A pledge that a lane is to write.
struct ToWrite {
    command: Command,
    reply: Reply,
    /// The pledge, which knows why the book may refuse its promise.
    new: New,
}

/// A batch of a partner, to a campaign of a book.
struct Batch<'a> {
    state: &'a State,
    caller: &'a Caller,
    book: &'a Book,
    campaign: CampaignId,
    tries: Tries<'a>,
    /// Under what the try of each pledge counts.
    subjects: Vec<Vec<Subject>>,
}

impl Batch<'_> {
    /// Each for itself.
    async fn one_by_one(&self, keys: Vec<IdempotencyKey>, asked: Vec<Asked>) -> Result<PledgeBatchBody, Problem> {
        let steps = self.steps(&keys, &asked).await?;
        let mut answers: Vec<Option<Answer>> = keys.iter().map(|_| None).collect();
        let (mut decided, mut new, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for (place, step) in steps.into_iter().enumerate() {
            match step {
                Step::Answered(answer) => answers[place] = Some(answer),
                Step::Decided(answer) => decided.push((place, answer)),
                Step::New(drafted) => new.push((place, *drafted)),
                Step::Later(asked) => later.push((place, *asked)),
            }
        }
        let (places, keyed): (Vec<usize>, Vec<_>) =
            decided.into_iter().map(|(place, answer)| (place, (keys[place], answer))).unzip();
        let kept = items::keep(self.state, self.book.id, self.caller.id(), keyed).await?;
        for (place, answer) in places.into_iter().zip(kept) {
            answers[place] = Some(answer);
        }
        for (place, outcome) in self.write_many(&keys, new).await {
            match outcome {
                Written::Answer(answer) => answers[place] = Some(answer),
                Written::Replay => {}
                Written::Collided => {
                    let again = asked[place].clone()?;
                    later.push((place, again));
                }
            }
        }
        later.sort_by_key(|(place, _)| *place);
        for (place, asked) in later {
            answers[place] = Some(self.alone(&keys[place], asked).await);
        }
        let mut verdicts = Vec::with_capacity(answers.len());
        for (place, answer) in answers.into_iter().enumerate() {
            let answer = match answer {
                Some(answer) => answer,
                None => self.again(&keys[place]).await?,
            };
            verdicts.push(PledgeVerdictBody::of(place, answer)?);
        }
        Ok(PledgeBatchBody { items: verdicts })
    }

    /// One after the other, until one is refused.
    async fn until_refused(&self, keys: Vec<IdempotencyKey>, asked: Vec<Asked>) -> Result<PledgeBatchBody, Problem> {
        let steps = self.steps(&keys, &asked).await?;
        let mut verdicts = Vec::with_capacity(steps.len());
        let mut stopped = false;
        for (place, step) in steps.into_iter().enumerate() {
            if stopped {
                verdicts.push(PledgeVerdictBody::skipped());
                continue;
            }
            let answer = match step {
                Step::Answered(answer) => answer,
                Step::Decided(answer) => {
                    let keyed = vec![(keys[place], answer)];
                    let kept = items::keep(self.state, self.book.id, self.caller.id(), keyed).await?;
                    kept.into_iter().next().ok_or_else(Problem::internal)?
                }
                Step::New(drafted) => match self.write(&keys, vec![(place, *drafted)]).await.pop() {
                    Some((_, Written::Answer(answer))) => answer,
                    Some((_, Written::Replay)) => self.again(&keys[place]).await?,
                    Some((_, Written::Collided)) | None => self.alone(&keys[place], asked[place].clone()?).await,
                },
                Step::Later(asked) => self.alone(&keys[place], *asked).await,
            };
            stopped = answer.is_err();
            verdicts.push(PledgeVerdictBody::of(place, answer)?);
        }
        Ok(PledgeBatchBody { items: verdicts })
    }

    /// All of them in one transaction, or none.
    async fn whole(
        &self,
        key: &IdempotencyKey,
        keys: Vec<IdempotencyKey>,
        asked: Vec<Asked>,
    ) -> Result<HttpResponse, Problem> {
        let mut understood = Vec::with_capacity(asked.len());
        for (place, asked) in asked.into_iter().enumerate() {
            understood.push(asked.map_err(|problem| problem.below(&format!("/pledges/{place}/pledge")))?);
        }
        if !has_come(self.state, key, Scope::Book(self.book.id), self.caller.id()).await? {
            let client = self.state.client().await?;
            let known = items::find(&client, self.book.id, self.caller.id(), &keys).await?;
            drop(client);
            let new = (0..keys.len()).filter(|place| known[*place].is_none());
            let new: Vec<Vec<Subject>> = new.map(|place| self.subjects[place].clone()).collect();
            if let Some(problem) = self.tries.take(&new).await?.into_iter().flatten().next() {
                return Err(problem);
            }
        }
        idempotent(self.state, key, Scope::Book(self.book.id), self.caller.id(), async |tx| {
            let items = self.place_whole(tx, &keys, understood.clone()).await?;
            Ok(Reply::ok(&PledgeBatchBody { items }))
        })
        .await
    }

    async fn place_whole(
        &self,
        tx: &Transaction<'_>,
        keys: &[IdempotencyKey],
        asked: Vec<PlacePledge>,
    ) -> Result<Vec<PledgeVerdictBody>, Error> {
        if let Some(place) = items::doubled(keys).iter().position(|doubled| *doubled) {
            return Err(Error::invalid(format!("/pledges/{place}/key"), "stands in the batch twice"));
        }
        let mut known = items::find(tx, self.book.id, self.caller.id(), keys).await?;
        for (place, answer) in known.iter().enumerate() {
            if let Some(Err(problem)) = answer {
                return Err(refused_before(place, problem));
            }
        }
        let new: Vec<usize> = (0..keys.len()).filter(|place| known[*place].is_none()).collect();
        let new_keys: Vec<IdempotencyKey> = new.iter().map(|place| keys[*place]).collect();
        items::claim_all(tx, self.book.id, self.caller.id(), &new_keys).await?;
        let asked = asked.into_iter().enumerate().filter(|(place, _)| known[*place].is_none());
        let drafted = self.draft(tx, asked.map(|(_, asked)| asked).collect()).await?;
        let drafted = operations::whole(drafted).map_err(|(at, error)| operations::refused_in_batch(new[at], error))?;
        let replies = self.replies(tx, &drafted).await?;
        let wall = ledger::calendar::now();
        let kept = replies.iter().zip(&new_keys);
        let kept = kept.map(|(reply, key)| items::row(&key.for_lane(self.caller.id()), reply, wall)).collect();
        operations::place_all(tx, self.book, &drafted, kept, wall).await?;
        for (place, reply) in new.into_iter().zip(replies) {
            known[place] = Some(Ok(reply.into()));
        }
        Ok(known.into_iter().flatten().flatten().map(PledgeVerdictBody::good).collect())
    }

    /// How each item goes on, as read in a few questions.
    async fn steps(&self, keys: &[IdempotencyKey], asked: &[Asked]) -> Result<Vec<Step>, Problem> {
        let client = self.state.client().await?;
        let known = items::find(&client, self.book.id, self.caller.id(), keys).await?;
        let doubled = items::doubled(keys);
        let mut steps = Vec::with_capacity(keys.len());
        let (mut places, mut open) = (Vec::new(), Vec::new());
        for (place, answer) in known.into_iter().enumerate() {
            steps.push(match (answer, &asked[place]) {
                (Some(answer), _) => Step::Answered(answer),
                (None, Err(problem)) => Step::Answered(Err(problem.clone())),
                (None, Ok(asked)) => {
                    if !doubled[place] {
                        places.push(place);
                        open.push(asked.clone());
                    }
                    Step::Later(Box::new(asked.clone()))
                }
            });
        }
        drop(client);
        let new: Vec<Vec<Subject>> = places.iter().map(|place| self.subjects[*place].clone()).collect();
        let refused = self.tries.take(&new).await?;
        let mut taken = (Vec::new(), Vec::new());
        for ((place, asked), refused) in places.into_iter().zip(open).zip(refused) {
            match refused {
                Some(problem) => steps[place] = Step::Answered(Err(problem)),
                None => {
                    taken.0.push(place);
                    taken.1.push(asked);
                }
            }
        }
        let (places, open) = taken;
        let client = self.state.client().await?;
        let wall = ledger::calendar::now();
        let (mut decided, mut drafts) = (Vec::new(), Vec::new());
        for (place, drafted) in places.into_iter().zip(self.draft(&client, open).await?) {
            match drafted {
                Ok(Drafted::Later { .. }) => {}
                Ok(drafted @ (Drafted::New(_) | Drafted::Repeated(_))) => {
                    decided.push(place);
                    drafts.push(drafted);
                }
                Err(error @ (Error::Refused(_) | Error::Invalid { .. })) => {
                    steps[place] = Step::Decided(Err(error.into()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let replies = self.replies(&client, &drafts).await?;
        for (place, (drafted, reply)) in decided.into_iter().zip(drafts.into_iter().zip(replies)) {
            steps[place] = match drafted {
                // How much of it fits is read under the lock of the book.
                Drafted::New(new) if new.may_be_trimmed() => Step::Later(Box::new(asked[place].clone()?)),
                Drafted::New(new) => {
                    let mut companions = rows(self.book, &new, wall);
                    companions.push(items::row(&keys[place].for_lane(self.caller.id()), &reply, wall));
                    let command = Command { key: None, entry: new.entry(self.book.today(wall)), companions };
                    Step::New(Box::new(ToWrite { command, reply, new: *new }))
                }
                Drafted::Repeated(_) | Drafted::Later { .. } => Step::Decided(Ok(reply.into())),
            };
        }
        Ok(steps)
    }

    async fn draft(
        &self,
        client: &impl GenericClient,
        asked: Vec<PlacePledge>,
    ) -> Result<Vec<Result<Drafted, Error>>, Error> {
        let partner = self.tries.partner();
        operations::draft_all(client, self.book, self.campaign, partner, asked, ledger::calendar::now()).await
    }

    /// The answers to those that are new or repeated.
    async fn replies(&self, client: &impl GenericClient, drafted: &[Drafted]) -> Result<Vec<Reply>, Error> {
        let repeated = drafted.iter().filter_map(|drafted| match drafted {
            Drafted::Repeated(pledge) => Some((**pledge).clone()),
            Drafted::New(_) | Drafted::Later { .. } => None,
        });
        let repeated: Vec<Pledge> = repeated.collect();
        let known = if repeated.is_empty() { Vec::new() } else { donors_of(client, self.book.id, &repeated).await? };
        let new = drafted.iter().filter_map(|drafted| match drafted {
            Drafted::New(new) => Some(&new.donor),
            Drafted::Repeated(_) | Drafted::Later { .. } => None,
        });
        let donors: std::collections::HashMap<_, _> = known.iter().chain(new).map(|donor| (donor.id, donor)).collect();
        let view = View::of(client, self.caller, self.book).await?;
        let mut replies = Vec::with_capacity(drafted.len());
        for drafted in drafted {
            let pledge = drafted.pledge().ok_or_else(|| Error::inconsistent("a pledge that nobody decided on"))?;
            let donor = donors.get(&pledge.donor).ok_or(Error::NotFound("donor"))?;
            let body = view.body(pledge.clone(), donor);
            replies.push(match drafted {
                Drafted::New(_) => Reply::created(&body),
                Drafted::Repeated(_) | Drafted::Later { .. } => Reply::ok(&body),
            });
        }
        Ok(replies)
    }

    /// Writes new ones, hundreds in a transaction of their own as long as that is to be had, and says what became of each.
    async fn write_many(&self, keys: &[IdempotencyKey], mut new: Vec<(usize, ToWrite)>) -> Vec<(usize, Written)> {
        let mut written = Vec::with_capacity(new.len());
        while new.len() >= APART_MIN {
            let rest = new.split_off(new.len().min(APART));
            if !self.write_apart(keys, &new).await {
                new.extend(rest);
                break;
            }
            written.extend(new.into_iter().map(|(place, it)| (place, Written::Answer(Ok(it.reply.into())))));
            new = rest;
        }
        written.extend(self.write(keys, new).await);
        written
    }

    /// Whether these were written in a transaction of their own, beside those of other requests. If not, for whatever reason, the lane
    /// tells what became of each: also of those that were written though nobody has heard, as it knows their keys.
    async fn write_apart(&self, keys: &[IdempotencyKey], new: &[(usize, ToWrite)]) -> bool {
        if self.state.vitals().may_post().is_err() {
            return false;
        }
        let caller = self.caller.id();
        let command = |(place, it): &(usize, ToWrite)| {
            let key = Some(keys[*place].for_lane(caller));
            Command { key, entry: it.command.entry.clone(), companions: it.command.companions.clone() }
        };
        let commands: Vec<Command> = new.iter().map(command).collect();
        let placed = self.state.in_transaction(async |tx| {
            let is_placed = operations::place_apart(tx, self.book, &commands, ledger::calendar::now()).await?;
            if is_placed { Ok(()) } else { Err(Error::StillRunning) }
        });
        placed.await.is_ok()
    }

    /// Writes new ones through the lane of the book, and says what became of each.
    async fn write(&self, keys: &[IdempotencyKey], new: Vec<(usize, ToWrite)>) -> Vec<(usize, Written)> {
        let caller = self.caller.id();
        let mut waiting = Vec::with_capacity(new.len());
        let mut commands = Vec::with_capacity(new.len());
        for (place, ToWrite { command, reply, new }) in new {
            let key = keys[place].for_lane(caller);
            commands.push((key, command));
            waiting.push((place, key, reply, new));
        }
        let answers = self.state.lanes().command_each(self.book.id, commands).await;
        let mut written = Vec::with_capacity(waiting.len());
        for ((place, key, reply, new), answer) in waiting.into_iter().zip(answers) {
            let outcome = match answer {
                Ok(answer) if answer.replayed => Written::Replay,
                Ok(answer) => match answer.outcome {
                    Outcome::Posted(_) | Outcome::Carried => Written::Answer(Ok(reply.into())),
                    Outcome::Refused { .. } => Written::Answer(self.refused(&key, &answer, &new).await),
                },
                // A frozen book takes what posts nothing, the long way.
                Err(Error::Stale(_) | Error::BookFrozen) => Written::Collided,
                Err(error) => Written::Answer(Err(error.into())),
            };
            written.push((place, outcome));
        }
        written
    }

    /// The book refused the promise of a pledge: says why, and keeps it for its key.
    async fn refused(&self, key: &Key, answer: &lane::Answer, new: &New) -> Answer {
        let client = self.state.client().await?;
        let refused = posted_or(&client, self.book, key, answer, |reason| new.refusal(reason)).await;
        Err(refused.err().unwrap_or_else(Problem::internal))
    }

    /// As a request of its own.
    async fn alone(&self, key: &IdempotencyKey, asked: PlacePledge) -> Answer {
        items::read(place_under_lock(self.state, self.caller, key, asked).await)
    }

    /// The first answer to a key that has come meanwhile.
    async fn again(&self, key: &IdempotencyKey) -> Result<Answer, Problem> {
        let client = self.state.client().await?;
        let found = items::find(&client, self.book.id, self.caller.id(), &[*key]).await?;
        Ok(found.into_iter().next().flatten().unwrap_or_else(|| Err(Error::StillRunning.into())))
    }
}

/// What a lane did with an item.
enum Written {
    /// It is placed, or the lane says why not.
    Answer(Answer),
    /// Its key came meanwhile.
    Replay,
    /// It met a row written meanwhile.
    Collided,
}

/// A key of a batch that is placed whole was refused when it first came, or came with something else.
fn refused_before(place: usize, problem: &Problem) -> Error {
    if items::is_replayed(problem) {
        let message = format!("was refused when it first came: {}", problem.body().detail);
        return Error::invalid(format!("/pledges/{place}/key"), message);
    }
    Error::invalid(format!("/pledges/{place}/key"), "came with another request before")
}
