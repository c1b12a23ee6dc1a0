//! A partner's own list of a day, compared with that of the ledger, line by line. It changes nothing: it says what differs.
//!
//! A line of theirs is found by our id if it has one, else by how the provider calls the payment, else by how the partner calls the pledge.
//! Whatever stands under one name more than once is told apart by its kind, and by its figures where they agree.

use super::settlement_day::{DayLine, LineKind, Turn};
use crate::export::neutral;
use crate::money::Currency;
use crate::words::words;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The most lines of a list.
pub const LINES_MAX: usize = 50_000;

/// The most differences of a list that are kept line by line; more are counted.
pub const KEPT_MAX: usize = 10_000;

/// The most lists of a day that are kept of a partner.
pub const OF_DAY_MAX: i64 = 100;

words! {
    /// What differs: one word for a line.
    Difference, "difference" {
        /// Their line is of nothing that the day has here.
        NotOurs = "not_ours",
        /// Our line is not on their list.
        NotTheirs = "not_theirs",
        /// Gross, net or what was promised is another.
        Amount = "amount",
        /// What the processor keeps is another.
        Fee = "fee",
        /// The same object came to something else: it is a line of another kind, or its pledge went on otherwise.
        State = "state",
        /// Their line names another day.
        Day = "day",
        /// The currency is another.
        Currency = "currency",
        /// Their line stands there once more.
        Duplicate = "duplicate",
        /// Their line cannot be read.
        Unreadable = "unreadable",
    }
}

/// How a line of theirs names what it is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// By our id.
    Id(String),
    /// As the provider calls the payment or the refund; of a dispute, by its report.
    Provider(String),
    /// As the partner calls the pledge.
    Reference(String),
}

impl Name {
    /// What it says, without the apostrophe by which a table keeps it from being a formula.
    fn new(name: fn(String) -> Name, text: &str) -> Option<Name> {
        let text = text.trim();
        let bare = text.strip_prefix('\'').filter(|bare| neutral(bare) != *bare).unwrap_or(text);
        (!bare.is_empty()).then(|| name(bare.to_owned()))
    }

    /// The first of these that says something.
    pub fn first_of(id: &str, provider: &str, reference: &str) -> Option<Name> {
        let given =
            [Name::new(Name::Id, id), Name::new(Name::Provider, provider), Name::new(Name::Reference, reference)];
        given.into_iter().flatten().next()
    }

    /// The name itself.
    pub fn text(&self) -> &str {
        match self {
            Name::Id(text) | Name::Provider(text) | Name::Reference(text) => text,
        }
    }
}

/// A line of a partner's list. What it does not say is not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TheirLine {
    /// The line of text at which it begins, from 1.
    pub at: u64,
    /// What it is of.
    pub name: Name,
    /// What happened.
    pub kind: LineKind,
    /// How a pledge went on.
    pub turn: Option<Turn>,
    /// The day that it names.
    pub day: Option<Date>,
    /// Minor units.
    pub gross: Option<i64>,
    /// Minor units.
    pub fee: Option<i64>,
    /// Minor units.
    pub net: Option<i64>,
    /// Minor units.
    pub promised: Option<i64>,
    /// The currency of all.
    pub currency: Currency,
}

/// A line of theirs that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line of text at which it begins, from 1.
    pub at: u64,
    /// The column in which the trouble is.
    pub column: String,
}

/// A line that differs, with both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// What differs.
    pub what: Difference,
    /// Our line.
    pub ours: Option<DayLine>,
    /// Theirs.
    pub theirs: Option<TheirLine>,
    /// Theirs, when it could not be read.
    pub unreadable: Option<Unreadable>,
}

/// What the lines of a list come to, in one currency. Sums have 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// How many lines move money.
    pub lines: i64,
    /// Minor units that came, less what went back.
    pub gross: i128,
    /// Minor units that processors kept.
    pub fees: i128,
    /// Minor units that custodians owe more, or less.
    pub net: i128,
}

impl Sum {
    fn with(self, gross: i64, fee: i64, net: i64) -> Sum {
        Sum {
            lines: self.lines + 1,
            gross: self.gross + i128::from(gross),
            fees: self.fees + i128::from(fee),
            net: self.net + i128::from(net),
        }
    }
}

/// What both lists come to in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// That of the ledger.
    pub ours: Sum,
    /// That of the partner, but for lines that cannot be read.
    pub theirs: Sum,
}

/// What a comparison has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// How many lines the day has here.
    pub our_lines: usize,
    /// How many lines the list has.
    pub their_lines: usize,
    /// How many both have, with the same figures.
    pub matched: usize,
    /// How many differences there are of each word.
    pub counts: BTreeMap<Difference, usize>,
    /// What both come to, by currency.
    pub sums: BTreeMap<&'static str, (Currency, Sums)>,
    /// The first of what differs, line by line.
    pub differing: Vec<Differing>,
}

impl Found {
    fn tell(&mut self, differing: Differing) {
        *self.counts.entry(differing.what).or_default() += 1;
        if self.differing.len() < KEPT_MAX {
            self.differing.push(differing);
        }
    }

    fn sums(&mut self, currency: Currency) -> &mut Sums {
        &mut self.sums.entry(currency.code()).or_insert((currency, Sums::default())).1
    }
}

/// A comparison under way: it holds their list, and is told ours line by line.
#[derive(Debug)]
pub struct Comparison {
    day: Date,
    theirs: Vec<TheirLine>,
    named: HashMap<Name, Vec<usize>>,
    is_taken: Vec<bool>,
    later: Vec<DayLine>,
    found: Found,
}

impl Comparison {
    /// Begins with what the list of a day says.
    pub fn new(day: Date, list: Vec<Result<TheirLine, Unreadable>>) -> Comparison {
        let mut found = Found { their_lines: list.len(), ..Found::default() };
        let mut theirs = Vec::with_capacity(list.len());
        for line in list {
            match line {
                Ok(line) => theirs.push(line),
                Err(unreadable) => found.tell(Differing {
                    what: Difference::Unreadable,
                    ours: None,
                    theirs: None,
                    unreadable: Some(unreadable),
                }),
            }
        }
        let mut named: HashMap<Name, Vec<usize>> = HashMap::new();
        for (place, line) in theirs.iter().enumerate() {
            named.entry(line.name.clone()).or_default().push(place);
            if line.kind != LineKind::Pledge {
                let (gross, fee) = (line.gross.unwrap_or(0), line.fee.unwrap_or(0));
                let sums = found.sums(line.currency);
                sums.theirs = sums.theirs.with(gross, fee, line.net.unwrap_or_else(|| gross.saturating_sub(fee)));
            }
        }
        let is_taken = vec![false; theirs.len()];
        Comparison { day, theirs, named, is_taken, later: Vec::new(), found }
    }

    /// The next line of the day as the ledger has it.
    pub fn ours(&mut self, ours: DayLine) {
        self.found.our_lines += 1;
        if ours.kind != LineKind::Pledge {
            let sums = self.found.sums(ours.currency);
            sums.ours = sums.ours.with(ours.gross, ours.fee, ours.net());
        }
        let free = self.free(&ours);
        let alike: Vec<usize> = free.iter().copied().filter(|place| is_alike(&ours, &self.theirs[*place])).collect();
        let equal = alike.iter().copied().find(|place| self.differs(&ours, *place).is_none());
        match equal.or(alike.first().copied()) {
            Some(place) => self.pair(ours, place),
            None if free.is_empty() => self.not_theirs(ours),
            // Another line of the day may be the better pair.
            None => self.later.push(ours),
        }
    }

    /// All lines of the day have come.
    pub fn end(mut self) -> Found {
        for ours in std::mem::take(&mut self.later) {
            match self.free(&ours).first().copied() {
                Some(place) => self.pair(ours, place),
                None => self.not_theirs(ours),
            }
        }
        let mut seen = HashSet::new();
        for (theirs, is_taken) in self.theirs.into_iter().zip(self.is_taken) {
            let is_again = !seen.insert((theirs.name.clone(), theirs.kind, theirs.turn));
            if !is_taken {
                let what = if is_again { Difference::Duplicate } else { Difference::NotOurs };
                self.found.tell(Differing { what, ours: None, theirs: Some(theirs), unreadable: None });
            }
        }
        self.found
    }

    /// The lines of theirs that name it and have no pair, by the name that says most.
    fn free(&self, ours: &DayLine) -> Vec<usize> {
        let id = ours.id();
        let names = [
            Name::new(Name::Id, &id),
            Name::new(Name::Provider, &ours.provider_reference),
            Name::new(Name::Reference, &ours.reference),
        ];
        let found = names
            .iter()
            .flatten()
            .filter_map(|name| self.named.get(name))
            .map(|places| places.iter().copied().filter(|place| !self.is_taken[*place]).collect::<Vec<usize>>());
        let found: Vec<Vec<usize>> = found.filter(|places| !places.is_empty()).collect();
        let alike = |places: &&Vec<usize>| places.iter().any(|place| is_alike(ours, &self.theirs[*place]));
        found.iter().find(alike).or(found.first()).cloned().unwrap_or_default()
    }

    fn pair(&mut self, ours: DayLine, place: usize) {
        self.is_taken[place] = true;
        match self.differs(&ours, place) {
            None => self.found.matched += 1,
            Some(what) => {
                let theirs = Some(self.theirs[place].clone());
                self.found.tell(Differing { what, ours: Some(ours), theirs, unreadable: None });
            }
        }
    }

    fn not_theirs(&mut self, ours: DayLine) {
        self.found.tell(Differing { what: Difference::NotTheirs, ours: Some(ours), theirs: None, unreadable: None });
    }

    /// What a line of theirs says otherwise; the first that differs, as one word is enough to look.
    fn differs(&self, ours: &DayLine, place: usize) -> Option<Difference> {
        let theirs = &self.theirs[place];
        let is_other = |said: Option<i64>, here: i64| said.is_some_and(|said| said != here);
        if !is_alike(ours, theirs) {
            return Some(Difference::State);
        }
        if theirs.day.is_some_and(|day| day != self.day) {
            return Some(Difference::Day);
        }
        if theirs.currency != ours.currency {
            return Some(Difference::Currency);
        }
        let promised = is_other(theirs.promised, ours.promised);
        // Lists that have one column of amounts say there what was promised.
        let alone = ours.kind == LineKind::Pledge && theirs.promised.is_none();
        let gross = is_other(theirs.gross, if alone { ours.promised } else { ours.gross });
        let fee = is_other(theirs.fee, ours.fee);
        let net = !alone && is_other(theirs.net, ours.net());
        // A fee that differs makes another net.
        let only_by_fee =
            fee && theirs.net == theirs.gross.zip(theirs.fee).and_then(|(gross, fee)| gross.checked_sub(fee));
        if promised || gross || (net && !only_by_fee) {
            return Some(Difference::Amount);
        }
        fee.then_some(Difference::Fee)
    }
}

/// Whether both tell of the same turn of things.
fn is_alike(ours: &DayLine, theirs: &TheirLine) -> bool {
    ours.kind == theirs.kind && theirs.turn.is_none_or(|turn| ours.turn == Some(turn))
}
