//! The gate of entry fees: a challenge that asks for one says in public what it is a contest of.

use super::rulebook::Rules;
use crate::error::Refusal;

/// Refuses with `fee-needs-disclosure` rules that ask for a fee, and do not say what must be said then.
pub fn disclosed(rules: &Rules) -> Result<(), Refusal> {
    let has_skill = rules.stages.iter().any(|stage| !stage.criteria.is_empty()) || rules.secret_rubric.is_some();
    if rules.entry_fee.is_none() || (rules.fee_disclosure.is_some() && has_skill) {
        return Ok(());
    }
    let detail = "a challenge with an entry fee says by which skills it judges, in a stage's criteria too, who offers the prizes, \
                  and from which places no team may enter";
    Err(Refusal::new("fee-needs-disclosure", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::rules::entering::FeeDisclosure;
    use crate::challenges::rules::rulebook::tests::{drill, usd};
    use crate::challenges::rules::rulebook::{EntryFee, FeeGoesTo};

    #[test]
    fn a_fee_needs_its_skill_its_sponsor_and_its_places() {
        assert_eq!(disclosed(&drill()), Ok(()), "no fee");
        let fee = EntryFee { amount: usd("50.00"), goes_to: FeeGoesTo::Teams };
        let mut rules = Rules { entry_fee: Some(fee), ..drill() };
        assert_eq!(disclosed(&rules).expect_err("it says nothing").code, "fee-needs-disclosure");
        let skill = "What the tests measured.".to_owned();
        rules.fee_disclosure = Some(FeeDisclosure { excluded_places: Vec::new(), skill, sponsor: "Foundation".into() });
        assert_eq!(disclosed(&rules), Ok(()));
        rules.stages.iter_mut().for_each(|stage| stage.criteria.clear());
        assert_eq!(disclosed(&rules).expect_err("nothing is judged").code, "fee-needs-disclosure");
    }
}
