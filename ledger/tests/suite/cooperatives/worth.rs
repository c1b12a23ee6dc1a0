//! Shares by what contributions are worth: hours, points, the use of equipment, and things, each at what the rule says.

use super::{Coop, year};
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::Error;
use ledger::cooperatives::operations::members::{self, NewContribution};
use ledger::cooperatives::operations::{allocation_rules, distributions};
use ledger::cooperatives::rules::allocation_rule::{Group, Patronage, Rule, Step};
use ledger::cooperatives::rules::contribution::{Contributed, Contribution, Unit};
use ledger::cooperatives::rules::cooperative::{Percent, ProceedsKind};
use ledger::cooperatives::rules::statement::Measure;
use ledger::cooperatives::rules::valuation::Valuation;
use ledger::cooperatives::store::statements;
use ledger::testing::refusal;
use uuid::Uuid;

fn some(unit: Unit, kind: Option<&str>, quantity: &str) -> Contributed {
    Contributed { unit, kind: kind.map(str::to_owned), quantity: quantity.parse().unwrap() }
}

fn worth(unit: Unit, kind: Option<&str>, worth: &str) -> Valuation {
    Valuation { unit, kind: kind.map(str::to_owned), worth: worth.parse().unwrap() }
}

fn by_value() -> Rule {
    let groups = vec![Group::new("workers", Percent::WHOLE, Patronage::Value)];
    Rule {
        values: vec![
            worth(Unit::Hours, None, "18"),
            worth(Unit::Use, Some("laser"), "6.25"),
            worth(Unit::Use, None, "2"),
            worth(Unit::InKind, Some("timber"), "0.35"),
        ],
        ..Rule::new(vec![Step::Members { groups, retained: Percent::ZERO }])
    }
}

async fn recorded(
    coop: &Coop,
    tx: &Transaction<'_>,
    of: usize,
    contributed: Contributed,
) -> Result<Contribution, Error> {
    let new = NewContribution { member: coop.members[of].id, worked: year(2026), contributed, note: String::new() };
    members::record(tx, new, coop.clerk, true, coop.ground.wall).await
}

#[tokio::test]
async fn all_that_is_attested_counts_at_what_the_rule_says_that_it_is_worth() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let (book, day, wall) = (coop.ground.book.id, date(2026, 1, 1), coop.ground.wall);
    let unvalued = Rule { values: Vec::new(), ..by_value() };
    assert_eq!(refusal(allocation_rules::publish(&tx, book, unvalued, day, 7, coop.clerk, wall).await), "rule-invalid");
    allocation_rules::publish(&tx, book, by_value(), day, 7, coop.clerk, wall).await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, "2541.25", date(2026, 6, 1)).await.unwrap();
    assert_eq!(refusal(distributions::draft(&tx, book, year(2026), coop.clerk, wall).await), "no-weights");
    // 135.00, then 78.125 and 6.00, then 35.00; points and paint are worth nothing, nor is what nobody attested.
    for (of, contributed) in [
        (0, some(Unit::Hours, None, "7.50")),
        (0, some(Unit::Points, None, "5000")),
        (1, some(Unit::Use, Some("laser"), "12.50")),
        (1, some(Unit::Use, Some("saw"), "3")),
        (2, some(Unit::InKind, Some("timber"), "60")),
        (2, some(Unit::InKind, Some("timber"), "40")),
        (2, some(Unit::InKind, Some("paint"), "900")),
    ] {
        let recorded = recorded(&coop, &tx, of, contributed).await.unwrap();
        let second = coop.members[(of + 1) % 6].person;
        members::attest(&tx, recorded.id, second, coop.ground.wall).await.unwrap();
    }
    recorded(&coop, &tx, 2, some(Unit::InKind, Some("timber"), "1000")).await.unwrap();
    tx.commit().await.unwrap();
    drop(client);

    coop.distribute(2026).await;
    assert_eq!(coop.members_balances().await, [135_000, 84_125, 35_000, 0, 0, 0]);
    let client = coop.ground.client().await;
    let of_bea = statements::list(&client, book, Some(&[coop.members[1].id]), Uuid::nil(), 10).await.unwrap();
    let Measure::Value(total, valued) = of_bea[0].issued.measure() else { panic!("{:?}", of_bea[0].issued) };
    assert_eq!(total.to_string(), "84.13", "84.125, to be read");
    let valued: Vec<_> = valued.iter().map(|it| (it.contributed.clone(), it.worth.to_string())).collect();
    let expected = [(some(Unit::Use, Some("laser"), "12.50"), "6.25"), (some(Unit::Use, Some("saw"), "3"), "2.00")];
    assert_eq!(valued, expected.map(|(contributed, worth)| (contributed, worth.to_owned())));
    coop.ground.audit().await;
}

#[tokio::test]
async fn what_was_used_or_given_is_of_a_kind_and_the_database_keeps_it_so() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let mut tx = client.transaction().await.unwrap();
    for (contributed, field) in [
        (some(Unit::Use, None, "1"), "/kind"),
        (some(Unit::InKind, Some("A laser"), "1"), "/kind"),
        (some(Unit::Points, Some("laser"), "1"), "/kind"),
        (some(Unit::Use, Some("laser"), "8760.01"), "/quantity"),
        (some(Unit::InKind, Some("timber"), "1000000.01"), "/quantity"),
    ] {
        let refused = recorded(&coop, &tx, 0, contributed).await;
        assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == field), "{refused:?}");
    }
    recorded(&coop, &tx, 0, some(Unit::Use, Some("laser"), "8760")).await.unwrap();
    let of = |unit: &str, kind: &str| {
        format!(
            "INSERT INTO contribution (id, member_id, recorded_by, recorded_at, book_id, worked_from, worked_to, note, unit, quantity, kind)
             SELECT gen_random_uuid(), member_id, recorded_by, recorded_at, book_id, worked_from, worked_to, note, '{unit}', 100, {kind}
               FROM contribution LIMIT 1"
        )
    };
    tx.execute(&of("in_kind", "'timber'"), &[]).await.unwrap();
    for wrong in [of("use", "NULL"), of("points", "'laser'"), of("in_kind", "'A laser'"), of("in_kind", "''")] {
        let point = tx.transaction().await.unwrap();
        let refused = point.execute(&wrong, &[]).await.unwrap_err();
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
        point.rollback().await.unwrap();
    }
}
