//! Mails to the teams in a challenge, and to whoever made it.

use super::templates::mail;

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
        assert!(news(Told::Announcement).text.contains("announced"));
        let over = news(Told::Cancellation { reason: "The sponsor is gone".into() });
        assert!(over.subject.contains("given up") && over.html.contains("The sponsor is gone"));
    }
}
