//! Mails to the host about charges that donors' banks took back.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// How a chargeback stands.
pub(crate) enum Standing {
    /// The provider decides; evidence counts until a day.
    Open {
        /// The last day on which evidence counts.
        until: Value,
    },
    /// The provider gave the money back.
    Won,
    /// Lost, and the risk reserve does not reach.
    LostUnborne,
    /// Lost, and borne.
    Lost,
}

/// The notice to a host that a charge was taken back, or how that ended.
pub(crate) struct Chargeback {
    /// Amount and currency that were taken back.
    pub(crate) amount: Value,
    /// Amount and currency of the provider's own fee.
    pub(crate) fee: Value,
    /// The title of the campaign.
    pub(crate) campaign: String,
    /// The provider's own code of the reason.
    pub(crate) reason: String,
    /// The id of the charge.
    pub(crate) charge: String,
    /// The id of the chargeback.
    pub(crate) chargeback: String,
    /// How it stands.
    pub(crate) standing: Standing,
}

impl Mail for Chargeback {
    fn letter(&self) -> Letter {
        let standing = match &self.standing {
            Standing::Open { until } => say("pledging-chargeback-open").with("until", until),
            Standing::Won => say("pledging-chargeback-won"),
            Standing::LostUnborne => say("pledging-chargeback-lost-unborne"),
            Standing::Lost => say("pledging-chargeback-lost"),
        };
        let subject = say("pledging-chargeback-subject").with("amount", &self.amount);
        Letter::about(subject.with("campaign", &self.campaign))
            .headed(say("pledging-chargeback"))
            .says(standing)
            .fact(say("facts-amount"), &self.amount)
            .fact(say("facts-fee-of-the-provider"), &self.fee)
            .fact(say("facts-for"), &self.campaign)
            .fact(say("facts-reason"), &self.reason)
            .fact(say("facts-charge"), &self.charge)
            .fact(say("facts-chargeback"), &self.chargeback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn the_mail_of_a_chargeback_says_how_it_stands_and_what_to_do() {
        let mail = |standing| {
            let mail = Chargeback {
                amount: "100.00 USD".into(),
                fee: "15.00 USD".into(),
                campaign: "Open washing machine".into(),
                reason: "fraudulent".into(),
                charge: "chg_abc".into(),
                chargeback: "cbk_abc".into(),
                standing,
            };
            mail.render(Language::English).unwrap()
        };
        let open = mail(Standing::Open { until: "4 December 2026".into() });
        assert!(open.subject.contains("100.00 USD") && open.text.contains("4 December 2026"));
        assert!(mail(Standing::LostUnborne).html.contains("Fund the risk reserve"));
        assert!(mail(Standing::Won).text.contains("gave it back") && mail(Standing::Lost).text.contains("is lost"));
    }
}
