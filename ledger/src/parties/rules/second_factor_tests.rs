use super::*;
use proptest::prelude::*;

/// The secret of the test vectors of RFC 6238, appendix B.
const SECRET: &[u8] = b"12345678901234567890";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn factor() -> SecondFactor {
    SecondFactor {
        person: PersonId::generate(),
        begun_at: at(0),
        active_at: Some(at(10)),
        last_step: 1,
        tries: 0,
        waits_until: None,
        secret: SealedSecret { key_version: 1, bytes: vec![7; 41] },
    }
}

#[test]
fn sf_codes_are_those_of_the_standard() {
    // Its vectors have eight digits; ours are the last six of them.
    for (second, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        let second: i64 = second;
        assert_eq!(code_at(SECRET, second / STEP_S).unwrap(), code, "{second}");
    }
    assert!(code_at(b"short", 1).is_err());
}

#[test]
fn sf_a_code_is_taken_one_step_early_or_late_and_once() {
    let now = at(1_234_567_890);
    let present = 1_234_567_890 / STEP_S;
    for (away, is_taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let code = code_at(SECRET, present + away).unwrap();
        assert_eq!(step_of(SECRET, &code, 0, now).unwrap(), is_taken.then_some(present + away), "{away}");
    }
    let code = code_at(SECRET, present).unwrap();
    assert_eq!(step_of(SECRET, &code, present - 1, now).unwrap(), Some(present));
    assert_eq!(step_of(SECRET, &code, present, now).unwrap(), None, "a second time");
    let before = code_at(SECRET, present - 1).unwrap();
    assert_eq!(step_of(SECRET, &before, present, now).unwrap(), None, "nor one that is older than one that was taken");
    for typed in ["", "0", "1234567", "abcdef", "００００００"] {
        assert_eq!(step_of(SECRET, typed, 0, now).unwrap(), None, "{typed}");
    }
}

#[test]
fn sf_ten_wrong_codes_in_a_row_make_it_wait_and_a_right_one_forgets_them() {
    let mut it = factor();
    for number in 1..=9 {
        it = it.after_wrong(at(100));
        assert_eq!((it.tries, it.waits(at(100))), (number, None));
    }
    it = it.after_wrong(at(100));
    assert_eq!(it.waits(at(100)), Some(at(100 + 900)));
    assert_eq!(it.check_wait(at(999)).unwrap_err().code, "second-factor-waits");
    assert!(it.check_wait(at(1_000)).is_ok(), "when it is over, it is over");
    let right = it.clone().after_right(Some(5));
    assert_eq!((right.tries, right.waits_until, right.last_step), (0, None, 5));
    assert_eq!(it.clone().after_right(None).last_step, 1, "a recovery code has no step");
    for _ in 0..10 {
        it = it.after_wrong(at(2_000));
    }
    assert_eq!(it.waits(at(2_000)), Some(at(2_000 + 1_800)), "twice as long the second time");
    for _ in 0..1_000 {
        it = it.after_wrong(at(2_000));
    }
    assert_eq!(it.waits_until, Some(at(2_000 + 24 * 3_600)), "and never longer than a day");
}

#[test]
fn sf_what_is_typed_may_have_blanks_and_large_letters() {
    assert_eq!(digits("123 456").as_deref(), Some("123456"));
    for wrong in ["", "12345", "1234567", "12a456", "１２３４５６", "12 3456", "123  456", " 123456"] {
        assert_eq!(digits(wrong), None, "{wrong}");
    }
    let plain = "abcdefgh23456722";
    assert_eq!(shown_recovery_code(plain), "abcd-efgh-2345-6722");
    for typed in [plain, "ABCD-efgh-2345-6722", "abcdefgh-23456722"] {
        assert_eq!(plain_recovery_code(typed).as_deref(), Some(plain), "{typed}");
    }
    for wrong in [
        "",
        "abcd",
        "-abcdefgh23456722",
        "abcdefgh23456722-",
        "abc-defgh23456722",
        "abcd--efgh23456722",
        "abcdefgh2345672!",
    ] {
        assert_eq!(plain_recovery_code(wrong), None, "{wrong}");
    }
}

#[test]
fn sf_no_debug_output_holds_a_secret() {
    let code = KeptCode { key_version: 3, digest: [9; 32] };
    assert_eq!(format!("{code:?}"), "a recovery code digested with key 3");
    assert!(!format!("{:?}", factor()).contains("7, 7"));
}

proptest! {
    #[test]
    fn sf_a_proof_is_fresh_for_as_long_as_is_said(age in 0..100_000_i64, life in 1..100_000_i64) {
        let proof = Proof { method: ProofMethod::Code, at: at(1_000_000) };
        let life_s = SignedDuration::from_secs(life);
        prop_assert_eq!(proof.is_fresh(life_s, at(1_000_000 + age)), age < life);
    }

    #[test]
    fn sf_whatever_is_typed_is_no_panic_and_no_old_step(typed in ".{0,20}", last in 0..100_000_000_i64, now in 0..3_000_000_000_i64) {
        let found = step_of(SECRET, &typed, last, at(now)).unwrap();
        prop_assert!(found.is_none_or(|step| step > last));
    }
}
