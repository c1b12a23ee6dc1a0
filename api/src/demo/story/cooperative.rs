//! The third kind of money: a cooperative with a book of its own sells drills, and shares what is left, twice.

use super::membership::{Charter, Cooperative, Founder, OBJECTION_DAYS, shares};
use super::payday::Due;
use super::teller::Teller;
use super::{Story, sum};
use crate::demo::cast::{advance, trial_balance, usd};
use crate::demo::client::{mails, text};
use jiff::civil::{Date, date};
use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

/// Who keeps the cooperative's book.
pub const TREASURER: &str = "treasurer@drills.example";

/// Four who work by the hour, and two managers who share equally.
const CHARTER: Charter = Charter {
    name: "Drill Makers Cooperative",
    domain: "drills.example",
    members: &[
        Founder { name: "ada", group: "workers", hours: Some("2080") },
        Founder { name: "bea", group: "workers", hours: Some("1560") },
        Founder { name: "cem", group: "workers", hours: Some("1040") },
        Founder { name: "dora", group: "workers", hours: Some("520") },
        Founder { name: "eli", group: "management", hours: None },
        Founder { name: "fay", group: "management", hours: None },
    ],
};

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
    let teller = &story.teller;
    teller.progress.say("six members found a cooperative with a book of its own");
    let (literals, year) = (&teller.literals, Zoned::now().date().year() + 1);
    let first_day = date(year, 1, 1);
    let rule = allocation_rule(first_day);
    let cooperative = Cooperative::found(&story.cast.operator, &CHARTER, &rule, first_day).await?;
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
    shares_a_year(&cooperative, teller, &first).await?;
    let asked = votes(&cooperative, teller, date(year + 1, 1, 31)).await?;
    shares_a_year(&cooperative, teller, &second).await?;
    counted(&cooperative, teller, &asked).await?;
    asks_for_another_rule(&cooperative, date(year + 2, 1, 31)).await?;
    closes(&cooperative, teller).await?;
    pays(&cooperative, teller).await?;
    Ok(cooperative)
}

/// Sells, pays, works, and shares the result to the cent.
async fn shares_a_year(cooperative: &Cooperative, teller: &Teller, period: &Period<'_>) -> anyhow::Result<()> {
    let year = period.year;
    let days = (date(year, 1, 1), date(year, 12, 31));
    let last_day = days.1;
    teller.progress.say(&format!("{year}: drills are sold; a tenth is set aside, the members share the rest"));
    let (treasurer, book) = (&cooperative.treasurer, &cooperative.book);
    advance(treasurer, book, last_day).await?;
    for (kind, amount) in [("sale", "12345.67"), ("cost", period.costs)] {
        let body = json!({
            "kind": kind, "label": "drills", "party": "bank", "amount": usd(amount),
            "occurred_on": last_day.to_string(),
        });
        cooperative.post("proceeds", &body).await?;
    }
    cooperative.members_work(teller, days, "Drills").await?;
    advance(treasurer, book, last_day.saturating_add(1.day())).await?;
    let (path, drafted) = cooperative.proposes(teller, days).await?;
    let approval = json!({"digest": text(&drafted, "/digest")?});
    cooperative.approver.post(&format!("{path}:approve"), &approval).await?.ok()?;
    let decided = last_day.saturating_add((OBJECTION_DAYS + 2).days());
    advance(treasurer, book, decided).await?;

    let shared = treasurer.get(&path).await?.ok()?;
    teller.equal("the distribution", text(&shared, "/state")?, "statements_issued")?;
    teller.equal("the development fund's part", text(&shared, "/parts/0/amount/amount")?, period.development)?;
    teller.equal("the workers' shares", shares(&shared, "workers", "cash")?, period.workers)?;
    teller.equal("the managers' shares", shares(&shared, "management", "cash")?, period.managers)
}

/// The members vote until a day, one of them by another. Answers the path of what they are asked.
async fn votes(cooperative: &Cooperative, teller: &Teller, last_day: Date) -> anyhow::Result<String> {
    teller.progress.say("the members vote, one of them by another");
    let body = json!({
        "title": "Recycled plastic only", "last_day": last_day, "quorum": 4, "threshold": "majority",
        "text": "From the second year on, the bodies of all drills are printed from recycled plastic.",
    });
    let asked = cooperative.post("proposals", &body).await?;
    let path = format!("/v1/proposals/{}", text(&asked, "/id")?);
    let (ada, bea, cem, eli) =
        (&cooperative.people[0], &cooperative.people[1], &cooperative.people[2], &cooperative.people[4]);
    let delegation = format!("/v1/cooperatives/{}/delegation", cooperative.book);
    cem.post(&delegation, &json!({"delegate": cooperative.members[0]})).await?.ok()?;
    let circle = ada.post(&delegation, &json!({"delegate": cooperative.members[2]})).await?;
    teller.refused("a vote that would come back", &circle, 409, "delegation-circle")?;
    for (member, choice) in [(ada, "yes"), (bea, "no"), (eli, "blank")] {
        member.post(&format!("{path}:vote"), &json!({"choice": choice})).await?.ok()?;
    }
    Ok(path)
}

/// What they voted was counted when the day was over.
async fn counted(cooperative: &Cooperative, teller: &Teller, path: &str) -> anyhow::Result<()> {
    let ended = cooperative.treasurer.get(path).await?.ok()?;
    teller.equal("what was voted on", text(&ended, "/state")?, "passed")?;
    teller.equal("members who were counted", ended["counted"].as_i64(), Some(4))?;
    teller.equal("of them by another", ended["colleges"][0]["delegated"].as_i64(), Some(1))?;
    teller.equal("how much was yes", text(&ended, "/approval")?, "66.67")
}

/// Another rule is put to the vote, which goes on when the story ends.
async fn asks_for_another_rule(cooperative: &Cooperative, last_day: Date) -> anyhow::Result<()> {
    let mut rule = allocation_rule(last_day.tomorrow()?);
    rule["steps"][0]["percent"] = json!("15");
    let body = json!({
        "title": "More for what comes next", "last_day": last_day, "quorum": 4, "threshold": "two_thirds", "rule": rule,
        "text": "Fifteen percent of the surplus instead of ten go to the development fund.",
    });
    cooperative.post("proposals", &body).await.map(|_| ())
}

/// Every member has a statement by mail for each period, and the book says the same.
async fn closes(cooperative: &Cooperative, teller: &Teller) -> anyhow::Result<()> {
    let literals = &teller.literals;
    let statements = cooperative.all("statements").await?;
    teller.equal("statements", statements.len().to_string(), literals.statements.as_str())?;
    for Founder { name, .. } in CHARTER.members {
        let sent = mails(teller.mail(), "statement", &CHARTER.email(name))?.len();
        teller.equal("statements by mail to a member", sent, 2)?;
    }
    let balance = trial_balance(&cooperative.treasurer, &cooperative.book).await?;
    let owed = sum(&balance, "liabilities:payable:member:", "credit")?;
    let set_aside = sum(&balance, "equity:development", "credit")?;
    teller.equal("cash", sum(&balance, "assets:cash:", "debit")?, literals.cooperative_cash.as_str())?;
    teller.equal("what members are owed", owed, literals.members_payable.as_str())?;
    teller.equal("the development fund", set_aside, literals.development_fund.as_str())
}

/// Its members are paid what they are owed, by a file.
async fn pays(cooperative: &Cooperative, teller: &Teller) -> anyhow::Result<()> {
    teller.progress.say("the members are paid by a file, and the bank's statement settles it");
    let run = json!({"sources": ["member"], "currency": "USD", "cash": "bank", "memo": "Two years of drills"});
    let literals = &teller.literals;
    let due = Due {
        payouts: &literals.cooperative_payouts,
        total: &literals.members_payable,
        left: &literals.cooperative_statement,
        cash: "assets:cash:bank",
    };
    cooperative.payday(teller, "cooperative", run).play(&due).await
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
