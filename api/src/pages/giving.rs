//! What the pages of donors say alike: sums, what a plan costs, and what the lines of a receipt are called.

use crate::say;
use crate::texts::{self, Said};
use ledger::calendar::Interval;
use ledger::money::{Currency, Money};
use ledger::pledging::operations::moving::telling::Named;
use ledger::pledging::rules::conversion;
use ledger::pledging::rules::fee::Payee;
use ledger::pledging::rules::plan_change::Terms;
use ledger::pledging::rules::receipt::{FEE_OF, GIFT, Line, NO_TAX_CERTIFICATE};

/// A decimal with the point of the language of who reads.
pub(super) fn decimal(text: &str) -> String {
    let (_, point) = texts::read().marks();
    text.chars().map(|letter| if letter == '.' { point } else { letter }).collect()
}

/// A sum as receipts have it, without a mark between thousands: `3000.00 USD`.
pub(super) fn sum(minor: impl Into<i128>, currency: Currency) -> String {
    format!("{} {}", decimal(&currency.format(minor)), currency.code())
}

/// An amount, as [`sum`].
pub(super) fn money(it: Money) -> String {
    sum(it.minor(), it.currency())
}

/// An amount with what was paid for it in another currency: `53.75 EUR (50.00 CHF at 1.0750000000)`.
pub(super) fn converted(amount: Money, original: Option<Money>) -> String {
    let Some(original) = original else { return money(amount) };
    let rate = decimal(&conversion::rate(original, amount));
    let said = say("donor-converted").with("amount", money(amount)).with("original", money(original));
    said.with("rate", rate).to_string()
}

/// What became of parts of a payment, each with its amount; what is nothing is left out.
pub(super) fn parts<A: Into<i128>>(all: impl IntoIterator<Item = (Said, A)>, currency: Currency) -> Vec<Said> {
    let all = all.into_iter().map(|(what, minor)| (what, minor.into())).filter(|(_, minor)| *minor > 0);
    all.map(|(what, minor)| what.with("amount", sum(minor, currency))).collect()
}

/// The lines of a receipt, by what they are called.
pub(super) fn lines<'a>(all: impl IntoIterator<Item = &'a Line>, currency: Currency) -> Vec<(String, String)> {
    all.into_iter().map(|line| (label(&line.label), sum(line.amount, currency))).collect()
}

/// What a plan costs: `30.00 USD each month`.
pub(super) fn terms(it: Terms) -> Said {
    let each = match it.interval {
        Interval::Month => say("donor-each-month"),
        Interval::Quarter => say("donor-each-quarter"),
        Interval::Year => say("donor-each-year"),
    };
    each.with("amount", money(it.amount))
}

/// What a plan costs, or a single payment.
pub(super) fn cost(plan: Option<Terms>, amount: Money) -> Said {
    plan.map_or_else(|| say("donor-once").with("amount", money(amount)), terms)
}

/// Who collects a plan.
pub(super) fn collector(it: &Named) -> String {
    match it {
        Named::Partner { name } => name.clone(),
        Named::Simulated { partner } => say("donor-simulated").with("partner", partner).to_string(),
        Named::Stripe { host, partner } => say("donor-stripe").with("host", host).with("partner", partner).to_string(),
    }
}

/// What a line of a receipt is called: in the language of who reads where it is one of ours.
pub(super) fn label(kept: &str) -> String {
    if kept == GIFT {
        return say("receipt-line-gift").to_string();
    }
    match kept.strip_prefix(FEE_OF).and_then(|payee| payee.parse::<Payee>().ok()) {
        Some(Payee::Host) => say("receipt-line-fee-host").to_string(),
        Some(Payee::Platform) => say("receipt-line-fee-platform").to_string(),
        Some(Payee::Processor) => say("receipt-line-fee-processor").to_string(),
        None => kept.to_owned(),
    }
}

/// What a receipt says of its use before the tax office: the custodian's own text as it is.
pub(super) fn tax_text(kept: &str) -> String {
    if kept == NO_TAX_CERTIFICATE { say("receipt-no-certificate").to_string() } else { kept.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{Language, Reader};

    #[tokio::test]
    async fn what_is_ours_in_a_receipt_follows_who_reads_and_what_others_wrote_does_not() {
        let lines = || [GIFT, "fee of the host", "fee of the moon", "tip"].map(label);
        assert_eq!(lines(), ["gift", "fee of the host", "fee of the moon", "tip"]);
        assert_eq!(tax_text(NO_TAX_CERTIFICATE), NO_TAX_CERTIFICATE);
        assert_eq!(sum(300_000, Currency::USD), "3000.00 USD");
        let german = async {
            assert_eq!(lines(), ["Spende", "Gebühr des Trägers", "fee of the moon", "tip"]);
            assert_eq!(tax_text("Ask us."), "Ask us.");
            assert!(tax_text(NO_TAX_CERTIFICATE).starts_with("Diese Quittung"));
            assert_eq!(sum(300_000, Currency::USD), "3000,00 USD");
        };
        Reader::new(Language::German, None).during(german).await;
    }
}
