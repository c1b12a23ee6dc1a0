//! A book that was kept by this service elsewhere is opened here: its export in JSON Lines is checked, and what each account had becomes the
//! opening of a cooperative's book.

use super::refusal;
use crate::demo::client::{Client, text};
use anyhow::{Context as _, ensure};
use jiff::civil::Date;
use ledger::chart;
use ledger::id::BookRef;
use ledger::verify::{Standing, Verified, verify};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What is said of an export besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    /// The digest of its last record.
    pub(super) digest: Option<&'a str>,
    /// The day whose balances they are.
    pub(super) on: Option<Date>,
    /// Whether nothing is to be written.
    pub(super) is_tried: bool,
}

/// Checks an export, and opens a book with it; prints with what.
///
/// # Errors
///
/// When the export does not hold or is not the one that was meant, has something on an account that no book is opened with, or the service
/// refuses the opening.
pub(super) async fn open(client: &Client, file: &Path, book: BookRef, said: Said<'_>) -> anyhow::Result<()> {
    let named = || file.display().to_string();
    let held = verify(BufReader::new(File::open(file).with_context(named)?)).with_context(named)?;
    if let Some(digest) = said.digest {
        ensure!(held.digest == digest, "its last digest is {}, not {digest}: it is another export", held.digest);
    }
    let shown = client.get(&format!("/v1/books/{book}")).await?;
    ensure!(shown.status.is_success(), refusal(&shown));
    let balances = balances(&held, text(&shown.body, "/organisation")?)?;
    for (account, amount) in &balances {
        println!("{account} {} {}", amount["amount"].as_str().unwrap_or_default(), held_in(amount));
    }
    if said.is_tried {
        println!("{book} would be opened with {} balances of {}", balances.len(), held.book);
        return Ok(());
    }
    let each: Vec<Value> =
        balances.iter().map(|(account, amount)| json!({"account": account, "amount": amount})).collect();
    let memo = format!("{} as exported with the last digest {}", held.book, held.digest);
    let asked = json!({"on": said.on, "balances": each, "memo": memo});
    // Under a new key each time: what was refused may be mended, and a book that is open is opened by nothing else.
    let answer = client.post(&format!("/v1/cooperatives/{book}/openings"), &asked).await?;
    ensure!(answer.status.is_success(), with_accounts(refusal(&answer), &balances));
    let (id, entry) = (text(&answer.body, "/id")?, &answer.body["entry"]);
    println!("{book} is opened by {id}, entry {entry}: {} balances of {}", balances.len(), held.book);
    Ok(())
}

fn held_in(amount: &Value) -> &str {
    amount["currency"].as_str().unwrap_or_default()
}

/// What an export has on each account, as an opening says it. What the cooperative's own account at the bank has lies on that of the
/// organisation whose book is opened.
fn balances(held: &Verified, organisation: &str) -> anyhow::Result<Vec<(String, Value)>> {
    let has = |it: &&Standing| !it.is_even();
    let of_result = |it: &&Standing| {
        let root = it.account.split(':').next().unwrap_or_default();
        has(it) && (matches!(root, "income" | "expenses") || it.account == "equity:surplus")
    };
    let (losses, left): (Vec<&Standing>, Vec<&Standing>) =
        held.balances.iter().filter(of_result).partition(|it| is_of_a_loss(it));
    // Costs that no sales are left to cover are a loss, which the next result bears there as here.
    let (losses, left) = if left.is_empty() { (losses, left) } else { (Vec::new(), [losses, left].concat()) };
    let left: Vec<String> = left.iter().map(|it| format!("{} {}", it.account, it.balance)).collect();
    ensure!(
        left.is_empty(),
        "a result stands open in it: close the period there and distribute it, then export the book again: {}",
        left.join(", ")
    );
    let opened = |it: &Standing| {
        let is_own = it.account.starts_with("assets:cash:org_");
        let account = if is_own { format!("assets:cash:{organisation}") } else { it.account.clone() };
        (account, json!({"amount": it.balance, "currency": it.currency}))
    };
    let is_kept = |it: &&Standing| has(it) && !of_result(it);
    let kept = held.balances.iter().filter(is_kept).map(opened);
    Ok(kept.chain(loss(&losses)?).collect())
}

/// Whether a balance is a cost that a result has left for the next one to bear.
fn is_of_a_loss(it: &Standing) -> bool {
    let is_cost = ["expenses:cost:", "expenses:exchange-loss:"].iter().any(|root| it.account.starts_with(root));
    let known = [chart::bank_charges(), chart::refund_loss(), chart::loss_brought_forward()];
    !it.balance.starts_with('-') && (is_cost || known.iter().any(|account| account.code == it.account))
}

/// What the costs of a loss come to, as an opening says it; nothing where there is none.
fn loss(costs: &[&Standing]) -> anyhow::Result<Option<(String, Value)>> {
    let Some(first) = costs.first() else { return Ok(None) };
    let mut sum = Decimal::ZERO;
    for it in costs {
        ensure!(it.currency == first.currency, "its loss is in {} and in {}", first.currency, it.currency);
        sum += it.balance.parse::<Decimal>().with_context(|| format!("{} {}", it.account, it.balance))?;
    }
    Ok(Some((chart::loss_brought_forward().code, json!({"amount": sum.to_string(), "currency": first.currency}))))
}

/// A refusal that names balances by their places, with their accounts.
fn with_accounts(refusal: String, balances: &[(String, Value)]) -> String {
    let named = balances.iter().enumerate().filter(|(place, _)| refusal.contains(&format!("/balances/{place}/")));
    let accounts: Vec<&str> = named.map(|(_, (account, _))| account.as_str()).collect();
    if accounts.is_empty() { refusal } else { format!("{refusal} ({})", accounts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(balances: &[(&str, &str)]) -> Verified {
        let standing = |(account, balance): &(&str, &str)| Standing {
            account: (*account).to_owned(),
            balance: (*balance).to_owned(),
            currency: "USD".to_owned(),
        };
        Verified {
            book: "bok_a".into(),
            name: "Bakery".into(),
            entries: 1,
            accounts: balances.len(),
            balances: balances.iter().map(standing).collect(),
            digest: "0".repeat(64),
        }
    }

    #[test]
    fn what_is_even_is_left_out_and_the_money_at_the_bank_is_that_of_the_organisation_that_goes_on() {
        let found = held(&[("assets:cash:org_a", "10.00"), ("equity:reserve", "10.00"), ("equity:surplus", "0.00")]);
        let money = json!({"amount": "10.00", "currency": "USD"});
        let expected = [("assets:cash:org_b".to_owned(), money.clone()), ("equity:reserve".to_owned(), money)];
        assert_eq!(balances(&found, "org_b").unwrap(), expected);
    }

    #[test]
    fn a_book_whose_result_is_not_shared_out_is_not_opened_elsewhere() {
        for (account, balance) in [
            ("income:sales:bread", "1.00"),
            ("expenses:cost:flour", "-0.01"),
            ("expenses:office", "0.01"),
            ("equity:surplus", "-3.00"),
        ] {
            let said = balances(&held(&[("assets:cash:bank", "5.00"), (account, balance)]), "org_b").unwrap_err();
            assert!(said.to_string().contains(&format!("{account} {balance}")), "{said}");
        }
    }

    #[test]
    fn costs_that_no_sales_are_left_to_cover_are_a_loss_and_with_sales_they_are_an_open_result() {
        let costs = [("assets:cash:bank", "5.00"), ("expenses:bank-charges", "0.25"), ("expenses:cost:flour", "12.75")];
        let found = balances(&held(&costs), "org_b").unwrap();
        let loss = json!({"amount": "13.00", "currency": "USD"});
        assert_eq!(found[1..], [("expenses:loss-brought-forward".to_owned(), loss)]);
        let said = balances(&held(&[&costs[..], &[("income:sales:bread", "1.00")]].concat()), "org_b").unwrap_err();
        assert!(said.to_string().contains("expenses:cost:flour 12.75"), "{said}");
    }

    #[test]
    fn a_refusal_of_a_balance_names_its_account() {
        let sent = [("assets:cash:bank".to_owned(), Value::Null), ("assets:till".to_owned(), Value::Null)];
        let told = with_accounts("the service answers 422: /balances/1/account no account".into(), &sent);
        assert!(told.ends_with("(assets:till)"), "{told}");
        assert_eq!(with_accounts("no".into(), &sent), "no");
    }
}
