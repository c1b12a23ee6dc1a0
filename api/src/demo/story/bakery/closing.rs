//! The end: the bank, the members' statements and the reports of the book say the same, and tables for the treasurer.

use super::bank::Bank;
use super::{Bakery, PAID_IN};
use crate::demo::cast::today;
use crate::demo::client::text;
use jiff::civil::{Date, date};
use serde_json::Value;
use std::collections::BTreeMap;

/// What stands in each account of a section of the balance sheet: at the end of the year, and now.
type Section = BTreeMap<String, [String; 2]>;

impl Bakery<'_> {
    /// Everything is compared with everything. Answers what the year comes to as tables for people: the income statement, who gets what of
    /// it, and the balance sheet.
    pub(super) async fn closes(&self, bank: &Bank) -> anyhow::Result<String> {
        let lines = bank.is_the_book(self).await?;
        self.teller.progress.say(&format!(
            "the {lines} lines of the bank are the {lines} postings of the cash account, one by one; both end with {}",
            bank.balance()
        ));
        let shares = self.statements_are_the_book().await?;
        let earned = self.earned().await?;
        let sheet = self.sheet().await?;
        Ok([earned, shares, sheet].join("\n\n"))
    }

    /// What the members' statements say is what the book has, member by member and in sum. Answers them as a table.
    async fn statements_are_the_book(&self) -> anyhow::Result<String> {
        let (teller, literals) = (self.teller, &self.teller.literals);
        let statements = self.cooperative.all("statements").await?;
        teller.equal("statements", statements.len(), self.cooperative.members.len())?;
        let title = format!("Shares of {}, USD", self.year);
        let mut lines = vec![row(&title, ["share", "had before", "stays as capital", "paid"])];
        let mut sums = [0_i64; 4];
        for (index, statement) in statements.iter().enumerate() {
            let number = &statement["number"];
            let fields = ["share", "netted", "retained", "cash"];
            for (sum, field) in sums.iter_mut().zip(fields) {
                *sum += cents(statement, field)?;
            }
            let who = format!("member {number}, {}", text(statement, "/group")?);
            lines.push(row(&who, fields.map(|field| statement[field]["amount"].as_str().unwrap_or_default())));
            let capital = cents(statement, "left")? + PAID_IN.replace('.', "").parse::<i64>()?;
            let on = self.on(&format!("equity:capital:member:{number}")).await?;
            teller.equal("a member's capital, and what was paid in and retained", on, dollars(capital))?;
            for code in ["liabilities:payable:member", "assets:receivable:member"] {
                teller.equal(&format!("{code}:{number}"), self.on(&format!("{code}:{number}")).await?, "0.00")?;
            }
            let own = self.cooperative.people[index].all(&self.at("statements")).await?;
            teller.equal("a member's own statement", &own[..], std::slice::from_ref(statement))?;
        }
        let of_shop = statements.iter().filter(|statement| statement["group"] == "shop");
        let worths: Vec<&str> = of_shop.map(|it| text(it, "/base/amount")).collect::<anyhow::Result<_>>()?;
        teller.equal("what the shop's two have brought is worth", worths.join(" / "), literals.shop_worths.as_str())?;
        let sums = sums.map(dollars);
        lines.push(row("all members", sums.each_ref().map(String::as_str)));
        let told = literals.bakery_statements.as_str();
        teller.equal("all statements: shares, netted, retained, paid", sums.join(" / "), told)?;
        Ok(lines.join("\n"))
    }

    /// What was earned and spent in the year.
    async fn earned(&self) -> anyhow::Result<String> {
        let (from, to) = (date(self.year, 1, 1), self.last_day());
        let path = self.of_book(&format!("reports/income-statement?from={from}&to={to}"));
        let statement = self.cooperative.treasurer.get(&path).await?.ok()?;
        self.keep("year.income-statement.json", &statement)?;
        let total = |what: &str| text(&statement, &format!("/totals/0/{what}/amount"));
        let totals = [total("income")?, total("expenses")?, total("result")?];
        let literals = &self.teller.literals;
        self.teller.equal("earned, spent, result", totals.join(" / "), literals.bakery_result.as_str())?;
        let mut lines = vec![format!("Income statement of {}, USD", self.year)];
        for (section, sign) in [("income", ""), ("expenses", "-")] {
            for line in statement[section].as_array().into_iter().flatten() {
                let amount = format!("{sign}{}", text(line, "/amount/amount")?);
                lines.push(format!("{:<64}{amount:>16}", text(line, "/code")?));
            }
        }
        lines.push(format!("{:<64}{:>16}", "result", totals[2]));
        Ok(lines.join("\n"))
    }

    /// What the bakery has and owes: at the end of the year, and once it was shared.
    async fn sheet(&self) -> anyhow::Result<String> {
        let literals = &self.teller.literals;
        let year_end = self.last_day();
        let now = today(&self.cooperative.treasurer, &self.cooperative.book).await?;
        let (before, after) = (self.sheet_of(year_end).await?, self.sheet_of(now).await?);
        self.keep("year.balance-sheet.json", &before)?;
        for (what, sheet, told) in [
            ("the balance sheet of the year", &before, &literals.bakery_year_end),
            ("the balance sheet once it was shared", &after, &literals.bakery_end),
        ] {
            let total = |what: &str| text(sheet, &format!("/totals/0/{what}/amount"));
            let totals = [total("assets")?, total("liabilities")?, total("equity")?, total("result")?];
            self.teller.equal(what, totals.join(" / "), told.as_str())?;
        }
        let heading = format!("{:<64}{:>16}{:>16}", "Balance sheet, USD", year_end.to_string(), now.to_string());
        let mut lines = vec![heading];
        for section in ["assets", "liabilities", "equity"] {
            for (code, [then, now]) in side_by_side([&before, &after], section)? {
                lines.push(format!("{code:<64}{then:>16}{now:>16}"));
            }
            let total = |sheet| text(sheet, &format!("/totals/0/{section}/amount")).map(str::to_owned);
            lines.push(format!("{:<64}{:>16}{:>16}", format!("all {section}"), total(&before)?, total(&after)?));
        }
        Ok(lines.join("\n"))
    }

    async fn sheet_of(&self, day: Date) -> anyhow::Result<Value> {
        let path = self.of_book(&format!("reports/balance-sheet?as_of={day}"));
        self.cooperative.treasurer.get(&path).await?.ok()
    }

    /// Keeps a report beside the book.
    fn keep(&self, file: &str, report: &Value) -> anyhow::Result<()> {
        std::fs::write(self.teller.state()?.join(format!("cooperative.{file}")), serde_json::to_vec_pretty(report)?)?;
        Ok(())
    }
}

/// A row of the table of shares.
fn row(what: &str, amounts: [&str; 4]) -> String {
    let [share, had, stays, paid] = amounts;
    format!("{what:<32}{share:>16}{had:>16}{stays:>18}{paid:>14}")
}

/// The accounts of a section in two balance sheets; 0.00 where one of them has none.
fn side_by_side(sheets: [&Value; 2], section: &str) -> anyhow::Result<Section> {
    let mut found = Section::new();
    for (place, sheet) in sheets.into_iter().enumerate() {
        for line in sheet[section].as_array().into_iter().flatten() {
            let both = found.entry(text(line, "/code")?.to_owned()).or_insert(["0.00", "0.00"].map(str::to_owned));
            text(line, "/balance/amount")?.clone_into(&mut both[place]);
        }
    }
    found.retain(|_, both| both.iter().any(|amount| amount != "0.00"));
    Ok(found)
}

/// An amount of a statement, in cents.
fn cents(statement: &Value, field: &str) -> anyhow::Result<i64> {
    Ok(text(statement, &format!("/{field}/amount"))?.replace('.', "").parse()?)
}

fn dollars(cents: i64) -> String {
    ledger::money::Currency::USD.format(cents)
}
