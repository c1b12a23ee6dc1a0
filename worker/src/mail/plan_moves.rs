//! Mails to donors about plans that move to another partner or rail.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};

/// The question whether somebody else shall collect a plan, and how that stands.
pub(crate) struct PlanMoveMail {
    /// How the move stands.
    pub(crate) step: Step,
    /// The donor's name; empty when it is not known.
    pub(crate) donor: String,
    /// The title of the campaign that is paid for.
    pub(crate) campaign: String,
    /// What is collected, and how often.
    pub(crate) terms: Value,
    /// Who collects it until then.
    pub(crate) from: Value,
    /// Who collects it from then on.
    pub(crate) to: Value,
    /// The due date that is collected first in the new way; none while the plan rests.
    pub(crate) first_on: Value,
    /// The last day of the wait; empty when it does not wait.
    pub(crate) until: Value,
    /// The id of the pledge.
    pub(crate) pledge: String,
}

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

impl PlanMoveMail {
    fn subject(&self) -> Said {
        let subject = match self.step {
            Step::Asked(_) => say("pledging-move-asked-subject"),
            Step::Consented => say("pledging-move-consented-subject"),
            Step::Active => say("pledging-move-active-subject"),
            Step::Declined | Step::Expired => say("pledging-move-stays-subject"),
        };
        subject.with("campaign", &self.campaign)
    }

    fn said(&self) -> Said {
        match (&self.step, self.first_on.is_empty()) {
            (Step::Asked(_), _) => say("pledging-move-asked").with("until", &self.until),
            (Step::Consented, _) => say("pledging-move-consented").with("until", &self.until),
            (Step::Active, true) => say("pledging-move-active-while-it-rests"),
            (Step::Active, false) => say("pledging-move-active").with("day", &self.first_on),
            (Step::Declined, _) => say("pledging-move-declined"),
            (Step::Expired, _) => say("pledging-move-expired"),
        }
    }
}

impl Mail for PlanMoveMail {
    fn letter(&self) -> Letter {
        let letter = Letter::about(self.subject())
            .headed(say("pledging-move").with("campaign", &self.campaign))
            .says(self.said())
            .fact(say("facts-donor"), &self.donor)
            .fact(say("facts-what"), &self.terms)
            .fact(say("facts-until-now"), &self.from)
            .fact(say("facts-then"), &self.to)
            .fact(say("facts-pledge"), &self.pledge);
        let Step::Asked(link) = &self.step else { return letter };
        let first = if self.first_on.is_empty() { say("pledging-move-rests").into() } else { self.first_on.clone() };
        letter
            .fact(say("facts-first-payment"), first)
            .link(say("pledging-move-answer"), link)
            .aside(say("pledging-move-or-not"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

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
            let mail = mail.render(Language::English).unwrap();
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
