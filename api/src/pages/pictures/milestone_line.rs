//! The way of a milestone's money as a line with four stations: planned, set aside, claimed, released.

use super::share;
use askama::Template;

/// Where the first station is, and how far each is from the next.
const FIRST: i64 = 60;
const STEP: i64 = 160;

/// A station of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Stop {
    /// What it is called.
    pub(in crate::pages) name: String,
    /// How much has come so far, for people; empty where that is not shown.
    pub(in crate::pages) amount: String,
    /// Whether something has.
    pub(in crate::pages) is_reached: bool,
}

struct Station {
    x: i64,
    stop: Stop,
}

/// A line with stations.
#[derive(Template)]
#[template(path = "pictures/milestone_line.svg", escape = "html")]
pub(in crate::pages) struct MilestoneLine {
    /// What it shows, in a sentence.
    title: String,
    stations: Vec<Station>,
    /// How far the line is filled.
    filled: i64,
}

impl MilestoneLine {
    /// The picture of a milestone. What of its amount was released, both in minor units, fills the last part of the line.
    pub(in crate::pages) fn new(stops: [Stop; 4], released: i64, amount: i64, title: String) -> MilestoneLine {
        let before = stops[..3].iter().rposition(|stop| stop.is_reached).unwrap_or(0);
        let steps = i64::try_from(before).unwrap_or(0) * STEP;
        let filled = if released > 0 { 2 * STEP + share(released, amount, STEP) } else { steps };
        let stations = stops.into_iter().zip(0..).map(|(stop, place)| Station { x: FIRST + place * STEP, stop });
        MilestoneLine { title, stations: stations.collect(), filled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(reached: usize, released: i64, amount: i64) -> MilestoneLine {
        let stop =
            |place: usize| Stop { name: "<x>".to_owned(), amount: "1.00".to_owned(), is_reached: place < reached };
        MilestoneLine::new([0, 1, 2, 3].map(stop), released, amount, "x < y".to_owned())
    }

    #[test]
    fn the_line_is_filled_as_far_as_the_milestone_has_come_and_never_further() {
        let filled = |reached, released, amount| drawn(reached, released, amount).filled;
        assert_eq!((filled(1, 0, 100), filled(2, 0, 100), filled(3, 0, 100)), (0, 160, 320));
        assert_eq!((filled(4, 50, 100), filled(4, 100, 100)), (400, 480));
        assert_eq!((filled(4, i64::MAX, i64::MAX), filled(4, 7, 0), filled(0, 0, 0)), (480, 480, 0));
        let svg = drawn(4, 50, 100).render().expect("a picture");
        assert!(svg.contains("x &#60; y") && svg.contains("&#60;x&#62;") && !svg.contains("style="), "{svg}");
        assert!(svg.contains("cx=\"540\"") && !svg.contains("cx=\"700\""), "{svg}");
    }
}
