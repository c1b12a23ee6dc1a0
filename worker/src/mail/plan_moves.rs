//! Mails to donors about plans that move to another partner or rail.

use super::templates::mail;

/// The question whether somebody else shall collect a plan, and how that stands.
pub(crate) struct PlanMoveMail {
    /// How the move stands.
    pub(crate) step: Step,
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// What is collected, and how often.
    pub(crate) terms: String,
    /// Who collects it until then.
    pub(crate) from: String,
    /// Who collects it from then on.
    pub(crate) to: String,
    /// The due date that is collected first in the new way.
    pub(crate) first_on: String,
    /// The last day of the wait; empty when it does not wait.
    pub(crate) until: String,
    /// The id of the pledge.
    pub(crate) pledge: String,
}
mail!(PlanMoveMail: "pledging/plan_move.subject.txt", "pledging/plan_move.txt", "pledging/plan_move.html");

/// How a move stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The donor is asked, by this link.
    Asked(String),
    /// The donor has agreed; the old permission is to end.
    Consented,
    /// It is done.
    Active,
    /// Somebody did not want it, or not any more.
    Declined,
    /// Nobody answered in time.
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn each_mail_about_a_move_names_both_who_collect_and_what_and_only_the_question_has_a_link() {
        let link = "https://purse.example.org/plan-moves/pmv_abc/s3cret";
        for (step, words) in [
            (Step::Asked(link.into()), "until 14 February 2027"),
            (Step::Consented, "until then all stays as it is"),
            (Step::Active, "28 February 2027"),
            (Step::Declined, "stays where it is"),
            (Step::Expired, "stays where it is"),
        ] {
            let mail = PlanMoveMail {
                step: step.clone(),
                donor: "Ada".into(),
                campaign: "Open <loom>".into(),
                terms: "30.00 USD each month".into(),
                from: "Old platform".into(),
                to: "New <platform>".into(),
                first_on: "28 February 2027".into(),
                until: "14 February 2027".into(),
                pledge: "plg_abc".into(),
            };
            let mail = mail.render().unwrap();
            for part in [&mail.text, &mail.html] {
                for fact in ["Ada", "30.00 USD each month", "Old platform", "plg_abc", words] {
                    assert!(part.contains(fact), "{step:?}: {fact} is missing in {part}");
                }
                assert_eq!(part.contains("/plan-moves/"), matches!(step, Step::Asked(_)), "{step:?}: {part}");
            }
            assert!(mail.text.contains("New <platform>") && !mail.html.contains("<platform>"), "{}", mail.html);
            assert!(!mail.html.contains("<loom>"), "{}", mail.html);
        }
    }
}
