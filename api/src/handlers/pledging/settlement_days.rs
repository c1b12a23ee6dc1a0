//! The file of a partner's day: every capture, refund and dispute of it, with what processors kept, and every pledge that was made or
//! changed or ended, in pages and as a table.

use crate::auth::Caller;
use crate::extract::Params;
use crate::limits::place;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::require_admitted;
use crate::wire::{BalanceBody, parse};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use deadpool_postgres::GenericClient;
use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookRef, OrganisationId, PledgeId};
use ledger::pledging::operations::settlement_days as operations;
use ledger::pledging::rules::settlement_day::{DayLine, LineKind, Place, Total, Turn};
use ledger::pledging::store::settlement_days::Whose;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose day, and which part of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfDay {
    /// Of which partner. Partners may leave it out: they see their own.
    #[param(max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    pub(super) partner: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub(super) cursor: Option<String>,
}

/// Whose day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfDayFile {
    /// Of which partner. Partners may leave it out: they see their own.
    #[param(max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    partner: Option<String>,
}

/// A day of a partner: a page of its lines, and what all of them come to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerDay)]
pub struct DayBody {
    /// The book.
    #[schema(value_type = String)]
    book: BookRef,
    /// The partner that brought the pledges.
    #[schema(value_type = String)]
    partner: OrganisationId,
    /// The day, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// Captures, refunds, disputes, won disputes and pledges, in that order.
    items: Vec<DayLineBody>,
    /// What all lines of the day come to, those of other pages too; one for each custodian and currency. A day without lines has one, of zeros.
    /// Pages after the first may show what it came to when the first was read, up to five minutes before.
    totals: Vec<DayTotalBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// What moved between a donor and who holds the money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerDayLine)]
pub struct DayLineBody {
    /// `charge`: was captured. `refund`: has reached the donor. `dispute`: the donor's bank took the charge back. `dispute_won`: it was given back.
    /// `pledge`: a promise was made or went on, by which no money moves. More kinds come within `/v1`: pass over those that you do not know.
    #[schema(value_type = String)]
    kind: LineKind,
    /// The charge, the refund, the chargeback, or the pledge.
    id: String,
    /// The charge whose money it is; empty of a pledge.
    charge: String,
    /// The pledge, or that of the charge.
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// Who holds the money: the partner, or the host where its own provider collects.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// What the donor gave; less than zero when it went back; zero of a pledge.
    gross: BalanceBody,
    /// What the processor keeps by the terms of the campaign, or took for a dispute; less than zero when it was given back.
    fee: BalanceBody,
    /// `gross` less `fee`: what the custodian owes more after it, or less.
    net: BalanceBody,
    /// Record number of the journal entry that says so; 0 of a pledge.
    entry: i64,
    /// How the partner calls the pledge.
    reference: String,
    /// How the provider calls the payment or the refund; of a dispute, the `event_id` of its report; empty of a pledge.
    provider_reference: String,
    /// Of a pledge: one payment, as promised from then on, or until then where it ended. Null of what moves money.
    promised: Option<BalanceBody>,
    /// Of a pledge: `made`; `changed` in its amount or interval; `moved_in` from another partner or `moved_away` to one; `ended`, which is
    /// cancelled. Null of what moves money.
    #[schema(value_type = Option<String>)]
    turn: Option<Turn>,
}

/// What the lines of a day come to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerDayTotal)]
pub struct DayTotalBody {
    /// Who holds the money.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// How many lines they are.
    lines: i64,
    /// What was captured.
    charges: BalanceBody,
    /// What went back by refunds: zero or less.
    refunds: BalanceBody,
    /// What banks took back, less what was won again: mostly zero or less.
    disputes: BalanceBody,
    /// What processors kept.
    fees: BalanceBody,
    /// Charges, refunds and disputes, less fees: what moved by them on the custodian's accounts of the book.
    net: BalanceBody,
    /// What pledges that were made on the day promise, one payment of each: no money, and in no other sum.
    promised: BalanceBody,
}

impl From<DayLine> for DayLineBody {
    fn from(line: DayLine) -> DayLineBody {
        let balance = |minor: i64| BalanceBody::new(minor, line.currency);
        DayLineBody {
            kind: line.kind,
            id: line.id(),
            charge: line.charge.map(|charge| charge.to_string()).unwrap_or_default(),
            pledge: line.pledge,
            custodian: line.custodian,
            gross: balance(line.gross),
            fee: balance(line.fee),
            net: balance(line.net()),
            promised: line.turn.map(|_| balance(line.promised)),
            turn: line.turn,
            entry: line.entry,
            reference: line.reference,
            provider_reference: line.provider_reference,
        }
    }
}

impl From<&Total> for DayTotalBody {
    fn from(total: &Total) -> DayTotalBody {
        let balance = |minor: i128| BalanceBody::new(minor, total.currency);
        DayTotalBody {
            custodian: total.custodian,
            lines: total.lines,
            charges: balance(total.charges),
            refunds: balance(total.refunds),
            disputes: balance(total.disputes),
            fees: balance(total.fees),
            net: balance(total.net()),
            promised: balance(total.promised),
        }
    }
}

/// The day that is asked for: partners see their own, people of the host name one.
pub(super) async fn concerned(
    client: &impl GenericClient,
    caller: &Caller,
    (id, day): (BookRef, Date),
    partner: Option<&str>,
) -> Result<(Book, Whose), Problem> {
    let named: Option<OrganisationId> = partner.map(|partner| parse("/partner", partner)).transpose()?;
    let book = books::resolve(client, id).await?;
    let partner = match caller.partner() {
        Some(partner) => {
            require_admitted(client, partner, &book, "book").await?;
            if named.is_some_and(|named| named != partner.organisation) {
                return Err(Error::NotFound("partner").into());
            }
            partner.organisation
        }
        None => {
            caller.require_role(client, book.organisation, "book").await?;
            named.ok_or_else(|| Problem::invalid("/partner", "name a partner: only partners may leave it out"))?
        }
    };
    let whose = operations::of(&book, partner, day, ledger::calendar::now())?;
    Ok((book, whose))
}

/// Shows what moved on a day between a partner's donors and who holds their money: what was captured, what went back, what processors kept, and
/// what all of it comes to, as the ledger has it. A partner compares it with its own list of the day.
///
/// It has the money of pledges; transfers that came to the host's own bank are in no file. What was captured on the day stays in it whatever comes after: a
/// refund has its line on the day on which it reached the donor. The day of today grows, and a report that comes late may add a line to a
/// day that is over. Lines of pledges say what was promised, changed or ended on the day, and are in no sum of money.
#[utoipa::path(tag = "settlements",
    params(("book" = String, Path, description = "The book"),
           ("day" = String, Path, description = "The day, in the zone of the book", format = "date", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
           OfDay),
    responses((status = 200, description = "A page, and the totals of the whole day", body = DayBody)))]
#[get("/v1/books/{book}/settlement-days/{day}")]
pub(crate) async fn show_settlement_day(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Date)>,
    query: Params<OfDay>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfDay { partner, limit, cursor } = query.0;
    let window = Window::<Place>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let (book, whose) = concerned(&client, &caller, path.into_inner(), partner.as_deref()).await?;
    let rows = operations::lines(&client, &whose, window.after, window.fetch()).await?;
    let totals = state.day_totals.of_page(&client, (&book, &whose), window.after.is_none()).await?;
    let page = window.page(rows, DayLine::place, DayLineBody::from);
    let body = DayBody {
        book: book.reference(),
        partner: whose.partner,
        day: whose.day,
        items: page.items,
        totals: totals.iter().map(DayTotalBody::from).collect(),
        next_cursor: page.next_cursor,
    };
    Ok(paging::respond(&body, body.next_cursor.as_deref(), &http))
}

/// The lines of a day as one table (RFC 4180), in the same order, with the columns `day`, `kind`, `id`, `charge`, `pledge`, `custodian`, `gross`, `fee`,
/// `net`, `currency`, `entry`, `reference`, `provider_reference`, `promised` and `turn`. A day without lines is the row of their names alone. A text that begins like a
/// formula has an apostrophe in front.
#[utoipa::path(tag = "settlements",
    params(("book" = String, Path, description = "The book"),
           ("day" = String, Path, description = "The day, in the zone of the book", format = "date", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
           OfDayFile),
    responses((status = 200, description = "The day, as a file to keep",
               headers(("Content-Disposition" = String, description = "The name of the file, such as `attachment; filename=\"org_…-2027-03-04.csv\"`")),
               content((String = "text/csv")))))]
#[get("/v1/books/{book}/settlement-days/{day}/file")]
pub(crate) async fn download_settlement_day(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Date)>,
    query: Params<OfDayFile>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (_, whose) = concerned(&client, &caller, path.into_inner(), query.0.partner.as_deref()).await?;
    drop(client);
    let name = format!("attachment; filename=\"{}-{}.csv\"", whose.partner, whose.day);
    let pieces = operations::table(state.connections().await?.clone(), whose);
    // The answer goes on after the request is answered, and so does its use of the database.
    let place = place::keep();
    let pieces = pieces.map_ok(move |piece| {
        let _held = &place;
        Bytes::from(piece)
    });
    let pieces = pieces.inspect_err(|error| tracing::error!(%error, "the file of a day was cut"));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces))
}
