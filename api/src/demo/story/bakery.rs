//! A year of a bakery that belongs to those who work in it: what it sells and pays, quarter by quarter, as its bank's statements have it,
//! and how its members share what is left.

mod bank;
mod closing;
mod federation;
mod quarters;
mod sharing;

use super::membership::{Charter, Cooperative, Founder, OBJECTION_DAYS};
use super::payday::Due;
use super::teller::Teller;
use super::{Kept, Told, keep};
use crate::demo::OPERATOR;
use crate::demo::cast::{advance, usd};
use crate::demo::client::{Client, text};
use bank::Bank;
use jiff::Zoned;
use jiff::civil::{Date, date};
use quarters::{QUARTERS, Quarter, Recorded};
use serde_json::{Value, json};
use std::time::Instant;

/// Who keeps the bakery's book.
pub const TREASURER: &str = "treasurer@bakery.example";

/// Four who bake, by the hours of each quarter, and two in the shop, who share by what they have brought besides.
const CHARTER: Charter = Charter {
    name: "Corner Bakery Cooperative",
    domain: "bakery.example",
    members: &[
        Founder { name: "nora", group: "bakers", hours: Some("520") },
        Founder { name: "omar", group: "bakers", hours: Some("390") },
        Founder { name: "pia", group: "bakers", hours: Some("260") },
        Founder { name: "quinn", group: "bakers", hours: Some("130") },
        Founder { name: "rosa", group: "shop", hours: None },
        Founder { name: "sami", group: "shop", hours: None },
    ],
};

/// What each member pays in, in the first days of the year.
const PAID_IN: &str = "250.00";

/// Who gets an advance on the share of the year, by their places, and how much.
const ADVANCES: [(usize, &str); 2] = [(0, "1200.00"), (3, "600.00")];

/// What the shop's two have brought, by their places: the use of a van in hours, and shelves.
const BROUGHT: [(usize, &str, &str, &str); 2] = [(4, "use", "van", "200"), (5, "in_kind", "shelves", "30")];

/// For how long retained shares stay.
const HOLD_MONTHS: i64 = 24;

/// The bakery in its year, and how much its checks are told of.
#[derive(Debug)]
struct Bakery<'a> {
    teller: &'a Teller,
    cooperative: Cooperative,
    year: i16,
}

/// Plays the year, and a few days of the next one, in which it is shared.
pub(super) async fn play(teller: &Teller, base: &str) -> anyhow::Result<Told> {
    let begun = Instant::now();
    let year = Zoned::now().date().year() + 1;
    let bakery = Bakery::found(teller, base, year).await?;
    teller.took("founding", begun);
    let mut bank = Bank::default();
    for quarter in &QUARTERS {
        teller.timed(quarter.name, bakery.lives(&mut bank, quarter)).await?;
        if quarter.last_month == 6 {
            teller.timed("advances", bakery.pays_advances(&mut bank)).await?;
        }
    }
    let literals = &teller.literals;
    teller.equal("the bank's balances", bank.closings(), literals.bakery_closings.as_str())?;
    teller.timed("sharing the year", bakery.shares_the_year()).await?;
    teller.timed("payday", bakery.pays_shares(&mut bank)).await?;
    let tables = teller.timed("the books", bakery.closes(&bank)).await?;
    teller.timed("a federation", bakery.is_of_a_federation(base)).await?;
    let (book, treasurer) = (&bakery.cooperative.book, &bakery.cooperative.treasurer);
    let kept = keep("cooperative", treasurer, TREASURER, book, teller.state()?).await?;
    let closing = format!("{tables}\n\n{}", kept.closing);
    let pages = vec![("cooperative", format!("/cooperatives/{book}")), ("book", format!("/books/{book}"))];
    Ok(Told { books: vec![Kept { closing, ..kept }], pages, checks: teller.checks.held() })
}

impl<'a> Bakery<'a> {
    /// Six members join under their bylaws on the first day of the year.
    async fn found(teller: &'a Teller, base: &str, year: i16) -> anyhow::Result<Bakery<'a>> {
        teller.progress.say("four bakers and two shopkeepers found a cooperative with a book of its own");
        let operator = Client::sign_in(base, teller.mail(), OPERATOR).await?;
        let first_day = date(year, 1, 1);
        let cooperative = Cooperative::found(&operator, &CHARTER, &bylaws(first_day), first_day).await?;
        let rules = cooperative.all("allocation-rules").await?;
        teller.equal("the rule in force", rules[0]["version"].as_u64(), Some(1))?;
        teller.equal("members", cooperative.all("members").await?.len(), CHARTER.members.len())?;
        Ok(Bakery { teller, cooperative, year })
    }

    /// A quarter: sales and costs are recorded, hours attested, and each line of the bank's statement is booked.
    async fn lives(&self, bank: &mut Bank, quarter: &Quarter) -> anyhow::Result<()> {
        let (teller, cooperative) = (self.teller, &self.cooperative);
        teller.progress.say(quarter.told);
        let (first, last) = quarter.days(self.year);
        advance(&cooperative.treasurer, &cooperative.book, last.tomorrow()?).await?;
        for recorded in quarter.records {
            self.records(recorded).await?;
        }
        if quarter.last_month == 3 {
            self.corrects_a_cost().await?;
        }
        cooperative.members_work(teller, (first, last), "Bread of the quarter").await?;
        if quarter.last_month == 6 {
            self.members_bring_things((first, last)).await?;
        }
        let lines = quarter.lines(self.year, &cooperative.members);
        let closing = bank.tells(self, quarter, &lines).await?;
        bank.is_booked(self, &lines).await?;
        teller.progress.reached(quarter.last_month);
        let cash = self.on(&self.cash()).await?;
        teller.equal(&format!("cash, as the bank's statement of {} says", quarter.name), cash, closing)
    }

    /// Writes a sale or a cost down, with what it was, how many and where.
    async fn records(&self, it: &Recorded) -> anyhow::Result<Value> {
        let body = json!({
            "kind": it.kind, "label": it.what, "party": it.with, "on_credit": it.kind == "sale", "amount": usd(it.amount),
            "occurred_on": it.day(self.year).to_string(), "memo": it.memo, "product": it.what, "place": it.place,
            "units": (!it.units.is_empty()).then_some(it.units),
        });
        self.cooperative.post("proceeds", &body).await
    }

    /// Two digits of an invoice were swapped: it is taken back, and recorded as it is.
    async fn corrects_a_cost(&self) -> anyhow::Result<()> {
        let (teller, mill) = (self.teller, "liabilities:costs:mill");
        let wrong = self.records(&quarters::FLOUR_WITH_SWAPPED_DIGITS).await?;
        teller.equal("flour with two digits swapped", self.on(mill).await?, "14710.00")?;
        let reverse = format!("/v1/proceeds/{}:reverse", text(&wrong, "/id")?);
        let why = json!({"reason": "Two digits of the invoice were swapped"});
        self.cooperative.treasurer.post(&reverse, &why).await?.ok()?;
        let again = self.cooperative.treasurer.post(&reverse, &why).await?;
        teller.refused("a cost that is taken back twice", &again, 409, "already-reversed")?;
        self.records(&quarters::FLOUR).await?;
        teller.equal("what the mill is owed", self.on(mill).await?, "14170.00")
    }

    /// The shop's two have lent a van and given shelves: another member attests that it is so, and no treasurer can.
    async fn members_bring_things(&self, (from, to): (Date, Date)) -> anyhow::Result<()> {
        let (teller, cooperative) = (self.teller, &self.cooperative);
        for (of, unit, kind, quantity) in BROUGHT {
            let brought = json!({
                "member": cooperative.members[of], "from": from.to_string(), "to": to.to_string(),
                "unit": unit, "kind": kind, "quantity": quantity, "note": "For the shop",
            });
            let recorded = cooperative.post("contributions", &brought).await?;
            let attest = format!("/v1/contributions/{}:attest", text(&recorded, "/id")?);
            let by_keeper = cooperative.treasurer.post(&attest, &json!({})).await?;
            teller.equal("attested by the treasurer, who is no member", by_keeper.status.as_u16(), 403)?;
            let attested = cooperative.people[0].post(&attest, &json!({})).await?.ok()?;
            teller.equal("what a member has brought", text(&attested, "/state")?, "attested")?;
        }
        Ok(())
    }

    /// Two members have a part of their share before there is one.
    async fn pays_advances(&self, bank: &mut Bank) -> anyhow::Result<()> {
        let (teller, cooperative) = (self.teller, &self.cooperative);
        teller.progress.say("two members have an advance on their share, paid by a file");
        for (of, amount) in ADVANCES {
            let advance = json!({"member": cooperative.members[of], "amount": usd(amount), "memo": "For the summer"});
            let granted = cooperative.treasurer.post(&self.at("advances"), &advance).await?.ok()?;
            teller.equal("the advance", text(&granted, "/amount/amount")?, amount)?;
        }
        let own = json!({"member": cooperative.members[0], "amount": usd("1.00")});
        let own = cooperative.people[0].post(&self.at("advances"), &own).await?;
        teller.equal("an advance that a member grants herself", own.status.as_u16(), 403)?;
        let literals = &teller.literals;
        self.pays("advances", "Advances of the summer", bank, [&literals.bakery_advances, "2"]).await
    }

    /// What members are owed of the year is paid.
    async fn pays_shares(&self, bank: &mut Bank) -> anyhow::Result<()> {
        self.teller.progress.say("six members are paid their shares by a file, and the bank's statement settles it");
        let literals = &self.teller.literals;
        let year = format!("Shares of {}", self.year);
        self.pays("cooperative", &year, bank, [&literals.bakery_paid, "6"]).await
    }

    /// All that members are owed goes out by one file from the bakery's own account.
    async fn pays(
        &self,
        whose: &'static str,
        memo: &str,
        bank: &mut Bank,
        [total, payouts]: [&str; 2],
    ) -> anyhow::Result<()> {
        let run = json!({"sources": ["member"], "currency": "USD", "memo": memo});
        bank.pays(total)?;
        let (left, cash) = (bank.balance(), self.cash());
        let due = Due { payouts, total, left: &left, cash: &cash };
        self.cooperative.payday(self.teller, whose, run).play(&due).await
    }

    /// The account of the book that the bank's statements are of.
    fn cash(&self) -> String {
        format!("assets:cash:{}", self.cooperative.id)
    }

    /// What lies on an account, on the side on which its kind stands; 0.00 on one that nothing has moved.
    async fn on(&self, code: &str) -> anyhow::Result<String> {
        let accounts = self.cooperative.treasurer.all(&format!("/v1/books/{}/accounts", self.cooperative.book)).await?;
        let found = accounts.iter().find(|account| account["code"] == code);
        found.map_or_else(|| Ok("0.00".to_owned()), |found| Ok(text(found, "/balance/amount")?.to_owned()))
    }

    /// A path of the cooperative.
    fn at(&self, what: &str) -> String {
        format!("/v1/cooperatives/{}/{what}", self.cooperative.book)
    }

    /// A path of its book.
    fn of_book(&self, what: &str) -> String {
        format!("/v1/books/{}/{what}", self.cooperative.book)
    }

    fn last_day(&self) -> Date {
        date(self.year, 12, 31)
    }
}

/// A fifth to the reserve and a tenth to the education fund; of the rest four fifths to the bakers by hours and a fifth to the shop by what its
/// members have brought: an hour of a van counts 10.00 and a shelf 50.00. A quarter of each share stays for two years as the member's capital.
fn bylaws(from: Date) -> Value {
    json!({
        "effective_from": from.to_string(), "objection_days": OBJECTION_DAYS, "hold_months": HOLD_MONTHS,
        "losses": {"reserve": "100"},
        "steps": [
            {"step": "share", "of": "net", "percent": "20", "to": "reserve"},
            {"step": "share", "of": "net", "percent": "10", "to": "fund:education"},
            {"step": "members", "retained": "25", "groups": [
                {"group": "bakers", "percent": "80", "by": "hours"},
                {"group": "shop", "percent": "20", "by": "value"},
            ]},
        ],
        "values": [
            {"unit": "use", "kind": "van", "worth": "10.00"},
            {"unit": "in_kind", "kind": "shelves", "worth": "50.00"},
        ],
    })
}
