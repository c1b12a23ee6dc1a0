//! What the bakery sells, what it costs, and what its bank moves: four quarters, in the order of their days.

use jiff::civil::{Date, date};

/// A day of the year: month and day.
type Day = (i8, i8);

/// A sale or a cost.
#[derive(Debug)]
pub(super) struct Recorded {
    /// `sale` or `cost`.
    pub(super) kind: &'static str,
    day: Day,
    /// The product, or what was bought.
    pub(super) what: &'static str,
    /// The customer, or the supplier.
    pub(super) with: &'static str,
    /// USD.
    pub(super) amount: &'static str,
    /// How many units of it; nothing where it is not counted.
    pub(super) units: &'static str,
    /// Where it was sold or bought; nothing where it is not said.
    pub(super) place: &'static str,
    /// What it is counted in, or for which months it is.
    pub(super) memo: &'static str,
}

impl Recorded {
    const fn counted(self, units: &'static str, place: &'static str) -> Recorded {
        Recorded { units, place, ..self }
    }
}

/// A line of the bank's statement, before it stands in one: less than zero when the money left.
#[derive(Debug)]
struct Moved {
    day: Day,
    amount: &'static str,
    booked_as: &'static str,
    with: &'static str,
}

/// A line of the bank's statement, and what the treasurer knows of it.
#[derive(Debug)]
pub(super) struct Line {
    /// How the bank names it.
    pub(super) reference: String,
    pub(super) day: Date,
    /// USD, less than zero when it left.
    pub(super) amount: &'static str,
    /// As what it is booked.
    pub(super) booked_as: &'static str,
    /// With whom: a short name, the id of a member, or nobody.
    pub(super) with: Option<String>,
}

/// A quarter of the year.
#[derive(Debug)]
pub(super) struct Quarter {
    /// What it is called, such as `the first quarter`.
    pub(super) name: &'static str,
    /// What happens in it, for people.
    pub(super) told: &'static str,
    /// 3, 6, 9 or 12.
    pub(super) last_month: i8,
    /// Its sales and costs.
    pub(super) records: &'static [Recorded],
    moved: &'static [Moved],
}

impl Recorded {
    pub(super) fn day(&self, year: i16) -> Date {
        date(year, self.day.0, self.day.1)
    }
}

impl Quarter {
    /// Its first and its last day.
    pub(super) fn days(&self, year: i16) -> (Date, Date) {
        (date(year, self.last_month - 2, 1), date(year, self.last_month, 1).last_of_month())
    }

    /// The lines of its statement; in the first one, each member pays capital in.
    pub(super) fn lines(&self, year: i16, members: &[String]) -> Vec<Line> {
        let founding = if self.last_month == 3 { members } else { &[] };
        let paid_in = founding.iter().map(|member| ((1, 4), super::PAID_IN, "capital_paid_in", Some(member.clone())));
        let moved = self.moved.iter().map(|it| {
            let with = Some(it.with.to_owned()).filter(|with| !with.is_empty());
            (it.day, it.amount, it.booked_as, with)
        });
        let lines = paid_in.chain(moved).zip(1..);
        lines
            .map(|(((month, day), amount, booked_as, with), number)| Line {
                reference: format!("{year}{:02}N{number:03}", self.last_month),
                day: date(year, month, day),
                amount,
                booked_as,
                with,
            })
            .collect()
    }
}

const fn sale(day: Day, what: &'static str, with: &'static str, amount: &'static str, memo: &'static str) -> Recorded {
    Recorded { kind: "sale", day, what, with, amount, units: "", place: "", memo }
}

const fn cost(day: Day, what: &'static str, with: &'static str, amount: &'static str, memo: &'static str) -> Recorded {
    Recorded { kind: "cost", day, what, with, amount, units: "", place: "", memo }
}

const fn came(day: Day, amount: &'static str, booked_as: &'static str, with: &'static str) -> Moved {
    Moved { day, amount, booked_as, with }
}

const fn paid(day: Day, amount: &'static str, with: &'static str) -> Moved {
    Moved { day, amount, booked_as: "cost_paid", with }
}

const fn fee(day: Day) -> Moved {
    Moved { day, amount: "-27.50", booked_as: "bank_fee", with: "" }
}

const fn interest(day: Day, amount: &'static str) -> Moved {
    Moved { day, amount, booked_as: "interest", with: "" }
}

/// The mill's first invoice, as it was typed.
pub(super) const FLOUR_WITH_SWAPPED_DIGITS: Recorded =
    cost((2, 20), "flour", "mill", "14710.00", "Tonnes").counted("13", "Bakehouse");

/// The same, as it is.
pub(super) const FLOUR: Recorded = cost((2, 20), "flour", "mill", "14170.00", "Tonnes").counted("13", "Bakehouse");

/// The year. What the shop sells is paid by card on the day; cafe and school pay later, and the cakes of December are not paid yet when
/// the year ends, nor is the energy of December.
pub(super) const QUARTERS: [Quarter; 4] = [
    Quarter {
        name: "the first quarter",
        told: "January to March: six pay capital in, a credit union lends 12,000.00, the oven is on",
        last_month: 3,
        records: &[
            cost((1, 5), "rent", "landlord", "6000.00", "January to March, bakehouse and shop"),
            sale((2, 15), "bread", "cafe-north", "4800.00", "Loaves").counted("1600", "Cafe"),
            sale((3, 13), "bread", "card-payments", "31250.00", "Loaves").counted("12500", "Shop"),
            cost((3, 25), "energy", "power-station", "3912.40", "January to March, bakehouse"),
        ],
        moved: &[
            came((1, 15), "12000.00", "loan_received", "credit-union"),
            paid((1, 20), "-6000.00", "landlord"),
            came((3, 13), "31250.00", "customer_paid", "card-payments"),
            came((3, 14), "4800.00", "customer_paid", "cafe-north"),
            paid((3, 20), "-14170.00", "mill"),
            paid((3, 30), "-3912.40", "power-station"),
            fee((3, 31)),
        ],
    },
    Quarter {
        name: "the second quarter",
        told: "April to June: the school orders cakes, on credit; the bank pays interest and takes its fee",
        last_month: 6,
        records: &[
            cost((4, 5), "rent", "landlord", "6000.00", "April to June, bakehouse and shop"),
            cost((5, 20), "flour", "mill", "15233.00", "Tonnes").counted("14", "Bakehouse"),
            sale((5, 30), "cakes", "school-kitchen", "3600.00", "Cakes").counted("240", "School"),
            cost((6, 25), "energy", "power-station", "3488.15", "April to June, bakehouse"),
            sale((6, 27), "bread", "card-payments", "36480.00", "Loaves").counted("14592", "Shop"),
        ],
        moved: &[
            paid((4, 7), "-6000.00", "landlord"),
            paid((6, 12), "-15233.00", "mill"),
            came((6, 20), "3600.00", "customer_paid", "school-kitchen"),
            came((6, 27), "36480.00", "customer_paid", "card-payments"),
            paid((6, 29), "-3488.15", "power-station"),
            fee((6, 30)),
            interest((6, 30), "12.30"),
        ],
    },
    Quarter {
        name: "the third quarter",
        told: "July to September: the oven is mended, the cafe orders again",
        last_month: 9,
        records: &[
            cost((7, 5), "rent", "landlord", "6000.00", "July to September, bakehouse and shop"),
            cost((8, 20), "flour", "mill", "13020.00", "Tonnes").counted("12", "Bakehouse"),
            sale((8, 31), "bread", "cafe-north", "5150.00", "Loaves").counted("1700", "Cafe"),
            cost((9, 14), "oven", "oven-works", "4800.00", "New burners, bakehouse"),
            cost((9, 25), "energy", "power-station", "3301.70", "July to September, bakehouse"),
            sale((9, 26), "bread", "card-payments", "29900.00", "Loaves").counted("11960", "Shop"),
        ],
        moved: &[
            paid((7, 7), "-6000.00", "landlord"),
            paid((9, 10), "-13020.00", "mill"),
            came((9, 26), "29900.00", "customer_paid", "card-payments"),
            paid((9, 28), "-4800.00", "oven-works"),
            came((9, 29), "5150.00", "customer_paid", "cafe-north"),
            paid((9, 29), "-3301.70", "power-station"),
            fee((9, 30)),
        ],
    },
    Quarter {
        name: "the fourth quarter",
        told: "October to December: a third of the loan goes back, and the busiest weeks come",
        last_month: 12,
        records: &[
            cost((10, 5), "rent", "landlord", "6000.00", "October to December, bakehouse and shop"),
            cost((11, 20), "flour", "mill", "17610.00", "Tonnes").counted("16", "Bakehouse"),
            cost((12, 1), "insurance", "insurer", "2400.00", "The whole year, bakehouse and shop"),
            sale((12, 19), "bread", "card-payments", "42760.00", "Loaves").counted("17104", "Shop"),
            sale((12, 21), "cakes", "school-kitchen", "2460.00", "Cakes").counted("164", "School"),
            cost((12, 22), "energy", "power-station", "4380.55", "October to December, bakehouse"),
        ],
        moved: &[
            paid((10, 7), "-6000.00", "landlord"),
            Moved { day: (10, 15), amount: "-4000.00", booked_as: "loan_repaid", with: "credit-union" },
            paid((12, 10), "-17610.00", "mill"),
            paid((12, 15), "-2400.00", "insurer"),
            came((12, 19), "42760.00", "customer_paid", "card-payments"),
            fee((12, 31)),
            interest((12, 31), "13.50"),
        ],
    },
];
