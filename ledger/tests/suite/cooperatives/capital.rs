//! Members' capital: shares that stay, interest on them, and a reserve that is filled to what they have been.

use super::{Coop, percent, year};
use jiff::civil::date;
use ledger::cooperatives::operations::{allocation_rules, members};
use ledger::cooperatives::rules::allocation_rule::{Base, Group, Minima, Patronage, Pot, Rule, Step, Target};
use ledger::cooperatives::rules::cooperative::{Percent, ProceedsKind};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::store::statements;
use ledger::testing::refusal;
use uuid::Uuid;

pub(super) fn workers(retained: Percent) -> Step {
    let group = Group::new("workers", Percent::WHOLE, Patronage::Hours);
    Step::Members { groups: vec![group], retained }
}

pub(super) fn share(text: &str, to: Pot, until: Option<Target>) -> Step {
    Step::Share { of: Base::Net, percent: percent(text), to, until }
}

/// A French workers' rule: 15 % until the reserve is what capital has ever been, 40 % development, interest of at most 5 % a year and a
/// tenth of the surplus, and the rest by hours.
fn scop() -> Rule {
    let steps = vec![
        share("15", Pot::Reserve, Some(Target::HighestCapital)),
        share("40", Pot::DevelopmentFund, None),
        Step::CapitalInterest { of: Base::Net, percent: percent("10"), rate: Some(percent("5")) },
        workers(Percent::ZERO),
    ];
    Rule { minima: Some(Minima::FrScop), ..Rule::new(steps) }
}

pub(super) async fn publish(coop: &Coop, rule: Rule, from: i16) {
    let ground = &coop.ground;
    let day = date(from, 1, 1);
    let published = async |tx: &deadpool_postgres::Transaction<'_>| {
        allocation_rules::publish(tx, ground.book.id, rule.clone(), day, 7, coop.clerk, ground.wall).await
    };
    ground.run(published).await.unwrap();
}

/// A year's sales and hours of some members, once it is over, and its distribution.
pub(super) async fn lived(coop: &mut Coop, of: i16, sales: &str, hours: &[(usize, &str)]) -> Distribution {
    let start = coop.ground.book.start_of(date(of + 1, 1, 1));
    if coop.ground.book.now(coop.ground.wall) < start {
        coop.ground.leap_to(start).await;
    }
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, sales, date(of, 6, 1)).await.unwrap();
    for (index, hours) in hours {
        let recorded = coop.hours(&tx, *index, hours, of).await.unwrap();
        members::attest(&tx, recorded.id, coop.members[5].person, coop.ground.wall).await.unwrap();
    }
    tx.commit().await.unwrap();
    drop(client);
    coop.distribute(of).await
}

#[tokio::test]
async fn k11_k13_capital_that_stayed_earns_interest_and_sets_how_full_the_reserve_becomes() {
    let mut coop = Coop::new().await;
    publish(&coop, Rule::new(vec![share("20", Pot::Reserve, None), workers(Percent::WHOLE)]), 2026).await;
    lived(&mut coop, 2026, "50000.00", &[(0, "2080"), (1, "1560"), (2, "1040"), (3, "520")]).await;
    for (number, capital) in (1..).zip([1_600_000, 1_200_000, 800_000, 400_000]) {
        assert_eq!(coop.balance(&format!("equity:capital:member:{number}")).await, capital);
    }
    assert_eq!(coop.balance("equity:reserve").await, 1_000_000);

    // Cem leaves; what is his stays, and earns.
    publish(&coop, scop(), 2029).await;
    let (cem, clerk, wall) = (coop.members[2].id, coop.clerk, coop.ground.wall);
    coop.ground.run(async |tx| members::leave(tx, cem, Some(date(2027, 12, 31)), clerk, wall).await).await.unwrap();
    let hours = [(0, "2080"), (1, "1560"), (3, "520")];
    let second = lived(&mut coop, 2029, "100000.00", &hours).await;
    let steps: Vec<_> = second.plan.steps.iter().map(|part| part.amount).collect();
    assert_eq!(steps, [1_500_000, 4_000_000], "30,000.00 lack of the reserve");
    let parts: Vec<_> = coop
        .shares(second.id)
        .await
        .iter()
        .map(|part| (part.number, part.interest, part.cash - part.interest))
        .collect();
    let expected = [(1, 80_000, 2_150_000), (2, 60_000, 1_612_500), (3, 40_000, 0), (4, 20_000, 537_500)];
    assert_eq!(parts, expected, "5 % of 40,000.00, and 43,000.00 by hours");
    assert_eq!(coop.balance("liabilities:payable:member:3").await, 40_000);
    let client = coop.ground.client().await;
    let own = statements::list(&client, coop.ground.book.id, Some(&[cem]), Uuid::nil(), 10).await.unwrap();
    let last = &own[1].issued;
    assert_eq!((last.patronage, last.cash, last.interest, last.capital), (Patronage::Capital, 40_000, 40_000, 800_000));
    assert_eq!(own[0].issued.interest, 0);
    drop(client);

    let third = lived(&mut coop, 2030, "200000.00", &hours).await;
    let steps: Vec<_> = third.plan.steps.iter().map(|part| part.amount).collect();
    assert_eq!(steps, [1_500_000, 8_000_000], "of 30,000.00 only the 15,000.00 that lack");
    assert_eq!(coop.balance("equity:reserve").await, 4_000_000);
    assert_eq!(coop.balance("equity:surplus").await, 0);
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_rule_below_the_minima_that_it_names_is_refused_and_the_one_before_holds() {
    let coop = Coop::new().await;
    let mut rule = scop();
    rule.steps[1] = share("51", Pot::DevelopmentFund, None);
    let ground = &coop.ground;
    let refused = async |tx: &deadpool_postgres::Transaction<'_>| {
        let day = date(2028, 1, 1);
        allocation_rules::publish(tx, ground.book.id, rule.clone(), day, 7, coop.clerk, ground.wall).await
    };
    assert_eq!(refusal(ground.run(refused).await), "rule-below-minimum");
    let client = ground.client().await;
    let in_force =
        ledger::cooperatives::store::allocation_rules::in_force(&client, ground.book.id, year(2028).to).await;
    assert_eq!(in_force.unwrap().unwrap().version, 1);
}
