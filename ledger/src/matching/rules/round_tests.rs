use super::*;
use crate::id::BookId;
use jiff::civil::date;

fn day(number: i64) -> Timestamp {
    later(Timestamp::UNIX_EPOCH, number)
}

fn round() -> Round {
    Round {
        id: MatchingRoundId::generate(BookId(1)),
        slug: "spring".into(),
        title: "Spring".into(),
        terms: "All of it.".into(),
        terms_digest: Digest::of(b"All of it."),
        currency: Currency::USD,
        formula: Terms {
            formula: Formula::ClrSubtractingV1,
            saturate: false,
            cap_per_campaign: None,
            cap_per_identity: None,
        },
        ballot: None,
        verified_only: false,
        first_day: date(1970, 1, 1),
        last_day: date(1970, 1, 10),
        objection_days: 14,
        account: None,
        tally: 0,
        pool: 0,
        state: Round::draft(day(0)),
        version: 1,
        created_at: day(0),
    }
}

#[test]
fn a_round_goes_its_way_and_each_deadline_has_its_default() {
    let draft = round();
    assert_eq!((draft.due(day(364)), draft.due(day(365))), (Due::Nothing, Due::Cancel));
    let open = draft.open(AccountNumber(7), day(10), day(1)).expect("a draft");
    assert_eq!(open.takes_money(day(9)).expect("open"), AccountNumber(7));
    assert!(open.takes_money(day(10)).is_err() && open.edits().is_err());
    assert_eq!(open.clone().tally(5, day(9)).expect_err("too early").code, "round-period-open");
    assert_eq!(open.due(day(10)), Due::Tally);
    let tallied = open.tally(5, day(10)).expect("over");
    assert_eq!((tallied.tally, tallied.pool, tallied.due(day(17))), (1, 5, Due::Publish));
    let published = tallied.publish(day(11)).expect("tallied");
    assert_eq!(published.hears(day(24)), Ok(()));
    assert_eq!(published.hears(day(25)).expect_err("late").code, "round-not-in-objection");
    assert_eq!(published.clone().finalise(day(24)).expect_err("early").code, "round-objections-open");
    assert_eq!(published.due(day(25)), Due::Finalise);
    let standing = published.finalise(day(25)).expect("nobody objected");
    assert_eq!(standing.due(day(25)), Due::Pay);
    assert_eq!(standing.clone().cancel("late".into()).expect_err("final").code, "round-final");
    let paid = standing.pay().expect("final");
    assert_eq!(paid.due(day(1_000)), Due::Nothing);
    assert_eq!(paid.pay().expect_err("paid").code, "round-not-final");
}

#[test]
fn a_round_is_not_opened_after_its_period() {
    assert_eq!(round().open(AccountNumber(7), day(10), day(10)).expect_err("late").code, "round-period-over");
}

#[test]
fn terms_that_contradict_themselves_are_refused_where_they_stand() {
    let with = |change: fn(&mut Round)| {
        let mut round = round();
        change(&mut round);
        match round.check() {
            Err(Error::Invalid { pointer, .. }) => pointer.into_owned(),
            Ok(()) | Err(_) => String::new(),
        }
    };
    assert_eq!(with(|_| ()), "");
    assert_eq!(with(|round| round.last_day = date(1969, 12, 31)), "/last_day");
    assert_eq!(with(|round| round.objection_days = 0), "/objection_days");
    assert_eq!(with(|round| round.formula.cap_per_campaign = Some(1)), "/cap_per_campaign");
    assert_eq!(with(|round| round.ballot = Some(Ballot { allowance: 9, cost: VoteCost::Linear })), "/ballot");
    assert_eq!(with(|round| round.formula.formula = Formula::VotesV1), "/ballot");
    assert_eq!(
        with(|round| {
            round.formula.formula = Formula::ClrSharedV1;
            round.formula.saturate = true;
        }),
        "/saturate"
    );
}
