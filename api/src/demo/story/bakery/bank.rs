//! The bakery's bank: it sends a statement each quarter, whose lines are booked one by one, and at the end the book's cash is compared with
//! all of them.

use super::Bakery;
use super::quarters::{Line, Quarter};
use crate::demo::cast::idle;
use crate::demo::client::text;
use anyhow::Context as _;
use jiff::Timestamp;
use ledger::money::{Currency, Money};
use ledger::payouts::files::camt053_out::{Camt053Writer, Head};
use ledger::payouts::rules::bank_line::{Direction, Told};
use ledger::payouts::rules::statement_file::Balance;
use serde_json::{Value, json};

/// The account as statements name it: that of the sandbox's bank, to which payouts go.
const ACCOUNT: &str = "XXXXXXXX4711";

/// What the bank says when a payer gave no reference.
const NO_REFERENCE: &str = "NOTPROVIDED";

/// What the account holds, in cents, and at the end of each statement.
#[derive(Debug, Default)]
pub(super) struct Bank {
    cents: i64,
    closings: Vec<String>,
}

impl Bank {
    /// What the account holds, USD.
    pub(super) fn balance(&self) -> String {
        Currency::USD.format(self.cents)
    }

    /// What it held at the end of each statement.
    pub(super) fn closings(&self) -> String {
        self.closings.join(" / ")
    }

    /// Money leaves by a file of payouts, of which the sandbox's bank sends a statement of its own.
    pub(super) fn pays(&mut self, total: &str) -> anyhow::Result<()> {
        self.cents -= Money::parse(total, Currency::USD)?.minor();
        Ok(())
    }

    /// The statement of a quarter goes in as a file, as the bank made it. Answers its closing balance.
    pub(super) async fn tells(
        &mut self,
        bakery: &Bakery<'_>,
        quarter: &Quarter,
        lines: &[Line],
    ) -> anyhow::Result<String> {
        let (cooperative, teller) = (&bakery.cooperative, bakery.teller);
        let (opening, (first, last)) = (self.cents, quarter.days(bakery.year));
        let told: Vec<Told> = lines.iter().map(line).collect::<anyhow::Result<_>>()?;
        for line in &told {
            match line.direction {
                Direction::Credit => self.cents += line.amount.minor(),
                Direction::Debit => self.cents -= line.amount.minor(),
            }
        }
        let name = format!("CORNERBAKERY{}", last.strftime("%Y%m%d"));
        let head = Head {
            name: name.clone(),
            account: ACCOUNT.to_owned(),
            currency: Currency::USD,
            opening: Balance { minor: opening, on: first },
            closing: Balance { minor: self.cents, on: last },
        };
        let file = write(&name, &head, &told)?;
        std::fs::write(teller.state()?.join(format!("bank-{}.camt053.xml", last.strftime("%Y-%m"))), &file)?;
        let path = bakery.of_book("bank-statement-files");
        let sent = cooperative.treasurer.post_file(&path, "application/xml", file).await?.ok()?;
        idle(&cooperative.treasurer, &cooperative.book).await?;
        let path = format!("/v1/bank-statement-files/{}", text(&sent, "/id")?);
        let taken = cooperative.treasurer.get(&path).await?.ok()?;
        teller.equal("the bank's statement", text(&taken, "/state")?, "imported")?;
        teller.equal("its lines that are in", taken["taken"].as_u64(), Some(u64::try_from(lines.len())?))?;
        self.closings.push(self.balance());
        Ok(self.balance())
    }

    /// The treasurer says of each open line what it is.
    pub(super) async fn is_booked(&self, bakery: &Bakery<'_>, lines: &[Line]) -> anyhow::Result<()> {
        let (treasurer, teller) = (&bakery.cooperative.treasurer, bakery.teller);
        let open = treasurer.all(&bakery.of_book("bank-lines?open=true")).await?;
        teller.equal("lines of the bank that are open", open.len(), lines.len())?;
        for there in &open {
            let reference = text(there, "/reference")?;
            let line =
                lines.iter().find(|line| line.reference == reference).context("a line that the bank has told")?;
            let path = format!("/v1/bank-lines/{}:book", text(there, "/id")?);
            if line.booked_as == "customer_paid" && line.with.as_deref() == Some("cafe-north") {
                let wrong = json!({"booked_as": "customer_paid", "party": "school-kitchen"});
                let wrong = treasurer.post(&path, &wrong).await?;
                teller.refused("a payment of the cafe, booked on the school", &wrong, 409, "less-owed")?;
            }
            let said = json!({"booked_as": line.booked_as, "party": line.with});
            let booked = treasurer.post(&path, &said).await?.ok()?;
            let as_what = (text(&booked, "/state")?, text(&booked, "/booked_as")?);
            teller.equal(&format!("the bank's line {reference}"), as_what, ("booked", line.booked_as))?;
        }
        let open = treasurer.all(&bakery.of_book("bank-lines?open=true")).await?;
        teller.equal("lines that nobody knows", open.len(), 0)
    }

    /// Each posting of the book's cash is one line of the bank, by day, amount and side, and each line is one posting; what is there
    /// at the end is what the bank says. Answers how many they are.
    pub(super) async fn is_the_book(&self, bakery: &Bakery<'_>) -> anyhow::Result<usize> {
        let (treasurer, teller) = (&bakery.cooperative.treasurer, bakery.teller);
        let told = treasurer.all(&bakery.of_book("bank-lines")).await?;
        let posted = treasurer.all(&bakery.of_book(&format!("accounts/{}/statement", bakery.cash()))).await?;
        let told = sorted(told.iter().map(|line| {
            let came = text(line, "/direction")? == "credit";
            teller.equal("what the bank kept of a line", text(line, "/fee/amount")?, "0.00")?;
            Ok(movement(text(line, "/value_date")?, came, text(line, "/amount/amount")?, &line["entry"]))
        }))?;
        let posted = sorted(posted.iter().map(|line| {
            let came = text(line, "/side")? == "debit";
            Ok(movement(text(line, "/effective")?, came, text(line, "/amount/amount")?, &line["number"]))
        }))?;
        let literals = &teller.literals;
        teller.equal("lines of the bank", told.len().to_string(), literals.bakery_lines.as_str())?;
        teller.equal("postings of the cash account", posted.len(), told.len())?;
        for (posted, told) in posted.iter().zip(&told) {
            teller.equal("a posting of the cash account, and the bank's line", posted, told)?;
        }
        teller.equal("cash at the end", bakery.on(&bakery.cash()).await?, self.balance())?;
        teller.equal("what the bank says is left", self.balance(), literals.bakery_left.as_str())?;
        Ok(told.len())
    }
}

/// What moved: the day, what came or left, and the entry by which the book knows it.
fn movement(day: &str, came: bool, amount: &str, entry: &Value) -> String {
    format!("{day} {} {amount} by entry {entry}", if came { "came" } else { "left" })
}

fn sorted(movements: impl Iterator<Item = anyhow::Result<String>>) -> anyhow::Result<Vec<String>> {
    let mut all: Vec<String> = movements.collect::<anyhow::Result<_>>()?;
    all.sort();
    Ok(all)
}

/// A line as the bank tells it.
fn line(it: &Line) -> anyhow::Result<Told> {
    let (direction, amount) = match it.amount.strip_prefix('-') {
        Some(left) => (Direction::Debit, left),
        None => (Direction::Credit, it.amount),
    };
    Ok(Told {
        reference: it.reference.clone(),
        direction,
        amount: Money::parse(amount, Currency::USD)?,
        fee: 0,
        value_on: it.day,
        end_to_end: NO_REFERENCE.to_owned(),
    })
}

/// A file of camt.053 with one statement.
fn write(name: &str, head: &Head, lines: &[Told]) -> anyhow::Result<Vec<u8>> {
    let made_at: Timestamp = format!("{}T23:00:00Z", head.closing.on).parse()?;
    let mut file = Camt053Writer::begin(Vec::new(), name, made_at)?;
    file.statement(head)?;
    for line in lines {
        file.line(line, None)?;
    }
    file.statement_ends()?;
    Ok(file.end()?)
}
