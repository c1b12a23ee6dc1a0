//! Whom entries and accounts of an export are about.

use crate::book::MovementKind;
use crate::chart::{self, Owner};
use crate::engine::store::accounts::Account;
use crate::engine::store::journal::JournalLine;
use crate::error::Error;
use crate::id::{
    BookId, ChargeId, EntrantId, PledgeId, PoolContributionId, ProceedsId, PurseContributionId, ReleaseId, SettlementId,
};
use crate::reports::store::parties::{self, Names, Objects, Owners, Party};
use deadpool_postgres::GenericClient;
use std::collections::HashMap;
use uuid::Uuid;

/// Which parties the reader of an export may know, beside what the journal itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sees {
    /// Donors by their pseudonyms, and sponsors.
    pub donors: bool,
    /// What a cooperative notes of its sales and costs, and the numbers of its invoices.
    pub proceeds: bool,
}

/// Whom one entry is about; texts are empty where there is nothing to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Whom {
    /// What its object says that it was for.
    pub(super) memo: String,
    pub(super) invoice: String,
    pub(super) counterparty: String,
    pub(super) organisation: String,
}

/// Which movements are about an object that knows whom they are about: the reference of the entry is its id.
macro_rules! objects {
    ($($kind:ident = $id:ident in $list:ident;)*) => {
        /// The object that an entry is about; none where the movement has none, and where its note was erased.
        fn object(book: BookId, line: &JournalLine) -> Option<Uuid> {
            $(if line.kind == MovementKind::$kind {
                return line.reference.parse::<$id>().ok().filter(|id| id.book == book).map(|id| id.object);
            })*
            None
        }

        /// The objects of some entries.
        fn objects(book: BookId, lines: &[JournalLine]) -> Objects {
            let mut objects = Objects::default();
            for line in lines.iter().filter(|line| line.line == 0) {
                let Some(object) = object(book, line) else { continue };
                $(if line.kind == MovementKind::$kind {
                    objects.$list.push(object);
                })*
            }
            objects
        }
    };
}

objects! {
    ChargeCaptured = ChargeId in charges;
    FundMoved = PledgeId in pledges;
    ReceivableSettled = SettlementId in settlements;
    MilestoneReleased = ReleaseId in releases;
    PursePledged = PurseContributionId in contributions;
    PoolPledged = PoolContributionId in contributions;
    EntryFeeCaptured = EntrantId in entrants;
    SalesRecorded = ProceedsId in proceeds;
    CostRecorded = ProceedsId in proceeds;
}

/// Whom the entries of a batch of lines are about.
pub(super) struct Parties {
    book: BookId,
    sees: Sees,
    by_object: HashMap<Uuid, Party>,
}

impl Parties {
    pub(super) async fn of(
        client: &impl GenericClient,
        book: BookId,
        lines: &[JournalLine],
        sees: Sees,
    ) -> Result<Parties, Error> {
        let mut objects = objects(book, lines);
        if !sees.donors {
            objects.contributions.clear();
        }
        if !sees.proceeds {
            objects.proceeds.clear();
        }
        Ok(Parties { book, sees, by_object: parties::of_objects(client, book, &objects).await? })
    }

    /// Whom an entry is about, by its first line.
    pub(super) fn whom(&self, first: &JournalLine) -> Whom {
        let Some(party) = object(self.book, first).and_then(|object| self.by_object.get(&object)) else {
            return Whom::default();
        };
        let counterparty = match (party.donor, party.organisation) {
            (Some(donor), _) if self.sees.donors => donor.to_string(),
            (Some(_), _) => String::new(),
            (None, Some(organisation)) => organisation.to_string(),
            (None, None) => short_name(first).unwrap_or_default().to_owned(),
        };
        let (memo, invoice) = (party.memo.clone(), party.invoice.clone());
        Whom { memo, invoice, counterparty, organisation: party.name.clone() }
    }
}

/// By what short name a cooperative knows the other side of a sale or a cost: who holds the money, or is to be paid.
fn short_name(line: &JournalLine) -> Option<&str> {
    [&line.debit, &line.credit].into_iter().find_map(|code| match chart::owner(code) {
        Some(Owner::Party(name)) => Some(name),
        Some(Owner::Organisation(_) | Owner::Campaign(_) | Owner::Challenge(_)) | None => None,
    })
}

/// Whose an account is; of the accounts that people open by hand, nobody's.
fn owner(account: &Account) -> Option<Owner<'_>> {
    chart::owner(&account.code).filter(|_| account.class.is_managed())
}

/// What those are called whose accounts these are.
pub(super) async fn names(client: &impl GenericClient, book: BookId, accounts: &[Account]) -> Result<Names, Error> {
    let mut owners = Owners::default();
    for owner in accounts.iter().filter_map(owner) {
        match owner {
            Owner::Organisation(id) => owners.organisations.push(id.0),
            Owner::Campaign(slug) => owners.campaigns.push(slug),
            Owner::Challenge(slug) => owners.challenges.push(slug),
            Owner::Party(_) => {}
        }
    }
    parties::names(client, book, &owners).await
}

/// The name of whose an account is; empty when it is nobody's.
pub(super) fn name<'a>(names: &'a Names, account: &Account) -> &'a str {
    let name = owner(account).and_then(|owner| match owner {
        Owner::Organisation(id) => names.organisations.get(&id.0),
        Owner::Campaign(slug) => names.campaigns.get(slug),
        Owner::Challenge(slug) => names.challenges.get(slug),
        Owner::Party(_) => None,
    });
    name.map_or("", String::as_str)
}
