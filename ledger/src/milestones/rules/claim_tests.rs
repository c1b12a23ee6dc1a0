//! What a claim promises, as claims.

use super::*;
use crate::evidence::EvidenceKind;
use crate::id::BookId;
use crate::money::Currency;
use jiff::SignedDuration;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).expect("positive")
}

fn photo(of: &[u8]) -> Evidence {
    let url = "https://example.org/photo".to_owned();
    Evidence::new("/evidence/0", EvidenceKind::Photo, "The press".into(), url, Digest::of(of), None).expect("good")
}

/// A draft over 5,000.00 USD.
fn draft() -> Claim {
    Claim {
        id: ClaimId::generate(BookId(1)),
        milestone: MilestoneId::generate(BookId(1)),
        team: OrganisationId::generate(),
        claimant: PersonId::generate(),
        content: Content { amount: usd(500_000), note: "Built and tested".into(), evidence: vec![photo(b"press")] },
        revision: 1,
        round: 0,
        state: ClaimState::Draft { until: day(90) },
        version: 1,
        created_at: day(0),
    }
}

fn day(days: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
}

fn releasing() -> Policy {
    Policy { on_silence: OnSilence::Release, objection_days: 14, ..Policy::default() }
}

fn submitted() -> Claim {
    let claimant = PersonId::generate();
    draft().submit(Gate::default(), &releasing(), claimant, day(0)).expect("the gate asks for nothing")
}

fn approvals(amounts: &[i64]) -> Ballot {
    let approvals = amounts.iter().map(|amount| (PersonId::generate(), *amount)).collect();
    Ballot { approvals, ..Ballot::default() }
}

/// Approved on day 0, with an objection window of 14 days.
fn approved_for(amount: i64) -> Claim {
    submitted().reviewed(&approvals(&[amount, 500_000]), &releasing(), day(0)).expect("under review")
}

#[test]
fn m5_the_digest_changes_with_every_part_of_the_claim() {
    let claim = draft();
    let content = |change: fn(&mut Content)| {
        let mut changed = claim.clone();
        change(&mut changed.content);
        changed.digest()
    };
    assert_eq!(content(|_| {}), claim.digest());
    assert_ne!(content(|content| content.amount = usd(499_999)), claim.digest());
    assert_ne!(content(|content| content.note.push('!')), claim.digest());
    assert_ne!(content(|content| content.evidence[0] = photo(b"another press")), claim.digest());
    assert_ne!(content(|content| content.evidence.push(photo(b"press"))), claim.digest());
}

#[test]
fn the_digest_is_that_of_the_canonical_json_which_anyone_can_write() {
    let claim = draft();
    let json = format!(
        "{{\"amount\":\"5000.00\",\"claim\":\"{}\",\"currency\":\"USD\",\"evidence\":[{{\"kind\":\"photo\",\
         \"sha256\":\"{}\",\"title\":\"The press\",\"url\":\"https://example.org/photo\"}}],\"milestone\":\"{}\",\
         \"note\":\"Built and tested\",\"team\":\"{}\"}}",
        claim.id,
        Digest::of(b"press"),
        claim.milestone,
        claim.team,
    );
    assert_eq!(claim.digest(), Digest::of(json.as_bytes()));
}

#[test]
fn m5_an_edit_takes_a_claim_back_to_a_draft_and_a_new_submission_is_a_new_round() {
    let claim = submitted();
    let content = Content { note: "Tested again".into(), ..claim.content.clone() };
    let (round, claimant) = (claim.round, claim.claimant);
    let edited = claim.edit(content, claimant, day(3)).expect("not decided");
    assert_eq!((edited.state.as_str(), edited.revision), ("draft", 2));
    let again = edited.submit(Gate::default(), &releasing(), claimant, day(13)).expect("a draft");
    assert_eq!(again.round, round + 1);
    assert_eq!(again.state.deadline(), Some(day(27)));
    let decided = approved_for(500_000);
    let content = decided.content.clone();
    assert_eq!(decided.edit(content, claimant, day(1)).expect_err("decided").code, "claim-decided");
}

#[test]
fn a_claim_without_the_gates_evidence_is_not_taken() {
    let gate = Gate { design_files: true, ..Gate::default() };
    let refusal = draft().submit(gate, &releasing(), PersonId::generate(), day(0)).expect_err("no design files");
    assert_eq!(refusal.code, "evidence-missing");
}

#[test]
fn m7_nobody_reviews_and_on_day_14_the_policy_releases() {
    let (waiting, closed) = submitted().close(&Ballot::default(), &releasing(), day(14) - SignedDuration::from_secs(1));
    assert_eq!(closed, Closed::NotDue);
    let (approved, closed) = waiting.close(&Ballot::default(), &releasing(), day(14));
    assert_eq!(closed, Closed::Approved);
    let decision = approved.state.decision().expect("approved");
    assert_eq!((decision.amount, decision.by, decision.objection_until), (500_000, DecidedBy::Silence, day(28)));
    assert_eq!(approved.close(&Ballot::default(), &releasing(), day(14)).1, Closed::NotDue);
}

#[test]
fn m7_nobody_reviews_and_on_day_14_the_policy_escalates_once_and_then_lets_go() {
    let policy = Policy { on_silence: OnSilence::Escalate, ..releasing() };
    let (escalated, closed) = submitted().close(&Ballot::default(), &policy, day(14));
    assert_eq!(closed, Closed::Escalated);
    assert_eq!((escalated.state.as_str(), escalated.state.deadline()), ("in_review", Some(day(28))));
    let (still, closed) = escalated.close(&Ballot::default(), &policy, day(20));
    assert_eq!(closed, Closed::NotDue);
    assert_eq!(still.close(&Ballot::default(), &policy, day(28)).0.state, ClaimState::Expired);
}

#[test]
fn m7_silence_never_releases_against_a_rejection_or_above_the_threshold() {
    let rejected = Ballot { rejections: vec![PersonId::generate()], ..Ballot::default() };
    assert_eq!(submitted().close(&rejected, &releasing(), day(14)).1, Closed::Escalated);
    let guarded = Policy { threshold: Some(499_999), ..releasing() };
    assert_eq!(submitted().close(&Ballot::default(), &guarded, day(14)).1, Closed::Escalated);
}

#[test]
fn m7_silence_releases_no_more_than_the_one_approval_there_is() {
    let (claim, _) = submitted().close(&approvals(&[300_000]), &releasing(), day(14));
    assert_eq!(claim.state.decision().expect("approved").amount, 300_000);
}

#[test]
fn m8_a_dispute_on_day_13_freezes_its_part_and_the_rest_releases() {
    let disputed = approved_for(500_000).dispute(120_000, day(13)).expect("within the window");
    assert_eq!(disputed.state.as_str(), "disputed");
    let (disputed, early) = disputed.release(day(13));
    assert_eq!(early, 0);
    let (disputed, released) = disputed.release(day(14));
    assert_eq!((released, disputed.state.as_str()), (380_000, "disputed"));
    assert_eq!(disputed.clone().release(day(40)).1, 0);
    let dismissed = disputed.clone().resolve(120_000, 0).expect("it is frozen");
    let (payable, rest) = dismissed.release(day(20));
    assert_eq!((rest, payable.state.as_str()), (120_000, "payable"));
    let upheld = disputed.resolve(120_000, 120_000).expect("it is frozen");
    assert_eq!(upheld.state.as_str(), "payable");
    assert_eq!(upheld.state.decision().expect("payable").released, 380_000);
}

#[test]
fn m8_a_dispute_after_the_window_or_over_more_than_is_open_is_refused() {
    let code = |claim: Result<Claim, Refusal>| claim.expect_err("refused").code;
    assert_eq!(code(approved_for(500_000).dispute(1, day(14))), "objection-window-closed");
    assert_eq!(code(approved_for(300_000).dispute(300_001, day(1))), "amount-above-approved");
    let once = approved_for(300_000).dispute(200_000, day(1)).expect("within the window");
    assert_eq!(code(once.clone().dispute(100_001, day(1))), "amount-above-approved");
    let twice = once.dispute(100_000, day(1)).expect("the rest");
    assert_eq!(twice.release(day(15)).1, 0);
    assert_eq!(code(submitted().dispute(1, day(1))), "claim-not-approved");
}

#[test]
fn a_dispute_over_everything_that_is_upheld_rejects_the_claim() {
    let disputed = approved_for(300_000).dispute(300_000, day(1)).expect("within the window");
    let upheld = disputed.resolve(300_000, 300_000).expect("it is frozen");
    assert_eq!((upheld.state.as_str(), upheld.state.is_in_play()), ("rejected", false));
}

#[test]
fn m9_sixty_per_cent_of_5000_is_released_and_released_once() {
    let (payable, released) = approved_for(300_000).release(day(14));
    assert_eq!((released, payable.state.as_str()), (300_000, "payable"));
    assert_eq!(payable.release(day(15)).1, 0);
}

#[test]
fn an_approval_that_falls_before_the_release_takes_the_claim_back_to_its_reviewers() {
    let claim = approved_for(500_000);
    assert!(claim.still_approved(&approvals(&[500_000, 500_000]), &releasing()));
    assert!(!claim.still_approved(&approvals(&[500_000]), &releasing()));
    let reopened = claim.reopen(&releasing(), day(10)).expect("nothing was released");
    assert_eq!((reopened.state.as_str(), reopened.state.deadline()), ("in_review", Some(day(24))));
}

#[test]
fn a_draft_and_a_claim_with_changes_asked_expire() {
    assert_eq!(draft().close(&Ballot::default(), &releasing(), day(90)).1, Closed::Expired);
    let asks = Ballot { changes: vec![PersonId::generate()], ..Ballot::default() };
    let asked = submitted().reviewed(&asks, &releasing(), day(5)).expect("under review");
    assert_eq!(asked.state.deadline(), Some(day(19)));
    assert_eq!(asked.close(&Ballot::default(), &releasing(), day(19)).1, Closed::Expired);
}

#[test]
fn f8_silence_decides_as_of_the_deadline_however_late_somebody_looks() {
    let (approved, _) = submitted().close(&Ballot::default(), &releasing(), day(19));
    let decision = approved.state.decision().expect("approved");
    assert_eq!((decision.at, decision.objection_until), (day(14), day(28)));
    let policy = Policy { on_silence: OnSilence::Escalate, ..releasing() };
    let (escalated, _) = submitted().close(&Ballot::default(), &policy, day(19));
    assert_eq!(escalated.state.deadline(), Some(day(28)));
}
