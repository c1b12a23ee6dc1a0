//! Mails to the teams in a challenge, and to whoever made it.

use super::templates::mail;
use ledger::challenges::rules::share_plan::PlanState;

/// What teams are told.
pub(crate) enum Told {
    /// The rules changed.
    Rules {
        /// The last day on which they may agree.
        until: String,
        /// SHA-256 of the rules, which they restate.
        rules: String,
    },
    /// There is more time.
    Extension {
        /// The day on which submissions close.
        until: String,
        /// Why.
        reason: String,
    },
    /// It is announced, to whoever made it.
    Announcement,
    /// Its ranking is known.
    Ranking {
        /// The day until which teams may appeal.
        until: String,
    },
    /// Its submissions wait for scores.
    Judging {
        /// The day until which judges score.
        until: String,
    },
    /// It is given up.
    Cancellation {
        /// Why.
        reason: String,
    },
}

/// The notice to a team in a challenge.
pub(crate) struct News {
    /// The title of the challenge.
    pub(crate) title: String,
    /// The name of the host.
    pub(crate) host: String,
    /// The id of the challenge.
    pub(crate) challenge: String,
    /// What is told.
    pub(crate) told: Told,
}
mail!(News: "challenges/news.subject.txt", "challenges/news.txt", "challenges/news.html");

/// How the share plan of a submission stands.
pub(crate) struct Shares {
    /// The title of the challenge.
    pub(crate) title: String,
    /// The name of the host.
    pub(crate) host: String,
    /// How the plan stands.
    pub(crate) state: PlanState,
    /// The day on which that ends by itself; empty where it does not.
    pub(crate) until: String,
    /// Why the host decided so; empty where it did not.
    pub(crate) why: String,
    /// SHA-256 of the parts, which whoever attests restates.
    pub(crate) sha256: String,
    /// The id of the submission.
    pub(crate) submission: String,
    /// The id of the plan.
    pub(crate) plan: String,
}

impl Shares {
    fn occasion(&self) -> &'static str {
        match self.state {
            PlanState::Proposed => "a share is proposed to your team",
            PlanState::Objected => "a team objects to how prizes are divided",
            PlanState::Fixed => "how prizes are divided is fixed",
            PlanState::Lapsed => "how prizes are divided was not agreed",
        }
    }

    fn sentence(&self) -> String {
        let Shares { until, why, sha256, .. } = self;
        match self.state {
            PlanState::Proposed => format!(
                "A team proposes how the prizes of its submission are divided, and names yours. Your team attests its part until {until}, or \
                 objects to it; if it says nothing until then, that attests it. Whoever attests restates the SHA-256 of the parts: {sha256}"
            ),
            PlanState::Objected => format!(
                "A team objects to its part. The team of the submission proposes other parts, or the host decides, until {until}; if neither \
                 does, the plan lapses, and prizes go to the team of the submission whole."
            ),
            PlanState::Fixed if !why.is_empty() => {
                format!("The host has decided about an objection, and nothing changes any more. It says why: {why}")
            }
            PlanState::Fixed => {
                "Every team has attested its part, or was silent, and nothing changes any more. Whatever the submission wins is divided so."
                    .to_owned()
            }
            PlanState::Lapsed => {
                "It was not agreed in time: what the submission wins goes to its team whole.".to_owned()
            }
        }
    }
}
mail!(Shares: "challenges/shares.subject.txt", "challenges/shares.txt", "challenges/shares.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn the_news_of_a_challenge_carry_their_facts() {
        let news = |told| {
            let news =
                News { title: "Open drill".into(), host: "Commons Host".into(), challenge: "chl_abc".into(), told };
            news.render().unwrap()
        };
        let rules = news(Told::Rules { until: "4 December 2026".into(), rules: "ab12".into() });
        assert!(
            rules.subject.contains("rules") && rules.text.contains("4 December 2026") && rules.html.contains("ab12")
        );
        let longer = news(Told::Extension { until: "4 December 2026".into(), reason: "A storm <b>".into() });
        assert!(longer.text.contains("A storm <b>") && !longer.html.contains("<b>"), "{}", longer.html);
        let ranked = news(Told::Ranking { until: "4 December 2026".into() });
        assert!(ranked.subject.contains("ranking") && ranked.html.contains("4 December 2026"), "{}", ranked.text);
        let judged = news(Told::Judging { until: "4 December 2026".into() });
        assert!(judged.subject.contains("scores") && judged.html.contains("4 December 2026"), "{}", judged.text);
        assert!(news(Told::Announcement).text.contains("announced"));
        let over = news(Told::Cancellation { reason: "The sponsor is gone".into() });
        assert!(over.subject.contains("given up") && over.html.contains("The sponsor is gone"));
    }

    #[test]
    fn the_mails_about_shares_carry_what_is_asked_and_what_was_decided() {
        let shares = |state, why: &str| {
            let mail = Shares {
                title: "Open drill".into(),
                host: "Commons Host".into(),
                state,
                until: "4 December 2026".into(),
                why: why.into(),
                sha256: "ab12".into(),
                submission: "sub_abc".into(),
                plan: "shp_abc".into(),
            };
            mail.render().unwrap()
        };
        let asked = shares(PlanState::Proposed, "");
        assert!(asked.subject.contains("proposed") && asked.text.contains("4 December 2026"), "{}", asked.text);
        assert!(asked.html.contains("ab12") && asked.text.contains("shp_abc") && asked.text.contains("sub_abc"));
        assert!(shares(PlanState::Objected, "").text.contains("lapses"));
        let decided = shares(PlanState::Fixed, "Both <b> built it");
        assert!(decided.text.contains("Both <b> built it") && !decided.html.contains("<b>"), "{}", decided.html);
        assert!(shares(PlanState::Lapsed, "").html.contains("whole"));
    }
}
