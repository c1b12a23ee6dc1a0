//! Mails to members of cooperatives.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// A member's statement of a distribution.
pub(crate) struct MemberStatement {
    /// The member's name; empty when it is not known.
    pub(crate) name: String,
    /// The cooperative, by its name.
    pub(crate) cooperative: String,
    /// The member's number.
    pub(crate) number: i32,
    /// The period of the distribution.
    pub(crate) period: Value,
    /// The group of members whose rule counted.
    pub(crate) group: String,
    /// By what the member took part.
    pub(crate) basis: Value,
    /// What was distributed among all.
    pub(crate) net: Value,
    /// The member's share.
    pub(crate) share: Value,
    /// What of it is paid.
    pub(crate) cash: Value,
    /// What of it is retained.
    pub(crate) retained: Value,
    /// What of it made up for earlier losses; none where none did.
    pub(crate) netted: Option<Value>,
    /// What the member bears of a loss, and what of that stands against the next shares; none where a surplus was shared.
    pub(crate) loss: Option<(Value, Value)>,
    /// Whether the member agreed to retained parts.
    pub(crate) consents: bool,
    /// The version of the rule that counted.
    pub(crate) rule_version: i32,
    /// The number of the journal entry.
    pub(crate) entry: i64,
    /// The day of the statement.
    pub(crate) date: Value,
    /// The id of the statement.
    pub(crate) statement: String,
}

impl Mail for MemberStatement {
    fn letter(&self) -> Letter {
        let subject = match &self.loss {
            Some((loss, _)) => say("cooperatives-statement-loss-subject").with("loss", loss),
            None => say("cooperatives-statement-subject").with("share", &self.share),
        };
        let (what, large) = match &self.loss {
            Some((loss, _)) => (say("cooperatives-statement-loss-what"), loss),
            None => (say("cooperatives-statement-what"), &self.share),
        };
        let consent = if self.consents {
            say("cooperatives-statement-consents")
        } else {
            say("cooperatives-statement-consents-not")
        };
        let member = say("cooperatives-statement-number").with("number", self.number).with("group", &self.group);
        let heading = match self.name.as_str() {
            "" => say("cooperatives-statement"),
            name => say("cooperatives-statement-of").with("name", name),
        };
        let letter = Letter::about(subject.with("cooperative", &self.cooperative).with("period", &self.period))
            .headed(heading)
            .says(what.with("cooperative", &self.cooperative))
            .large(large)
            .fact(say("facts-member"), member)
            .fact(say("facts-period"), &self.period)
            .fact(say("facts-basis"), &self.basis)
            .fact(say("facts-net"), &self.net);
        let letter = match &self.loss {
            Some((_, stands)) => letter.fact(say("facts-stands"), stands),
            None => letter.fact(say("facts-cash"), &self.cash).fact(say("facts-retained"), &self.retained),
        };
        let letter = match &self.netted {
            Some(netted) => letter.fact(say("facts-netted"), netted),
            None => letter,
        };
        letter
            .fact(say("facts-consent"), consent)
            .fact(say("facts-rule"), say("cooperatives-statement-version").with("version", self.rule_version))
            .fact(say("facts-entry"), self.entry)
            .fact(say("facts-date"), &self.date)
            .fact(say("facts-statement"), &self.statement)
            .aside(say("cooperatives-statement-shown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn k3_a_statement_names_basis_share_consent_period_and_rule() {
        let statement = |consents| MemberStatement {
            name: "Ada".into(),
            cooperative: "Press Makers".into(),
            number: 2,
            period: "1 January 2027 – 31 December 2027".into(),
            group: "workers".into(),
            basis: "1560.00 attested hours".into(),
            net: "12000.07 USD".into(),
            share: "2592.02 USD".into(),
            cash: "2000.00 USD".into(),
            retained: "592.02 USD".into(),
            netted: None,
            loss: None,
            consents,
            rule_version: 3,
            entry: 4711,
            date: "10 January 2028".into(),
            statement: "stm_abc".into(),
        };
        let mail = statement(true).render(Language::English).unwrap();
        assert!(mail.subject.contains("2592.02 USD") && mail.subject.contains("Press Makers"), "{}", mail.subject);
        for part in [&mail.text, &mail.html] {
            for fact in
                ["1560.00 attested hours", "2000.00 USD", "592.02 USD", "31 December 2027", "4711", "stm_abc", "No. 2"]
            {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
        assert!(mail.text.contains("version 3") && mail.text.contains("you agreed"), "{}", mail.text);
        let lost = MemberStatement { loss: Some(("700.00 USD".into(), "200.00 USD".into())), ..statement(true) };
        let mail = lost.render(Language::English).unwrap();
        assert!(mail.subject.contains("700.00 USD") && mail.text.contains("200.00 USD"), "{}", mail.text);
        assert!(!mail.text.contains("592.02 USD"), "nobody gets anything of a loss: {}", mail.text);
        assert!(statement(false).render(Language::English).unwrap().html.contains("you have not agreed"));
    }
}
