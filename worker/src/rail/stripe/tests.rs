use super::objects::{Dispute, Failed, Intent, Refund, Standing};
use super::*;
use ledger::money::{Currency, Money};
use ledger::pledging::rules::chargeback::Ruling;
use serde_json::json;

fn standing(object: serde_json::Value) -> Standing {
    serde_json::from_value::<Intent>(object).unwrap().standing()
}

fn declined(code: &str, kind: DeclineKind) -> Standing {
    Standing::Ended(Outcome::Declined { code: code.into(), kind })
}

#[test]
fn a_payment_stands_as_its_status_says_and_one_that_waits_for_the_donor_is_no_decline_yet() {
    let at = |status: &str| standing(json!({"id": "pi_1", "status": status, "metadata": {"reference": "chg_1-1"}}));
    assert_eq!(at("succeeded"), Standing::Ended(Outcome::Captured { provider_reference: "pi_1".into() }));
    for status in ["requires_action", "requires_confirmation", "requires_capture"] {
        assert_eq!(at(status), Standing::Waiting, "{status}");
    }
    for status in ["processing", "a status of next year"] {
        assert_eq!(at(status), Standing::Pending, "{status}");
    }
    assert_eq!(at("requires_payment_method"), declined("declined", DeclineKind::Soft));
    assert_eq!(at("canceled"), declined("authentication_required", DeclineKind::Expired));
    let error = json!({"type": "card_error", "code": "card_declined", "decline_code": "stolen_card"});
    let lost = json!({"id": "pi_1", "status": "requires_payment_method", "last_payment_error": error});
    assert_eq!(standing(lost), declined("stolen_card", DeclineKind::Stolen));
    let by_hand = json!({"id": "pi_1", "status": "canceled", "cancellation_reason": "requested_by_customer"});
    assert_eq!(standing(by_hand), declined("canceled", DeclineKind::Expired));
}

#[test]
fn an_error_of_a_card_says_its_decline_and_is_told_without_what_was_sent() {
    let error = json!({"error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
        "message": "Your card 4242 has insufficient funds.", "payment_intent": {"id": "pi_1", "status": "requires_payment_method"}}});
    let failed: Failed = serde_json::from_value(error).unwrap();
    let soft = Outcome::Declined { code: "insufficient_funds".into(), kind: DeclineKind::Soft };
    assert_eq!(failed.error.declined(), soft);
    assert_eq!(failed.error.words(), "card_error card_declined");
    let expired: Failed = serde_json::from_value(json!({"error": {"code": "expired_card"}})).unwrap();
    let ask = Outcome::Declined { code: "expired_card".into(), kind: DeclineKind::Expired };
    assert_eq!(expired.error.declined(), ask);
}

#[test]
fn refunds_and_disputes_are_read_with_amounts_as_stripe_counts_them() {
    let refund = |status: &str| {
        let object =
            json!({"id": "re_1", "amount": 500, "currency": "jpy", "status": status, "failure_reason": "lost_card"});
        serde_json::from_value::<Refund>(object).unwrap()
    };
    let seen = refund("succeeded").seen().unwrap();
    assert_eq!((seen.amount.to_string().as_str(), seen.reference), ("500 JPY", None));
    assert_eq!(seen.outcome, refund::Outcome::Settled { provider_reference: "re_1".into() });
    assert_eq!(refund("pending").outcome(), refund::Outcome::Sent { provider_reference: "re_1".into() });
    assert_eq!(refund("failed").outcome(), refund::Outcome::Failed { code: "lost_card".into() });
    let dispute = |status: &str| {
        let object = json!({"id": "du_1", "amount": 3_000, "currency": "usd", "reason": "fraudulent", "status": status,
            "payment_intent": "pi_1", "evidence_details": {"due_by": 1_900_000_000}});
        serde_json::from_value::<Dispute>(object).unwrap().seen().unwrap()
    };
    assert_eq!(dispute("warning_needs_response"), None, "a bank only asks");
    assert_eq!(dispute("under_review").map(|seen| seen.ruling), Some(None));
    assert_eq!(dispute("won").map(|seen| seen.ruling), Some(Some(Ruling::Win)));
    let lost = dispute("lost").unwrap();
    assert_eq!((lost.ruling, lost.amount.to_string().as_str()), (Some(Ruling::Lose), "30.00 USD"));
    assert_eq!(lost.evidence_until, Timestamp::from_second(1_900_000_000).ok());
}

#[test]
fn a_key_for_tests_charges_nobody_for_a_live_book() {
    let with = |key: &str| {
        let base = "http://127.0.0.1:1".parse().unwrap();
        Stripe::new(base, SecretString::from(key), Duration::from_secs(1)).unwrap()
    };
    for key in ["sk_test_1", "rk_test_1", "pk_live_1", "live", ""] {
        assert!(matches!(with(key).for_live(), Err(RailError::Rejected(_))), "{key}");
    }
    for key in ["sk_live_1", "rk_live_1"] {
        assert!(with(key).for_live().is_ok(), "{key}");
    }
}

#[tokio::test]
async fn nothing_was_taken_where_nobody_listens_and_after_five_times_nobody_is_asked_for_a_while() {
    let base = "http://127.0.0.1:1".parse().unwrap();
    let stripe = Stripe::new(base, SecretString::from("sk_live_1"), Duration::from_secs(5)).unwrap();
    let request = ChargeRequest {
        book: BookId(4),
        reference: "chg_1-1".into(),
        attempt: 1,
        token: "cus_1/pm_1".into(),
        amount: Money::parse("30.00", Currency::USD).unwrap(),
        at: Timestamp::UNIX_EPOCH,
    };
    for _ in 0..5 {
        assert!(matches!(stripe.charge(&request).await, Err(RailError::Unavailable(_))));
    }
    assert!(matches!(stripe.charge(&request).await, Err(RailError::Resting(_))));
    assert!(matches!(stripe.find(BookId(4), "chg_1-1").await, Err(RailError::Resting(_))));
    let odd = ChargeRequest { token: "pm_1".into(), ..request };
    assert!(matches!(stripe.charge(&odd).await, Err(RailError::Rejected(_))));
}
