//! What a partner's donors gave and got back on one day, line by line: what its own list of the day is compared with.
//!
//! A line is what moved between the donors and who holds their money. What is net of a line is what that custodian owes more after it, or
//! less: the lines of a day come to what moved on the accounts of the custodian by them. Lines of pledges move nothing: they say what was
//! promised.

use crate::export::neutral;
use crate::id::{BookId, ChargeId, ChargebackId, OrganisationId, PledgeId, RefundId};
use crate::money::Currency;
use crate::words::words;
use csv::{Terminator, WriterBuilder};
use jiff::civil::Date;
use uuid::Uuid;

words! {
    /// What happened to the money of a donor.
    LineKind, "kind of a line of a day" {
        /// A charge was captured.
        Charge = "charge",
        /// A refund has reached its donor.
        Refund = "refund",
        /// The donor's bank took a charge back, and the provider its fee for it.
        Dispute = "dispute",
        /// The provider gave both back.
        DisputeWon = "dispute_won",
        /// A promise was made, changed, moved or ended: no money moves by it.
        Pledge = "pledge",
    }
}

words! {
    /// How a promise went on.
    Turn, "turn of a pledge" {
        /// It was made.
        Made = "made",
        /// Its amount or its interval is another from now on.
        Changed = "changed",
        /// It has come from another partner.
        MovedIn = "moved_in",
        /// It has gone to another partner.
        MovedAway = "moved_away",
        /// It was cancelled. One that is paid to its end is told by its charges.
        Ended = "ended",
    }
}

impl LineKind {
    /// Its place in the order of a day.
    pub fn rank(self) -> i16 {
        match self {
            LineKind::Charge => 1,
            LineKind::Refund => 2,
            LineKind::Dispute => 3,
            LineKind::DisputeWon => 4,
            LineKind::Pledge => 5,
        }
    }

    /// The kind at a place in the order of a day.
    pub fn of_rank(rank: i16) -> Option<LineKind> {
        LineKind::ALL.iter().copied().find(|kind| kind.rank() == rank)
    }
}

/// Where a list of lines goes on: behind the object of a kind.
pub type Place = (i16, Uuid);

/// A line of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayLine {
    /// What happened.
    pub kind: LineKind,
    /// The charge, refund or chargeback; of a pledge, the place of its turn in the day.
    pub object: Uuid,
    /// The charge whose money it is; none of a pledge.
    pub charge: Option<ChargeId>,
    /// The pledge, or that of the charge.
    pub pledge: PledgeId,
    /// Who holds the money: the partner, or the host where its provider collects.
    pub custodian: OrganisationId,
    /// Minor units of the donor: more than zero when they came, less when they went back.
    pub gross: i64,
    /// Minor units that a processor kept of it; less than zero when it gave them back.
    pub fee: i64,
    /// The currency of both.
    pub currency: Currency,
    /// Of a pledge: minor units of one payment as promised; 0 of what moves money.
    pub promised: i64,
    /// How a pledge went on; none of what moves money.
    pub turn: Option<Turn>,
    /// Record number of the entry that says so; 0 of a pledge.
    pub entry: i64,
    /// How the partner calls the pledge.
    pub reference: String,
    /// How the provider calls the payment or the refund; of a dispute, how the partner calls its report.
    pub provider_reference: String,
}

impl DayLine {
    /// What the custodian owes more after it, or less.
    pub fn net(&self) -> i64 {
        self.gross - self.fee
    }

    /// The outside id of the charge, refund, chargeback or pledge.
    pub fn id(&self) -> String {
        id_of(self.kind, self.pledge.book, self.named())
    }

    /// The charge, refund, chargeback or pledge itself.
    pub fn named(&self) -> Uuid {
        match self.kind {
            LineKind::Charge | LineKind::Refund | LineKind::Dispute | LineKind::DisputeWon => self.object,
            LineKind::Pledge => self.pledge.object,
        }
    }

    /// Its place in the order of the day.
    pub fn place(&self) -> Place {
        (self.kind.rank(), self.object)
    }

    /// Its row of the table.
    pub fn row(&self, day: Date) -> String {
        let amount = |minor: i64| self.currency.format(minor);
        row([
            &day.to_string(),
            self.kind.as_str(),
            &self.id(),
            &self.charge.map(|charge| charge.to_string()).unwrap_or_default(),
            &self.pledge.to_string(),
            &self.custodian.to_string(),
            &amount(self.gross),
            &amount(self.fee),
            &amount(self.net()),
            self.currency.code(),
            &self.entry.to_string(),
            &neutral(&self.reference),
            &neutral(&self.provider_reference),
            &if self.turn.is_some() { amount(self.promised) } else { String::new() },
            self.turn.map_or("", Turn::as_str),
        ])
    }
}

/// The outside id of the object of a line.
pub fn id_of(kind: LineKind, book: BookId, object: Uuid) -> String {
    match kind {
        LineKind::Charge => ChargeId::new(book, object).to_string(),
        LineKind::Refund => RefundId::new(book, object).to_string(),
        LineKind::Dispute | LineKind::DisputeWon => ChargebackId::new(book, object).to_string(),
        LineKind::Pledge => PledgeId::new(book, object).to_string(),
    }
}

/// What the lines of a day come to, of one custodian and currency. Sums over many lines have 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Who holds the money.
    pub custodian: OrganisationId,
    /// The currency of all sums.
    pub currency: Currency,
    /// How many lines there are.
    pub lines: i64,
    /// What was captured.
    pub charges: i128,
    /// What went back by refunds, zero or less.
    pub refunds: i128,
    /// What banks took back, less what was won.
    pub disputes: i128,
    /// What processors kept.
    pub fees: i128,
    /// What pledges that were made on the day promise, of each one payment: no money yet.
    pub promised: i128,
}

impl Total {
    /// Of no line.
    pub fn none(custodian: OrganisationId, currency: Currency) -> Total {
        Total { custodian, currency, lines: 0, charges: 0, refunds: 0, disputes: 0, fees: 0, promised: 0 }
    }

    /// What the custodian owes more after the day, or less.
    pub fn net(&self) -> i128 {
        self.charges + self.refunds + self.disputes - self.fees
    }

    /// With some lines of a kind more, which moves money.
    pub fn with(self, kind: LineKind, lines: i64, gross: i128, fees: i128) -> Total {
        let more = Total { lines: self.lines + lines, fees: self.fees + fees, ..self };
        match kind {
            LineKind::Charge => Total { charges: self.charges + gross, ..more },
            LineKind::Refund => Total { refunds: self.refunds + gross, ..more },
            LineKind::Dispute | LineKind::DisputeWon => Total { disputes: self.disputes + gross, ..more },
            LineKind::Pledge => more,
        }
    }

    /// With some lines of pledges more, of which those that were made promise so much.
    pub fn promising(self, lines: i64, promised: i128) -> Total {
        Total { lines: self.lines + lines, promised: self.promised + promised, ..self }
    }
}

/// The names of the columns, as the first row of a table.
pub fn head() -> String {
    row([
        "day",
        "kind",
        "id",
        "charge",
        "pledge",
        "custodian",
        "gross",
        "fee",
        "net",
        "currency",
        "entry",
        "reference",
        "provider_reference",
        "promised",
        "turn",
    ])
}

fn row(cells: [&str; 15]) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells).expect("memory takes it");
    let bytes = writer.into_inner().expect("memory takes it");
    String::from_utf8(bytes).expect("made of texts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(kind: LineKind, (gross, fee): (i64, i64), reference: &str) -> DayLine {
        let (book, object) = (BookId(7), Uuid::from_u128(1));
        DayLine {
            kind,
            object,
            charge: (kind != LineKind::Pledge).then(|| ChargeId::new(book, object)),
            pledge: PledgeId::new(book, object),
            custodian: OrganisationId(object),
            gross,
            fee,
            currency: Currency::USD,
            promised: 0,
            turn: None,
            entry: 3,
            reference: reference.into(),
            provider_reference: String::new(),
        }
    }

    #[test]
    fn p15_8_the_lines_of_a_day_come_to_its_total() {
        let lines = [
            line(LineKind::Charge, (1000, 30), "a"),
            line(LineKind::Refund, (-400, 0), "b"),
            line(LineKind::Dispute, (-1000, 1500), "c"),
            line(LineKind::DisputeWon, (1000, -1500), "d"),
        ];
        let none = Total::none(lines[0].custodian, Currency::USD);
        let total = lines.iter().fold(none, |total, line| total.with(line.kind, 1, line.gross.into(), line.fee.into()));
        assert_eq!(total.net(), lines.iter().map(|line| i128::from(line.net())).sum::<i128>());
        assert_eq!((total.lines, total.charges, total.refunds, total.disputes, total.fees), (4, 1000, -400, 0, 30));
        for kind in LineKind::ALL {
            assert_eq!(LineKind::of_rank(kind.rank()), Some(*kind));
        }
    }

    #[test]
    fn p15_8_an_amount_stays_a_number_and_a_reference_no_formula() {
        let text = line(LineKind::Refund, (-400, 0), "=1+1").row("2027-02-01".parse().unwrap());
        assert!(
            text.starts_with("2027-02-01,refund,rfd_") && text.contains(",-4.00,0.00,-4.00,USD,3,'=1+1,"),
            "{text}"
        );
        assert_eq!(head().split(',').count(), text.split(',').count());
    }

    #[test]
    fn p15_8_a_pledge_says_what_was_promised_and_moves_no_money() {
        let made = DayLine { promised: 3_000, turn: Some(Turn::Made), ..line(LineKind::Pledge, (0, 0), "a") };
        let text = made.row("2027-02-01".parse().unwrap());
        assert!(
            text.starts_with("2027-02-01,pledge,plg_") && text.ends_with(",0.00,0.00,0.00,USD,3,a,,30.00,made\r\n"),
            "{text}"
        );
        let total = Total::none(made.custodian, Currency::USD).promising(1, 3_000);
        assert_eq!((total.net(), total.promised, total.lines), (0, 3_000, 1));
    }

    proptest! {
        #[test]
        fn p15_8_a_row_is_read_as_it_was_written(reference in ".{0,200}", gross in 1..i64::from(u32::MAX), fee in 0..1000_i64) {
            let written = line(LineKind::Charge, (gross, fee), &reference);
            let text = head() + &written.row("2027-02-01".parse().unwrap());
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            let read: Vec<csv::StringRecord> = rows.records().collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(read.len(), 1);
            let net = Currency::USD.format(gross - fee);
            prop_assert_eq!(&read[0][8], net);
            let read = &read[0][11];
            prop_assert!(read == reference || read.strip_prefix('\'') == Some(&reference));
        }
    }
}
