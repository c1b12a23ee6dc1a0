use super::*;
use crate::id::BookId;
use crate::matching::rules::formula::{Terms, tally};
use crate::matching::rules::round::{Ballot, RoundState};
use crate::matching::rules::votes::VoteCost;
use crate::money::Currency;
use crate::recount::{Wrong, recount};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

fn round(formula: Terms, pool: i64) -> Round {
    let is_ballot = formula.formula == Formula::VotesV1;
    Round {
        id: MatchingRoundId::generate(BookId(1)),
        slug: "spring".into(),
        title: "Spring".into(),
        terms: "All of it.".into(),
        terms_digest: Digest::of(b"All of it."),
        currency: Currency::USD,
        formula,
        ballot: is_ballot.then_some(Ballot { allowance: 100, cost: VoteCost::Linear }),
        verified_only: true,
        first_day: date(2027, 1, 1),
        last_day: date(2027, 1, 31),
        objection_days: 14,
        account: None,
        tally: 1,
        pool,
        state: RoundState::Paid,
        version: 9,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// Gifts as (campaign, identity, minor units, whether they weigh).
fn file(formula: Terms, pool: i64, gifts: &[(u8, u8, i64, bool)]) -> String {
    let id = |number: u8| CampaignId::new(BookId(1), Uuid::from_u128(number.into()));
    let all: Vec<CampaignId> = (0..5).map(id).collect();
    let line = |(&(to, by, amount, weighs), number): (&(u8, u8, i64, bool), i64)| Line {
        number,
        campaign: id(to),
        identity: Digest([by; 32]),
        amount,
        weighs,
    };
    let lines: Vec<Line> = gifts.iter().zip(1..).map(line).collect();
    let shares = tally(&formula, pool, &all, &lines).expect("small");
    text(&round(formula, pool), &lines, &shares)
}

const PLAIN: Terms =
    Terms { formula: Formula::ClrSubtractingV1, saturate: false, cap_per_campaign: None, cap_per_identity: None };

#[test]
fn a_share_that_was_changed_is_found_and_so_is_a_file_that_was_cut() {
    let file = file(PLAIN, 10_000, &[(0, 1, 900, true), (0, 2, 400, true), (0, 3, 100, true)]);
    let counted = recount(file.as_bytes()).expect("it holds");
    assert_eq!((counted.lines, counted.shares.len()), (3, 5));
    assert!(
        counted.shares[0].ends_with(r#""roots":"60000000000","raw":"2200","share":2200}"#),
        "{}",
        counted.shares[0]
    );
    let more = file.replace(r#""share":2200}"#, r#""share":2201}"#);
    assert!(matches!(recount(more.as_bytes()), Err(Wrong::Share { line: 10, .. })));
    let other = file.replace(r#""amount":900"#, r#""amount":901"#);
    assert!(matches!(recount(other.as_bytes()), Err(Wrong::Share { .. })));
    let (cut, _) = file.trim_end().rsplit_once('\n').expect("lines");
    assert!(matches!(recount(cut.as_bytes()), Err(Wrong::Cut(_))));
    assert!(matches!(recount("{}".as_bytes()), Err(Wrong::Line { line: 1, .. })));
}

proptest! {
    #[test]
    fn whoever_counts_the_file_again_finds_the_same_bytes(
        gifts in proptest::collection::vec((0u8..5, 0u8..9, 1i64..5_000_000_000, any::<bool>()), 0..40),
        pool in 0i64..10_000_000_000, formula in 0usize..4, saturate in any::<bool>(),
        caps in (proptest::option::of(1i64..9_000_000), proptest::option::of(1i64..9_000_000)),
    ) {
        let formula = Formula::ALL[formula];
        let terms = Terms { formula, saturate, cap_per_campaign: caps.0, cap_per_identity: caps.1 };
        let file = file(terms, pool, &gifts);
        let counted = recount(file.as_bytes());
        prop_assert!(counted.is_ok(), "{:?}", counted);
        let ends = counted.expect("it holds").shares.join("\n") + "\n";
        prop_assert!(file.ends_with(&ends));
    }
}
