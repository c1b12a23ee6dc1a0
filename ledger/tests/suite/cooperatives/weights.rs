//! What shares are measured by: hours at an index, units that were made, points.

use super::{Coop, percent, year};
use deadpool_postgres::Transaction;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::cooperatives::operations::members::NewContribution;
use ledger::cooperatives::operations::previews::{Among, Previewed, Trial, preview};
use ledger::cooperatives::operations::{allocation_rules, distributions, member_indices, members};
use ledger::cooperatives::rules::allocation_rule::{Base, Group, Minima, Patronage, Pot, Rule, Step};
use ledger::cooperatives::rules::contribution::{Contributed, Contribution, Unit};
use ledger::cooperatives::rules::cooperative::{Index, Percent, Period, ProceedsKind};
use ledger::cooperatives::rules::inputs::MemberInput;
use ledger::cooperatives::rules::member_index::{IndexedHours, MemberIndex};
use ledger::cooperatives::rules::statement::Measure;
use ledger::cooperatives::store::{
    allocation_rules as rule_rows, distributions as rows, member_indices as index_rows, statements,
};
use ledger::id::MemberId;
use ledger::testing::refusal;
use uuid::Uuid;

fn all_to_workers(by: Patronage) -> Rule {
    let group = Group::new("workers", Percent::WHOLE, by);
    Rule::new(vec![Step::Members { groups: vec![group], retained: Percent::ZERO }])
}

async fn publish(coop: &Coop, tx: &Transaction<'_>, rule: Rule, from: i16) {
    let (book, day) = (coop.ground.book.id, date(from, 1, 1));
    allocation_rules::publish(tx, book, rule, day, 7, coop.clerk, coop.ground.wall).await.unwrap();
}

async fn set(coop: &Coop, tx: &Transaction<'_>, of: usize, index: &str, from: Date) -> Result<MemberIndex, Error> {
    let (member, index) = (coop.members[of].id, index.parse().unwrap());
    member_indices::set(tx, member, index, Some(from), coop.clerk, coop.ground.wall).await
}

/// A contribution of some days, not attested.
async fn recorded(
    coop: &Coop,
    tx: &Transaction<'_>,
    of: usize,
    (unit, quantity): (Unit, &str),
    (from, to): (Date, Date),
) -> Result<Contribution, Error> {
    let (member, worked) = (coop.members[of].id, Period::new(from, to).unwrap());
    let contributed = Contributed { unit, kind: None, quantity: quantity.parse().unwrap() };
    let new = NewContribution { member, worked, contributed, note: String::new() };
    members::record(tx, new, coop.clerk, true, coop.ground.wall).await
}

/// A contribution of some days, attested by the next member.
async fn worked(coop: &Coop, tx: &Transaction<'_>, of: usize, what: (Unit, &str), days: (Date, Date)) {
    let recorded = recorded(coop, tx, of, what, days).await.unwrap();
    let second = coop.members[(of + 1) % 6].person;
    members::attest(tx, recorded.id, second, coop.ground.wall).await.unwrap();
}

fn whole(of: i16) -> (Date, Date) {
    (date(of, 1, 1), date(of, 12, 31))
}

fn at(index: &str, hours: &str) -> IndexedHours {
    IndexedHours { index: index.parse().unwrap(), hours: hours.parse().unwrap() }
}

#[tokio::test]
async fn k26_hours_weigh_by_the_index_of_their_day_and_statements_say_by_which() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    publish(&coop, &tx, all_to_workers(Patronage::IndexedHours), 2026).await;
    for (year, sales) in [(2026, "6500.00"), (2027, "6500.01")] {
        coop.record(&tx, ProceedsKind::Sale, sales, date(year, 6, 1)).await.unwrap();
    }
    set(&coop, &tx, 1, "1.5", date(2026, 1, 1)).await.unwrap();
    set(&coop, &tx, 2, "3", date(2026, 1, 1)).await.unwrap();
    let corrected = set(&coop, &tx, 2, "2", date(2026, 1, 1)).await.unwrap();
    assert_eq!(corrected.version, 2, "of two that begin on one day the younger one holds");
    for (of, hours) in ["2080", "1560", "1040"].into_iter().enumerate() {
        worked(&coop, &tx, of, (Unit::Hours, hours), whole(2026)).await;
    }
    // The next year half of Cem's hours weigh twice and half once: as all of them at 1.50.
    set(&coop, &tx, 2, "1", date(2027, 7, 1)).await.unwrap();
    worked(&coop, &tx, 1, (Unit::Hours, "1560"), whole(2027)).await;
    worked(&coop, &tx, 2, (Unit::Hours, "780"), (date(2027, 1, 1), date(2027, 6, 30))).await;
    worked(&coop, &tx, 2, (Unit::Hours, "780"), (date(2027, 7, 1), date(2027, 12, 31))).await;
    tx.commit().await.unwrap();
    drop(client);

    coop.distribute(2026).await;
    assert_eq!(coop.members_balances().await, [208_000, 234_000, 208_000, 0, 0, 0]);
    coop.distribute(2027).await;
    assert_eq!(coop.members_balances().await, [208_000, 559_001, 533_000, 0, 0, 0]);
    let client = coop.ground.client().await;
    let own = |of: usize| [coop.members[of].id];
    let of_cem = statements::list(&client, coop.ground.book.id, Some(&own(2)), Uuid::nil(), 10).await.unwrap();
    let two = [at("1.00", "780"), at("2.00", "780")];
    assert_eq!(of_cem[0].issued.measure(), Measure::Indexed("1040".parse().unwrap(), &[at("2", "1040")]));
    assert_eq!(of_cem[1].issued.measure(), Measure::Indexed("1560".parse().unwrap(), &two));
    let of_ada = statements::list(&client, coop.ground.book.id, Some(&own(0)), Uuid::nil(), 10).await.unwrap();
    assert_eq!(of_ada[0].issued.indexed, [at("1", "2080")], "nobody has said one: 1.00");
    coop.ground.audit().await;
}

#[tokio::test]
async fn an_index_begins_within_no_hours_and_on_no_day_that_a_distribution_counts_and_never_changes() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    worked(&coop, &tx, 0, (Unit::Hours, "1000"), whole(2026)).await;
    worked(&coop, &tx, 0, (Unit::Points, "7"), whole(2027)).await;
    assert_eq!(refusal(set(&coop, &tx, 0, "2", date(2026, 7, 1)).await), "index-within");
    assert_eq!(refusal(set(&coop, &tx, 0, "2", date(2026, 12, 31)).await), "index-within");
    set(&coop, &tx, 0, "2", date(2027, 1, 1)).await.unwrap();
    set(&coop, &tx, 0, "2.5", date(2027, 7, 1)).await.unwrap();
    let across = recorded(&coop, &tx, 0, (Unit::Hours, "100"), whole(2027)).await;
    assert_eq!(refusal(across), "index-within");
    recorded(&coop, &tx, 0, (Unit::Units, "100"), whole(2027)).await.unwrap();
    recorded(&coop, &tx, 0, (Unit::Hours, "8"), (date(2027, 7, 1), date(2027, 7, 2))).await.unwrap();

    for (index, from, field) in [
        ("0", date(2027, 1, 1), "/index"),
        ("100.01", date(2027, 1, 1), "/index"),
        ("1", date(2025, 12, 31), "/effective_from"),
    ] {
        let refused = set(&coop, &tx, 0, index, from).await;
        assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == field), "{refused:?}");
    }
    let (ada, wall) = (&coop.members[0], coop.ground.wall);
    let own = member_indices::set(&tx, ada.id, Index::ONE, Some(date(2027, 1, 1)), ada.person, wall).await;
    assert_eq!(refusal(own), "same-person");
    let none: MemberId = MemberId::generate(coop.ground.book.id);
    let unknown = member_indices::set(&tx, none, Index::ONE, None, coop.clerk, coop.ground.wall).await;
    assert!(matches!(unknown, Err(Error::NotFound("member"))), "{unknown:?}");

    coop.record(&tx, ProceedsKind::Sale, "10.00", date(2026, 6, 1)).await.unwrap();
    publish(&coop, &tx, all_to_workers(Patronage::Hours), 2026).await;
    let draft = distributions::draft(&tx, coop.ground.book.id, year(2026), coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!(refusal(set(&coop, &tx, 1, "2", date(2026, 12, 31)).await), "period-distributed");
    set(&coop, &tx, 1, "2", date(2027, 1, 1)).await.unwrap();
    let (wall, reason) = (coop.ground.wall, "An index is missing".to_owned());
    distributions::withdraw(&tx, draft.id, reason, coop.clerk, wall).await.unwrap();
    set(&coop, &tx, 1, "2", date(2026, 12, 31)).await.unwrap();
    let history = index_rows::list(&tx, coop.members[0].id, 0, 10).await.unwrap();
    let history: Vec<_> = history.iter().map(|it| (it.version, it.index.to_string())).collect();
    assert_eq!(history, [(1, "2.00".to_owned()), (2, "2.50".to_owned())]);
    let changed = tx.execute("UPDATE member_index SET index = 900", &[]).await.unwrap_err();
    assert!(changed.as_db_error().is_some(), "{changed}");
}

#[tokio::test]
async fn units_and_points_are_counted_apart_from_hours_and_the_database_keeps_them_so() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let mut tx = client.transaction().await.unwrap();
    let half = |name: &str, by| Group::new(name, percent("50"), by);
    let groups = vec![half("workers", Patronage::Units), half("management", Patronage::Points)];
    publish(&coop, &tx, Rule::new(vec![Step::Members { groups, retained: Percent::ZERO }]), 2026).await;
    coop.record(&tx, ProceedsKind::Sale, "100.00", date(2026, 6, 1)).await.unwrap();
    for (of, unit, quantity) in [
        (0, Unit::Units, "1000000"),
        (0, Unit::Hours, "8000"),
        (1, Unit::Units, "999999.99"),
        (1, Unit::Units, "0.01"),
        (2, Unit::Hours, "8000"),
        (3, Unit::Points, "8000"),
        (4, Unit::Points, "3.75"),
        (5, Unit::Points, "1.25"),
    ] {
        worked(&coop, &tx, of, (unit, quantity), whole(2026)).await;
    }
    let more = recorded(&coop, &tx, 0, (Unit::Units, "1000000.01"), whole(2026)).await;
    assert!(matches!(&more, Err(Error::Invalid { pointer, .. }) if pointer == "/quantity"), "{more:?}");
    for wrong in [
        "UPDATE contribution SET attested_by = NULL, attested_at = NULL, unit = 'points' WHERE unit = 'hours'",
        "INSERT INTO contribution SELECT gen_random_uuid(), member_id, recorded_by, NULL, hours, recorded_at, NULL, book_id, worked_from, \
             worked_to, note, NULL, NULL, NULL, 'hours', 100 FROM contribution LIMIT 1",
        "INSERT INTO contribution SELECT gen_random_uuid(), member_id, recorded_by, NULL, 100, recorded_at, NULL, book_id, worked_from, \
             worked_to, note, NULL, NULL, NULL, 'pieces', NULL FROM contribution LIMIT 1",
        "INSERT INTO member_index SELECT id, person, now(), book_id, 1, 10001, joined_on FROM member LIMIT 1",
        "INSERT INTO member_index SELECT id, person, now(), book_id, 1, 0, joined_on FROM member LIMIT 1",
    ] {
        let point = tx.transaction().await.unwrap();
        let refused = point.execute(wrong, &[]).await.unwrap_err();
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
        point.rollback().await.unwrap();
    }
    let (book, wall) = (coop.ground.book.id, coop.ground.wall);
    let draft = distributions::draft(&tx, book, year(2026), coop.clerk, wall).await.unwrap();
    let parts = rows::shares(&tx, draft.id, None, 0, 10).await.unwrap();
    let parts: Vec<_> = parts.iter().map(|part| (part.cash, part.counted.to_string())).collect();
    let expected =
        [(2_500, "1000000.00"), (2_500, "1000000.00"), (0, "0.00"), (0, "0.00"), (3_750, "3.75"), (1_250, "1.25")];
    assert_eq!(parts, expected.map(|(cash, counted)| (cash, counted.to_owned())));
}

/// A French workers' rule: a reserve of 15 %, development, a tenth to capital, and the rest by hours.
fn scop(development: &str) -> Rule {
    let share = |part: &str, to| Step::Share { of: Base::Net, percent: percent(part), to, until: None };
    let mut steps = vec![
        share("15", Pot::Reserve),
        share(development, Pot::DevelopmentFund),
        Step::CapitalInterest { of: Base::Net, percent: percent("10"), rate: None },
    ];
    steps.extend(all_to_workers(Patronage::Hours).steps);
    Rule { minima: Some(Minima::FrScop), ..Rule::new(steps) }
}

async fn tried(coop: &Coop, tx: &Transaction<'_>, rule: Rule, among: Among) -> Result<Previewed, Error> {
    let effective_from = date(2028, 1, 1);
    let trial =
        Trial { rule, effective_from, window_days: 7, gross: 10_000_000, non_member: 0, surplus: 10_000_000, among };
    preview(tx, coop.ground.book.id, trial).await
}

#[tokio::test]
async fn a_rule_is_previewed_step_by_step_or_refused_as_its_publication_would_and_nothing_is_written() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let given = |number: i32, hours: &str| MemberInput {
        hours: hours.parse().unwrap(),
        capital: 4_000_000,
        ..MemberInput::new(MemberId::generate(coop.ground.book.id), number, "workers")
    };
    let hours = ["1600", "1600", "800", "400", "600"];
    let members = || Among::Given((1..).zip(hours).map(|(number, hours)| given(number, hours)).collect());
    let previewed = tried(&coop, &tx, scop("40"), members()).await.unwrap();
    let steps: Vec<_> = previewed.steps.iter().map(|taken| (taken.before, taken.amount, taken.left())).collect();
    let expected = [
        (10_000_000, 1_500_000, 8_500_000),
        (8_500_000, 4_000_000, 4_500_000),
        (4_500_000, 1_000_000, 3_500_000),
        (3_500_000, 3_500_000, 0),
    ];
    assert_eq!(steps, expected);
    let labour: Vec<_> = previewed.plan.members.iter().map(|part| part.cash - part.interest).collect();
    assert_eq!(labour, [1_120_000, 1_120_000, 560_000, 280_000, 420_000]);

    let Err(Error::Refused(refused)) = tried(&coop, &tx, scop("51"), members()).await else {
        panic!("24 % for labour")
    };
    assert_eq!(refused.code, "rule-below-minimum");
    assert!(refused.detail.contains("law 78-763") && refused.detail.contains("gives 24.00 %"), "{}", refused.detail);
    let book = coop.ground.book.id;
    let day = date(2028, 1, 1);
    let published = allocation_rules::publish(&tx, book, scop("51"), day, 7, coop.clerk, coop.ground.wall).await;
    assert_eq!(published.unwrap_err().to_string(), refused.to_string(), "as its publication");

    // Of the book's own members what is attested counts, and no more.
    let mut rule = scop("40");
    rule.steps.remove(2);
    rule.steps[0] = Step::Share { of: Base::Net, percent: percent("25"), to: Pot::Reserve, until: None };
    let days = Among::Members(year(2026));
    assert_eq!(refusal(tried(&coop, &tx, rule.clone(), days.clone()).await), "no-weights");
    worked(&coop, &tx, 0, (Unit::Hours, "300"), whole(2026)).await;
    worked(&coop, &tx, 1, (Unit::Hours, "100"), whole(2026)).await;
    recorded(&coop, &tx, 2, (Unit::Hours, "100"), whole(2026)).await.unwrap();
    let previewed = tried(&coop, &tx, rule, days).await.unwrap();
    let cash: Vec<_> = previewed.plan.members.iter().map(|part| part.cash).collect();
    assert_eq!(cash, [2_625_000, 875_000, 0, 0]);
    assert_eq!(rule_rows::list(&tx, book, 0, 10).await.unwrap().len(), 1, "the one that is published");
    assert!(
        ledger::cooperatives::store::distributions::list(&tx, book, true, Uuid::nil(), 1).await.unwrap().is_empty()
    );
}
