//! Jobs of people who sign in.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::notices::Notice;
use crate::mail::parties::{Invited, SignIn};
use crate::texts::{self, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ledger::Error;
use ledger::challenges::store::challenges;
use ledger::id::{ChallengeId, InvitationId, JoinRequestId, OrganisationId, PersonId};
use ledger::parties::operations::join_requests::{self as operations, JoinNews, JoinNotice};
use ledger::parties::operations::{roles, sign_in};
use ledger::parties::rules::invitation::InvitationState;
use ledger::parties::rules::join_request::JoinOutcome;
use ledger::parties::rules::role::Role;
use ledger::parties::store::{invitations, organisations};
use ledger::service::preferences::MailGroup;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Mails the link and the code that sign a person in, unless nobody who may sign in has the address and nobody signs up with it, or the
    /// link has less than a minute left to work.
    pub(super) async fn send_sign_in(
        &self,
        leased: &Leased,
        email: &str,
        token: &str,
        code: Option<&str>,
        expires_at: Timestamp,
        sign_up: bool,
    ) -> Result<(), Failure> {
        let minutes = ledger::calendar::now().duration_until(expires_at).as_mins();
        if minutes >= 1 && self.open_link(email, token, expires_at, sign_up).await? {
            let link = self.link(&format!("sign-in/{token}")).into();
            let mail = SignIn { link, code: code.map(in_groups).unwrap_or_default(), minutes };
            self.send(leased, Occasion::new("sign-in", &leased.id), email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Committed before the mail goes out: the link in it works.
    async fn open_link(&self, email: &str, token: &str, expires_at: Timestamp, sign_up: bool) -> Result<bool, Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let until = (expires_at, ledger::calendar::now());
        let is_opened = sign_in::open_link(&tx, email, token, sign_up, until).await?;
        tx.commit().await?;
        Ok(is_opened)
    }

    /// Mails the link by which a role is accepted, unless it cannot be accepted any more.
    pub(super) async fn send_invitation(&self, leased: &Leased, id: InvitationId, token: &str) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let found = invitations::find(&client, id).await?.ok_or(Error::NotFound("invitation"))?;
        let organisation = organisations::find(&client, found.organisation).await?;
        let organisation = organisation.ok_or(Error::NotFound("organisation"))?;
        drop(client);
        if found.state(ledger::calendar::now()) == InvitationState::Open {
            let mail = Invited {
                link: self.link(&format!("invitations/{token}")).into(),
                organisation: organisation.name,
                role: texts::role(found.role).into(),
                until: found.expires_at.to_zoned(TimeZone::UTC).date().into(),
            };
            self.send(leased, Occasion::new("invitation", &id), &found.email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Tells a person that they have a role, or are on the panel of a challenge, unless the role was taken away by then.
    pub(super) async fn send_role_notice(
        &self,
        leased: &Leased,
        (organisation, person, role): (OrganisationId, PersonId, &str),
        challenge: Option<ChallengeId>,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let notice = roles::notice(&client, organisation, person, role).await?;
        let challenge = match challenge {
            Some(id) => Some((id, challenges::get(&client, id).await?.title)),
            None => None,
        };
        drop(client);
        let Some((name, email)) = notice else { return self.settle(leased).await };
        let link = self.link("me").into();
        let mail = match &challenge {
            None => Notice::role(&name, in_words(role), link),
            Some((id, title)) => Notice::panel(&name, (title, id.to_string()), link),
        };
        // The job stands for the occasion: a role may be given again.
        self.send(leased, Occasion::new("role", &leased.id), &email, &mail).await?;
        self.settle(leased).await
    }

    /// Tells the owners of an organisation that somebody asks to join it, unless that has ended by then; or who asked that it was declined, or
    /// has lapsed. Who is accepted hears of the role.
    pub(super) async fn send_join_notice(
        &self,
        leased: &Leased,
        id: JoinRequestId,
        news: JoinNews,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let notice = operations::notice(&client, id, news, ledger::calendar::now()).await?;
        drop(client);
        let Some(JoinNotice { request, recipients }) = notice else { return self.settle(leased).await };
        let until = Value::Day(request.until.to_zoned(TimeZone::UTC).date());
        let own = || self.link("me/join-requests").into();
        let (group, mail) = match &request.ended {
            None | Some((JoinOutcome::Lapsed, _)) if news == JoinNews::Lapsed => {
                (MailGroup::Decisions, Notice::join_lapsed(&request.organisation_name, until, id.to_string(), own()))
            }
            Some((JoinOutcome::Declined { reason, .. }, _)) => {
                let link = own();
                let mail = Notice::not_joined(&request.organisation_name, reason, id.to_string(), link);
                (MailGroup::Decisions, mail)
            }
            None => {
                let link = self.link(&format!("desk/join-requests/{id}")).into();
                let mail =
                    Notice::join_asked((request.called(), &request.organisation_name), until, id.to_string(), link);
                (MailGroup::Deadlines, mail)
            }
            Some((JoinOutcome::Accepted { .. } | JoinOutcome::Withdrawn | JoinOutcome::Lapsed, _)) => {
                return self.settle(leased).await;
            }
        };
        let occasion = Occasion::new("join_request", &format!("{id}.{}", news.word()));
        self.send_all(leased, occasion.of_group(Some(group)), &recipients, &mail).await?;
        self.settle(leased).await
    }
}

/// A role in words; as it is stored where no role is called so.
fn in_words(role: &str) -> Value {
    role.parse::<Role>().map_or_else(|_| Value::from(role), |role| texts::role(role).into())
}

/// A code as it is read: in groups of four.
fn in_groups(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
