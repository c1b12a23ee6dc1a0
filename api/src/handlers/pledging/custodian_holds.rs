//! That a pledge, a charge or a refund waits, as what its custodian holds is frozen.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::OrganisationId;
use ledger::pledging::rules::pledge::Rail;
use ledger::treasury::rules::custodian::Freeze;
use ledger::treasury::store::custodians;
use serde::Serialize;
use utoipa::ToSchema;

/// Why something waits: what its custodian holds is frozen. It goes on by itself when that is released, and nothing lapses by it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodianHold)]
pub struct CustodianHoldBody {
    /// Who is frozen.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// Since when, by the book's clock.
    since: Timestamp,
}

/// What is frozen in a book now.
pub(super) struct Holds {
    host: OrganisationId,
    freezes: Vec<Freeze>,
}

impl Holds {
    pub(super) async fn of(client: &impl GenericClient, book: &Book) -> Result<Holds, Error> {
        Ok(Holds { host: book.organisation, freezes: custodians::list_standing(client, book.id).await? })
    }

    /// What holds that which a partner brought on a rail; none when its custodian is free.
    pub(super) fn on(&self, rail: Rail, partner: OrganisationId) -> Option<CustodianHoldBody> {
        let custodian = rail.custodian(partner, self.host);
        let freeze = self.freezes.iter().find(|freeze| freeze.custodian == custodian)?;
        Some(CustodianHoldBody { custodian, since: freeze.frozen_at })
    }
}
