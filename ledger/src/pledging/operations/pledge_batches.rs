//! Many pledges of a partner at once: what decides on them is read in a few questions, however many they are.

use super::pledges::{New, PlacePledge, as_kept, check, decide, is_outrun, repeated, rows};
use crate::book::{Command, Companion};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, OrganisationId};
use crate::pledging::rules::donor::Donor;
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::tier::TIERS_MAX;
use crate::pledging::store::{campaigns, donors, pledges, terms, tiers, withdrawals};
use crate::service::store::companions;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// What is to be done about a pledge of a batch.
#[derive(Debug, Clone)]
pub enum Drafted {
    /// The partner had sent the same one before.
    Repeated(Box<Pledge>),
    /// It is new.
    New(Box<New>),
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
    let campaign = Arc::new(campaigns::get(client, campaign).await?);
    let has_tiers = asked.iter().any(|asked| asked.tier.is_some());
    let tiers = if has_tiers { tiers::list(client, campaign.id, (-1, 0), TIERS_MAX.into()).await? } else { Vec::new() };
    let agreed = terms::in_effect(client, &campaign, book.today(wall)).await?.digest;
    let references: Vec<&str> = asked.iter().map(|asked| asked.reference.as_str()).collect();
    let known = pledges::list_by_references(client, book.id, partner, &references).await?;
    let mut known: HashMap<String, Pledge> = known.into_iter().collect();
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
                let pledge = repeated(pledge.clone(), partner, content)
                    .inspect_err(|_| drop(known.insert(reference, pledge)))?;
                return Ok(Drafted::Repeated(Box::new(pledge)));
            }
            for one in withdrawn.iter().filter(|one| one.leaver.takes(partner, asked.rail)) {
                one.lets_begin(book.now(wall))?;
            }
            let of_donor = of_partner.get(&asked.donor.reference);
            let tier = tiers.iter().map(|it| &it.tier).find(|tier| Some(tier.id) == asked.tier);
            let mut new = decide(book, asked, content, (&campaign, agreed, tier), of_donor, wall)?;
            new.donor = told_anew(new.donor, of_donor);
            of_partner.insert(new.donor.reference.clone(), new.donor.clone());
            first.insert(reference, place);
            Ok(Drafted::New(Box::new(new)))
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
                let partner = earlier.partner;
                Drafted::Repeated(Box::new(repeated(earlier, partner, content).map_err(|error| (place, error))?))
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
            Drafted::New(new) => Some(&new.pledge),
            Drafted::Later { .. } => None,
        }
    }
}

/// Writes the new ones of a batch, with what else is to be written: all of it, or nothing.
///
/// # Errors
///
/// `campaign-full`, `tier-sold-out`, of the first that does not fit. [`Error::StillRunning`] when another request has placed one of
/// them, or brought one of their donors, meanwhile.
pub async fn place_all(
    tx: &Transaction<'_>,
    book: &Book,
    drafted: &[Drafted],
    with: Vec<Companion>,
    wall: Timestamp,
) -> Result<(), Error> {
    let today = book.today(wall);
    let promises = |drafted: &Drafted| matches!(drafted, Drafted::New(new) if new.entry(today).is_some());
    if drafted.iter().any(promises) {
        // As a lane does: before the rows of pledges and donors.
        journal::lock(tx, book.id).await?;
    }
    let mut all = with;
    for drafted in drafted {
        if let Drafted::New(new) = drafted {
            all.extend(rows(book, new, wall));
        }
    }
    let written = companions::write(tx, book.id, &all).await;
    written.map_err(|error| if is_outrun(&error) { Error::StillRunning } else { error })?;
    promise_all(tx, book, drafted, wall).await
}

/// Writes commands of new pledges, all of them or none: their rows first, so that many such transactions write side by side, and their
/// promises last, under the lock of the book's head. False when one is not to be had this way, and nothing is to be committed: its
/// campaign is full, it has no promise, or a row of it was written meanwhile. A lane gives each its verdict then.
///
/// # Errors
///
/// Trouble with the database, and [`Error::BookFrozen`].
pub async fn place_apart(
    tx: &Transaction<'_>,
    book: &Book,
    commands: &[Command],
    wall: Timestamp,
) -> Result<bool, Error> {
    let rows: Vec<Companion> = commands.iter().flat_map(|command| command.companions.iter().cloned()).collect();
    let bare = commands.iter().map(|it| Command { key: it.key, entry: it.entry.clone(), companions: Vec::new() });
    let bare: Vec<Command> = bare.collect();
    // What is refused anyway does not go the whole way first.
    if !posting::would_post(tx, book, &bare).await? {
        return Ok(false);
    }
    let written = async {
        companions::write(tx, book.id, &rows).await?;
        posting::post_all_or_reason(tx, book, &bare, wall).await
    };
    match written.await {
        Ok(posted) => Ok(posted.is_ok()),
        Err(error) if is_outrun(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Promises the new ones of a batch to their campaign, whole: none is trimmed.
async fn promise_all(tx: &Transaction<'_>, book: &Book, drafted: &[Drafted], wall: Timestamp) -> Result<(), Error> {
    let today = book.today(wall);
    let mut new = Vec::new();
    let mut commands = Vec::new();
    for (place, drafted) in drafted.iter().enumerate() {
        if let Drafted::New(drafted) = drafted
            && let Some(entry) = drafted.entry(today)
        {
            new.push((place, drafted));
            commands.push(Command::post(None, entry));
        }
    }
    if commands.is_empty() {
        return Ok(());
    }
    match posting::post_all_or_reason(tx, book, &commands, wall).await? {
        Ok(_) => Ok(()),
        Err((at, reason)) => {
            let (place, new) = new[at];
            let refusal = match new.refusal(reason) {
                Some(refusal) => refusal,
                None => posting::refusal(tx, book, reason).await?,
            };
            Err(refused_in_batch(place, refusal.into()))
        }
    }
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
