//! Jobs of second factors: what the clock of a reset brings, and mails.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::second_factors::{FactorNotice, ResetAsked};
use crate::texts::Value;
use jiff::Timestamp;
use ledger::Error;
use ledger::id::PersonId;
use ledger::parties::operations::second_factor_resets;
use ledger::parties::store::{people, second_factor_resets as resets};
use ledger::service::job::FactorNews;
use ledger::service::store::jobs::Leased;
use uuid::Uuid;

impl Context {
    /// Lets a reset lapse, or removes the factor, when its time has come.
    pub(super) async fn advance_second_factor_reset(
        &self,
        leased: &Leased,
        person: PersonId,
        reset: Uuid,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| second_factor_resets::advance(tx, person, reset, wall).await).await
    }

    /// Mails a person what became of their second factor; and the operators, when its reset was asked for.
    pub(super) async fn send_second_factor_notice(
        &self,
        leased: &Leased,
        id: PersonId,
        news: FactorNews,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let person = people::find(&client, id).await?.ok_or(Error::NotFound("person"))?;
        let reset = resets::find_last(&client, id).await?;
        let operators = match news {
            FactorNews::ResetAsked => people::operators(&client).await?,
            FactorNews::Enrolled
            | FactorNews::Removed
            | FactorNews::RecoveryCodeUsed
            | FactorNews::CodesRenewed
            | FactorNews::ResetApproved
            | FactorNews::ResetWaits
            | FactorNews::ResetDone
            | FactorNews::ResetEnded => Vec::new(),
        };
        drop(client);
        let until = reset.map_or_else(Value::none, |reset| reset.until.into());
        let about = format!("{id}.{news}.{}", at.as_microsecond());
        let mail = FactorNotice { news, at: at.into(), until: until.clone() };
        self.send(leased, Occasion::new("second-factor", &about), &person.email, &mail).await?;
        let others: Vec<String> = operators.into_iter().filter(|email| *email != person.email).collect();
        let mail = ResetAsked { person: id.to_string(), email: person.email, until };
        self.send_all(leased, Occasion::new("factor-reset", &about), &others, &mail).await?;
        self.settle(leased).await
    }
}
