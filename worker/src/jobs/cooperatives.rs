//! Jobs of cooperatives: a distribution's deadlines, its statements, and the mail of each.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::cooperatives::MemberStatement;
use crate::mail::notices::Notice;
use crate::texts::{Value, period, say};
use ledger::cooperatives::operations::{distributions, redemptions, statements, tellings};
use ledger::cooperatives::rules::contribution::{Contributed, Unit};
use ledger::cooperatives::rules::member_index::IndexedHours;
use ledger::cooperatives::rules::statement::{Measure, Statement};
use ledger::cooperatives::rules::valuation::Valued;
use ledger::id::{DistributionId, RedemptionId, StatementId};
use ledger::service::preferences::MailGroup;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Posts or withdraws a distribution whose deadline has passed.
    pub(super) async fn advance_distribution(&self, leased: &Leased, id: DistributionId) -> Result<(), Failure> {
        let advanced = self.settle_with(leased, async |tx, wall| distributions::advance(tx, id, wall).await).await?;
        let state = advanced.state.as_str();
        tracing::info!(job = %leased.id, distribution = %id, state, "the deadline of {id}: it is {state}");
        Ok(())
    }

    /// Posts the next entries of a redemption that takes several.
    pub(super) async fn advance_redemption(&self, leased: &Leased, id: RedemptionId) -> Result<(), Failure> {
        let advanced = self.settle_with(leased, async |tx, wall| redemptions::advance(tx, id, wall).await).await?;
        let state = advanced.state.as_str();
        tracing::info!(job = %leased.id, redemption = %id, state, "the next entries of {id}: it is {state}");
        Ok(())
    }

    /// Gives the next members a statement of a distribution that is in the book.
    pub(super) async fn issue_statements(
        &self,
        leased: &Leased,
        id: DistributionId,
        after: i32,
    ) -> Result<(), Failure> {
        let issued = self.settle_with(leased, async |tx, wall| statements::issue(tx, id, after, wall).await).await?;
        let (members, state) = (issued.plan.members(), issued.state.as_str());
        tracing::info!(job = %leased.id, distribution = %id, members, state, "members after {after} of {members} have statements of {id}: it is {state}");
        Ok(())
    }

    /// Mails a member's statement, unless its distribution was taken back meanwhile.
    pub(super) async fn send_statement(&self, leased: &Leased, id: StatementId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let facts = statements::mail(&client, id).await?;
        drop(client);
        let statement = facts.statement;
        if statement.reversed {
            return self.settle(leased).await;
        }
        let money = |minor: i64| Value::sum(minor, statement.currency);
        let mail = MemberStatement {
            name: facts.name,
            cooperative: facts.cooperative,
            number: statement.member_number,
            period: period(statement.period.from, statement.period.to),
            group: statement.issued.group.clone(),
            basis: basis(&statement),
            net: money(statement.net),
            share: money(statement.issued.cash + statement.issued.retained + statement.issued.netted),
            cash: money(statement.issued.cash),
            retained: money(statement.issued.retained),
            netted: (statement.issued.netted > 0).then(|| money(statement.issued.netted)),
            loss: (statement.issued.loss > 0).then(|| (money(statement.issued.loss), money(statement.issued.stands))),
            consents: statement.issued.consents,
            rule_version: statement.rule_version,
            entry: statement.entry,
            date: facts.issued_on.into(),
            statement: id.to_string(),
        };
        self.send(leased, Occasion::new("statement", &id), &facts.email, &mail).await?;
        self.settle(leased).await
    }

    /// Tells those who decide that a member objects to a distribution, or those who objected what came of it, unless that is over.
    pub(super) async fn send_objection_notice(
        &self,
        leased: &Leased,
        id: DistributionId,
        state: &str,
        answer: &str,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let notice = tellings::objection_notice(&client, id, state).await?;
        drop(client);
        let Some(notice) = notice else { return self.settle(leased).await };
        let (book, distribution) = (&notice.book, &notice.distribution);
        let period = period(distribution.period.from, distribution.period.to);
        let until = notice.until.map(|until| Value::Day(book.day_of(until)));
        let about = (book.name.as_str(), period);
        let link = self.link("me").into();
        let (mail, group) = match (until, state) {
            (Some(until), _) => (Notice::objected(about, until, id.to_string(), link), MailGroup::Deadlines),
            (None, "withdrawn") => (Notice::objection_held(about, answer, id.to_string(), link), MailGroup::Decisions),
            (None, _) => (Notice::objection_answered(about, answer, id.to_string(), link), MailGroup::Decisions),
        };
        // The job stands for the occasion: another member may object.
        let occasion = Occasion::new("objection", &leased.id).of_group(Some(group));
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Tells a page of the members that they may object to a distribution, or that hours wait for one of them, unless that is over.
    pub(super) async fn tell_members(
        &self,
        leased: &Leased,
        distribution: Option<DistributionId>,
        after: i32,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let page = tellings::page(&client, leased.id.book, distribution, after, ledger::calendar::now()).await?;
        drop(client);
        let Some(page) = page else { return self.settle(leased).await };
        let (book, link) = (&page.book, self.link("me").into());
        let (mail, occasion) = match &page.open {
            None => (Notice::hours(&book.name, link), Occasion::new("hours", &leased.id)),
            Some((open, until)) => {
                let period = period(open.period.from, open.period.to);
                let net = Value::sum(open.net(), open.currency);
                let until = Value::Day(book.day_of(*until));
                let mail = Notice::distribution(&book.name, (period, net, until), open.id.to_string(), link);
                (mail, Occasion::new("distribution", &open.id))
            }
        };
        self.send_all(leased, occasion, &page.recipients, &mail).await?;
        self.settle_with(leased, async |tx, wall| tellings::turn(tx, &page.book, distribution, page.next, wall).await)
            .await
    }
}

/// By what a share was measured, and how much of it the member had, such as `1560.00 attested hours`.
fn basis(it: &Statement) -> Value {
    match it.issued.measure() {
        Measure::Alike => say("cooperatives-basis-equal").into(),
        Measure::Hours(hours) => say("cooperatives-basis-hours").with("hours", decimal(hours)).into(),
        Measure::Indexed(hours, indexed) => {
            let each = |it: &IndexedHours| -> Value {
                let said = say("cooperatives-basis-index").with("hours", decimal(it.hours));
                said.with("index", decimal(it.index)).into()
            };
            let hours = say("cooperatives-basis-hours").with("hours", decimal(hours));
            let Some(indexed) = indexed.iter().map(each).reduce(sum) else { return hours.into() };
            say("cooperatives-basis-indexed").with("basis", Value::from(hours)).with("indexed", indexed).into()
        }
        Measure::Units(counted) => say("cooperatives-basis-units").with("units", decimal(counted)).into(),
        Measure::Points(counted) => say("cooperatives-basis-points").with("points", decimal(counted)).into(),
        Measure::Value(worth, valued) => {
            let each = |it: &Valued| -> Value {
                let said = say("cooperatives-basis-index").with("hours", contributed(&it.contributed));
                said.with("index", decimal(it.worth)).into()
            };
            let said = say("cooperatives-basis-value").with("worth", decimal(worth));
            said.with("each", valued.iter().map(each).reduce(sum).unwrap_or_else(|| decimal(worth))).into()
        }
        Measure::Capital(minor) => {
            let capital = Value::sum(minor, it.currency);
            say("cooperatives-basis-capital").with("capital", capital).into()
        }
    }
}

/// One after the other.
fn sum(first: Value, second: Value) -> Value {
    say("cooperatives-basis-and").with("first", first).with("second", second).into()
}

/// So much of something, such as `12.50 attested hours of use of laser`.
fn contributed(it: &Contributed) -> Value {
    let quantity = decimal(it.quantity);
    let kind = || Value::Text(it.kind.clone().unwrap_or_default());
    match it.unit {
        Unit::Hours => say("cooperatives-basis-hours").with("hours", quantity).into(),
        Unit::Units => say("cooperatives-basis-units").with("units", quantity).into(),
        Unit::Points => say("cooperatives-basis-points").with("points", quantity).into(),
        Unit::Use => say("cooperatives-basis-use").with("hours", quantity).with("kind", kind()).into(),
        Unit::InKind => say("cooperatives-basis-things").with("things", quantity).with("kind", kind()).into(),
    }
}

fn decimal(number: impl ToString) -> Value {
    Value::Decimal(number.to_string())
}
