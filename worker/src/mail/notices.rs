//! Mails that say one thing, in a sentence or two: a role, an entry to a challenge, what members of a cooperative may do.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};
use ledger::challenges::rules::appeal::AppealState;

/// A mail that says one thing.
pub(crate) struct Notice {
    /// What it is, in a few words.
    subject: Said,
    /// What it says, a paragraph each.
    said: Vec<Said>,
    /// What it is about: names and ids.
    facts: Vec<(Said, Value)>,
    /// The page that shows what waits for the reader.
    link: String,
}

impl Mail for Notice {
    fn letter(&self) -> Letter {
        let letter = Letter::about(self.subject.clone());
        let letter = self.said.iter().fold(letter, |letter, said| letter.says(said.clone()));
        let facts = self.facts.iter();
        let letter = facts.fold(letter, |letter, (name, value)| letter.fact(name.clone(), value));
        letter.link(say("frame-waiting"), &self.link)
    }
}

/// Why, in the words of whoever decided.
fn reason(reason: &str) -> Said {
    say("notices-reason").with("reason", reason)
}

impl Notice {
    /// A person has a role in an organisation.
    pub(crate) fn role(organisation: &str, role: Value, link: String) -> Notice {
        let of = |said: Said| said.with("role", &role).with("organisation", organisation);
        Notice {
            subject: of(say("notices-role-subject")),
            said: vec![of(say("notices-role")), say("notices-role-unknown")],
            facts: vec![(say("facts-organisation"), organisation.into()), (say("facts-role"), role.clone())],
            link,
        }
    }

    /// Somebody asks to join an organisation, to its owners.
    pub(crate) fn join_asked((who, organisation): (&str, &str), until: Value, id: String, link: String) -> Notice {
        let said = say("notices-join-asked").with("who", who).with("organisation", organisation).with("until", until);
        Notice {
            subject: say("notices-join-asked-subject").with("organisation", organisation),
            said: vec![said],
            facts: vec![(say("facts-organisation"), organisation.into()), (say("facts-request"), id.into())],
            link,
        }
    }

    /// A request to join was declined, to who asked.
    pub(crate) fn not_joined(organisation: &str, why: &str, id: String, link: String) -> Notice {
        Notice {
            subject: say("notices-join-declined-subject").with("organisation", organisation),
            said: vec![say("notices-join-declined").with("organisation", organisation), reason(why)],
            facts: vec![(say("facts-organisation"), organisation.into()), (say("facts-request"), id.into())],
            link,
        }
    }

    /// Nobody answered a request to join in time, to who asked.
    pub(crate) fn join_lapsed(organisation: &str, until: Value, id: String, link: String) -> Notice {
        Notice {
            subject: say("notices-join-lapsed-subject").with("organisation", organisation),
            said: vec![say("notices-join-lapsed").with("organisation", organisation).with("until", until)],
            facts: vec![(say("facts-organisation"), organisation.into()), (say("facts-request"), id.into())],
            link,
        }
    }

    /// About an application of a team for a piece of work that a host has called for.
    fn application(of: (&str, &str, &str), (subject, said): (Said, Said), id: String, link: String) -> Notice {
        let (team, work, host) = of;
        Notice {
            subject: subject.with("team", team).with("work", work),
            said: vec![said.with("team", team).with("work", work).with("host", host)],
            facts: vec![(say("facts-team"), team.into()), (say("facts-application"), id.into())],
            link,
        }
    }

    /// A team applies for a call, to the owners of the host. `of`: the team, the work, the host.
    pub(crate) fn applied(of: (&str, &str, &str), (last, until): (Value, Value), id: String, link: String) -> Notice {
        let said = say("notices-applied").with("last", last).with("until", until);
        Notice::application(of, (say("notices-applied-subject"), said), id, link)
    }

    /// A team gets the milestone for which it applied.
    pub(crate) fn application_accepted(of: (&str, &str, &str), amount: Value, id: String, link: String) -> Notice {
        let said = say("notices-application-accepted").with("amount", amount);
        Notice::application(of, (say("notices-application-accepted-subject"), said), id, link)
    }

    /// A team does not get what it applied for.
    pub(crate) fn application_declined(of: (&str, &str, &str), why: &str, id: String, link: String) -> Notice {
        let said = (say("notices-application-declined-subject"), say("notices-application-declined"));
        let mut notice = Notice::application(of, said, id, link);
        notice.said.push(reason(why));
        notice
    }

    /// Nobody decided about the work for which a team applied.
    pub(crate) fn application_lapsed(of: (&str, &str, &str), until: Value, id: String, link: String) -> Notice {
        let said = say("notices-application-lapsed").with("until", until);
        Notice::application(of, (say("notices-application-lapsed-subject"), said), id, link)
    }

    /// A person is on the panel of a challenge.
    pub(crate) fn panel(organisation: &str, (title, id): (&str, String), link: String) -> Notice {
        Notice {
            subject: say("notices-panel-subject").with("title", title),
            said: vec![say("notices-panel").with("organisation", organisation).with("title", title)],
            facts: vec![(say("facts-held-by"), organisation.into()), (say("facts-challenge"), id.into())],
            link,
        }
    }

    /// The entry of a team was withdrawn, as it did not agree to changed rules in time.
    pub(crate) fn withdrawn((team, title): (&str, &str), entry: String, link: String) -> Notice {
        Notice {
            subject: say("notices-withdrawn-subject").with("title", title),
            said: vec![say("notices-withdrawn").with("team", team).with("title", title)],
            facts: vec![(say("facts-team"), team.into()), (say("facts-entry-to-a-challenge"), entry.into())],
            link,
        }
    }

    /// How an appeal stands: to the team, or to whoever decides while it is open.
    pub(crate) fn appeal(
        state: AppealState,
        (team, title): (&str, &str),
        (until, why): (Value, &str),
        appeal: String,
        link: String,
    ) -> Notice {
        let of_team = |said: Said| said.with("team", team);
        let (subject, said) = match state {
            AppealState::Open => (
                say("notices-appeal-open-subject"),
                of_team(say("notices-appeal-open")).with("title", title).with("until", until),
            ),
            AppealState::Upheld => (say("notices-appeal-upheld-subject"), of_team(say("notices-appeal-upheld"))),
            AppealState::Dismissed => {
                (say("notices-appeal-dismissed-subject"), of_team(say("notices-appeal-dismissed")))
            }
            AppealState::Lapsed => {
                (say("notices-appeal-lapsed-subject"), of_team(say("notices-appeal-lapsed")).with("until", until))
            }
        };
        let why = (!why.is_empty()).then(|| reason(why));
        Notice {
            subject: subject.with("title", title),
            said: [Some(said), why].into_iter().flatten().collect(),
            facts: vec![(say("facts-team"), team.into()), (say("facts-appeal"), appeal.into())],
            link,
        }
    }

    /// About a distribution of a cooperative.
    fn of_distribution(cooperative: &str, subject: Said, said: Vec<Said>, id: String, link: String) -> Notice {
        Notice {
            subject: subject.with("cooperative", cooperative),
            said,
            facts: vec![(say("facts-cooperative"), cooperative.into()), (say("facts-distribution"), id.into())],
            link,
        }
    }

    /// Members may object to a distribution.
    pub(crate) fn distribution(
        cooperative: &str,
        (period, net, until): (Value, Value, Value),
        id: String,
        link: String,
    ) -> Notice {
        let said = say("notices-distribution").with("cooperative", cooperative).with("net", net);
        let said = said.with("period", period).with("until", until);
        Notice::of_distribution(cooperative, say("notices-distribution-subject"), vec![said], id, link)
    }

    /// A member objects to a distribution, to those who decide.
    pub(crate) fn objected((cooperative, period): (&str, Value), until: Value, id: String, link: String) -> Notice {
        let said = say("notices-objected").with("cooperative", cooperative).with("period", period);
        let said = vec![said.with("until", until)];
        Notice::of_distribution(cooperative, say("notices-objected-subject"), said, id, link)
    }

    /// An objection was answered, to those who objected.
    pub(crate) fn objection_answered(
        (cooperative, period): (&str, Value),
        answer: &str,
        id: String,
        link: String,
    ) -> Notice {
        let said = say("notices-objection-answered").with("cooperative", cooperative).with("period", period);
        let said = vec![said, say("notices-objection-answer").with("answer", answer)];
        Notice::of_distribution(cooperative, say("notices-objection-answered-subject"), said, id, link)
    }

    /// A distribution that was objected to is given up, to those who objected.
    pub(crate) fn objection_held((cooperative, period): (&str, Value), why: &str, id: String, link: String) -> Notice {
        let said = say("notices-objection-held").with("cooperative", cooperative).with("period", period);
        Notice::of_distribution(cooperative, say("notices-objection-held-subject"), vec![said, reason(why)], id, link)
    }

    /// Members may vote on a proposal, or what came of it.
    pub(crate) fn vote(
        (cooperative, title): (&str, &str),
        (subject, said): (Said, Vec<Said>),
        id: String,
        link: String,
    ) -> Notice {
        let about = |said: Said| said.with("cooperative", cooperative).with("title", title);
        Notice {
            subject: about(subject),
            said: said.into_iter().map(about).collect(),
            facts: vec![(say("facts-cooperative"), cooperative.into()), (say("facts-proposal"), id.into())],
            link,
        }
    }

    /// Hours wait for a member who attests them.
    pub(crate) fn hours(cooperative: &str, link: String) -> Notice {
        Notice {
            subject: say("notices-hours-subject").with("cooperative", cooperative),
            said: vec![say("notices-hours").with("cooperative", cooperative)],
            facts: vec![(say("facts-cooperative"), cooperative.into())],
            link,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn a_notice_says_its_facts_and_what_people_wrote_is_text() {
        let link = || "https://purse.example.org/me".to_owned();
        let of = ("Team <Drum>", "Open drill");
        for state in AppealState::ALL {
            let notice =
                Notice::appeal(*state, of, ("4 December 2026".into(), "No <b>test</b> data"), "apl_abc".into(), link());
            let mail = notice.render(Language::English).unwrap();
            assert!(
                mail.subject.starts_with("Open drill: ") && mail.text.contains("No <b>test</b> data"),
                "{}",
                mail.text
            );
            assert!(mail.html.contains("apl_abc") && !mail.html.contains("<b>") && !mail.html.contains("<Drum>"));
            let waits = matches!(state, AppealState::Open | AppealState::Lapsed);
            assert_eq!(mail.text.contains("4 December 2026"), waits, "{state}");
        }
        let about = ("Team <Drum>", "Open <drill>", "Host <b>");
        let days = || ("1 December 2026".into(), "31 December 2026".into());
        for (notice, says) in [
            (Notice::applied(about, days(), "map_abc".into(), link()), "1 December 2026, is over"),
            (
                Notice::application_accepted(about, "50.00 USD".into(), "map_abc".into(), link()),
                "milestone of 50.00 USD",
            ),
            (Notice::application_declined(about, "It is <b>dear", "map_abc".into(), link()), "It is <b>dear"),
            (Notice::application_lapsed(about, days().1, "map_abc".into(), link()), "until 31 December 2026"),
        ] {
            let mail = notice.render(Language::English).unwrap();
            assert!(mail.text.contains(says) && mail.text.contains(&link()), "{}", mail.text);
            assert!(mail.html.contains("map_abc") && !mail.html.contains("<b>") && !mail.html.contains("<drill>"));
        }
        let role = Notice::role("Press Makers", "member".into(), link()).render(Language::English).unwrap();
        assert_eq!(role.subject, "You are member of Press Makers");
        assert!(role.text.contains("owners take roles away") && role.text.contains(&link()), "{}", role.text);
        let asked = ("Ada <b>", "Press <Makers>");
        let asked = Notice::join_asked(asked, "4 December 2026".into(), "jrq_abc".into(), link())
            .render(Language::English)
            .unwrap();
        assert!(asked.text.contains("until 4 December 2026") && asked.text.contains("Ada <b>"), "{}", asked.text);
        let lapsed = Notice::join_lapsed("Press <Makers>", "4 December 2026".into(), "jrq_abc".into(), link())
            .render(Language::English)
            .unwrap();
        assert!(lapsed.text.contains("by 4 December 2026: it has lapsed"), "{}", lapsed.text);
        let declined = Notice::not_joined("Press <Makers>", "It is <b>full", "jrq_abc".into(), link())
            .render(Language::English)
            .unwrap();
        assert!(
            declined.subject.ends_with("is declined") && declined.text.contains("It is <b>full"),
            "{}",
            declined.text
        );
        for mail in [asked, declined] {
            assert!(mail.html.contains("jrq_abc") && !mail.html.contains("<b>") && !mail.html.contains("<Makers>"));
        }
        let open = ("1 January 2027 – 31 December 2027".into(), "12000.07 USD".into(), "4 December 2026".into());
        let open =
            Notice::distribution("Press Makers", open, "dst_abc".into(), link()).render(Language::English).unwrap();
        for said in ["12000.07 USD", "4 December 2026", "dst_abc"] {
            assert!(open.text.contains(said) && open.html.contains(said), "{said}: {}", open.text);
        }
        let about = || ("Press <Makers>", Value::from("1 January 2027 – 31 December 2027"));
        let objected = Notice::objected(about(), "4 December 2026".into(), "dst_abc".into(), link())
            .render(Language::English)
            .unwrap();
        assert!(
            objected.text.contains("until 4 December 2026") && !objected.html.contains("<Makers>"),
            "{}",
            objected.text
        );
        for notice in [Notice::objection_answered, Notice::objection_held] {
            let ended = notice(about(), "It is <b>right", "dst_abc".into(), link()).render(Language::English).unwrap();
            assert!(ended.text.contains("It is <b>right") && !ended.html.contains("<b>"), "{}", ended.html);
        }
        let panel =
            Notice::panel("Commons Host", ("Open drill", "chl_abc".into()), link()).render(Language::English).unwrap();
        assert!(panel.text.contains("Declare your ties") && panel.html.contains("chl_abc"), "{}", panel.text);
        let gone = Notice::withdrawn(of, "ent_abc".into(), link()).render(Language::English).unwrap();
        assert!(gone.subject.contains("withdrawn") && gone.html.contains("ent_abc"), "{}", gone.text);
        assert!(Notice::hours("Press Makers", link()).render(Language::English).unwrap().text.contains("attest"));
    }
}
