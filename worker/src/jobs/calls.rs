//! Jobs of calls: what lapses when nobody decides, and word to the host and to teams that apply.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::notices::Notice;
use crate::texts::Value;
use ledger::id::{MilestoneApplicationId, MilestoneCallId};
use ledger::milestones::operations::applications::{self, ApplicationNotice};
use ledger::milestones::operations::calls;
use ledger::milestones::rules::application::{ApplicationEnd, ApplicationState};
use ledger::service::preferences::MailGroup;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Lets a call lapse about which nobody decided in time, with the applications that wait.
    pub(super) async fn advance_milestone_call(&self, leased: &Leased, call: MilestoneCallId) -> Result<(), Failure> {
        let lapsed = self.settle_with(leased, async |tx, wall| calls::advance(tx, call, wall).await).await?;
        if lapsed {
            tracing::info!(job = %leased.id, %call, "{call} has lapsed: nobody decided about it in time");
        }
        Ok(())
    }

    /// Tells the owners of the host that a team applies, or the team what became of its application, while that is its state.
    pub(super) async fn send_application_notice(
        &self,
        leased: &Leased,
        id: MilestoneApplicationId,
        state: &str,
    ) -> Result<(), Failure> {
        let state: ApplicationState = state.parse().map_err(ledger::Error::from)?;
        let client = self.pool.get().await?;
        let notice = applications::notice(&client, id, state, ledger::calendar::now()).await?;
        drop(client);
        let Some(notice) = notice else { return self.settle(leased).await };
        let group = match state {
            ApplicationState::Submitted => MailGroup::Deadlines,
            ApplicationState::Accepted
            | ApplicationState::Declined
            | ApplicationState::Withdrawn
            | ApplicationState::Lapsed => MailGroup::Decisions,
        };
        let mail = self.told(&notice);
        let occasion = Occasion::new("application", &format!("{id}.{state}")).of_group(Some(group));
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// How an application stands, as a mail.
    fn told(&self, notice: &ApplicationNotice) -> Notice {
        let ApplicationNotice { book, host, call, application, .. } = notice;
        let of = (application.team_name.as_str(), call.name.as_str(), host.as_str());
        let id = application.id.to_string();
        let until = Value::Day(book.day_of(call.last_second()));
        let desk = || self.link(&format!("desk/calls/{}/apply", call.id)).into();
        match application.ended.as_ref().map(|(end, _)| end) {
            None => {
                let link = self.link(&format!("desk/calls/{}", call.id)).into();
                Notice::applied(of, (call.applications_until.into(), until), id, link)
            }
            Some(ApplicationEnd::Accepted { .. }) => Notice::application_accepted(of, call.amount.into(), id, desk()),
            Some(ApplicationEnd::Declined { reason, .. }) => Notice::application_declined(of, reason, id, desk()),
            Some(ApplicationEnd::Withdrawn { .. } | ApplicationEnd::Lapsed) => {
                Notice::application_lapsed(of, until, id, desk())
            }
        }
    }
}
