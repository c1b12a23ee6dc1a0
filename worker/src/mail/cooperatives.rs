//! Mails to members of cooperatives.

use super::templates::mail;

/// The statement of a member's share of a distribution.
pub(crate) struct MemberStatement {
    /// The member's name; empty when it is not known.
    pub(crate) name: String,
    /// The name of the cooperative.
    pub(crate) cooperative: String,
    /// The member's number.
    pub(crate) number: i32,
    /// The first and the last day of the period that is distributed.
    pub(crate) period: String,
    /// The member's group.
    pub(crate) group: String,
    /// By what the group shares, and how much of it the member has, such as `1560.00 attested hours`.
    pub(crate) basis: String,
    /// The amount and currency that were distributed to all members together.
    pub(crate) net: String,
    /// The member's whole share.
    pub(crate) share: String,
    /// The part to be paid out.
    pub(crate) cash: String,
    /// The part that became the member's capital.
    pub(crate) retained: String,
    /// Whether the member had agreed to retained parts.
    pub(crate) consents: bool,
    /// The version of the allocation rule that was followed.
    pub(crate) rule_version: i32,
    /// The number of the distribution's journal entry in the book.
    pub(crate) entry: i64,
    /// The day the statement was issued.
    pub(crate) date: String,
    /// The id of the statement.
    pub(crate) statement: String,
}
mail!(
    MemberStatement: "cooperatives/statement.subject.txt",
    "cooperatives/statement.txt",
    "cooperatives/statement.html"
);

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
