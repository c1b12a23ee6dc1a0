//! The year is over: its surplus is divided by the bylaws, one member objects, and each of them has a statement.

use super::{Bakery, CHARTER, bylaws};
use crate::demo::cast::{advance, idle, usd};
use crate::demo::client::{mails, text};
use crate::demo::story::membership::{OBJECTION_DAYS, shares};
use jiff::ToSpan as _;
use jiff::civil::date;
use serde_json::{Value, json};

impl Bakery<'_> {
    /// From the preview to the statements.
    pub(super) async fn shares_the_year(&self) -> anyhow::Result<()> {
        let (teller, cooperative) = (self.teller, &self.cooperative);
        teller.progress.say("the year is over: a surplus of 50,000.00 is divided as the bylaws say");
        self.tries_it().await?;
        let days = (date(self.year, 1, 1), self.last_day());
        let (path, drafted) = cooperative.proposes(teller, days).await?;
        self.is_as_the_bylaws_say(&drafted)?;

        teller.progress.say("a member objects; after a week somebody else answers and approves");
        let why = json!({"reason": "Are my hours of May in it?"});
        let objected = cooperative.people[3].post(&format!("{path}:object"), &why).await?.ok()?;
        teller.equal("the distribution, once a member has objected", text(&objected, "/state")?, "objected")?;
        let approval = json!({"digest": drafted["digest"], "answer": "They are: 130 hours of the second quarter"});
        let by_member = cooperative.people[0].post(&format!("{path}:approve"), &approval).await?;
        teller.equal("an approval by a member", by_member.status.as_u16(), 403)?;
        let decided = self.last_day().saturating_add((OBJECTION_DAYS + 2).days());
        advance(&cooperative.treasurer, &cooperative.book, decided).await?;
        cooperative.approver.post(&format!("{path}:approve"), &approval).await?.ok()?;
        idle(&cooperative.treasurer, &cooperative.book).await?;
        let shared = cooperative.treasurer.get(&path).await?.ok()?;
        teller.equal("the distribution", text(&shared, "/state")?, "statements_issued")?;
        for founder in CHARTER.members {
            let sent = mails(teller.mail(), "statement", &CHARTER.email(founder.name))?.len();
            teller.equal("statements by mail to a member", sent, 1)?;
        }
        self.is_over().await
    }

    /// What the bylaws would make of the surplus is seen before anything is drafted.
    async fn tries_it(&self) -> anyhow::Result<()> {
        let literals = &self.teller.literals;
        let days = json!({"from": date(self.year, 1, 1).to_string(), "to": self.last_day().to_string()});
        let trial = json!({
            "rule": bylaws(date(self.year, 1, 1)), "surplus": usd(&literals.bakery_surplus), "period": days,
        });
        let path = self.at("allocation-rules:preview");
        let tried = self.cooperative.treasurer.post(&path, &trial).await?.ok()?;
        let taken: Vec<&str> = ["/steps/0", "/steps/1", "/steps/2"]
            .map(|step| text(&tried, &format!("{step}/amount/amount")))
            .into_iter()
            .collect::<anyhow::Result<_>>()?;
        let told = format!("{} / {}", literals.bakery_funds, literals.bakery_shared);
        self.teller.equal("what the preview says of each step", taken.join(" / "), told)
    }

    /// The figures of the year, and of each share: what is kept as capital, what advances have taken, and what is paid.
    fn is_as_the_bylaws_say(&self, drafted: &Value) -> anyhow::Result<()> {
        let (teller, literals) = (self.teller, &self.teller.literals);
        let figure = |field: &str| text(drafted, &format!("/{field}/amount"));
        let figures = [figure("sales")?, figure("costs")?, figure("other_income")?, figure("other_costs")?];
        teller.equal("sales, costs, interest and fees", figures.join(" / "), literals.bakery_figures.as_str())?;
        teller.equal("the surplus", figure("net")?, literals.bakery_surplus.as_str())?;
        let funds = [text(drafted, "/parts/0/amount/amount")?, text(drafted, "/parts/1/amount/amount")?];
        teller.equal("reserve and education fund", funds.join(" / "), literals.bakery_funds.as_str())?;
        for (group, what, told) in [
            ("bakers", "share", &literals.bakers_shares),
            ("bakers", "netted", &literals.bakers_netted),
            ("bakers", "retained", &literals.bakers_retained),
            ("bakers", "cash", &literals.bakers_cash),
            ("shop", "share", &literals.shop_shares),
            ("shop", "retained", &literals.shop_retained),
            ("shop", "cash", &literals.shop_cash),
        ] {
            teller.equal(&format!("{what} of the {group}"), shares(drafted, group, what)?, told.as_str())?;
        }
        Ok(())
    }

    /// The year takes no cost any more, and what was retained stays.
    async fn is_over(&self) -> anyhow::Result<()> {
        let (teller, treasurer) = (self.teller, &self.cooperative.treasurer);
        let late = json!({
            "kind": "cost", "label": "flour", "party": "mill", "amount": usd("1.00"),
            "occurred_on": self.last_day().to_string(),
        });
        let late = treasurer.post(&self.at("proceeds"), &late).await?;
        teller.refused("a cost of the year that is shared", &late, 409, "period-closed")?;
        let redemption = json!({"member": self.cooperative.members[0], "amount": usd("100.00")});
        let early = treasurer.post(&self.at("redemptions"), &redemption).await?;
        teller.refused("retained shares before their two years are over", &early, 409, "not-enough-capital")
    }
}
