//! Mails to members of cooperatives.

use super::templates::mail;

/// A member's share of a distribution.
pub(crate) struct MemberStatement {
    /// The member's name, or nothing.
    pub(crate) name: String,
    /// The cooperative.
    pub(crate) cooperative: String,
    /// The member's number.
    pub(crate) number: i32,
    /// First and last day.
    pub(crate) period: String,
    /// The member's group.
    pub(crate) group: String,
    /// By what the group shared, and how much of it the member had.
    pub(crate) basis: String,
    /// What was distributed in all.
    pub(crate) net: String,
    /// The member's whole share.
    pub(crate) share: String,
    /// The part to be paid out.
    pub(crate) cash: String,
    /// The part that became the member's capital.
    pub(crate) retained: String,
    /// Whether the member had agreed to retained parts.
    pub(crate) consents: bool,
    /// Version of the rule.
    pub(crate) rule_version: i32,
    /// Number of the entry in the book.
    pub(crate) entry: i64,
    /// The day of issue.
    pub(crate) date: String,
    /// The id of the statement.
    pub(crate) statement: String,
    /// Where it is shown.
    pub(crate) link: String,
}
mail!(MemberStatement: "cooperatives/statement.subject.txt", "cooperatives/statement.txt", "cooperatives/statement.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

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
            consents,
            rule_version: 3,
            entry: 4711,
            date: "10 January 2028".into(),
            statement: "stm_abc".into(),
            link: "https://purse.example.org/statements/stm_abc".into(),
        };
        let mail = statement(true).render().unwrap();
        assert!(mail.subject.contains("2592.02 USD") && mail.subject.contains("Press Makers"), "{}", mail.subject);
        for part in [&mail.text, &mail.html] {
            for fact in
                ["1560.00 attested hours", "2000.00 USD", "592.02 USD", "31 December 2027", "4711", "stm_abc", "No. 2"]
            {
                assert!(part.contains(fact), "{fact} is missing in {part}");
            }
        }
        assert!(mail.text.contains("version 3") && mail.text.contains("you agreed"), "{}", mail.text);
        assert!(statement(false).render().unwrap().html.contains("you have not agreed"));
    }
}
