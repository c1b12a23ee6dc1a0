//! Mails to the teams in a challenge, and to whoever made it.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};
use ledger::challenges::rules::share_plan::PlanState;

/// What is told of a challenge.
pub(crate) enum Told {
    /// The rules changed.
    Rules {
        /// The last day to agree to them.
        until: Value,
        /// Their SHA-256.
        rules: String,
    },
    /// Submissions close later.
    Extension {
        /// The last day.
        until: Value,
        /// Why, in the words of the host.
        reason: String,
    },
    /// Everybody reads it, and teams may enter.
    Announcement,
    /// The ranking is known.
    Ranking {
        /// The last day of appeals.
        until: Value,
    },
    /// Submissions wait for scores.
    Judging {
        /// The last day of scores.
        until: Value,
    },
    /// It is given up.
    Cancellation {
        /// Why, in the words of the host.
        reason: String,
    },
}

/// What became of a challenge.
pub(crate) struct News {
    /// The title of the challenge.
    pub(crate) title: String,
    /// The host, by its name.
    pub(crate) host: String,
    /// The id of the challenge.
    pub(crate) challenge: String,
    /// What it is.
    pub(crate) told: Told,
}

impl News {
    fn subject(&self) -> Said {
        let subject = match &self.told {
            Told::Rules { .. } => say("challenges-rules-subject"),
            Told::Extension { .. } => say("challenges-extension-subject"),
            Told::Announcement => say("challenges-announcement-subject"),
            Told::Ranking { .. } => say("challenges-ranking-subject"),
            Told::Judging { .. } => say("challenges-judging-subject"),
            Told::Cancellation { .. } => say("challenges-cancellation-subject"),
        };
        subject.with("title", &self.title)
    }

    fn said(&self) -> Said {
        let why = |said: Said, reason: &str| said.with("host", &self.host).with("reason", reason);
        match &self.told {
            Told::Rules { until, rules } => say("challenges-rules").with("until", until).with("rules", rules),
            Told::Extension { until, reason } => why(say("challenges-extension").with("until", until), reason),
            Told::Announcement => say("challenges-announcement"),
            Told::Ranking { until } => say("challenges-ranking").with("until", until),
            Told::Judging { until } => say("challenges-judging").with("until", until),
            Told::Cancellation { reason } => why(say("challenges-cancellation"), reason),
        }
    }
}

impl Mail for News {
    fn letter(&self) -> Letter {
        Letter::about(self.subject())
            .says(self.said())
            .fact(say("facts-held-by"), &self.host)
            .fact(say("facts-challenge"), &self.challenge)
    }
}

/// How the share plan of a submission stands.
pub(crate) struct Shares {
    /// The title of the challenge.
    pub(crate) title: String,
    /// The host, by its name.
    pub(crate) host: String,
    /// How it stands.
    pub(crate) state: PlanState,
    /// The last day of whoever is to act; empty when nobody is.
    pub(crate) until: Value,
    /// Why, in the words of the host; empty when it did not decide.
    pub(crate) why: String,
    /// The SHA-256 of the parts.
    pub(crate) sha256: String,
    /// The id of the submission.
    pub(crate) submission: String,
    /// The id of the plan.
    pub(crate) plan: String,
}

impl Shares {
    fn subject(&self) -> Said {
        let subject = match self.state {
            PlanState::Proposed => say("challenges-shares-proposed-subject"),
            PlanState::Objected => say("challenges-shares-objected-subject"),
            PlanState::Fixed => say("challenges-shares-fixed-subject"),
            PlanState::Lapsed => say("challenges-shares-lapsed-subject"),
        };
        subject.with("title", &self.title)
    }

    fn said(&self) -> Said {
        match (self.state, self.why.as_str()) {
            (PlanState::Proposed, _) => {
                say("challenges-shares-proposed").with("until", &self.until).with("sha256", &self.sha256)
            }
            (PlanState::Objected, _) => say("challenges-shares-objected").with("until", &self.until),
            (PlanState::Fixed, "") => say("challenges-shares-fixed"),
            (PlanState::Fixed, why) => say("challenges-shares-decided").with("why", why),
            (PlanState::Lapsed, _) => say("challenges-shares-lapsed"),
        }
    }
}

impl Mail for Shares {
    fn letter(&self) -> Letter {
        Letter::about(self.subject())
            .says(self.said())
            .fact(say("facts-held-by"), &self.host)
            .fact(say("facts-submission"), &self.submission)
            .fact(say("facts-share-plan"), &self.plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn the_news_of_a_challenge_carry_their_facts() {
        let news = |told| {
            let news =
                News { title: "Open drill".into(), host: "Commons Host".into(), challenge: "chl_abc".into(), told };
            news.render(Language::English).unwrap()
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
            mail.render(Language::English).unwrap()
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
