//! A pledge on the wire: how it is asked for, and what of it a reader may see.

use super::custodian_holds::{CustodianHoldBody, Holds};
use super::payers::{self, NewPayer, Payer};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::wire::{MoneyBody, bounded, email_or_none, parse};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{CampaignId, DonorId, OrganisationId, PledgeId, TierId};
use ledger::parties::rules::privacy::Privacy;
use ledger::pledging::operations::pledges::{AskedDonor, AskedSchedule, PlacePledge};
use ledger::pledging::rules::donor::Donor;
use ledger::pledging::rules::pledge::{Pledge, Rail, Schedule};
use ledger::pledging::rules::sandbox_token;
use ledger::pledging::rules::transfer_reference;
use ledger::pledging::store::donors;
use ledger::service::store::activity::Actor;
use ledger::text;
use ledger::treasury::rules::settlement::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The donor of a pledge, as the partner knows them.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDonor {
    /// What the partner calls the donor; the same one is the same donor.
    #[schema(min_length = 1, max_length = 200, example = "fan-1017")]
    reference: String,
    /// Personal; may be left out.
    #[serde(default)]
    #[schema(max_length = 200)]
    name: String,
    /// Personal, the e-mail address where receipts go, kept in lower case; may be left out or empty.
    #[serde(default)]
    #[schema(max_length = 254, pattern = "^([^@]+@[^@]+)?$")]
    email: String,
    /// Who may see the name: `public`, `host_only`, or `anonymous`, which is the default.
    #[schema(pattern = "^(public|host_only|anonymous)$")]
    privacy: Option<String>,
}

/// When a pledge is charged, in days of the book's zone.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// `once`, `monthly`, `quarterly` or `yearly`.
    #[schema(pattern = "^(once|monthly|quarterly|yearly)$")]
    interval: String,
    /// The first day on which it may be charged; the book's today when it is not given.
    #[schema(value_type = Option<String>, format = "date", example = "2027-01-31")]
    start: Option<Date>,
    /// Of a plan: the day of the month, in shorter months the last one; that of the start when it is not given.
    #[schema(minimum = 1, maximum = 31)]
    anchor_day: Option<i8>,
    /// Of a plan: how many payments; it is open when this is not given.
    #[schema(minimum = 1, maximum = 1200)]
    payments: Option<i32>,
}

impl NewSchedule {
    fn check_shape(&self) -> Result<(), Problem> {
        if !["once", "monthly", "quarterly", "yearly"].contains(&self.interval.as_str()) {
            return Err(Problem::invalid("/schedule/interval", "must be once, monthly, quarterly or yearly"));
        }
        if self.anchor_day.is_some_and(|day| !(1..=31).contains(&day)) {
            return Err(Problem::invalid("/schedule/anchor_day", "must be from 1 to 31"));
        }
        if self.payments.is_some_and(|payments| !(1..=1_200).contains(&payments)) {
            return Err(Problem::invalid("/schedule/payments", "must be from 1 to 1200"));
        }
        Ok(())
    }

    pub(super) fn parse(&self) -> Result<AskedSchedule, Problem> {
        match self.interval.as_str() {
            "once" if self.anchor_day.is_some() => {
                Err(Problem::invalid("/schedule/anchor_day", "only a plan has an anchor"))
            }
            "once" if self.payments.is_some() => {
                Err(Problem::invalid("/schedule/payments", "only a plan has a number of payments"))
            }
            "once" => Ok(AskedSchedule::Once { on: self.start }),
            interval => Ok(AskedSchedule::Recurring {
                interval: interval.parse().map_err(|_| {
                    Problem::invalid("/schedule/interval", "must be once, monthly, quarterly or yearly")
                })?,
                start: self.start,
                anchor: self.anchor_day,
                payments: self.payments,
            }),
        }
    }
}

/// A pledge to be placed.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPledge {
    /// What the partner calls it. The same reference with the same content is the same pledge, with other content a 409.
    #[schema(min_length = 1, max_length = 200, example = "order-20417")]
    reference: String,
    /// Whose promise.
    donor: NewDonor,
    /// One payment, in the currency of the campaign.
    amount: MoneyBody,
    /// What the donor pays each time, when that is in another currency: `amount` is then what you promise that it comes to. You convert it, so
    /// that it takes the rail `partner`; a payment may come to a fifth more or less. A refund gives the original back.
    original: Option<MoneyBody>,
    /// The tier that the donor chose, whose amount the payment reaches.
    #[schema(min_length = 36, max_length = 36, pattern = "^tir_[a-z2-7]{32}$")]
    tier: Option<String>,
    /// When.
    schedule: NewSchedule,
    /// Who takes the money: `partner` (it reports captures); `sandbox` in sandbox books; or `stripe` in live books, for the host, if
    /// this installation has an account there.
    #[schema(pattern = "^(sandbox|partner|stripe)$")]
    rail: String,
    /// How the donor pays: `card`, which is the default, `debit` or `transfer`. A bank debit settles five days later than the others.
    #[schema(pattern = "^(card|debit|transfer)$")]
    method: Option<String>,
    /// What the provider charges; never shown. The rail `partner` needs none; `stripe` takes a customer and the means of payment that
    /// is attached to it, `cus_…/pm_…`, set up for payments off session.
    #[serde(default)]
    #[schema(max_length = 200, example = "sandbox_ok")]
    token: String,
    /// SHA-256 of the campaign's terms, in hexadecimal, as the donor agreed to them.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    terms_sha256: String,
    /// Who pays; may be left out.
    #[serde(default, skip_serializing)]
    payer: Option<NewPayer>,
}

impl NewPledge {
    /// Whether it is of the shape that the contract gives it: lengths, patterns and words, whatever they mean.
    pub(super) fn check_shape(&self) -> Result<(), Problem> {
        bounded("/reference", &self.reference, text::REFERENCE)?;
        self.tier.as_ref().map(|tier| parse::<TierId>("/tier", tier)).transpose()?;
        bounded("/donor/reference", &self.donor.reference, text::REFERENCE)?;
        bounded("/donor/name", &self.donor.name, text::NAME_OR_NONE)?;
        email_or_none("/donor/email", &self.donor.email)?;
        self.donor.privacy.as_ref().map(|word| parse::<Privacy>("/donor/privacy", word)).transpose()?;
        self.amount.check_shape("/amount")?;
        self.original.as_ref().map(|original| original.check_shape("/original")).transpose()?;
        self.schedule.check_shape()?;
        parse::<Rail>("/rail", &self.rail)?;
        self.method.as_ref().map(|word| parse::<Method>("/method", word)).transpose()?;
        bounded("/token", &self.token, text::REFERENCE_OR_NONE)?;
        self.payer()?;
        self.terms_digest().map(drop)
    }

    /// Under what the try counts.
    pub(super) fn payer(&self) -> Result<Payer, Problem> {
        payers::parse_or_none(self.payer.as_ref(), "/payer")
    }

    fn terms_digest(&self) -> Result<[u8; 32], Problem> {
        let wrong = || Problem::invalid("/terms_sha256", "must be 64 hexadecimal digits in lower case");
        if self.terms_sha256.bytes().any(|letter| letter.is_ascii_uppercase()) {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        hex::decode_to_slice(&self.terms_sha256, &mut digest).map_err(|_| wrong())?;
        Ok(digest)
    }

    pub(super) fn parse(&self, campaign: CampaignId, partner: OrganisationId) -> Result<PlacePledge, Problem> {
        let donor = &self.donor;
        let terms_digest = self.terms_digest()?;
        let rail = parse("/rail", &self.rail)?;
        let token = bounded("/token", &self.token, text::REFERENCE_OR_NONE)?;
        sandbox_token::check(rail, &token)?;
        Ok(PlacePledge {
            campaign,
            partner,
            tier: self.tier.as_deref().map(|tier| parse("/tier", tier)).transpose()?,
            reference: bounded("/reference", &self.reference, text::REFERENCE)?,
            donor: AskedDonor {
                reference: bounded("/donor/reference", &donor.reference, text::REFERENCE)?,
                name: bounded("/donor/name", &donor.name, text::NAME_OR_NONE)?,
                email: email_or_none("/donor/email", &donor.email)?,
                privacy: match &donor.privacy {
                    Some(privacy) => parse("/donor/privacy", privacy)?,
                    None => Privacy::Anonymous,
                },
            },
            amount: self.amount.parse("/amount")?,
            original: self.original.as_ref().map(|original| original.parse("/original")).transpose()?,
            schedule: self.schedule.parse()?,
            rail,
            method: self.method.as_ref().map_or(Ok(Method::Card), |method| parse("/method", method))?,
            token,
            terms_digest,
            by: Actor::Partner(partner),
        })
    }
}

/// The donor of a pledge: for its partner with their reference, for others with the name as far as they let it be seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Donor)]
pub struct DonorBody {
    #[schema(value_type = String)]
    id: DonorId,
    /// For the partner that brought the donor only.
    reference: Option<String>,
    /// Null when it is not known, erased, or not to be seen.
    name: Option<String>,
    /// `public`, `host_only` or `anonymous`.
    #[schema(value_type = String)]
    privacy: Privacy,
}

/// When a pledge is charged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleBody {
    /// `once`, `monthly`, `quarterly` or `yearly`.
    interval: String,
    /// The first day on which it may be charged; of a plan that was changed, the first due date as it is now.
    #[schema(value_type = String, format = "date")]
    start: Date,
    /// Of a plan: the day of the month, in shorter months the last one.
    anchor_day: Option<i8>,
    /// Of a plan: how many payments it has in all; null when it is open.
    payments: Option<i32>,
    /// Due date of the next payment; null when none is left.
    #[schema(value_type = Option<String>, format = "date")]
    next_due_on: Option<Date>,
    /// IANA zone in which the days begin.
    zone: String,
}

/// A pledge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pledge)]
pub struct PledgeBody {
    #[schema(value_type = String)]
    pub(super) id: PledgeId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// The partner platform that brought it, or to which its plan has moved.
    #[schema(value_type = String)]
    partner: OrganisationId,
    /// What the partner calls it.
    reference: String,
    donor: DonorBody,
    amount: MoneyBody,
    /// What the donor pays each time, when that is in another currency: `amount` is then what its partner promises that it comes to. Null
    /// otherwise.
    original: Option<MoneyBody>,
    /// What was asked for, when only a part of it fitted below the campaign's cap; null otherwise.
    asked_amount: Option<MoneyBody>,
    /// The tier that the donor chose; null without one.
    #[schema(value_type = Option<String>)]
    tier: Option<TierId>,
    /// Whether it has one of the places of its tier: until its payment is given up, or it ends without one. A pledge that is revived
    /// later has none.
    has_place: bool,
    schedule: ScheduleBody,
    /// `sandbox`, `partner` or `stripe`.
    #[schema(value_type = String)]
    rail: Rail,
    /// How the donor pays: `card`, `debit` or `transfer`.
    #[schema(value_type = String)]
    method: Method,
    terms_sha256: String,
    /// What the donor writes into a transfer to the bank account of the book's `transfers_to`, with blanks or without: what comes with it
    /// pays the earliest due date that nobody has paid, else the next one. Null when donors do not transfer to whoever collects it.
    #[schema(pattern = "^RF[0-9]{2}P[0-9A-Z]{20}$")]
    transfer_reference: Option<String>,
    /// `created`, `active`, `needs_action`, `paused`, `lapsed`, `completed`, `cancelled` or `refunded`.
    state: String,
    /// What `needs_action` needs (`means`, `campaign`), or why nobody collects for it (`partner_withdrawn`, `rail_withdrawn`); how
    /// `paused` ends (`resume`, `lapse`); empty otherwise.
    state_detail: String,
    /// When the default of a waiting state comes true: `paused` as its detail says, `needs_action` lapses, `lapsed` is
    /// cancelled; null when it does not wait. By the book's clock.
    state_until: Option<Timestamp>,
    /// Of an active pledge: its payments wait, as what its custodian holds is frozen; null when they do not.
    custodian_hold: Option<CustodianHoldBody>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

/// What a reader may see of pledges.
pub(super) struct View<'a> {
    book: &'a Book,
    /// A partner sees of its own donors who they are, and nothing of those whose plans have moved to it.
    for_partner: Option<OrganisationId>,
    holds: Holds,
    pub(super) wall: Timestamp,
}

impl<'a> View<'a> {
    pub(super) async fn of(client: &impl GenericClient, caller: &Caller, book: &'a Book) -> Result<View<'a>, Error> {
        let holds = Holds::of(client, book).await?;
        let for_partner = caller.partner().map(|partner| partner.organisation);
        Ok(View { book, for_partner, holds, wall: ledger::calendar::now() })
    }

    pub(super) async fn one(&self, client: &impl GenericClient, pledge: Pledge) -> Result<PledgeBody, Error> {
        let donor = donors::get(client, pledge.donor).await?;
        Ok(self.body(pledge, &donor))
    }

    pub(super) fn body(&self, it: Pledge, donor: &Donor) -> PledgeBody {
        let state = it.state.at(self.book.now(self.wall));
        let is_own = self.for_partner == Some(donor.partner);
        let sees_name = is_own || (self.for_partner.is_none() && donor.privacy != Privacy::Anonymous);
        let (anchor_day, payments) = match it.schedule {
            Schedule::Once { .. } => (None, None),
            Schedule::Recurring(plan) => (Some(plan.anchor()), plan.payments()),
        };
        let goes_on = state.is_active() || state.until().is_some();
        PledgeBody {
            id: it.id,
            campaign: it.campaign,
            partner: it.partner,
            reference: it.reference,
            donor: DonorBody {
                id: donor.id,
                reference: is_own.then(|| donor.reference.clone()),
                name: (sees_name && !donor.name.is_empty()).then(|| donor.name.clone()),
                privacy: donor.privacy,
            },
            amount: it.amount.into(),
            original: it.original.map(Into::into),
            asked_amount: it.asked_amount.map(Into::into),
            tier: it.tier,
            has_place: it.has_place,
            schedule: ScheduleBody {
                interval: it.schedule.as_str().to_owned(),
                start: it.schedule.start(),
                anchor_day,
                payments,
                next_due_on: it.schedule.due_date(it.next_sequence).filter(|_| goes_on),
                zone: self.book.zone_name.clone(),
            },
            rail: it.rail,
            method: it.method,
            terms_sha256: hex::encode(it.terms_digest),
            transfer_reference: transfers_to(self.book, it.rail, it.partner)
                .filter(|_| it.original.is_none())
                .map(|_| transfer_reference::of_pledge(it.id)),
            state: state.as_str().to_owned(),
            state_detail: state.detail().to_owned(),
            state_until: state.until(),
            custodian_hold: self.holds.on(it.rail, it.partner).filter(|_| state.is_active()),
            created_at: it.created_at,
        }
    }
}

/// To whose bank account the donor of a pledge may transfer: that of whoever collects it, if the book says so.
pub(crate) fn transfers_to(book: &Book, rail: Rail, partner: OrganisationId) -> Option<OrganisationId> {
    book.transfers_to.filter(|account| *account == rail.custodian(partner, book.organisation))
}
