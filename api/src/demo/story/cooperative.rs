//! The third kind of money: a cooperative with a book of its own sells drills, and shares what is left, twice.

use super::payday::{Due, Payday};
use super::{Story, sum};
use crate::demo::cast::{advance, bank_account, join, organisation, sandbox_book, trial_balance, usd};
use crate::demo::client::{Client, mails, text};
use anyhow::Context as _;
use jiff::civil::{Date, date};
use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

/// Who keeps the cooperative's book.
pub const TREASURER: &str = "treasurer@drills.example";

/// The members: name, group, and hours a period; managers share equally.
const MEMBERS: [(&str, &str, Option<&str>); 6] = [
    ("ada", "workers", Some("2080")),
    ("bea", "workers", Some("1560")),
    ("cem", "workers", Some("1040")),
    ("dora", "workers", Some("520")),
    ("eli", "management", None),
    ("fay", "management", None),
];

/// How many of them attest the hours of others: the first ones.
const ATTESTERS: usize = 2;

/// How long a distribution can be objected to.
const OBJECTION_DAYS: i64 = 7;

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
    approver: Client,
    /// A member who attests the others' hours, and one who attests hers.
    attesters: Vec<Client>,
    /// The members' ids, in their order.
    members: Vec<String>,
}

/// What a period brings, and what must come of it.
struct Period<'a> {
    year: i16,
    costs: &'a str,
    development: &'a str,
    workers: &'a str,
    managers: &'a str,
}

/// Plays two periods of a cooperative.
pub async fn play(story: &Story) -> anyhow::Result<Cooperative> {
    story.progress.say("six members found a cooperative with a book of its own");
    let (literals, year) = (&story.literals, Zoned::now().date().year() + 1);
    let cooperative = Cooperative::found(story, date(year, 1, 1)).await?;
    let first = Period {
        year,
        costs: "345.67",
        development: &literals.first_development,
        workers: &literals.first_workers,
        managers: &literals.first_managers,
    };
    let second = Period {
        year: year + 1,
        costs: "345.60",
        development: &literals.second_development,
        workers: &literals.second_workers,
        managers: &literals.second_managers,
    };
    for period in [first, second] {
        cooperative.period(story, &period).await?;
    }
    cooperative.closes(story).await?;
    cooperative.pays(story).await?;
    Ok(cooperative)
}

impl Cooperative {
    /// The organisation, its book, its people and its allocation rule, on its first day.
    async fn found(story: &Story, first_day: Date) -> anyhow::Result<Cooperative> {
        let cast = &story.cast;
        let id = organisation(&cast.operator, "Drill Makers Cooperative", "cooperative").await?;
        let treasurer = join(&cast.operator, &id, TREASURER, "owner").await?;
        let approver = join(&treasurer, &id, "approver@drills.example", "approver").await?;
        let book = sandbox_book(&treasurer, &id, "Drill Makers Cooperative (sandbox)").await?;
        advance(&treasurer, &book, first_day).await?;
        let (mut members, mut people) = (Vec::new(), Vec::new());
        for (name, group, _) in MEMBERS {
            people.push(join(&treasurer, &id, &email(name), "member").await?);
            let member = json!({
                "email": email(name), "group": group, "joined_on": first_day.to_string(), "consents": true,
            });
            let member = treasurer.post(&format!("/v1/cooperatives/{book}/members"), &member).await?.ok()?;
            members.push(text(&member, "/id")?.to_owned());
            let account = bank_account(&book, name, people.len());
            people.last().context("a member")?.post("/v1/me/bank-accounts", &account).await?.ok()?;
        }
        let own = bank_account(&book, "Drill Makers Cooperative", 0);
        treasurer.post(&format!("/v1/organisations/{id}/bank-accounts"), &own).await?.ok()?;
        let rules = format!("/v1/cooperatives/{book}/allocation-rules");
        treasurer.post(&rules, &allocation_rule(first_day)).await?.ok()?;
        people.truncate(ATTESTERS);
        Ok(Cooperative { id, book, treasurer, approver, attesters: people, members })
    }

    /// Sells, pays, works, and shares the result to the cent.
    async fn period(&self, story: &Story, period: &Period<'_>) -> anyhow::Result<()> {
        let year = period.year;
        let last_day = date(year, 12, 31);
        story.progress.say(&format!("{year}: drills are sold; a tenth is set aside, the members share the rest"));
        advance(&self.treasurer, &self.book, last_day).await?;
        for (kind, amount) in [("sale", "12345.67"), ("cost", period.costs)] {
            let body = json!({
                "kind": kind, "label": "drills", "party": "bank", "amount": usd(amount),
                "occurred_on": last_day.to_string(),
            });
            self.post("proceeds", &body).await?;
        }
        self.members_work(year).await?;
        let drafted = json!({"from": format!("{year}-01-01"), "to": last_day.to_string()});
        advance(&self.treasurer, &self.book, last_day.saturating_add(1.day())).await?;
        let drafted = self.post("distributions", &drafted).await?;
        let path = format!("/v1/distributions/{}", text(&drafted, "/id")?);
        self.treasurer.post(&format!("{path}:open"), &json!({})).await?.ok()?;
        let approval = json!({"digest": text(&drafted, "/digest")?});
        let own = self.treasurer.post(&format!("{path}:approve"), &approval).await?;
        story.refused("an approval by whoever drafted it", &own, 409, "same-person")?;
        self.approver.post(&format!("{path}:approve"), &approval).await?.ok()?;
        let decided = last_day.saturating_add((OBJECTION_DAYS + 2).days());
        advance(&self.treasurer, &self.book, decided).await?;

        let shared = self.treasurer.get(&path).await?.ok()?;
        story.equal("the distribution", text(&shared, "/state")?, "statements_issued")?;
        story.equal("the development fund's part", text(&shared, "/parts/0/amount/amount")?, period.development)?;
        story.equal("the workers' shares", shares(&shared, "workers")?, period.workers)?;
        story.equal("the managers' shares", shares(&shared, "management")?, period.managers)
    }

    /// The treasurer writes hours down, and another member than the one who worked attests them.
    async fn members_work(&self, year: i16) -> anyhow::Result<()> {
        for (index, (_, _, hours)) in MEMBERS.into_iter().enumerate() {
            let Some(hours) = hours else { continue };
            let body = json!({
                "member": self.members[index], "from": format!("{year}-01-01"), "to": format!("{year}-12-31"),
                "hours": hours, "note": "Drills",
            });
            let recorded = self.post("contributions", &body).await?;
            let second = &self.attesters[usize::from(index == 0)];
            let attest = format!("/v1/contributions/{}:attest", text(&recorded, "/id")?);
            second.post(&attest, &json!({})).await?.ok()?;
        }
        Ok(())
    }

    /// Every member has a statement by mail for each period, and the book says the same.
    async fn closes(&self, story: &Story) -> anyhow::Result<()> {
        let literals = &story.literals;
        let statements = self.treasurer.all(&format!("/v1/cooperatives/{}/statements", self.book)).await?;
        story.equal("statements", statements.len().to_string(), literals.statements.as_str())?;
        for (name, _, _) in MEMBERS {
            let sent = mails(story.cast.mail(), "statement", &email(name))?.len();
            story.equal("statements by mail to a member", sent, 2)?;
        }
        let balance = trial_balance(&self.treasurer, &self.book).await?;
        let owed = sum(&balance, "liabilities:payable:member:", "credit")?;
        let set_aside = sum(&balance, "equity:development", "credit")?;
        story.equal("cash", sum(&balance, "assets:cash:", "debit")?, literals.cooperative_cash.as_str())?;
        story.equal("what members are owed", owed, literals.members_payable.as_str())?;
        story.equal("the development fund", set_aside, literals.development_fund.as_str())
    }

    /// Its members are paid what they are owed, by a file.
    async fn pays(&self, story: &Story) -> anyhow::Result<()> {
        story.progress.say("the members are paid by a file, and the bank's statement settles it");
        let payday = Payday {
            story,
            whose: "cooperative",
            keeper: &self.treasurer,
            approver: &self.approver,
            book: &self.book,
            custodian: &self.id,
            run: json!({"sources": ["member"], "currency": "USD", "cash": "bank", "memo": "Two years of drills"}),
        };
        let literals = &story.literals;
        let due = Due {
            payouts: &literals.cooperative_payouts,
            total: &literals.members_payable,
            left: &literals.cooperative_statement,
            cash: "assets:cash:bank",
        };
        payday.play(&due).await
    }

    async fn post(&self, what: &str, body: &Value) -> anyhow::Result<Value> {
        self.treasurer.post(&format!("/v1/cooperatives/{}/{what}", self.book), body).await?.ok()
    }
}

fn email(name: &str) -> String {
    format!("{name}@drills.example")
}

/// A tenth for development; of the rest four fifths to the workers by hours, a fifth to the managers in equal parts.
fn allocation_rule(from: Date) -> Value {
    json!({
        "effective_from": from.to_string(), "objection_days": OBJECTION_DAYS,
        "steps": [
            {"step": "share", "of": "net", "percent": "10", "to": "development_fund"},
            {"step": "members", "groups": [
                {"group": "workers", "percent": "80", "by": "hours"},
                {"group": "management", "percent": "20", "by": "equal"},
            ]},
        ],
    })
}

/// The shares of a group, in the order of its members.
fn shares(distribution: &Value, group: &str) -> anyhow::Result<String> {
    let all = distribution["shares"].as_array().into_iter().flatten();
    let of_group = all.filter(|share| share["group"] == group);
    let amounts: Vec<&str> = of_group.map(|share| text(share, "/cash/amount")).collect::<anyhow::Result<_>>()?;
    Ok(amounts.join(" / "))
}
