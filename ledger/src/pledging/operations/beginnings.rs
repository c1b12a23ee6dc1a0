//! Due payments that begin through the lane of their book, many in one batch.
//!
//! What begins is decided on rows that were read without a lock, for many payments at once, and is written only if their pledges
//! have not changed since. That is the common case: the payment is the next one of an active plan that the service charges
//! itself. Everything else is left to [`super::charges`], which locks what it decides on.

use super::charges::{Begun, attempt_of};
use super::{fees, plan};
use crate::book::{Command, Companion, Entry, Key};
use crate::books::operations::accounts::Known;
use crate::calendar::later;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::engine::store::checks;
use crate::error::Error;
use crate::id::{BookId, CallerId, CampaignId, JobId, OrganisationId, PledgeId};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::{Charge, REPORT_DAYS, State};
use crate::pledging::rules::commitment::Promise;
use crate::pledging::rules::pledge::{Pledge, Rail};
use crate::pledging::rules::promise;
use crate::pledging::rules::sandbox_token::SandboxToken;
use crate::pledging::rules::withdrawal::Withdrawal;
use crate::pledging::store::{campaigns, charges, plan_changes, pledges, withdrawals};
use crate::service::store::jobs;
use crate::treasury::store::custodians;
use crate::{chart, movements};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use std::collections::hash_map::Entry as Place;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A charge as it begins, if nothing changes meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The charge, its first attempt under way.
    pub charge: Charge,
    /// Its pledge as it will be: with the payment after this one as the next.
    pub pledge: Pledge,
    rows: Vec<Companion>,
}

impl Beginning {
    /// The command for the lane.
    pub fn command(&self) -> Command {
        Command { key: None, entry: None, companions: self.rows.clone() }
    }

    /// What is to be done once it is written.
    pub fn begun(&self) -> Begun {
        attempt_of(&self.pledge.token, &self.charge, false)
    }
}

/// The key of what a job begins: it begins one charge.
pub fn key(job: JobId) -> Key {
    Key { caller: CallerId::SERVICE.0, key: job.object, request_digest: 0 }
}

/// Of each of these payments, a pledge and the number in its plan, how it begins; none when it is not the common case. Writes
/// nothing.
///
/// # Errors
///
/// What the database says.
pub async fn draft_each(
    client: &impl GenericClient,
    book: BookId,
    payments: &[(PledgeId, i32)],
    wall: Timestamp,
) -> Result<Vec<Option<Beginning>>, Error> {
    let nothing = || payments.iter().map(|_| None).collect();
    let book = books::get(client, book).await?;
    if checks::is_frozen(client, book.id).await? {
        return Ok(nothing());
    }
    let read = Read::of(client, &book, payments).await?;
    let now = book.now(wall);
    let mut drafted: Vec<Option<(Beginning, Entry)>> = Vec::with_capacity(payments.len());
    let (mut taken, mut known) = (HashSet::new(), Known::default());
    for (pledge, sequence) in payments {
        // Of a pledge that is asked for twice, the second is not the next payment.
        let next = read.next(&book, *pledge, *sequence, now).filter(|_| taken.insert(pledge.object));
        drafted.push(match next {
            Some((pledge, campaign)) => begin(client, &book, (pledge, campaign), &mut known, wall).await?,
            None => None,
        });
    }
    let entries = drafted.iter().flatten().map(|(_, entry)| entry.clone()).collect();
    let mut holds = posting::try_facts(client, &book, entries).await?.into_iter();
    Ok(drafted
        .into_iter()
        .map(|drafted| drafted.and_then(|(beginning, _)| holds.next().unwrap_or(false).then_some(beginning)))
        .collect())
}

/// What decides on payments, as it was read.
struct Read {
    pledges: HashMap<Uuid, Pledge>,
    campaigns: HashMap<CampaignId, Campaign>,
    begun: HashSet<(Uuid, i32)>,
    untold: HashSet<Uuid>,
    withdrawn: Vec<Withdrawal>,
    frozen: Vec<OrganisationId>,
}

impl Read {
    async fn of(client: &impl GenericClient, book: &Book, payments: &[(PledgeId, i32)]) -> Result<Read, Error> {
        let ids: Vec<Uuid> = payments.iter().map(|(pledge, _)| pledge.object).collect();
        let keys: Vec<(Uuid, i32)> = payments.iter().map(|(pledge, sequence)| (pledge.object, *sequence)).collect();
        let pledges = pledges::list_by_ids(client, book.id, &ids).await?;
        let mut campaigns = HashMap::new();
        for pledge in &pledges {
            if let Place::Vacant(place) = campaigns.entry(pledge.campaign) {
                place.insert(campaigns::get(client, pledge.campaign).await?);
            }
        }
        Ok(Read {
            pledges: pledges.into_iter().map(|pledge| (pledge.id.object, pledge)).collect(),
            campaigns,
            begun: charges::begun_among(client, book.id, &keys).await?.into_iter().collect(),
            untold: plan_changes::untold_among(client, book.id, &ids).await?.into_iter().collect(),
            withdrawn: withdrawals::list_standing(client, book.id).await?,
            frozen: custodians::list_standing(client, book.id).await?.iter().map(|freeze| freeze.custodian).collect(),
        })
    }

    /// The pledge and the campaign of a payment, if it is the next one of an active plan, is due, and no later one is; if nobody
    /// has begun it, the donor is told of what it costs, nobody who collects it leaves or is frozen, and book and campaign take it.
    fn next(&self, book: &Book, id: PledgeId, sequence: i32, now: Timestamp) -> Option<(&Pledge, &Campaign)> {
        let (pledge, today) = (self.pledges.get(&id.object)?, book.day_of(now));
        let campaign = self.campaigns.get(&pledge.campaign)?;
        let is_next = sequence == pledge.next_sequence && !self.begun.contains(&(id.object, sequence));
        let is_due = pledge.schedule.last_due(today) == Some(sequence);
        let is_told = !self.untold.contains(&id.object);
        let takes = !campaign.state.awaits_verdict(now) && campaign.state.clone().at(now).takes_charges();
        let is_ours = pledge.rail == Rail::Sandbox && pledge.token.0 != SandboxToken::AnswersTwice.as_str();
        let is_collected = !self.withdrawn.iter().any(|one| one.leaver.takes(pledge.partner, pledge.rail));
        let is_collected = is_collected && book.takes_new(now).is_ok();
        let is_free = !self.frozen.contains(&pledge.rail.custodian(pledge.partner, book.organisation));
        let is_plain = is_next && is_due && is_told && is_ours && is_collected && is_free;
        (is_plain && takes && pledge.state.is_active()).then_some((pledge, campaign))
    }
}

/// How the next payment of a pledge begins, with the entry of its capture; none when an account is not open yet.
async fn begin(
    client: &impl GenericClient,
    book: &Book,
    (pledge, campaign): (&Pledge, &Campaign),
    known: &mut Known,
    wall: Timestamp,
) -> Result<Option<(Beginning, Entry)>, Error> {
    let (sequence, now, today) = (pledge.next_sequence, book.now(wall), book.today(wall));
    let Some(due_on) = pledge.schedule.due_date(sequence) else { return Ok(None) };
    let state = State::Scheduled.begin(later(now, REPORT_DAYS))?;
    let charge = promise::begun(pledge, Charge::of(pledge, sequence, due_on, state, now));
    let currency = charge.amount.currency();
    let account = chart::receivable(charge.partner, today).in_currency(currency, book.currency);
    let Some(receivable) = known.check(client, book, account, currency).await? else { return Ok(None) };
    let Some(borne) = fees::find(client, book, campaign, pledge, &charge, known).await? else { return Ok(None) };
    let mut capture = movements::charge_captured(receivable, campaign.fund()?, charge.amount, today, charge.id);
    capture.lines.extend(promise::captured(campaign, &charge).0);
    let promised = pledge.promised - if charge.promise == Promise::Open { charge.amount.minor() } else { 0 };
    let next = Pledge { next_sequence: sequence + 1, promised, version: pledge.version + 1, ..pledge.clone() };
    let mut rows = vec![charges::begun_row(&charge, pledge.version), campaigns::seen_row(campaign)];
    rows.extend(plan::payment_job(book, &next, sequence + 1, now).map(|job| jobs::row(&job)));
    Ok(Some((Beginning { charge, pledge: next, rows }, fees::with_fees(capture, &borne))))
}
