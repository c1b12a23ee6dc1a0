//! Who bears a lost chargeback, and how one is decided.

use super::chargeback::*;
use super::fee::Payee;
use crate::id::{BookId, CampaignId, OrganisationId};
use proptest::prelude::*;
use uuid::Uuid;

fn team(number: u128) -> OrganisationId {
    OrganisationId(Uuid::from_u128(number))
}

fn campaign(number: u128) -> CampaignId {
    CampaignId::new(BookId(1), Uuid::from_u128(number))
}

/// A charge of 100.00: 3.20 kept by the processor, 5.00 by the host, the rest released to two teams, 80 to 20.
fn released() -> Loss {
    Loss {
        amount: 10_000,
        fee: 1_500,
        layers: Vec::new(),
        paid: vec![Paid { team: team(1), got: 7_344, unpaid: 0 }, Paid { team: team(2), got: 1_836, unpaid: 0 }],
        fees: vec![
            Fee { to: Payee::Host, part: 500, returns: 500 },
            Fee { to: Payee::Processor, part: 320, returns: 0 },
        ],
    }
}

fn told(loss: &Loss) -> Vec<(Bearer, i64)> {
    share(loss).expect("a loss").into_iter().map(|part| (part.bearer, part.amount)).collect()
}

#[test]
fn p9_what_was_released_is_owed_by_the_teams_the_host_gives_its_fee_back_and_the_reserve_bears_the_rest() {
    let parts = told(&released());
    assert_eq!(
        parts,
        [
            (Bearer::TeamReceivable(team(1)), 7_344),
            (Bearer::TeamReceivable(team(2)), 1_836),
            (Bearer::Fee(Payee::Host), 500),
            (Bearer::RiskReserve, 1_820),
        ]
    );
}

#[test]
fn p9_the_pledges_own_money_comes_first_then_what_is_owed_to_teams_then_what_they_got() {
    let layers = vec![(campaign(1), 1_000), (campaign(2), 180)];
    let paid =
        vec![Paid { team: team(1), got: 6_400, unpaid: 5_000 }, Paid { team: team(2), got: 1_600, unpaid: 9_000 }];
    let parts = told(&Loss { layers, paid, ..released() });
    assert_eq!(
        parts,
        [
            (Bearer::Fund(campaign(1)), 1_000),
            (Bearer::Fund(campaign(2)), 180),
            (Bearer::TeamPayable(team(1)), 5_000),
            (Bearer::TeamReceivable(team(1)), 1_400),
            (Bearer::TeamPayable(team(2)), 1_600),
            (Bearer::Fee(Payee::Host), 500),
            (Bearer::RiskReserve, 1_820),
        ]
    );
}

#[test]
fn a_fee_that_is_not_given_back_and_money_that_nobody_got_fall_on_the_reserve() {
    let fees = vec![Fee { to: Payee::Platform, part: 500, returns: 0 }];
    let parts = told(&Loss { fees, paid: Vec::new(), ..released() });
    assert_eq!(parts, [(Bearer::RiskReserve, 11_500)]);
    assert_eq!(part_of_fee(500, 10_000, 0, 10_000), 500);
    let parts =
        [(0, 3_333), (3_333, 3_333), (6_666, 3_334)].map(|(before, part)| part_of_fee(500, 10_000, before, part));
    assert_eq!((parts, parts.iter().sum::<i64>()), ([166, 167, 167], 500));
}

proptest! {
    #[test]
    fn whatever_there_is_the_parts_are_the_loss_and_nobody_bears_more_than_they_had(
        amount in 1..1_000_000i64,
        fee in 0..5_000i64,
        layers in proptest::collection::vec(0..400_000i64, 0..4),
        paid in proptest::collection::vec((0..400_000i64, 0..400_000i64), 0..5),
        fees in proptest::collection::vec((0..50_000i64, 0..50_000i64), 0..3),
    ) {
        let kinds = [Payee::Host, Payee::Platform, Payee::Processor];
        let loss = Loss {
            amount,
            fee,
            layers: layers.iter().zip(1..).map(|(left, number)| (campaign(number), *left)).collect(),
            paid: paid.iter().zip(1..).map(|((got, unpaid), number)| Paid { team: team(number), got: *got, unpaid: *unpaid }).collect(),
            fees: fees.iter().zip(kinds).map(|((part, returns), to)| Fee { to, part: *part, returns: *returns }).collect(),
        };
        prop_assume!(loss.fees.iter().map(|fee| fee.part).sum::<i64>() <= amount);
        let parts = share(&loss).expect("a loss");
        prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), amount + fee);
        let of = |bearer: Bearer| parts.iter().filter(|part| part.bearer == bearer).map(|part| part.amount).sum::<i64>();
        for part in &parts {
            prop_assert!(part.amount > 0);
            match part.bearer {
                Bearer::Fund(campaign) => {
                    prop_assert!(loss.layers.iter().any(|(of, left)| *of == campaign && part.amount <= *left));
                }
                Bearer::TeamPayable(_) | Bearer::TeamReceivable(_) | Bearer::Fee(_) | Bearer::RiskReserve => {}
            }
        }
        for paid in &loss.paid {
            let unpaid = of(Bearer::TeamPayable(paid.team));
            prop_assert!(unpaid <= paid.unpaid && unpaid + of(Bearer::TeamReceivable(paid.team)) <= paid.got);
        }
        for fee in &loss.fees {
            prop_assert!(of(Bearer::Fee(fee.to)) <= fee.part.min(fee.returns));
        }
        // Teams are asked for something only when nothing of the pledge's own is left for it.
        let reached = amount - loss.fees.iter().map(|fee| fee.part).sum::<i64>();
        let own: i64 = loss.layers.iter().map(|(_, left)| left).sum();
        let of_funds: i64 = loss.layers.iter().map(|(campaign, _)| of(Bearer::Fund(*campaign))).sum();
        prop_assert_eq!(of_funds, own.min(reached));
    }
}
