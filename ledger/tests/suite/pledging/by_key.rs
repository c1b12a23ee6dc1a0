//! Statements on the way of a charge go by an index, however small their tables were when they were planned.

use super::scene::Scene;
use crate::support::plans;
use deadpool_postgres::Object;
use jiff::civil::date;
use ledger::engine::store::books;
use ledger::id::ChargeId;
use ledger::pledging::operations::{beginnings, captures, settlement_days};
use ledger::pledging::store::{charges, donors, issued_receipts, pledges, polls, receipts};
use ledger::service::store::jobs;
use ledger::service::work::Work;
use ledger::testing::ONCE;
use uuid::Uuid;

/// The statements that are asked, each with what stands for its arguments.
const ASKED: [(&str, &str); 17] = [
    ("-- pledges::get", "1, gen_random_uuid()"),
    ("-- pledges::list_by_ids", "1, ARRAY[gen_random_uuid()]"),
    ("-- pledges::find_by_reference", "1, gen_random_uuid(), 'a', 'b'"),
    ("-- polls::pledges", "1, gen_random_uuid(), ARRAY['active'], NULL, NULL, gen_random_uuid(), 50"),
    ("-- charges::get", "1, gen_random_uuid()"),
    ("-- polls::charges", "1, gen_random_uuid(), ARRAY['settled'], '2030-01-01', '2020-01-01', gen_random_uuid(), 50"),
    ("-- polls::charges_by_ids", "1, gen_random_uuid(), ARRAY[gen_random_uuid()]"),
    ("-- charges::begun_among", "1, ARRAY[gen_random_uuid()], ARRAY[1]"),
    ("-- charges::any_open", "1, gen_random_uuid(), NULL"),
    ("-- donors::get", "1, gen_random_uuid()"),
    ("-- donors::find", "1, gen_random_uuid(), 'a'"),
    ("-- issued_receipts::of_charges", "1, ARRAY[gen_random_uuid()]"),
    ("-- receipts::list", "1, ARRAY[gen_random_uuid()]"),
    ("-- settlement_days::charges", "1, gen_random_uuid(), '2027-01-31', gen_random_uuid(), 50"),
    ("-- settlement_days::pledges", "1, gen_random_uuid(), '2027-01-31', gen_random_uuid(), 50"),
    ("-- jobs::settle_each", "1, ARRAY[gen_random_uuid()], ARRAY[1], now()"),
    ("-- jobs::books_with_work", "now(), 10, ARRAY['a'], ARRAY['charge_pledge'], 0, 0"),
];

/// Asks each of them.
async fn ask(scene: &Scene, client: &Object, charge: ChargeId) {
    let (book, wall) = (scene.ground.book.id, scene.ground.wall);
    let pledge = pledges::get(client, charges::get(client, charge).await.unwrap().pledge).await.unwrap();
    beginnings::draft_each(client, book, &[(pledge.id, 1)], wall).await.unwrap();
    pledges::find_by_reference(client, book, pledge.partner, &pledge.reference).await.unwrap();
    charges::any_open(client, pledge.id, None).await.unwrap();
    let donor = donors::get(client, pledge.donor).await.unwrap();
    donors::find(client, book, donor.partner, &donor.reference).await.unwrap();
    let of = (book, pledge.partner);
    polls::pledges(client, of, &["active"], None, Uuid::nil(), 50).await.unwrap();
    polls::charges(client, of, &["settled"], date(2030, 1, 1), (date(2020, 1, 1), Uuid::nil()), 50).await.unwrap();
    polls::charges_by_ids(client, of, &[charge.object]).await.unwrap();
    issued_receipts::of_charge(client, charge).await.unwrap();
    receipts::get(client, charge).await.unwrap();
    captures::draft(client, charge, captures::By::Attempt(1), "x".into(), wall).await.unwrap();
    let today = settlement_days::of(&scene.ground.book, pledge.partner, scene.ground.book.today(wall), wall).unwrap();
    settlement_days::lines(client, &today, None, 50).await.unwrap();
    assert_eq!(jobs::settle_each(client, book, &[(pledge.id.object, 1)], wall).await.unwrap(), []);
    jobs::books_with_work(client, wall, &Work::ALL, books::get(client, book).await.unwrap().id, 10).await.unwrap();
}

#[tokio::test]
async fn what_was_planned_for_a_few_rows_goes_by_an_index_when_there_are_thousands_and_nobody_has_looked() {
    let scene = Scene::on(date(2027, 1, 31)).await;
    scene.place(scene.ask("first", "1.00", ONCE, "card")).await.unwrap();
    scene.work().await;
    let owner = scene.ground.database_owner().await;
    // One row on one page: to read it whole is the cheapest way.
    owner.batch_execute("VACUUM ANALYZE").await.unwrap();
    let charge = owner.query_one("SELECT id FROM charge", &[]).await.unwrap().get(0);
    let charge = ChargeId::new(scene.ground.book.id, charge);
    let client = scene.ground.client().await;
    // So often that a plan for any arguments is kept.
    for _ in 0..7 {
        ask(&scene, &client, charge).await;
    }
    let grown = "CREATE TEMP TABLE copy AS SELECT n, gen_random_uuid() AS donor, gen_random_uuid() AS pledge, gen_random_uuid() AS charge
          FROM generate_series(1, 3000) n;
        INSERT INTO donor SELECT r.* FROM donor d, copy c, LATERAL jsonb_populate_record(d, jsonb_build_object(
               'id', c.donor, 'reference', 'other-' || c.n)) r WHERE d.reference = 'fan-1';
        INSERT INTO pledge SELECT r.* FROM pledge p, copy c, LATERAL jsonb_populate_record(p, jsonb_build_object(
               'id', c.pledge, 'donor', c.donor, 'reference', 'copy-' || c.n)) r WHERE p.reference = 'first';
        INSERT INTO charge SELECT r.* FROM charge g, copy c, LATERAL jsonb_populate_record(g, jsonb_build_object(
               'id', c.charge, 'pledge', c.pledge, 'provider_reference', c.n)) r;
        INSERT INTO job SELECT r.* FROM (SELECT to_jsonb(j) AS row FROM job j WHERE kind = 'charge_pledge' LIMIT 1) j, copy c,
               LATERAL jsonb_populate_record(NULL::job, j.row || jsonb_build_object('id', c.donor, 'dedupe', c.n)) r;";
    owner.batch_execute(grown).await.unwrap();
    for (statement, arguments) in ASKED {
        for plan in plans(&client, statement, arguments).await {
            for table in ["donor", "pledge", "pledge_turn", "charge", "charge_fee", "settlement", "receipt", "job"] {
                assert!(!plan.contains(&format!("Seq Scan on {table} ")), "{statement}:\n{plan}");
            }
            assert!(plan.contains("Index"), "{statement}:\n{plan}");
        }
    }
}
