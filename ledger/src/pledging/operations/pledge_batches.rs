//! Many pledges of a partner at once: what decides on them is read in a few questions, however many they are.

use super::pledges::{PlacePledge, as_kept, check, decide, is_outrun, repeated, rows};
use crate::book::Companion;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, OrganisationId};
use crate::pledging::rules::donor::Donor;
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::store::{campaigns, donors, pledges, terms, withdrawals};
use crate::service::store::companions;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;

/// What is to be done about a pledge of a batch.
#[derive(Debug, Clone)]
pub enum Drafted {
    /// The partner had sent the same one before.
    Repeated(Box<Pledge>),
    /// It is new: the pledge as it will be, and its donor.
    New(Box<(Pledge, Donor)>),
    /// An earlier one of the batch has its reference, and decides on it.
    Later {
        /// The place of that one.
        of: usize,
        /// The digest of what was asked for here.
        content: [u8; 32],
    },
}

/// Asks the rules about each pledge to a campaign, in their order, and writes nothing. What the partner asks for is new, the same
/// as before, or refused, as for [`super::pledges::draft`]; donors who stand in the batch more than once are one.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub async fn draft_all(
    client: &impl GenericClient,
    book: &Book,
    campaign: CampaignId,
    partner: OrganisationId,
    asked: Vec<PlacePledge>,
    wall: Timestamp,
) -> Result<Vec<Result<Drafted, Error>>, Error> {
    let wall = as_kept(wall);
    let campaign = campaigns::get(client, campaign).await?;
    let agreed = terms::in_effect(client, &campaign, book.today(wall)).await?.digest;
    let references: Vec<&str> = asked.iter().map(|asked| asked.reference.as_str()).collect();
    let known = pledges::list_by_references(client, book.id, partner, &references).await?;
    let mut known: HashMap<String, Pledge> = known.into_iter().map(|it| (it.reference.clone(), it)).collect();
    let references: Vec<&str> = asked.iter().map(|asked| asked.donor.reference.as_str()).collect();
    let of_partner = donors::list_by_references(client, book.id, partner, &references).await?;
    let mut of_partner: HashMap<String, Donor> = of_partner.into_iter().map(|it| (it.reference.clone(), it)).collect();
    // One question for the partner and all rails, as a batch may name several.
    let withdrawn = withdrawals::list_standing(client, book.id).await?;
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut drafted = Vec::with_capacity(asked.len());
    for (place, asked) in asked.into_iter().enumerate() {
        let reference = asked.reference.clone();
        drafted.push(check(&asked).and_then(|content| {
            if let Some(&of) = first.get(&reference) {
                return Ok(Drafted::Later { of, content });
            }
            if let Some(pledge) = known.remove(&reference) {
                let pledge =
                    repeated(pledge.clone(), content).inspect_err(|_| drop(known.insert(reference, pledge)))?;
                return Ok(Drafted::Repeated(Box::new(pledge)));
            }
            for one in withdrawn.iter().filter(|one| one.leaver.takes(partner, asked.rail)) {
                one.lets_begin(book.now(wall))?;
            }
            let of_donor = of_partner.get(&asked.donor.reference);
            let (pledge, donor) = decide(book, asked, content, (&campaign, agreed), of_donor, wall)?;
            let donor = told_anew(donor, of_donor);
            of_partner.insert(donor.reference.clone(), donor.clone());
            first.insert(reference, place);
            Ok(Drafted::New(Box::new((pledge, donor))))
        }));
    }
    Ok(drafted)
}

/// A donor as the partner passes them now; what it leaves empty stays as it was.
fn told_anew(donor: Donor, known: Option<&Donor>) -> Donor {
    let Some(known) = known else { return donor };
    let kept = |now: String, was: &String| if now.is_empty() { was.clone() } else { now };
    Donor {
        name: kept(donor.name, &known.name),
        email: kept(donor.email, &known.email),
        created_at: known.created_at,
        ..donor
    }
}

/// Those of a batch that are to be placed whole: each decided, also the later ones of the same reference.
///
/// # Errors
///
/// The first refusal, with its place.
pub fn whole(drafted: Vec<Result<Drafted, Error>>) -> Result<Vec<Drafted>, (usize, Error)> {
    let mut all: Vec<Drafted> = Vec::with_capacity(drafted.len());
    for (place, drafted) in drafted.into_iter().enumerate() {
        let decided = match drafted.map_err(|error| (place, error))? {
            Drafted::Later { of, content } => {
                let earlier = all.get(of).and_then(Drafted::pledge).cloned();
                let earlier = earlier.ok_or_else(|| (place, Error::inconsistent("a reference without its pledge")))?;
                Drafted::Repeated(Box::new(repeated(earlier, content).map_err(|error| (place, error))?))
            }
            decided @ (Drafted::Repeated(_) | Drafted::New(_)) => decided,
        };
        all.push(decided);
    }
    Ok(all)
}

impl Drafted {
    /// The pledge, unless an earlier one decides on it.
    pub fn pledge(&self) -> Option<&Pledge> {
        match self {
            Drafted::Repeated(pledge) => Some(pledge),
            Drafted::New(new) => Some(&new.0),
            Drafted::Later { .. } => None,
        }
    }
}

/// Writes the new ones of a batch, with what else is to be written: all of it, or nothing.
///
/// # Errors
///
/// [`Error::StillRunning`] when another request has placed one of them, or brought one of their donors, meanwhile.
pub async fn place_all(
    tx: &Transaction<'_>,
    book: &Book,
    drafted: &[Drafted],
    with: Vec<Companion>,
    wall: Timestamp,
) -> Result<(), Error> {
    let mut all = with;
    for drafted in drafted {
        if let Drafted::New(new) = drafted {
            all.extend(rows(book, &new.0, &new.1, wall));
        }
    }
    let written = companions::write(tx, book.id, &all).await;
    written.map_err(|error| if is_outrun(&error) { Error::StillRunning } else { error })
}

/// The same error, told of a batch.
pub fn refused_in_batch(place: usize, error: Error) -> Error {
    if let Error::Refused(Refusal { code, detail }) = error {
        return Refusal::new(code, format!("pledge {place} of the batch: {detail}")).into();
    }
    if let Error::Invalid { pointer, message } = error {
        return Error::invalid(format!("/pledges/{place}/pledge{pointer}"), message);
    }
    error
}
