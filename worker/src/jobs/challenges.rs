//! Jobs of challenges: what happens when the time of a state has passed, word to teams, and reports that waited for a frozen book.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::challenges::{News, Shares, Told};
use crate::mail::notices::Notice;
use crate::texts::Value;
use ledger::challenges::operations::{challenges, news, purses, share_notices, submissions};
use ledger::challenges::rules::appeal::AppealState;
use ledger::challenges::rules::challenge::ChallengeState;
use ledger::challenges::rules::share_plan::PlanState;
use ledger::id::{AppealId, ChallengeId, EntrantId, OrganisationId, PurseContributionId, SharePlanId};
use ledger::service::job::ChallengeNews;
use ledger::service::preferences::MailGroup;
use ledger::service::store::activity::Actor;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Does what the rules of the challenge say when the time of its state has passed: close submissions, rank, award,
    /// or give it up.
    pub(super) async fn advance_challenge(&self, leased: &Leased, challenge: ChallengeId) -> Result<(), Failure> {
        let advanced =
            self.settle_with(leased, async |tx, wall| challenges::advance(tx, challenge, wall).await).await?;
        tracing::info!(job = %leased.id, %challenge, "after its deadline {challenge} is {}", advanced.state.as_str());
        Ok(())
    }

    /// Tells a page of the teams in a challenge what became of it, once for each version; what is no longer so is not told.
    pub(super) async fn tell_entrants(
        &self,
        leased: &Leased,
        of: (ChallengeId, i64),
        (what, reason): (ChallengeNews, &str),
        after: Option<EntrantId>,
    ) -> Result<(), Failure> {
        let (id, version) = of;
        let client = self.pool.get().await?;
        let page = news::page(&client, id, what, after).await?;
        drop(client);
        let (book, challenge) = (page.book, page.challenge);
        let reason = reason.to_owned();
        let told = match what {
            ChallengeNews::Rules => challenge
                .consent_until
                .map(|until| Told::Rules { until: book.day_of(until).into(), rules: challenge.rules.to_string() }),
            ChallengeNews::Extension => challenge
                .state
                .submissions_until()
                .map(|until| Told::Extension { until: book.day_of(until).into(), reason }),
            ChallengeNews::Cancellation => Some(Told::Cancellation { reason }),
            ChallengeNews::Announcement => challenge.state.is_announced().then_some(Told::Announcement),
            ChallengeNews::Judging => match challenge.state {
                ChallengeState::Judging { until, .. } => Some(Told::Judging { until: book.day_of(until).into() }),
                ChallengeState::Draft { .. }
                | ChallengeState::Funding { .. }
                | ChallengeState::Announced { .. }
                | ChallengeState::Open { .. }
                | ChallengeState::Extended { .. }
                | ChallengeState::Provisional { .. }
                | ChallengeState::Awarded
                | ChallengeState::Closed
                | ChallengeState::Cancelled { .. }
                | ChallengeState::NoAward { .. } => None,
            },
            ChallengeNews::Ranking => match challenge.state {
                ChallengeState::Provisional { until } => Some(Told::Ranking { until: book.day_of(until).into() }),
                ChallengeState::Draft { .. }
                | ChallengeState::Funding { .. }
                | ChallengeState::Announced { .. }
                | ChallengeState::Open { .. }
                | ChallengeState::Extended { .. }
                | ChallengeState::Judging { .. }
                | ChallengeState::Awarded
                | ChallengeState::Closed
                | ChallengeState::Cancelled { .. }
                | ChallengeState::NoAward { .. } => None,
            },
        };
        let Some(told) = told else { return self.settle(leased).await };
        let mail = News { title: challenge.title, host: page.host, challenge: id.to_string(), told };
        // Who is silent on changed rules is out, and who does not appeal in time accepts the ranking.
        let group = match what {
            ChallengeNews::Rules | ChallengeNews::Ranking => None,
            ChallengeNews::Extension | ChallengeNews::Announcement => Some(MailGroup::News),
            ChallengeNews::Cancellation => Some(MailGroup::Decisions),
            ChallengeNews::Judging => Some(MailGroup::Deadlines),
        };
        let occasion = Occasion::new("challenge_news", &format!("{id}.{version}.{}", what.as_str())).of_group(group);
        self.send_all(leased, occasion, &page.recipients, &mail).await?;
        let why = match &mail.told {
            Told::Rules { .. } | Told::Announcement | Told::Ranking { .. } | Told::Judging { .. } => "",
            Told::Extension { reason, .. } | Told::Cancellation { reason } => reason,
        };
        self.settle_with(leased, async |tx, wall| news::turn(tx, of, (what, why), page.next, wall).await).await
    }

    /// Tells whom it concerns how the share plan of a submission stands, unless it stands otherwise by now.
    pub(super) async fn send_share_notice(
        &self,
        leased: &Leased,
        id: SharePlanId,
        revision: i32,
        state: &str,
    ) -> Result<(), Failure> {
        let state: PlanState = state.parse().map_err(ledger::Error::from)?;
        let client = self.pool.get().await?;
        let notice = share_notices::notice(&client, id, (revision, state)).await?;
        drop(client);
        let Some(notice) = notice else { return self.settle(leased).await };
        let plan = notice.plan;
        let mail = Shares {
            title: notice.challenge,
            host: notice.host,
            state,
            until: plan.until.map_or_else(Value::none, |until| notice.book.day_of(until).into()),
            why: plan.decision.clone(),
            sha256: plan.digest().to_string(),
            submission: plan.submission.to_string(),
            plan: id.to_string(),
        };
        // Once for each list of parts and each state: they name the mail.
        // Who does not object to what is proposed has agreed.
        let group = match state {
            PlanState::Proposed | PlanState::Objected => None,
            PlanState::Fixed | PlanState::Lapsed => Some(MailGroup::Decisions),
        };
        let occasion = Occasion::new("shares", &format!("{id}.{revision}.{state}")).of_group(group);
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Tells a team that its entry was withdrawn by its silence, or how its appeal has ended; and the owners of the host that an appeal
    /// waits for them, unless it was decided by then.
    pub(super) async fn send_entry_notice(
        &self,
        leased: &Leased,
        id: EntrantId,
        appeal: Option<AppealId>,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let notice = news::entry_notice(&client, id, appeal).await?;
        drop(client);
        let Some(notice) = notice else { return self.settle(leased).await };
        let (link, of) = (self.link("me").into(), (notice.team.as_str(), notice.title.as_str()));
        let mail = match &notice.appeal {
            None => Notice::withdrawn(of, id.to_string(), link),
            Some(appeal) => {
                let until = Value::Day(notice.book.day_of(appeal.until));
                let why = match appeal.state {
                    AppealState::Open => &appeal.reason,
                    AppealState::Upheld | AppealState::Dismissed | AppealState::Lapsed => &appeal.decision,
                };
                Notice::appeal(appeal.state, of, (until, why), appeal.id.to_string(), link)
            }
        };
        let occasion = match &notice.appeal {
            None => Occasion::new("entry", &id),
            Some(appeal) => {
                let group = match appeal.state {
                    AppealState::Open => MailGroup::Deadlines,
                    AppealState::Upheld | AppealState::Dismissed | AppealState::Lapsed => MailGroup::Decisions,
                };
                Occasion::new("appeal", &format!("{}.{}", appeal.id, appeal.state)).of_group(Some(group))
            }
        };
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Writes down the contribution to a purse that was reported while the book was frozen, as of then: when the job fell due.
    pub(super) async fn record_contribution(
        &self,
        leased: &Leased,
        contribution: PurseContributionId,
        provider_reference: &str,
        actor: Actor,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| {
            purses::capture(tx, contribution, provider_reference.to_owned(), actor, Some(leased.due_at), wall).await
        })
        .await?;
        Ok(())
    }

    /// Writes down the entry fee that was reported while the book was frozen, as of then. Reported twice, it is refused the
    /// second time.
    pub(super) async fn record_entry_fee(
        &self,
        leased: &Leased,
        entrant: EntrantId,
        custodian: OrganisationId,
        provider_reference: &str,
        actor: Actor,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| {
            submissions::capture_fee(tx, entrant, custodian, provider_reference, actor, Some(leased.due_at), wall).await
        })
        .await?;
        Ok(())
    }
}
