//! Who pays, as the platform sees them: counted, so that nobody tries cards through it, and kept nowhere in a form that can be
//! read.

use crate::auth::Caller;
use crate::idempotency::{IdempotencyKey, Scope, has_come};
use crate::limits::address::network;
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{bounded, parse};
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use jiff::Timestamp;
use ledger::engine::store::books::Book;
use ledger::id::{OrganisationId, PledgeId};
use ledger::pledging::operations::tries;
use ledger::pledging::store::tries::Subject;
use ledger::text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use utoipa::ToSchema;

/// After how many seconds it is worth trying again while too many payments of a partner are declined.
const DECLINES_RETRY_S: i64 = 600;

/// Who pays, as the platform sees them, so that nobody tries cards through it: see `/problems/card-testing-suspected`. Kept as
/// keyed digests alone, for a day, and no part of what an idempotency key stands for.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayer {
    /// The IPv4 or IPv6 address of whoever gives; of IPv6 the first 64 bits count.
    #[schema(min_length = 2, max_length = 45, example = "203.0.113.7")]
    address: Option<String>,
    /// What the provider calls the card: the same for the same card.
    #[schema(min_length = 1, max_length = 200, example = "fp_3a9c1e")]
    card_fingerprint: Option<String>,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for NewPayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a payer")
    }
}

/// Under what a try of a payer counts.
#[derive(Clone, Default)]
pub struct Payer {
    network: Option<IpAddr>,
    card: Option<String>,
}

impl NewPayer {
    /// What of it counts. `pointer` is where it stands, such as `/payer`.
    pub(super) fn parse(&self, pointer: &str) -> Result<Payer, Problem> {
        let address = self.address.as_ref().map(|text| parse::<IpAddr>(&format!("{pointer}/address"), text));
        let card = self.card_fingerprint.as_ref();
        let card = card.map(|text| bounded(&format!("{pointer}/card_fingerprint"), text, text::REFERENCE));
        Ok(Payer { network: address.transpose()?.map(network), card: card.transpose()? })
    }
}

/// A payer that need not be given.
pub(super) fn parse_or_none(payer: Option<&NewPayer>, pointer: &str) -> Result<Payer, Problem> {
    payer.map_or_else(|| Ok(Payer::default()), |payer| payer.parse(pointer))
}

/// The tries of a partner in a book.
pub(super) struct Tries<'a> {
    state: &'a State,
    caller: &'a Caller,
    book: &'a Book,
    partner: OrganisationId,
}

impl<'a> Tries<'a> {
    pub(super) fn of(state: &'a State, caller: &'a Caller, book: &'a Book) -> Result<Tries<'a>, Problem> {
        let partner = caller.partner().ok_or_else(|| Problem::forbidden("only a partner does this"))?.organisation;
        Ok(Tries::for_partner(state, caller, book, partner))
    }

    /// Those of a partner for which a caller acts, who may.
    pub(super) fn for_partner(
        state: &'a State,
        caller: &'a Caller,
        book: &'a Book,
        partner: OrganisationId,
    ) -> Tries<'a> {
        Tries { state, caller, book, partner }
    }

    /// Whose they are.
    pub(super) fn partner(&self) -> OrganisationId {
        self.partner
    }

    /// Under what a payer, and a pledge that gets another means, is counted: for each partner, and for sandbox and live apart, so
    /// that nobody uses up what is another's.
    pub(super) fn subjects(&self, payer: &Payer, pledge: Option<PledgeId>) -> Vec<Subject> {
        let of = |kind: &str, value: &str| {
            let parts =
                [self.book.mode.as_str(), &self.partner.to_string(), kind, value].map(|part| part.as_bytes().to_vec());
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            self.state.keys.digests().digest(&parts)
        };
        let network = payer.network.map(|network| of("address", &network.to_string()));
        let card = payer.card.as_ref().map(|card| of("card", card));
        let pledge = pledge.map(|pledge| of("pledge", &pledge.to_string()));
        [network, card, pledge].into_iter().flatten().collect()
    }

    /// Refuses a request of its own when it is a try too many; else it counts. One whose key has come before is none.
    pub(super) async fn require(&self, key: &IdempotencyKey, subjects: Vec<Subject>) -> Result<(), Problem> {
        if subjects.is_empty() && !self.are_declined().await? {
            return Ok(());
        }
        if has_come(self.state, key, Scope::Book(self.book.id), self.caller.id()).await? {
            return Ok(());
        }
        self.take(&[subjects]).await?.into_iter().flatten().next().map_or(Ok(()), Err)
    }

    /// Counts tries in their order; answers which are too many, and why.
    pub(super) async fn take(&self, asked: &[Vec<Subject>]) -> Result<Vec<Option<Problem>>, Problem> {
        let are_declined = self.are_declined().await?;
        if !are_declined && asked.iter().all(Vec::is_empty) {
            return Ok(asked.iter().map(|_| None).collect());
        }
        let limit = self.state.config.tries.card_tries;
        let wall = ledger::calendar::now();
        self.state
            .in_transaction(async |tx| {
                let refused: Vec<Option<Problem>> = if are_declined {
                    asked.iter().map(|_| Some(too_many_declines())).collect()
                } else {
                    let taken = tries::take(tx, asked, limit, wall).await?;
                    taken.into_iter().map(|until| until.map(|until| too_many_tries(limit, until, wall))).collect()
                };
                if refused.iter().any(Option::is_some) {
                    tries::alert(tx, self.book, self.partner, wall).await?;
                }
                Ok(refused)
            })
            .await
    }

    async fn are_declined(&self) -> Result<bool, Problem> {
        let declines = &self.state.declines;
        if let Some(are_declined) = declines.known(self.book.id, self.partner) {
            return Ok(are_declined);
        }
        let client = self.state.client().await?;
        Ok(declines.read(&client, self.book.id, self.partner, self.state.config.tries).await?)
    }
}

fn too_many_tries(limit: u32, until: Timestamp, wall: Timestamp) -> Problem {
    let seconds = until.duration_since(wall).as_secs().clamp(1, 3_600);
    let detail = format!(
        "{limit} payments within an hour came from this address, with this card or for this pledge: nothing was done; \
         try again in {seconds} s"
    );
    suspected(detail, seconds)
}

fn too_many_declines() -> Problem {
    let detail = "too many payments of new pledges were declined in the last hour: nothing was done";
    suspected(detail.to_owned(), DECLINES_RETRY_S)
}

fn suspected(detail: String, seconds: i64) -> Problem {
    let title = "Somebody seems to try cards";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "card-testing-suspected", title, detail)
        .with_header(RETRY_AFTER, &seconds.to_string())
}
