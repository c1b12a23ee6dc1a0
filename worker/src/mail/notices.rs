//! Mails that say one thing, in a sentence or two: a role, an entry to a challenge, what members of a cooperative may do.

use super::templates::mail;
use ledger::challenges::rules::appeal::AppealState;

/// A mail that says one thing.
pub(crate) struct Notice {
    /// What it is, in a few words.
    pub(crate) subject: String,
    /// What it says, a paragraph each.
    pub(crate) said: Vec<String>,
    /// What it is about: names and ids.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// The page that shows what waits for the reader.
    pub(crate) link: String,
}
mail!(Notice: "notices/notice.subject.txt", "notices/notice.txt", "notices/notice.html");

impl Notice {
    /// A person has a role in an organisation.
    pub(crate) fn role(organisation: &str, role: &str, link: String) -> Notice {
        Notice {
            subject: format!("You are {role} of {organisation}"),
            said: vec![
                format!("You have the role {role} in {organisation} from now on."),
                "If you know nothing of this, tell an owner there: owners take roles away again.".into(),
            ],
            facts: vec![("Organisation", organisation.to_owned()), ("Role", role.to_owned())],
            link,
        }
    }

    /// Somebody asks to join an organisation, to its owners.
    pub(crate) fn join_asked((who, organisation): (&str, &str), until: &str, id: String, link: String) -> Notice {
        Notice {
            subject: format!("{organisation}: somebody asks to join"),
            said: vec![format!(
                "{who} asks to join {organisation}. You accept with a role, or decline with a reason, until {until}; if no owner answers, \
                 the request lapses."
            )],
            facts: vec![("Organisation", organisation.to_owned()), ("Request", id)],
            link,
        }
    }

    /// A request to join was declined, to who asked.
    pub(crate) fn not_joined(organisation: &str, reason: &str, id: String, link: String) -> Notice {
        Notice {
            subject: format!("{organisation}: your request to join is declined"),
            said: vec![
                format!("An owner of {organisation} has declined your request to join. You may ask again."),
                format!("The reason given: {reason}"),
            ],
            facts: vec![("Organisation", organisation.to_owned()), ("Request", id)],
            link,
        }
    }

    /// Nobody answered a request to join in time, to who asked.
    pub(crate) fn join_lapsed(organisation: &str, until: &str, id: String, link: String) -> Notice {
        Notice {
            subject: format!("{organisation}: nobody has answered your request to join"),
            said: vec![format!(
                "No owner of {organisation} has answered your request to join by {until}: it has lapsed. You may ask again."
            )],
            facts: vec![("Organisation", organisation.to_owned()), ("Request", id)],
            link,
        }
    }

    /// A team applies for a call, to the owners of the host. `of`: the team, the work, the host.
    pub(crate) fn applied(of: (&str, &str, &str), (last, until): (&str, &str), id: String, link: String) -> Notice {
        let (team, work, host) = of;
        Notice {
            subject: format!("{work}: {team} applies"),
            said: vec![format!(
                "{team} applies for {work}, for which {host} has called. You can decline it at any time, and accept one team when the last \
                 day, {last}, is over. If nobody is accepted until {until}, the call lapses."
            )],
            facts: vec![("Team", team.to_owned()), ("Application", id)],
            link,
        }
    }

    /// A team gets the milestone for which it applied.
    pub(crate) fn application_accepted(of: (&str, &str, &str), amount: &str, id: String, link: String) -> Notice {
        let (team, work, host) = of;
        Notice {
            subject: format!("{work}: your application is accepted"),
            said: vec![format!(
                "{host} has accepted {team} for {work}. Its milestone of {amount} is planned for your team; begin to claim when money is \
                 set aside for it."
            )],
            facts: vec![("Team", team.to_owned()), ("Application", id)],
            link,
        }
    }

    /// A team does not get what it applied for.
    pub(crate) fn application_declined(of: (&str, &str, &str), reason: &str, id: String, link: String) -> Notice {
        let (team, work, host) = of;
        Notice {
            subject: format!("{work}: your application is declined"),
            said: vec![format!("{host} does not accept {team} for {work}."), format!("The reason given: {reason}")],
            facts: vec![("Team", team.to_owned()), ("Application", id)],
            link,
        }
    }

    /// Nobody decided about the work for which a team applied.
    pub(crate) fn application_lapsed(of: (&str, &str, &str), until: &str, id: String, link: String) -> Notice {
        let (team, work, host) = of;
        Notice {
            subject: format!("{work}: nobody has decided about your application"),
            said: vec![format!(
                "{host} had until {until} to decide who does {work}: the application of {team} has lapsed."
            )],
            facts: vec![("Team", team.to_owned()), ("Application", id)],
            link,
        }
    }

    /// A person is on the panel of a challenge.
    pub(crate) fn panel(organisation: &str, (title, id): (&str, String), link: String) -> Notice {
        Notice {
            subject: format!("You judge {title}"),
            said: vec![format!(
                "{organisation} has put you on the panel of {title}. You are asked for scores when submissions have closed. Declare your \
                 ties before, if you have any to a team that takes part."
            )],
            facts: vec![("Held by", organisation.to_owned()), ("Challenge", id)],
            link,
        }
    }

    /// The entry of a team was withdrawn, as it did not agree to changed rules in time.
    pub(crate) fn withdrawn((team, title): (&str, &str), entry: String, link: String) -> Notice {
        Notice {
            subject: format!("{title}: your entry is withdrawn"),
            said: vec![format!(
                "{team} did not agree to the changed rules of {title} in time: its entry is withdrawn, and its work with it. What it \
                 paid as a fee goes back."
            )],
            facts: vec![("Team", team.to_owned()), ("Entry", entry)],
            link,
        }
    }

    /// How an appeal stands: to the team, or to whoever decides while it is open.
    pub(crate) fn appeal(
        state: AppealState,
        (team, title): (&str, &str),
        (until, why): (&str, &str),
        appeal: String,
        link: String,
    ) -> Notice {
        let (subject, said) = match state {
            AppealState::Open => (
                format!("{title}: an appeal waits for you"),
                format!(
                    "{team} appeals against the ranking of {title}. An owner of the host who is no judge of it decides until {until}; \
                     if nobody does, the ranking stands."
                ),
            ),
            AppealState::Upheld => (
                format!("{title}: your appeal is upheld"),
                format!("The appeal of {team} was right: the work is judged again."),
            ),
            AppealState::Dismissed => (
                format!("{title}: your appeal is dismissed"),
                format!("The appeal of {team} was dismissed: the ranking stands."),
            ),
            AppealState::Lapsed => (
                format!("{title}: your appeal has lapsed"),
                format!("Nobody decided the appeal of {team} until {until}: the ranking stands."),
            ),
        };
        let mut said = vec![said];
        if !why.is_empty() {
            said.push(format!("The reason given: {why}"));
        }
        Notice { subject, said, facts: vec![("Team", team.to_owned()), ("Appeal", appeal)], link }
    }

    /// Members may object to a distribution.
    pub(crate) fn distribution(
        cooperative: &str,
        (period, net, until): (&str, &str, &str),
        id: String,
        link: String,
    ) -> Notice {
        Notice {
            subject: format!("{cooperative}: a distribution is open"),
            said: vec![format!(
                "{cooperative} wants to distribute {net} of {period}. You may object until {until}; what nobody objects to is approved \
                 and posted after that."
            )],
            facts: vec![("Cooperative", cooperative.to_owned()), ("Distribution", id)],
            link,
        }
    }

    /// A member objects to a distribution, to those who decide.
    pub(crate) fn objected((cooperative, period): (&str, &str), until: &str, id: String, link: String) -> Notice {
        Notice {
            subject: format!("{cooperative}: a member objects to a distribution"),
            said: vec![format!(
                "A member of {cooperative} objects to the distribution of {period}; the service's API shows the objection by its number. Somebody                  who neither drafted it nor objected approves it with an answer until {until}, or it is withdrawn then."
            )],
            facts: vec![("Cooperative", cooperative.to_owned()), ("Distribution", id)],
            link,
        }
    }

    /// An objection was answered, to those who objected.
    pub(crate) fn objection_answered(
        (cooperative, period): (&str, &str),
        answer: &str,
        id: String,
        link: String,
    ) -> Notice {
        Notice {
            subject: format!("{cooperative}: your objection is answered"),
            said: vec![
                format!("The distribution of {period} at {cooperative} is approved all the same."),
                format!("The answer to your objection: {answer}"),
            ],
            facts: vec![("Cooperative", cooperative.to_owned()), ("Distribution", id)],
            link,
        }
    }

    /// A distribution that was objected to is given up, to those who objected.
    pub(crate) fn objection_held((cooperative, period): (&str, &str), why: &str, id: String, link: String) -> Notice {
        Notice {
            subject: format!("{cooperative}: the distribution that you objected to is withdrawn"),
            said: vec![format!(
                "Nothing of the distribution of {period} at {cooperative} is paid: it is withdrawn. The reason given: {why}"
            )],
            facts: vec![("Cooperative", cooperative.to_owned()), ("Distribution", id)],
            link,
        }
    }

    /// Hours wait for a member who attests them.
    pub(crate) fn hours(cooperative: &str, link: String) -> Notice {
        Notice {
            subject: format!("{cooperative}: hours wait to be attested"),
            said: vec![format!(
                "Hours were written down at {cooperative}. They count for nothing until a member who did not work them attests them; \
                 whoever knows that they are true can do so."
            )],
            facts: vec![("Cooperative", cooperative.to_owned())],
            link,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn a_notice_says_its_facts_and_what_people_wrote_is_text() {
        let link = || "https://purse.example.org/me".to_owned();
        let of = ("Team <Drum>", "Open drill");
        for state in AppealState::ALL {
            let notice =
                Notice::appeal(*state, of, ("4 December 2026", "No <b>test</b> data"), "apl_abc".into(), link());
            let mail = notice.render().unwrap();
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
        let days = ("1 December 2026", "31 December 2026");
        for (notice, says) in [
            (Notice::applied(about, days, "map_abc".into(), link()), "1 December 2026, is over"),
            (Notice::application_accepted(about, "50.00 USD", "map_abc".into(), link()), "milestone of 50.00 USD"),
            (Notice::application_declined(about, "It is <b>dear", "map_abc".into(), link()), "It is <b>dear"),
            (Notice::application_lapsed(about, days.1, "map_abc".into(), link()), "until 31 December 2026"),
        ] {
            let mail = notice.render().unwrap();
            assert!(mail.text.contains(says) && mail.text.contains(&link()), "{}", mail.text);
            assert!(mail.html.contains("map_abc") && !mail.html.contains("<b>") && !mail.html.contains("<drill>"));
        }
        let role = Notice::role("Press Makers", "member", link()).render().unwrap();
        assert_eq!(role.subject, "You are member of Press Makers");
        assert!(role.text.contains("owners take roles away") && role.text.contains(&link()), "{}", role.text);
        let asked = ("Ada <b>", "Press <Makers>");
        let asked = Notice::join_asked(asked, "4 December 2026", "jrq_abc".into(), link()).render().unwrap();
        assert!(asked.text.contains("until 4 December 2026") && asked.text.contains("Ada <b>"), "{}", asked.text);
        let lapsed =
            Notice::join_lapsed("Press <Makers>", "4 December 2026", "jrq_abc".into(), link()).render().unwrap();
        assert!(lapsed.text.contains("by 4 December 2026: it has lapsed"), "{}", lapsed.text);
        let declined =
            Notice::not_joined("Press <Makers>", "It is <b>full", "jrq_abc".into(), link()).render().unwrap();
        assert!(
            declined.subject.ends_with("is declined") && declined.text.contains("It is <b>full"),
            "{}",
            declined.text
        );
        for mail in [asked, declined] {
            assert!(mail.html.contains("jrq_abc") && !mail.html.contains("<b>") && !mail.html.contains("<Makers>"));
        }
        let open = ("1 January 2027 – 31 December 2027", "12000.07 USD", "4 December 2026");
        let open = Notice::distribution("Press Makers", open, "dst_abc".into(), link()).render().unwrap();
        for said in ["12000.07 USD", "4 December 2026", "dst_abc"] {
            assert!(open.text.contains(said) && open.html.contains(said), "{said}: {}", open.text);
        }
        let about = ("Press <Makers>", "1 January 2027 – 31 December 2027");
        let objected = Notice::objected(about, "4 December 2026", "dst_abc".into(), link()).render().unwrap();
        assert!(
            objected.text.contains("until 4 December 2026") && !objected.html.contains("<Makers>"),
            "{}",
            objected.text
        );
        for notice in [Notice::objection_answered, Notice::objection_held] {
            let ended = notice(about, "It is <b>right", "dst_abc".into(), link()).render().unwrap();
            assert!(ended.text.contains("It is <b>right") && !ended.html.contains("<b>"), "{}", ended.html);
        }
        let panel = Notice::panel("Commons Host", ("Open drill", "chl_abc".into()), link()).render().unwrap();
        assert!(panel.text.contains("Declare your ties") && panel.html.contains("chl_abc"), "{}", panel.text);
        let gone = Notice::withdrawn(of, "ent_abc".into(), link()).render().unwrap();
        assert!(gone.subject.contains("withdrawn") && gone.html.contains("ent_abc"), "{}", gone.text);
        assert!(Notice::hours("Press Makers", link()).render().unwrap().text.contains("attest"));
    }
}
