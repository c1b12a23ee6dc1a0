//! A product: what is developed, in one of four stages. It goes to the next one on evidence that everybody can read.

use crate::error::{Error, Refusal};
use crate::evidence::{Evidence, EvidenceKind};
use crate::id::{MilestoneId, PersonId, ProductId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;

/// The most milestones that pay for one product.
pub const MILESTONES_MAX: usize = 40;

words! {
    /// How far a product has come: the four steps of the founding documents.
    Stage, "stage of a product" {
        /// It is designed.
        Design = "design",
        /// What it takes to make it is built.
        Facility = "facility",
        /// It is made better and cheaper.
        Optimise = "optimise",
        /// It is sold, and pays for what comes next.
        Market = "market",
    }
}

impl Stage {
    /// The stage after it; none after the last one.
    pub fn next(self) -> Option<Stage> {
        match self {
            Stage::Design => Some(Stage::Facility),
            Stage::Facility => Some(Stage::Optimise),
            Stage::Optimise => Some(Stage::Market),
            Stage::Market => None,
        }
    }

    /// The kinds of evidence without which nothing comes to this stage: what the stage before it leaves to others. A licence counts with its
    /// SPDX identifier.
    pub fn asks_for(self) -> &'static [EvidenceKind] {
        match self {
            Stage::Design => &[],
            Stage::Facility => &[EvidenceKind::Licence, EvidenceKind::DesignFiles],
            Stage::Optimise => &[EvidenceKind::BillOfMaterials, EvidenceKind::BuildInstructions],
            Stage::Market => &[EvidenceKind::TestReport, EvidenceKind::EnterprisePlan],
        }
    }

    /// Refuses evidence without what this stage asks for.
    ///
    /// # Errors
    ///
    /// `stage-evidence-missing`, with the kinds that are not there.
    pub fn check(self, evidence: &[Evidence]) -> Result<(), Refusal> {
        let is_there = |kind: &&EvidenceKind| {
            let counts =
                |it: &&Evidence| it.kind() == **kind && (**kind != EvidenceKind::Licence || it.licence().is_some());
            evidence.iter().any(|it| counts(&it))
        };
        let missing: Vec<&str> =
            self.asks_for().iter().filter(|kind| !is_there(kind)).map(|kind| kind.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let detail = format!("the stage {self} asks for evidence of {}", missing.join(" and "));
        Err(Refusal::new("stage-evidence-missing", detail))
    }
}

/// By whom and why a product was stopped, and when, in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Who.
    pub by: PersonId,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// What it is; may be empty.
    pub about: String,
    /// What its development is to cost, in the currency of the book.
    pub amount: Money,
    /// How far it has come.
    pub stage: Stage,
    /// Since when, in book time.
    pub staged_at: Timestamp,
    /// Who put it on the board.
    pub opened_by: PersonId,
    /// When, in book time.
    pub opened_at: Timestamp,
    /// How it was stopped; none while it goes on.
    pub stopped: Option<Stopped>,
    /// Counts changes.
    pub version: i64,
}

impl Product {
    /// Refuses what needs it to go on.
    ///
    /// # Errors
    ///
    /// `product-stopped`.
    pub fn goes_on(&self) -> Result<(), Refusal> {
        match &self.stopped {
            None => Ok(()),
            Some(_) => Err(Refusal::new("product-stopped", "the product was stopped: put it on the board anew")),
        }
    }

    /// Refuses every stage but the next one.
    ///
    /// # Errors
    ///
    /// `stage-order`.
    pub fn check_next(&self, to: Stage) -> Result<(), Refusal> {
        let detail = match self.stage.next() {
            Some(next) if next == to => return Ok(()),
            Some(next) => format!("it is in the stage {}: the next one is {next}", self.stage),
            None => format!("it is in the stage {}, the last one", self.stage),
        };
        Err(Refusal::new("stage-order", detail))
    }
}

/// That a product came to a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The stage.
    pub stage: Stage,
    /// When, in book time.
    pub at: Timestamp,
    /// Who showed the evidence.
    pub by: PersonId,
    /// The evidence.
    pub evidence: Vec<Evidence>,
}

/// What milestones have for a product, minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Funding {
    /// The milestones.
    pub milestones: Vec<MilestoneId>,
    /// What they pay in all, those that were given up left out.
    pub planned: i128,
    /// What is set aside for them and not released.
    pub aside: i128,
    /// What was released.
    pub released: i128,
}

impl Funding {
    /// What of the cost of a product is neither set aside nor released.
    pub fn lacks(&self, cost: Money) -> i128 {
        (i128::from(cost.minor()) - self.aside - self.released).max(0)
    }
}

/// Refuses more milestones than a product may have.
///
/// # Errors
///
/// [`Error::Invalid`] at `/milestone`.
pub fn check_milestones(count: usize) -> Result<(), Error> {
    if count < MILESTONES_MAX {
        return Ok(());
    }
    Err(Error::invalid("/milestone", format!("{MILESTONES_MAX} milestones at most pay for a product")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Digest;
    use crate::id::BookId;
    use crate::money::Currency;

    fn piece(kind: EvidenceKind, licence: Option<&str>) -> Evidence {
        let (title, url) = ("It".to_owned(), "https://open.example/it".to_owned());
        Evidence::new("/evidence/0", kind, title, url, Digest([7; 32]), licence.map(str::to_owned)).expect("evidence")
    }

    #[test]
    fn the_four_stages_follow_one_another_and_each_asks_for_what_the_one_before_leaves_to_others() {
        let mut product = Product {
            id: ProductId::generate(BookId(1)),
            name: "Press".to_owned(),
            about: String::new(),
            amount: Money::from_minor(400_000, Currency::USD).expect("money"),
            stage: Stage::Design,
            staged_at: Timestamp::UNIX_EPOCH,
            opened_by: PersonId::generate(),
            opened_at: Timestamp::UNIX_EPOCH,
            stopped: None,
            version: 1,
        };
        for stage in [Stage::Facility, Stage::Optimise, Stage::Market] {
            for other in Stage::ALL.iter().filter(|other| **other != stage) {
                assert_eq!(product.check_next(*other).expect_err("not the next").code, "stage-order");
            }
            product.check_next(stage).expect("the next one");
            product.stage = stage;
        }
        assert!(Stage::ALL.iter().all(|stage| product.check_next(*stage).is_err()));
        let all: Vec<_> = Stage::ALL.iter().flat_map(|stage| stage.asks_for()).collect();
        assert_eq!(all.len(), 6);
        let licence = piece(EvidenceKind::Licence, Some("CERN-OHL-S-2.0"));
        let design = piece(EvidenceKind::DesignFiles, None);
        assert!(Stage::Facility.check(&[licence.clone(), design.clone()]).is_ok());
        let unnamed = [piece(EvidenceKind::Licence, None), design];
        let refused = Stage::Facility.check(&unnamed).expect_err("a licence without its name");
        assert_eq!((refused.code, refused.detail.ends_with("of licence")), ("stage-evidence-missing", true));
        let refused = Stage::Optimise.check(&[licence]).expect_err("nothing to build from");
        assert!(refused.detail.ends_with("bill_of_materials and build_instructions"), "{}", refused.detail);
    }
}
