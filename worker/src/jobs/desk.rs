//! Jobs that tell persons once a day what waits for them.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::tasks::Waiting;
use jiff::civil::Date;
use ledger::desk::operations::daily;
use ledger::id::PersonId;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Looks for whom of a page of persons something waits, and has them told.
    pub(super) async fn tell_tasks(&self, leased: &Leased, day: Date, after: Option<PersonId>) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let page = daily::page(&client, after, ledger::calendar::now()).await?;
        drop(client);
        self.settle_with(leased, async |tx, wall| daily::turn(tx, day, &page, wall).await).await
    }

    /// Mails a person what waits for them, unless the day is over or nothing waits any more.
    pub(super) async fn send_tasks(&self, leased: &Leased, person: PersonId, day: Date) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let told = daily::told(&client, person, day, ledger::calendar::now()).await?;
        drop(client);
        if let Some((person, tasks)) = told {
            let mail = Waiting { tasks, link: self.link("me").into() };
            let occasion = Occasion::new("tasks", &format_args!("{}.{day}", person.id));
            self.send(leased, occasion, &person.email, &mail).await?;
        }
        self.settle(leased).await
    }
}
