//! Jobs of pledges: the charges that collect them, and word to the donor.
//!
//! An attempt is begun and committed before the provider is called, and its outcome is written, with its posting and the
//! settled job, in one transaction afterwards. A worker that dies in between leaves an attempt that is begun: the next
//! run gets the same attempt with the same reference, asks the provider what became of it, and calls only when the
//! provider never saw it.

use super::Context;
use super::mailing::{Occasion, secret};
use crate::explain::explain;
use crate::failure::Failure;
use crate::figures;
use crate::mail::pledging::{Agreed, Consent, Decline, NextStep, PlanChanged, Receipt};
use crate::rail::{ChargeRequest, Rail, RailError};
use crate::texts;
use ledger::Error;
use ledger::engine::lane;
use ledger::engine::store::{books, checks};
use ledger::id::{CampaignId, ChargeId, DonorId, JobId, OrganisationId, PlanChangeId, PledgeId};
use ledger::pledging::operations::beginnings::{self, Beginning};
use ledger::pledging::operations::captures::{self, By, Place};
use ledger::pledging::operations::charges::{self, Begun, Recorded};
use ledger::pledging::operations::donor_links::WithReceipt;
use ledger::pledging::operations::{erasure, plan_changes, provider_reports, receipts as issuing, verdicts};
use ledger::pledging::rules::charge::{DeclineKind, Outcome, State};
use ledger::pledging::rules::donor_link::LinkToken;
use ledger::pledging::rules::plan_change;
use ledger::pledging::rules::pledge::State as PledgeState;
use ledger::pledging::rules::receipt::Receipt as IssuedReceipt;
use ledger::pledging::store::charges as charge_store;
use ledger::pledging::store::{donors, pledges, receipts};
use ledger::service::job::Job;
use ledger::service::store::jobs::{self, Leased};
use std::collections::HashMap;
use std::time::Instant;

impl Context {
    /// Begins the due payments among the jobs of one book that a lease brought, all in one batch of its lane: what is plain of
    /// them, by their jobs. The others begin by themselves, as do all when the lane cannot write.
    pub(crate) async fn begin_due(&self, leased: &[Leased]) -> HashMap<JobId, Beginning> {
        match self.begin_by_lane(leased).await {
            Ok(begun) => begun,
            Err(error) => {
                tracing::info!("payments do not begin together: {}", explain(&error));
                HashMap::new()
            }
        }
    }

    async fn begin_by_lane(&self, leased: &[Leased]) -> Result<HashMap<JobId, Beginning>, Error> {
        let due = |leased: &Leased| {
            let Job::ChargePledge { pledge, sequence } = &leased.job else { return None };
            Some((leased.id, (*pledge, *sequence)))
        };
        let (jobs, payments): (Vec<_>, Vec<_>) = leased.iter().filter_map(due).unzip();
        let Some(book) = jobs.first().map(|job: &JobId| job.book) else { return Ok(HashMap::new()) };
        let client = self.pool.get().await?;
        let drafted = beginnings::draft_each(&client, book, &payments, ledger::calendar::now()).await?;
        drop(client);
        let drafted: Vec<(JobId, Beginning)> =
            jobs.into_iter().zip(drafted).filter_map(|(job, drafted)| Some((job, drafted?))).collect();
        let commands = drafted.iter().map(|(job, beginning)| (beginnings::key(*job), beginning.command())).collect();
        let answers = self.lanes.command_each(book, commands).await;
        let is_begun = |answer: &Result<lane::Answer, Error>| {
            answer.as_ref().is_ok_and(|answer| !answer.replayed && answer.outcome == lane::Outcome::Carried)
        };
        let begun = drafted.into_iter().zip(&answers).filter(|(_, answer)| is_begun(answer));
        Ok(begun.map(|(drafted, _)| drafted).collect())
    }

    /// Tries the charge of a due payment that has begun.
    pub(super) async fn charge_begun(&self, leased: &Leased, beginning: Beginning) -> Result<(), Failure> {
        self.attempt(leased, beginning.begun(), Some(beginning)).await
    }

    /// Makes the charge of a due payment of a plan, and tries it.
    pub(super) async fn charge_pledge(&self, leased: &Leased, pledge: PledgeId, sequence: i32) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        checks::require_unfrozen(&client, pledge.book).await?;
        let tx = client.transaction().await?;
        let begun = charges::begin(&tx, pledge, sequence, ledger::calendar::now()).await?;
        tx.commit().await?;
        drop(client);
        self.attempt(leased, begun, None).await
    }

    /// Tries a declined charge again.
    pub(super) async fn retry_charge(&self, leased: &Leased, charge: ChargeId, attempt: i32) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        checks::require_unfrozen(&client, charge.book).await?;
        let tx = client.transaction().await?;
        let begun = charges::begin_retry(&tx, charge, attempt, ledger::calendar::now()).await?;
        tx.commit().await?;
        drop(client);
        self.attempt(leased, begun, None).await
    }

    /// Asks the provider for the money of an attempt that has begun, and writes its answer with the settled job. What was written
    /// at the beginning a moment ago need not be read again.
    async fn attempt(&self, leased: &Leased, begun: Begun, written: Option<Beginning>) -> Result<(), Failure> {
        let (charge, was_begun, request) = match begun {
            Begun::Nothing => return self.settle(leased).await,
            Begun::Try { charge, attempt, reference, amount, token, was_begun } => {
                let at = ledger::calendar::now();
                (charge, was_begun, ChargeRequest { book: charge.book, reference, attempt, token, amount, at })
            }
        };
        // Nobody is asked for money that could not be posted.
        let book = self.together.unfrozen(charge.book).await?;
        let provider = self.rails.of(book.mode)?;
        let outcome = match take_once(provider, leased, was_begun, &request).await {
            Err(RailError::Pending(why)) => {
                tracing::info!(job = %leased.id, %charge, "{charge} is under way: {why}");
                return self
                    .settle_with(leased, async |tx, wall| {
                        provider_reports::wait(tx, charge, request.attempt, wall).await
                    })
                    .await;
            }
            answer => answer.map_err(|error| Failure::of_rail(provider, error))?,
        };
        self.breakers.rail.answered();
        self.fault.after_charge();
        if let Outcome::Captured { provider_reference } = &outcome
            && self.capture_by_lane(leased, (charge, request.attempt), written, provider_reference).await?
        {
            return Ok(());
        }
        self.settle_with(leased, async |tx, wall| {
            match charges::record_outcome(tx, charge, request.attempt, outcome, wall).await? {
                Recorded::Already | Recorded::Captured | Recorded::Declined(_) | Recorded::Suspended(_) => {}
                // Before the commit: when it fails, the next run asks the provider and comes here again.
                Recorded::Voided { provider_reference } => {
                    let voided = provider.void(request.book, &request.reference, &provider_reference, wall).await;
                    voided.map_err(|error| Failure::of_rail(provider, error))?;
                }
            }
            Ok::<_, Failure>(())
        })
        .await
    }

    /// The provider tells the outcome of an attempt by an event of its own. Nothing to do while it does not know it: whoever
    /// asks it gets the answer.
    pub(super) async fn record_answer(&self, leased: &Leased, charge: ChargeId, attempt: i32) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        checks::require_unfrozen(&client, charge.book).await?;
        let book = books::get(&client, charge.book).await?;
        drop(client);
        let reference = charges::reference(charge, attempt);
        let provider = self.rails.of(book.mode)?;
        let found = provider.find(charge.book, &reference).await;
        let found = found.map_err(|error| Failure::of_rail(provider, error))?;
        let Some(outcome) = found else { return self.settle(leased).await };
        self.settle_with(leased, async |tx, wall| {
            let recorded = charges::record_outcome(tx, charge, attempt, outcome, wall).await?;
            if let Recorded::Voided { provider_reference } = recorded {
                let voided = provider.void(charge.book, &reference, &provider_reference, wall).await;
                voided.map_err(|error| Failure::of_rail(provider, error))?;
            }
            Ok::<_, Failure>(())
        })
        .await
    }

    /// Writes down the capture that a partner reported while the book was frozen, as of then: when the job fell due.
    pub(super) async fn record_capture(
        &self,
        leased: &Leased,
        charge: ChargeId,
        partner: OrganisationId,
        names: (&str, &str),
        came: Option<i64>,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| {
            charges::capture_kept(tx, charge, partner, names, came, leased.due_at, wall).await
        })
        .await?;
        Ok(())
    }

    /// Writes a plain capture through the lane of its book, with the job settled beside it. Returns false without
    /// writing when the capture is not the plain case, or when a row that it was drafted from has changed meanwhile.
    async fn capture_by_lane(
        &self,
        leased: &Leased,
        (charge, attempt): (ChargeId, i32),
        written: Option<Beginning>,
        provider_reference: &str,
    ) -> Result<bool, Failure> {
        let (wall, reference) = (ledger::calendar::now(), provider_reference.to_owned());
        let drafted = match written {
            Some(Beginning { charge, pledge, .. }) => {
                let around = self.together.around(Place::of(&charge)).await?;
                captures::draft_begun(&self.pool.get().await?, &around, charge, &pledge, reference).await?
            }
            None => captures::draft(&self.pool.get().await?, charge, By::Attempt(attempt), reference, wall).await?,
        };
        let Some(drafted) = drafted else { return Ok(false) };
        let command = drafted.command([jobs::done_row(leased, wall)]);
        match self.lanes.command(charge.book, captures::key(charge), command).await {
            Ok(answer) => Ok(!answer.replayed && matches!(answer.outcome, lane::Outcome::Posted(_))),
            Err(ledger::Error::Stale(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends the pledges of a campaign after its last day, and reaches its verdict.
    pub(super) async fn advance_campaign(&self, leased: &Leased, campaign: CampaignId) -> Result<(), Failure> {
        let advanced = self.settle_with(leased, async |tx, wall| verdicts::advance(tx, campaign, wall).await).await?;
        tracing::info!(job = %leased.id, %campaign, "after its last day {campaign} is {}", advanced.state.as_str());
        Ok(())
    }

    /// Mails the receipt of a payment to the donor with fresh links, if its charge is captured or settled. A receipt that was not
    /// issued with the capture is issued here.
    pub(super) async fn send_receipt(&self, leased: &Leased, id: ChargeId) -> Result<(), Failure> {
        let (facts, mut issued) = self.together.receipt(id).await?;
        let provider_reference = match facts.state {
            State::Captured { provider_reference, .. } | State::Settled { provider_reference, .. } => {
                provider_reference
            }
            State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Voided { .. }
            | State::Missed => return self.settle(leased).await,
        };
        if issued.is_none() {
            let mut client = self.pool.get().await?;
            let tx = client.transaction().await?;
            issued = issuing::issue(&tx, id, ledger::calendar::now()).await?;
            tx.commit().await?;
        }
        let issued = issued.filter(|_| !facts.email.is_empty());
        let links = match &issued {
            Some(receipt) => self.links(receipt).await?,
            None => None,
        };
        if let (Some(receipt), Some((one, all))) = (issued, links) {
            let mail = Receipt {
                donor: facts.name,
                amount: texts::paid(facts.amount, facts.original),
                campaign: facts.campaign_title,
                host: facts.book_name,
                date: facts.day.into(),
                pledge: receipt.pledge.to_string(),
                charge: id.to_string(),
                provider_reference,
                entry: facts.entry,
                number: receipt.number.to_string(),
                link: self.link(&format!("receipts/{one}")).into(),
                gifts: self.link(&format!("donors/{all}")).into(),
                tax_text: receipt.tax_text,
            };
            let occasion = Occasion::new("receipt", &id).brought_by(receipt.custodian.id).for_donor(receipt.donor);
            self.send(leased, occasion, &facts.email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Fresh links to a receipt and to all that its donor gave; none when the donor was erased meanwhile.
    async fn links(&self, receipt: &IssuedReceipt) -> Result<Option<(LinkToken, LinkToken)>, Failure> {
        let fresh = || LinkToken::new(receipt.id.book, secret());
        let (one, all) = (fresh(), fresh());
        let links = WithReceipt { donor: receipt.donor, receipt: receipt.id, one: one.digest(), all: all.digest() };
        Ok(self.together.make_links(links).await?.then_some((one, all)))
    }

    /// Tells the donor that a payment was declined, once for each attempt, unless it has gone through meanwhile.
    pub(super) async fn notify_decline(&self, leased: &Leased, id: ChargeId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let charge = charge_store::get(&client, id).await?;
        let facts = receipts::get(&client, id).await?;
        let pledge = pledges::get(&client, charge.pledge).await?;
        let waits = matches!(pledge.state, PledgeState::NeedsAction { .. });
        drop(client);
        let State::Declined { attempt, kind, retry_on, .. } = facts.state else {
            return self.settle(leased).await;
        };
        let next = match (retry_on, kind) {
            (Some(day), _) => NextStep::RetryOn(day.into()),
            (None, DeclineKind::Soft) => NextStep::Lapsed,
            (None, DeclineKind::Expired) => NextStep::NewMeans,
            (None, DeclineKind::Stolen) => NextStep::Stopped,
            (None, DeclineKind::Hard) if waits => NextStep::NewMeans,
            (None, DeclineKind::Hard) => NextStep::NotCollected,
        };
        // An attempt that was declined may turn out to be the last one later: that is another mail.
        let occasion = if next == NextStep::NotCollected { "not-collected" } else { "decline" };
        if !facts.email.is_empty() {
            let mail = Decline {
                donor: facts.name,
                amount: facts.amount.into(),
                campaign: facts.campaign_title,
                date: facts.day.into(),
                pledge: charge.pledge.to_string(),
                next,
            };
            let occasion =
                Occasion::new(occasion, &format!("{id}.{attempt}")).brought_by(charge.partner).for_donor(pledge.donor);
            self.send(leased, occasion, &facts.email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Mails the donor the link by which a change of the plan is consented to, unless the change waits no more.
    pub(super) async fn send_consent_link(
        &self,
        leased: &Leased,
        id: PlanChangeId,
        token: &str,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let offered = plan_changes::offer(&client, id, token, ledger::calendar::now()).await;
        drop(client);
        let offer = match offered {
            Ok(offer) if !offer.about.email.is_empty() => offer,
            Ok(_) | Err(Error::Refused(_)) => return self.settle(leased).await,
            Err(error) => return Err(error.into()),
        };
        let mail = Consent {
            link: self.link(&format!("plan-changes/{id}/{token}")).into(),
            donor: offer.about.name,
            campaign: offer.about.campaign_title,
            from: texts::terms(offer.change.from),
            to: texts::terms(offer.change.to),
            date: offer.starts_on.into(),
            until: offer.until.into(),
            pledge: offer.change.pledge.to_string(),
        };
        let occasion = Occasion::new("consent", &id).brought_by(offer.change.asked_by);
        self.send(leased, occasion, &offer.about.email, &mail).await?;
        self.settle(leased).await
    }

    /// Tells the donor that the plan has changed, unless a later change has taken the place of this one.
    pub(super) async fn send_plan_change(&self, leased: &Leased, id: PlanChangeId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let told = plan_changes::applied(&client, id).await?;
        drop(client);
        let Some(applied) = told.filter(|applied| !applied.about.email.is_empty()) else {
            return self.settle(leased).await;
        };
        let mail = PlanChanged {
            donor: applied.about.name,
            campaign: applied.about.campaign_title,
            from: texts::terms(applied.change.from),
            to: texts::terms(applied.change.to),
            date: applied.starts_on.into(),
            how: match applied.change.consent {
                plan_change::Consent::NotNeeded => Agreed::NotNeeded,
                plan_change::Consent::Attested { .. } => Agreed::AtThePlatform,
                plan_change::Consent::Link { .. } => Agreed::ByLink,
            },
            pledge: applied.change.pledge.to_string(),
        };
        let occasion =
            Occasion::new("plan-change", &id).brought_by(applied.change.asked_by).for_donor(applied.about.donor);
        self.send(leased, occasion, &applied.about.email, &mail).await?;
        self.settle(leased).await
    }

    /// Takes away what mails left of a donor who was erased: files, and what one under way wrote since.
    pub(super) async fn erase_mails(&self, leased: &Leased, donor: DonorId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        erasure::finish(&tx, donor, ledger::calendar::now()).await?;
        let objects = donors::objects(&tx, donor).await?;
        tx.commit().await?;
        drop(client);
        self.mailer.forget(&objects).await?;
        self.settle(leased).await
    }
}

/// Charges, unless the provider knows the reference already: it is asked first whenever an earlier attempt of the job, or an
/// earlier job, may have called it.
async fn take_once(
    rail: &dyn Rail,
    leased: &Leased,
    was_begun: bool,
    request: &ChargeRequest,
) -> Result<Outcome, RailError> {
    if (leased.attempt > 1 || was_begun)
        && let Some(outcome) = rail.find(request.book, &request.reference).await?
    {
        tracing::info!(job = %leased.id, "the provider knows {} already", request.reference);
        return Ok(outcome);
    }
    let began = Instant::now();
    let answer = rail.charge(request).await;
    figures::attempt(rail.name(), answer.as_ref().map_or_else(RailError::as_str, word), began.elapsed());
    answer
}

/// What a provider answered, among the figures.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Captured { .. } => "captured",
        Outcome::Declined { kind: DeclineKind::Soft, .. } => "declined_soft",
        Outcome::Declined { kind: DeclineKind::Expired, .. } => "declined_expired",
        Outcome::Declined { kind: DeclineKind::Stolen, .. } => "declined_stolen",
        Outcome::Declined { kind: DeclineKind::Hard, .. } => "declined_hard",
    }
}
