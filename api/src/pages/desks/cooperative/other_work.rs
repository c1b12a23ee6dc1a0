//! What is written down on the desk of hours besides a week of them: units that were made, points, the use of equipment or things, of one day.

use crate::handlers::cooperatives::members::NewContributionRequest;
use crate::pages::forms::{Fields, wrong};
use crate::problem::Problem;
use crate::say;
use jiff::civil::Date;
use ledger::cooperatives::rules::contribution::Unit;
use ledger::cooperatives::rules::cooperative::Quantity;

/// The field that says that it is no week of hours.
const UNIT: &str = "other-unit";

/// The units to choose from, by their words.
pub(super) fn units() -> Vec<(String, String)> {
    let unit = |unit: &Unit| match unit {
        Unit::Hours => None,
        Unit::Units => Some((unit.to_string(), say("members-units-made").into())),
        Unit::Points => Some((unit.to_string(), say("members-points").into())),
        Unit::Use => Some((unit.to_string(), say("members-use").into())),
        Unit::InKind => Some((unit.to_string(), say("members-things").into())),
    };
    Unit::ALL.iter().filter_map(unit).collect()
}

/// Whether this is what a form has sent.
pub(super) fn is_sent(sent: &Fields) -> bool {
    sent.has(UNIT)
}

/// What was filled in, as a request of the API.
pub(super) fn request(sent: &Fields) -> Result<NewContributionRequest, Problem> {
    let field = |name: &str| format!("/other-{name}");
    let quantity = sent.number("other-quantity");
    if quantity.parse::<Quantity>().is_err() {
        return Err(wrong(field("quantity"), say("members-quantity-such")));
    }
    let day: Date = sent.get("other-day").parse().map_err(|_| wrong(field("day"), say("members-say-the-day")))?;
    Ok(NewContributionRequest {
        member: sent.given("other-member"),
        from: day,
        to: day,
        unit: sent.given(UNIT),
        kind: sent.given("other-kind"),
        hours: None,
        quantity: Some(quantity),
        note: sent.get("other-note").trim().to_owned(),
    })
}

/// The field that a JSON Pointer of such a request means.
pub(super) fn field_of(pointer: &str) -> Option<String> {
    match pointer.trim_start_matches('/') {
        "from" | "to" => Some("other-day".to_owned()),
        name @ ("member" | "unit" | "kind" | "quantity" | "note") => Some(format!("other-{name}")),
        name if name.starts_with("other-") => Some(name.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn sent(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn units_of_a_day_are_a_request_and_what_lacks_is_said_beside_its_field() {
        let typed = [("other-unit", "units"), ("other-quantity", "12"), ("other-day", "2026-02-04")];
        let new = request(&sent(&typed)).unwrap();
        assert_eq!((new.from, new.to), (date(2026, 2, 4), date(2026, 2, 4)));
        assert_eq!((new.unit.as_deref(), new.quantity.as_deref(), new.hours), (Some("units"), Some("12"), None));
        assert!(is_sent(&sent(&typed)) && !is_sent(&sent(&[("hours-0", "8")])));
        for (place, field) in [(1, "other-quantity"), (2, "other-day")] {
            let mut lacks = typed.to_vec();
            lacks.remove(place);
            let problem = request(&sent(&lacks)).unwrap_err();
            assert_eq!(field_of(&problem.body().errors[0].pointer).as_deref(), Some(field));
        }
        assert_eq!(field_of("/quantity").as_deref(), Some("other-quantity"));
    }
}
