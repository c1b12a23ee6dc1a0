//! The examples, run as a newcomer runs them: each fails by itself when something is not as it says.

#[path = "../../examples/lane.rs"]
mod lane;
#[path = "../../examples/open_a_book.rs"]
mod open_a_book;

#[test]
fn a_book_is_opened_and_posted_to_as_the_example_says() {
    open_a_book::main().unwrap();
}

#[test]
fn eight_callers_share_a_lane_as_the_example_says() {
    lane::main().unwrap();
}
