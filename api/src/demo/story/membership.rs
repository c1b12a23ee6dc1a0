//! What every cooperative of a story does: it is founded, its members work, and what is left of a period is shared.

use super::payday::Payday;
use super::teller::Teller;
use crate::demo::cast::{advance, bank_account, join, organisation, sandbox_book};
use crate::demo::client::{Client, text};
use jiff::civil::Date;
use serde_json::{Value, json};

/// How long a distribution can be objected to.
pub(super) const OBJECTION_DAYS: i64 = 7;

/// A member as the cooperative begins.
#[derive(Debug)]
pub(super) struct Founder {
    /// The name before the @ of the address.
    pub(super) name: &'static str,
    /// The group within the allocation rule.
    pub(super) group: &'static str,
    /// Hours that are worked each period; none where the group shares without them.
    pub(super) hours: Option<&'static str>,
}

/// How a cooperative is called, where its people are reached, and with whom it begins.
#[derive(Debug)]
pub(super) struct Charter {
    /// Its name.
    pub(super) name: &'static str,
    /// What stands behind the @ of all its people.
    pub(super) domain: &'static str,
    /// Its members, in the order of their numbers; the first two attest hours.
    pub(super) members: &'static [Founder],
}

impl Charter {
    /// The address of somebody.
    pub(super) fn email(&self, name: &str) -> String {
        format!("{name}@{}", self.domain)
    }
}

/// A cooperative and the people who act for it.
#[derive(Debug)]
pub struct Cooperative {
    /// The organisation, `org_…`.
    pub id: String,
    /// Its book, `bok_…`.
    pub book: String,
    /// Keeps the book.
    pub treasurer: Client,
    /// Approves what the treasurer has drafted.
    pub(super) approver: Client,
    /// The members themselves, in their order.
    pub(super) people: Vec<Client>,
    /// The members' ids, in their order.
    pub(super) members: Vec<String>,
    charter: &'static Charter,
}

impl Cooperative {
    /// The organisation, its book, its people, their bank accounts and its allocation rule, on its first day.
    pub(super) async fn found(
        operator: &Client,
        charter: &'static Charter,
        rule: &Value,
        first_day: Date,
    ) -> anyhow::Result<Cooperative> {
        let id = organisation(operator, charter.name, "cooperative").await?;
        let treasurer = join(operator, &id, &charter.email("treasurer"), "owner").await?;
        let approver = join(&treasurer, &id, &charter.email("approver"), "approver").await?;
        let book = sandbox_book(&treasurer, &id, &format!("{} (sandbox)", charter.name)).await?;
        advance(&treasurer, &book, first_day).await?;
        let (mut members, mut people) = (Vec::new(), Vec::new());
        for Founder { name, group, .. } in charter.members {
            let email = charter.email(name);
            let person = join(&treasurer, &id, &email, "member").await?;
            let member = json!({
                "email": email, "group": group, "joined_on": first_day.to_string(), "consents": true,
            });
            let member = treasurer.post(&format!("/v1/cooperatives/{book}/members"), &member).await?.ok()?;
            members.push(text(&member, "/id")?.to_owned());
            let account = bank_account(&book, name, members.len());
            person.post("/v1/me/bank-accounts", &account).await?.ok()?;
            people.push(person);
        }
        let own = bank_account(&book, charter.name, 0);
        treasurer.post(&format!("/v1/organisations/{id}/bank-accounts"), &own).await?.ok()?;
        treasurer.post(&format!("/v1/cooperatives/{book}/allocation-rules"), rule).await?.ok()?;
        Ok(Cooperative { id, book, treasurer, approver, people, members, charter })
    }

    /// The treasurer writes the hours of a period down, and another member than the one who worked attests them.
    pub(super) async fn members_work(
        &self,
        teller: &Teller,
        (from, to): (Date, Date),
        note: &str,
    ) -> anyhow::Result<()> {
        for (index, founder) in self.charter.members.iter().enumerate() {
            let Some(hours) = founder.hours else { continue };
            let body = json!({
                "member": self.members[index], "from": from.to_string(), "to": to.to_string(), "hours": hours,
                "note": note,
            });
            let recorded = self.post("contributions", &body).await?;
            let attest = format!("/v1/contributions/{}:attest", text(&recorded, "/id")?);
            if index == 0 {
                let own = self.people[index].post(&attest, &json!({})).await?;
                teller.refused("hours attested by whoever worked them", &own, 409, "own-attestation")?;
            }
            let second = &self.people[usize::from(index == 0)];
            second.post(&attest, &json!({})).await?.ok()?;
        }
        Ok(())
    }

    /// The treasurer drafts the distribution of a period and opens it, and cannot approve it besides. Answers the draft with its path.
    pub(super) async fn proposes(&self, teller: &Teller, (from, to): (Date, Date)) -> anyhow::Result<(String, Value)> {
        let drafted = self.post("distributions", &json!({"from": from.to_string(), "to": to.to_string()})).await?;
        let path = format!("/v1/distributions/{}", text(&drafted, "/id")?);
        self.treasurer.post(&format!("{path}:open"), &json!({})).await?.ok()?;
        let own = self.treasurer.post(&format!("{path}:approve"), &json!({"digest": drafted["digest"]})).await?;
        teller.refused("an approval by whoever drafted it", &own, 409, "same-person")?;
        Ok((path, drafted))
    }

    /// A payday of this cooperative, from its own account at the bank.
    pub(super) fn payday<'a>(&'a self, teller: &'a Teller, whose: &'static str, run: Value) -> Payday<'a> {
        Payday {
            teller,
            whose,
            keeper: &self.treasurer,
            approver: &self.approver,
            book: &self.book,
            custodian: &self.id,
            run,
        }
    }

    /// POST of the treasurer, of something of the cooperative.
    pub(super) async fn post(&self, what: &str, body: &Value) -> anyhow::Result<Value> {
        self.treasurer.post(&format!("/v1/cooperatives/{}/{what}", self.book), body).await?.ok()
    }

    /// Every item of a list of the cooperative.
    pub(super) async fn all(&self, what: &str) -> anyhow::Result<Vec<Value>> {
        self.treasurer.all(&format!("/v1/cooperatives/{}/{what}", self.book)).await
    }
}

/// Some amount of each share of a group, in the order of its members.
pub(super) fn shares(distribution: &Value, group: &str, what: &str) -> anyhow::Result<String> {
    let all = distribution["shares"].as_array().into_iter().flatten();
    let of_group = all.filter(|share| share["group"] == group);
    let pointer = format!("/{what}/amount");
    let amounts: Vec<&str> = of_group.map(|share| text(share, &pointer)).collect::<anyhow::Result<_>>()?;
    Ok(amounts.join(" / "))
}
