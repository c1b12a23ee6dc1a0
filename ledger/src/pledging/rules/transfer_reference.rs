//! What is written into a transfer, so that it is known what it is for: a structured creditor reference (ISO 11649) of a campaign, of a
//! pledge, of what a custodian owes for a day, or of what goes back to who gave it, 25 characters long.
//!
//! It is derived from the id, so that nobody has to give it out first: behind a letter for the kind stand 103 of the 122 bits of the
//! `UUIDv7` that are not the same in all of them: its millisecond, and 55 bits behind it. So ids of a book that share them lie beside each
//! other in its primary key, and there is one at most: [`Named`] is the range in which to look.

use super::creditor_reference;
use crate::id::{CampaignId, PledgeId, RefundId, SettlementId, SuspenseId};
use uuid::Uuid;

/// Letters and digits behind the letter of the kind: 36^20 is more than 2^103.
const DIGITS: usize = 20;

/// Bits of the id that are left out, its last ones.
const CUT: u32 = 19;

/// What a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A campaign: a gift of whoever sends it.
    Campaign,
    /// A pledge: a payment of it.
    Pledge,
    /// A settlement: what its custodian owes.
    Settlement,
    /// A refund: what goes back of a gift.
    Refund,
    /// Money in suspense that goes back.
    Suspense,
}

/// What a reference names, and the ids among which it is: from the first to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    /// What it is.
    pub purpose: Purpose,
    /// The lowest id that has this reference.
    pub first: Uuid,
    /// The highest one.
    pub last: Uuid,
}

/// The reference of a campaign.
pub fn of_campaign(id: CampaignId) -> String {
    of('C', id.object)
}

/// The reference of a pledge.
pub fn of_pledge(id: PledgeId) -> String {
    of('P', id.object)
}

/// The reference of a settlement.
pub fn of_settlement(id: SettlementId) -> String {
    of('S', id.object)
}

/// The reference of a refund.
pub fn of_refund(id: RefundId) -> String {
    of('R', id.object)
}

/// The reference of money in suspense that goes back.
pub fn of_suspense(id: SuspenseId) -> String {
    of('U', id.object)
}

fn of(kind: char, id: Uuid) -> String {
    let id = id.as_u128();
    let (millisecond, after, rest) = (id >> 80, (id >> 64) & 0xfff, (id & (u128::MAX >> 66)) >> CUT);
    let mut left = (((millisecond << 12) | after) << (62 - CUT)) | rest;
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(left % 36).unwrap_or_default();
        *digit = if value < 10 { b'0' + value } else { b'A' + value - 10 };
        left /= 36;
    }
    let body: String = std::iter::once(kind).chain(digits.map(char::from)).collect();
    creditor_reference::with_check_digits(&body)
}

/// What a reference names; none when it is none of ours. It may be written in small letters.
pub fn read(reference: &str) -> Option<Named> {
    let reference = reference.to_ascii_uppercase();
    if reference.len() != creditor_reference::LENGTH_MAX || !creditor_reference::is_valid(&reference) {
        return None;
    }
    let purpose = match reference.as_bytes().get(4)? {
        b'C' => Purpose::Campaign,
        b'P' => Purpose::Pledge,
        b'S' => Purpose::Settlement,
        b'R' => Purpose::Refund,
        b'U' => Purpose::Suspense,
        _ => return None,
    };
    let mut value: u128 = 0;
    for digit in reference.get(5..)?.chars() {
        value = value * 36 + u128::from(digit.to_digit(36)?);
    }
    if value >> 103 > 0 {
        return None;
    }
    let rest_bits = 62 - CUT;
    let (upper, rest) = (value >> rest_bits, value & ((1 << rest_bits) - 1));
    let (millisecond, after) = (upper >> 12, upper & 0xfff);
    // Version 7, and the variant of RFC 9562.
    let first = (millisecond << 80) | (7 << 76) | (after << 64) | (2 << 62) | (rest << CUT);
    let last = first | ((1 << CUT) - 1);
    Some(Named { purpose, first: Uuid::from_u128(first), last: Uuid::from_u128(last) })
}

/// The one reference of ours that stands in a text as people type it; none when there is none, or when there are several: what came is
/// not divided among them by guess.
pub fn only_one_in(text: &str) -> Option<String> {
    let mut found = ours_in(text);
    let one = found.pop()?;
    found.is_empty().then_some(one)
}

/// The references of ours that stand in a text, each once.
pub fn ours_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> =
        creditor_reference::all_in(text).into_iter().filter(|reference| read(reference).is_some()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A reference as it is printed: in groups of four.
pub fn written(reference: &str) -> String {
    let letters: Vec<char> = reference.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;

    #[test]
    fn b10_a_reference_leads_back_to_the_one_id_that_it_is_of() {
        for _ in 0..1_000 {
            let (campaign, pledge) = (CampaignId::generate(BookId(1)), PledgeId::generate(BookId(1)));
            let settlement = SettlementId::generate(BookId(1));
            let (refund, held) = (RefundId::generate(BookId(1)), SuspenseId::generate(BookId(1)));
            for (reference, purpose, id) in [
                (of_campaign(campaign), Purpose::Campaign, campaign.object),
                (of_pledge(pledge), Purpose::Pledge, pledge.object),
                (of_settlement(settlement), Purpose::Settlement, settlement.object),
                (of_refund(refund), Purpose::Refund, refund.object),
                (of_suspense(held), Purpose::Suspense, held.object),
            ] {
                assert_eq!(reference.len(), creditor_reference::LENGTH_MAX, "{reference}");
                assert!(creditor_reference::is_valid(&reference), "{reference}");
                let named = read(&reference).expect("one of ours");
                assert_eq!(named.purpose, purpose);
                assert!((named.first..=named.last).contains(&id), "{named:?} {id}");
                assert_eq!(named.last.as_u128() - named.first.as_u128(), (1 << CUT) - 1);
                assert_eq!(read(&reference.to_ascii_lowercase()), Some(named));
            }
            assert_ne!(of_pledge(pledge), of_pledge(PledgeId::generate(BookId(1))));
        }
    }

    #[test]
    fn b10_ids_at_the_ends_have_references_too() {
        for id in ["00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"] {
            let id: Uuid = id.parse().expect("a UUID");
            let reference = of_pledge(PledgeId::new(BookId(1), id));
            let named = read(&reference).expect("one of ours");
            assert!((named.first..=named.last).contains(&id), "{reference}");
        }
    }

    #[test]
    fn b10_one_wrong_letter_names_nothing_and_other_peoples_references_are_none_of_ours() {
        let reference = of_pledge(PledgeId::generate(BookId(1)));
        for place in 4..reference.len() {
            let mut wrong = reference.clone().into_bytes();
            wrong[place] = match wrong[place] {
                b'7' => b'8',
                b'A' => b'B',
                digit if digit.is_ascii_digit() => b'7',
                _ => b'A',
            };
            assert_eq!(read(&String::from_utf8(wrong).expect("letters")), None, "{place} of {reference}");
        }
        for other in ["RF18539007547034", "", "RF", "RF45ABC", "é"] {
            assert_eq!(read(other), None, "{other}");
        }
        let too_much = creditor_reference::with_check_digits("PZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(read(&too_much), None);
    }

    #[test]
    fn b10_a_text_names_what_it_says_once_or_twice_and_not_one_of_two() {
        let one = of_pledge(PledgeId::generate(BookId(1)));
        let other = of_campaign(CampaignId::generate(BookId(1)));
        let typed = written(&one).to_lowercase();
        assert_eq!(typed.len(), 31);
        assert_eq!(only_one_in(&format!("gift for the press: {typed}, thanks")), Some(one.clone()));
        assert_eq!(only_one_in(&format!("{one} / {typed} / RF18539007547034")), Some(one.clone()));
        assert_eq!(only_one_in(&format!("{one} {other}")), None);
        assert_eq!(only_one_in("RF18539007547034"), None);
    }
}
