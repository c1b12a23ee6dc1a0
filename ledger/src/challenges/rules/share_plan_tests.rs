use super::*;
use crate::challenges::rules::award::{Part, divide};
use crate::id::BookId;
use jiff::ToSpan;
use proptest::prelude::*;
use std::collections::BTreeMap;

const BOOK: BookId = BookId(1);

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + (24 * day).hours()
}

fn share(team: OrganisationId, share: u16) -> Share {
    Share { part: "gearbox".into(), share, team }
}

fn teams(count: usize) -> Vec<OrganisationId> {
    (0..count).map(|_| OrganisationId::generate()).collect()
}

/// A plan of the first team that gives parts to all.
fn plan(teams: &[OrganisationId], shares: &[u16]) -> SharePlan {
    let named = teams.iter().zip(shares).map(|(team, part)| share(*team, *part)).collect();
    let of = (ChallengeId::generate(BOOK), SubmissionId::generate(BOOK), teams[0]);
    let parts = parts(named).expect("the whole");
    SharePlan::propose(SharePlanId::generate(BOOK), of, (parts, String::new()), PersonId::generate(), at(0))
}

fn code<T: std::fmt::Debug>(refused: Result<T, Error>) -> &'static str {
    match refused {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_are_the_whole_and_name_each_team_once() {
    let [a, b] = teams(2)[..] else { panic!("two") };
    assert!(parts(vec![share(a, 6_000), share(b, 4_000)]).is_ok());
    for wrong in [
        vec![],
        vec![share(a, 10_000), share(b, 0)],
        vec![share(a, 5_000), share(a, 5_000)],
        vec![share(a, 6_000), share(b, 3_999)],
        vec![share(a, 6_000), share(b, 4_001)],
        teams(21).into_iter().map(|team| share(team, 476)).collect(),
    ] {
        assert!(parts(wrong.clone()).is_err(), "{wrong:?}");
    }
    assert!(names_all(&[share(a, 10_000)], &[a]).is_ok());
    assert_eq!(names_all(&[share(a, 10_000)], &[a, b]).expect_err("b is left out").code, "contributor-missing");
}

#[test]
fn it_is_fixed_when_all_have_attested_and_never_changes_then() {
    let all = teams(3);
    let by = PersonId::generate();
    let plan = plan(&all, &[5_000, 3_000, 2_000]);
    assert_eq!(code(plan.clone().attest(all[1], Digest::of(b"other parts"), by, at(1))), "digest-mismatch");
    assert_eq!(
        code(plan.clone().attest(all[0], plan.digest(), by, at(1))),
        "part-answered",
        "who proposes has attested"
    );
    let stranger = plan.clone().attest(OrganisationId::generate(), plan.digest(), by, at(1));
    assert!(matches!(stranger, Err(Error::Invalid { .. })));
    let digest = plan.digest();
    let one = plan.attest(all[1], digest, by, at(1)).expect("in time");
    assert_eq!(one.state, PlanState::Proposed);
    let fixed = one.attest(all[2], digest, by, at(2)).expect("in time");
    assert_eq!((fixed.state, fixed.since, fixed.until), (PlanState::Fixed, at(2), None));
    assert_eq!(code(fixed.clone().object(all[1], "No.".into(), by, at(3))), "share-plan-closed");
    let revised = fixed.clone().revise(fixed.shares(), String::new(), by, at(3));
    assert_eq!(revised.expect_err("never").code, "share-plan-closed");
    assert_eq!(fixed.clone().settle(at(99)), fixed);
    assert_eq!(fixed.clone().lapse(at(99)), fixed);
}

#[test]
fn silence_attests_as_of_its_day_and_an_objection_that_nobody_meets_lets_it_lapse() {
    let all = teams(2);
    let by = PersonId::generate();
    let asked = plan(&all, &[9_999, 1]);
    assert_eq!(asked.clone().settle(at(13)), asked, "a day is left");
    let silent = asked.clone().settle(at(40));
    assert_eq!((silent.state, silent.since), (PlanState::Fixed, at(14)));
    assert!(silent.parts.iter().any(|part| part.state == PartState::Silent && part.answered_at == Some(at(14))));
    assert_eq!(code(asked.clone().object(all[1], "No.".into(), by, at(14))), "share-plan-closed", "too late");

    let objected = asked.object(all[1], "I made the half.".into(), by, at(3)).expect("in time");
    assert_eq!((objected.state, objected.until), (PlanState::Objected, Some(at(17))));
    assert_eq!(code(objected.clone().attest(all[1], objected.digest(), by, at(4))), "share-plan-closed");
    let lapsed = objected.clone().settle(at(17));
    assert_eq!((lapsed.state, lapsed.since), (PlanState::Lapsed, at(17)));
    let late = objected.clone().decide(objected.shares(), by, "As it is.".into(), at(17));
    assert_eq!(late.expect_err("too late").code, "share-plan-closed");
    let again = lapsed.revise(objected.shares(), String::new(), by, at(18)).expect("not fixed");
    assert_eq!((again.revision, again.state, again.until), (2, PlanState::Proposed, Some(at(32))));
    assert!(again.parts.iter().any(|part| part.state == PartState::Open), "all attest anew");

    let decided = objected.clone().decide(objected.shares(), by, "As it is.".into(), at(16)).expect("in time");
    assert_eq!((decided.state, decided.revision, decided.decided_by), (PlanState::Fixed, 2, Some(by)));
    assert_eq!(decided.digest(), objected.digest(), "the same parts have the same digest");
    let mut often = objected;
    often.revision = REVISIONS_MAX;
    let used_up = often.clone().revise(often.shares(), String::new(), by, at(4));
    assert_eq!(used_up.expect_err("twenty").code, "revisions-used-up");
}

proptest! {
    /// However the parts are named, the plan has the same digest, and each team gets the same of any amount: all of it is divided, and
    /// nobody is a whole unit away from the exact part.
    #[test]
    fn the_parts_of_any_amount_add_up_and_the_order_in_which_teams_were_named_does_not_matter(
        amount in 1_i64..1_000_000_000_000,
        cuts in proptest::collection::btree_set(1_u16..10_000, 0..19),
        turn in 0_usize..20,
    ) {
        let bounds: Vec<u16> = [0].into_iter().chain(cuts).chain([10_000]).collect();
        let shares: Vec<u16> = bounds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let all = teams(shares.len());
        let named: Vec<Share> = all.iter().zip(&shares).map(|(team, part)| share(*team, *part)).collect();
        let mut turned = named.clone();
        turned.rotate_left(turn % named.len());
        let (one, other) = (parts(named).expect("whole"), parts(turned).expect("whole"));
        let (plan, challenge, submission) =
            (SharePlanId::generate(BOOK), ChallengeId::generate(BOOK), SubmissionId::generate(BOOK));
        prop_assert_eq!(digest(plan, challenge, submission, &one), digest(plan, challenge, submission, &other));
        let divided = |shares: &[Share]| -> BTreeMap<OrganisationId, i64> {
            let parts: Vec<Part> =
                shares.iter().map(|share| Part { submission, team: share.team, share: share.share }).collect();
            divide(amount, &parts).expect("the whole").into_iter().map(|(part, got)| (part.team, got)).collect()
        };
        let got = divided(&one);
        prop_assert_eq!(&got, &divided(&other));
        prop_assert_eq!(got.values().sum::<i64>(), amount);
        for share in &one {
            let exact = i128::from(amount) * i128::from(share.share);
            let distance = i128::from(got.get(&share.team).copied().unwrap_or(0)) * 10_000 - exact;
            prop_assert!(distance.abs() < 10_000, "{} of {amount} is {:?}", share.share, got.get(&share.team));
        }
    }
}
