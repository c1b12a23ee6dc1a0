//! What Stripe's codes of declines ask for, after the next steps that <https://docs.stripe.com/declines/codes> gives for each.

use ledger::pledging::rules::charge::DeclineKind;

/// The donor has to give another means, or do something about this one: trying again changes nothing.
const ASK: &[&str] = &[
    "authentication_not_handled",
    "authentication_required",
    "expired_card",
    "incorrect_address",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_pin",
    "incorrect_zip",
    "invalid_amount",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "invalid_pin",
    "live_mode_test_card",
    "mobile_device_authentication_required",
    "new_account_information_available",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pin_try_exceeded",
    "test_mode_live_card",
    "testmode_decline",
];

/// This means is refused for good, though nothing of it has run out: the donor has to give another one.
const REFUSED: &[&str] = &[
    "bank_account_closed",
    "bank_account_unusable",
    "card_not_supported",
    "currency_not_supported",
    "debit_not_authorized",
    "do_not_try_again",
    "invalid_account",
    "no_account",
    "not_permitted",
    "restricted_card",
    "security_violation",
    "service_not_allowed",
    "transaction_not_allowed",
];

/// Reported lost or stolen, or the holder has forbidden it: nothing is ever tried again.
const STOP: &[&str] = &[
    "fraudulent",
    "lost_card",
    "merchant_blacklist",
    "pickup_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
    "stop_payment_order",
];

/// What a decline asks for: `code` is the bank's reason, `advice` what the card network says of trying again. Codes that stand
/// nowhere may work later, and are tried as often as any of these.
pub(super) fn kind(code: &str, advice: Option<&str>) -> DeclineKind {
    if STOP.contains(&code) {
        return DeclineKind::Stolen;
    }
    if REFUSED.contains(&code) || advice == Some("do_not_try_again") {
        return DeclineKind::Hard;
    }
    if ASK.contains(&code) || advice == Some("confirm_card_data") { DeclineKind::Expired } else { DeclineKind::Soft }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_each_code_of_stripe_asks_for_what_its_next_step_says() {
        for code in ["insufficient_funds", "do_not_honor", "generic_decline", "processing_error", "try_again_later"] {
            assert_eq!(kind(code, None), DeclineKind::Soft, "{code}");
        }
        assert_eq!(kind("a code of next year", None), DeclineKind::Soft);
        for code in ["expired_card", "authentication_required", "incorrect_number"] {
            assert_eq!(kind(code, None), DeclineKind::Expired, "{code}");
        }
        for code in ["do_not_try_again", "bank_account_closed", "restricted_card"] {
            assert_eq!(kind(code, None), DeclineKind::Hard, "{code}");
        }
        for code in ["stolen_card", "lost_card", "pickup_card", "fraudulent", "stop_payment_order"] {
            assert_eq!(kind(code, Some("try_again_later")), DeclineKind::Stolen, "{code}");
        }
        assert_eq!(kind("generic_decline", Some("do_not_try_again")), DeclineKind::Hard, "the network knows better");
        assert_eq!(kind("generic_decline", Some("try_again_later")), DeclineKind::Soft);
    }

    #[test]
    fn no_code_asks_for_two_things_and_each_list_is_in_order() {
        assert!(ASK.is_sorted() && REFUSED.is_sorted() && STOP.is_sorted());
        assert!(ASK.iter().chain(REFUSED).all(|code| !STOP.contains(code)));
        assert!(ASK.iter().all(|code| !REFUSED.contains(code)));
    }
}
