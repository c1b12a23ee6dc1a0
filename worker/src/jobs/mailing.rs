//! What the jobs that send e-mail share.
//!
//! Such a job reads the facts, sends the mail, and is settled. Facts may have changed since the job was written: a mail
//! that would no longer be true is not sent, nor one that its reader has turned off meanwhile. What a sandbox book has to say goes to its
//! outbox instead, and to nobody.

use super::Context;
use crate::failure::Failure;
use crate::figures;
use crate::mail::MailError;
use crate::mail::templates::{Below, Footer, Language, Mail, Rendered};
use crate::mail::why::{about, why};
use crate::texts::say;
use crate::together::Addressee;
use ledger::Error;
use ledger::book::Mode;
use ledger::id::{BookId, DonorId, MailId, OrganisationId};
use ledger::pledging::operations::donor_links;
use ledger::service::event::told::{Choice, MailKind, Place, mail_kind};
use ledger::service::preferences::{MailGroup, MailLink};
use ledger::service::store::jobs::Leased;
use ledger::service::store::outbox;
use rand::RngCore as _;
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::time::Instant;

/// What a mail is about.
pub(super) struct Occasion {
    kind: &'static str,
    /// Names the mail for ever: it becomes the Message-ID.
    about: String,
    partner: Option<OrganisationId>,
    /// The donor to whom it goes; none where it goes to persons.
    donor: Option<DonorId>,
    /// With which it is turned off; none where it cannot be.
    group: Option<MailGroup>,
}

impl Occasion {
    /// A kind of mail about something, which is an id.
    pub(super) fn new(kind: &'static str, of: &impl Display) -> Occasion {
        let group = match mail_kind(kind).map(|kind| kind.choice) {
            Some(Choice::May(group)) => Some(group),
            Some(Choice::Always(_) | Choice::ByState) | None => None,
        };
        Occasion { kind, about: format!("{kind}.{of}"), partner: None, donor: None, group }
    }

    /// The same, of a group that what it tells decides; none where this cannot be turned off.
    pub(super) fn of_group(self, group: Option<MailGroup>) -> Occasion {
        Occasion { group, ..self }
    }

    /// The same, to a donor, who has an address and no account.
    pub(super) fn for_donor(self, donor: DonorId) -> Occasion {
        Occasion { donor: Some(donor), ..self }
    }

    /// The same, about what a partner brought: in a sandbox it reads the mail.
    pub(super) fn brought_by(self, partner: OrganisationId) -> Occasion {
        Occasion { partner: Some(partner), ..self }
    }

    /// The same for one of several who get the mail.
    fn to_one(&self, address: &str) -> Occasion {
        let digest = Sha256::digest(address.as_bytes());
        Occasion { about: format!("{}.{}", self.about, hex::encode(&digest[..6])), ..*self }
    }
}

/// Where the mail of a job goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// To whom it is written to.
    Out,
    /// Into the outbox of this sandbox book.
    Outbox(BookId),
}

impl Way {
    /// What came of a mail that took it, among the figures.
    const fn outcome(self) -> &'static str {
        match self {
            Way::Out => "sent",
            Way::Outbox(_) => "kept",
        }
    }
}

impl Context {
    /// Sends the same text to several people: each gets a mail of its own, with an id of its own, and reads nobody
    /// else's address. The others still get theirs when one fails.
    pub(super) async fn send_all(
        &self,
        leased: &Leased,
        occasion: Occasion,
        to: &[String],
        mail: &(impl Mail + Sync),
    ) -> Result<(), Failure> {
        let way = self.way(leased).await?;
        let mut all = Ok(());
        for address in to {
            let sent = self.send_by(way, &occasion.to_one(address), address, mail).await;
            all = all.and(sent);
        }
        all
    }

    /// Renders a mail and sends it.
    pub(super) async fn send(
        &self,
        leased: &Leased,
        occasion: Occasion,
        to: &str,
        mail: &(impl Mail + Sync),
    ) -> Result<(), Failure> {
        self.send_by(self.way(leased).await?, &occasion, to, mail).await
    }

    /// By the book whose job it is: what belongs to no book, such as a sign-in, is of the installation.
    async fn way(&self, leased: &Leased) -> Result<Way, Failure> {
        let book = leased.id.book;
        if book == BookId::INSTALLATION {
            return Ok(Way::Out);
        }
        match self.together.book(book).await?.mode {
            Mode::Live => Ok(Way::Out),
            Mode::Sandbox => Ok(Way::Outbox(book)),
        }
    }

    async fn send_by(&self, way: Way, occasion: &Occasion, to: &str, mail: &(impl Mail + Sync)) -> Result<(), Failure> {
        let Some(footer) = self.footer(occasion, to).await? else {
            figures::mail_unwanted();
            return Ok(());
        };
        let language = self.language(way, occasion, to).await?;
        let began = Instant::now();
        let handed = self.hand_over(way, occasion, to, (mail, footer, language)).await;
        figures::mail(handed.as_ref().map_or_else(MailError::as_str, |_| way.outcome()), began.elapsed());
        let rendered = handed?;
        match way {
            Way::Out => Ok(()),
            Way::Outbox(book) => self.keep(book, occasion, to, rendered).await,
        }
    }

    /// In which language a mail is: that of the person who has the address, and English for an address of nobody. What a partner reads
    /// in a sandbox is in English too: it does not learn whose address that of a donor is, nor what they chose.
    async fn language(&self, way: Way, occasion: &Occasion, to: &str) -> Result<Language, Failure> {
        match (way, occasion.partner) {
            (Way::Outbox(_), Some(_)) => Ok(Language::default()),
            (Way::Outbox(_), None) | (Way::Out, _) => Ok(self.together.language(to).await?),
        }
    }

    /// What stands below a mail; none when its reader has turned such mails off, or was erased.
    async fn footer(&self, occasion: &Occasion, to: &str) -> Result<Option<Footer>, Failure> {
        let kind = mail_kind(occasion.kind);
        let off = match occasion.group {
            None => None,
            Some(group) => {
                let asked = occasion.donor.map_or_else(|| Addressee::Address(to.to_owned()), Addressee::Donor);
                match self.together.wishes(asked).await? {
                    Some(found) if !found.wishes.wants(group) => return Ok(None),
                    Some(found) => {
                        let token = MailLink { reader: found.reader, group, serial: found.serial }.token(&found.key)?;
                        Some((about(group), String::from(self.link(&format!("unsubscribe/{token}")))))
                    }
                    // An address that signs nobody in has no preferences; a donor who was erased gets no mail.
                    None if occasion.donor.is_some() => return Ok(None),
                    None => None,
                }
            }
        };
        let below = match (kind.map(MailKind::place), occasion.donor) {
            (Some(Place::Waiting), _) => Some(Below { what: say("frame-waiting"), link: self.link("me").into() }),
            (Some(Place::Gifts), Some(donor)) => match self.gifts(donor).await? {
                Some(link) => Some(Below { what: say("frame-gifts"), link }),
                None => return Ok(None),
            },
            (Some(Place::Gifts), None) | (Some(Place::Own | Place::Nowhere(_)) | None, _) => None,
        };
        let (about, link) = off.unzip();
        Ok(Some(Footer { below, why: why(occasion.kind), about, link }))
    }

    /// A fresh link to all that a donor gave; none when the donor was erased.
    pub(super) async fn gifts(&self, donor: DonorId) -> Result<Option<String>, Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let link = match donor_links::make(&tx, donor, secret(), ledger::calendar::now()).await {
            Ok((_, link)) => link,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        tx.commit().await?;
        Ok(Some(self.link(&format!("donors/{link}")).into()))
    }

    /// Hands a mail to who brings it; answers what is kept of it.
    async fn hand_over(
        &self,
        way: Way,
        occasion: &Occasion,
        to: &str,
        (mail, footer, language): (&(impl Mail + Sync), Footer, Language),
    ) -> Result<Rendered, MailError> {
        let compose = |error: askama::Error| MailError::Compose(error.to_string());
        let (about, rendered) = (&occasion.about, mail.render(language).map_err(compose)?);
        match way {
            Way::Out => {
                let rendered = rendered.above(&footer).map_err(compose)?;
                let sent = self.mailer.send(about, to, &rendered).await;
                if matches!(sent, Ok(()) | Err(MailError::Refused(_))) {
                    self.breakers.mail.answered();
                }
                sent.map(|()| rendered)
            }
            Way::Outbox(_) => {
                let marked = rendered.marked();
                let whole = marked.clone().above(&footer).map_err(compose)?;
                self.mailer.hold_back(about, to, &whole).await?;
                // Others read the outbox: the link of a person is for that person alone.
                match occasion.donor {
                    Some(_) => Ok(whole),
                    None => marked.above(&Footer { link: None, ..footer }).map_err(compose),
                }
            }
        }
    }

    /// Before the job is settled: done twice, the book has one mail about the same.
    async fn keep(&self, book: BookId, occasion: &Occasion, to: &str, rendered: Rendered) -> Result<(), Failure> {
        let mail = outbox::Mail {
            id: MailId::generate(book),
            partner: occasion.partner,
            kind: occasion.kind.to_owned(),
            about: occasion.about.clone(),
            recipient: to.to_owned(),
            subject: rendered.subject,
            text: rendered.text,
            created_at: ledger::calendar::now(),
        };
        Ok(self.together.keep(mail).await?)
    }
}

/// A secret of 256 random bits.
pub(super) fn secret() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
