//! Teams to each of which something is owed, with bank accounts of their own: below the service, as thousands of them would take long by
//! requests.

use anyhow::Context as _;
use api::demo::cast::{Cast, person};
use api::keys::vault::Vault;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::engine::store::{accounts, books};
use ledger::id::{BankAccountId, BookRef, OrganisationId, PayoutId, PersonId};
use ledger::money::Currency;
use ledger::parties::operations::organisations;
use ledger::parties::rules::role::OrganisationKind;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::payouts::{self, NewPayout};
use ledger::payouts::rules::bank_details::{Address, BankDetails, Number};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payout::Screening;
use ledger::payouts::store::bank_accounts as account_rows;

/// What is owed to each, in minor units, unless somebody says how much.
const OWED: i64 = 100;

/// The last four digits of an account that takes what the bank of a sandbox book sends to it.
const TAKES: &str = "6789";

/// How many lines an opening entry has.
const LINES: usize = 500;

/// What an account is: its place, and four digits by which the bank of a sandbox book knows what to do.
pub fn details(place: usize, holder: &str, last_four: &str) -> anyhow::Result<BankDetails> {
    let number = Number::local(&format!("{place:05}{last_four}"), "021000021", "US")?;
    let (postal_code, town, country) = ("10027".to_owned(), "New York".to_owned(), "US".to_owned());
    let address = Address { street: String::new(), postal_code, town, country };
    Ok(BankDetails { holder: holder.to_owned(), number, address })
}

/// The account of a payee, sealed as the api seals it.
fn account(
    vault: &Vault,
    book: BookRef,
    payee: OrganisationId,
    details: &BankDetails,
) -> anyhow::Result<NewBankAccount> {
    let id = BankAccountId::generate(book.book);
    Ok(NewBankAccount {
        id,
        payee: payee.into(),
        currency: Currency::USD,
        country: "US".into(),
        last_four: details.number.last_four(),
        sealed: vault.seal(id, details)?,
    })
}

/// So many teams to each of which 1.00 is owed, asked for, approved and screened; answers their payouts. The host has as much, and an
/// account of its own. The holders of the first accounts have these names.
pub async fn owed(
    tx: &Transaction<'_>,
    cast: &Cast,
    vault: &Vault,
    names: &[&str],
    count: usize,
) -> anyhow::Result<Vec<PayoutId>> {
    let mut accounts = Vec::with_capacity(count);
    for place in 0..count {
        let name = format!("Team {place}");
        accounts.push(details(place, names.get(place).copied().unwrap_or(&name), TAKES)?);
    }
    owed_to(tx, cast, vault, &accounts, OWED).await
}

/// The same to teams with these accounts, each of which is owed so many minor units.
pub async fn owed_to(
    tx: &Transaction<'_>,
    cast: &Cast,
    vault: &Vault,
    theirs: &[BankDetails],
    each: i64,
) -> anyhow::Result<Vec<PayoutId>> {
    let count = theirs.len();
    let wall = Timestamp::now();
    let book: BookRef = cast.book.parse()?;
    let asker: PersonId = person(&cast.operator).await?.parse()?;
    let approver: PersonId = person(&cast.reviewers[0]).await?.parse()?;
    let owner: PersonId = person(&cast.claimant).await?.parse()?;
    let host: OrganisationId = cast.host.parse()?;
    bank_accounts::propose(tx, account(vault, book, host, &details(count, "Common Host", TAKES)?)?, "", asker, wall)
        .await?;
    let of = books::get(tx, book.book).await?;
    let open = async |code: &str, class| accounts::open(tx, book.book, code, class, "USD", None, wall).await;
    let opening = open("equity:opening-debts", AccountClass::OpeningEquity).await?;
    let cash = open(&format!("assets:cash:{host}"), AccountClass::Cash).await?;
    let line = |debit, credit, amount| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
    let mut lines = vec![line(cash, opening, each * i64::try_from(count)?)];
    let mut payees = Vec::new();
    for (place, theirs) in theirs.iter().enumerate() {
        let name = format!("Team {place}");
        let made = organisations::create_organisation(tx, owner, &name, OrganisationKind::ProjectTeam, wall).await?;
        bank_accounts::propose(tx, account(vault, book, made.id, theirs)?, "", owner, wall).await?;
        let payable = open(&format!("liabilities:payable:team:{}", made.id), AccountClass::TeamPayable).await?;
        lines.push(line(opening, payable, each));
        payees.push(made.id);
    }
    for lines in lines.chunks(LINES) {
        let entry = Entry { lines: lines.to_vec(), effective: of.today(wall), outside_fact: false, note: None };
        posting::post(tx, &of, entry, wall).await?;
    }
    let mut found = Vec::new();
    for payee in payees {
        let new = NewPayout {
            book: book.book,
            owed: Owed::Team(payee),
            currency: Currency::USD,
            amount: None,
            release: None,
            custodian: None,
            cash: String::new(),
            memo: "Frame & saw".into(),
        };
        let payout = payouts::request(tx, new, asker, wall).await?;
        let to = account_rows::active(tx, book.book, payee.into(), Currency::USD).await?.context("an account")?;
        let approved = payouts::approve(tx, payout.id, payout.digest(&to), approver, wall).await?;
        payouts::screened(tx, payout.id, approved.approval, (Screening::None, ""), wall).await?;
        found.push(payout.id);
    }
    Ok(found)
}
