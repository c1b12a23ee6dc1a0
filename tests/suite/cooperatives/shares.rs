//! A distribution among many, over HTTP: its body has the first hundred shares, the others are read page by page, and members read their own.

use super::{Coop, Outcome, is};
use api::demo::client::text;
use serde_json::{Value, json};

/// How many managers there are besides: with the six members more than one page has.
const CROWD: i32 = 250;

#[tokio::test]
async fn a_distribution_has_its_first_hundred_shares_and_all_of_them_are_listed_page_by_page() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let owner = migrations::connect(&coop.host.app.database_url().parse()?).await?;
    let people = format!(
        "INSERT INTO person (id, caller, email, name, created_at)
         SELECT gen_random_uuid(), 1000000 + n, 'crowd' || n || '@many.example', '', now() FROM generate_series(1, {CROWD}) n;
         INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, created_at)
         SELECT c.book_id, gen_random_uuid(), p.caller - 1000000 + 6, p.id, 'management', '2026-01-01', false, now()
           FROM person p CROSS JOIN cooperative c WHERE p.caller > 1000000;
         UPDATE cooperative SET members_last = members_last + {CROWD};"
    );
    owner.batch_execute(&people).await?;
    coop.record("sale", "10000.00", "2027-06-01").await?.ok()?;
    coop.work(2027).await?;
    let drafted = json!({"from": "2027-01-01", "to": "2027-12-31"});
    let numbers = |shares: &Value| -> Vec<i64> {
        shares.as_array().into_iter().flatten().filter_map(|share| share["number"].as_i64()).collect()
    };
    let first: Vec<i64> = (1..=100).collect();
    let tried = keeper.post(&coop.at("/distributions?dry_run=true"), &drafted).await?.ok()?;
    assert_eq!((numbers(&tried["shares"]), &tried["more_shares"]), (first.clone(), &json!(true)));
    let draft = keeper.post(&coop.at("/distributions"), &drafted).await?.ok()?;
    let one = format!("/v1/distributions/{}", text(&draft, "/id")?);
    let groups = json!([
        {"group": "management", "members": CROWD + 2, "amount": {"amount": "1800.00", "currency": "USD"}},
        {"group": "workers", "members": 4, "amount": {"amount": "7200.00", "currency": "USD"}},
    ]);
    for body in [&draft, &keeper.get(&one).await?.ok()?, &keeper.all(&coop.at("/distributions")).await?[0]] {
        assert_eq!((numbers(&body["shares"]), &body["more_shares"]), (first.clone(), &json!(true)));
        assert_eq!(body["groups"], groups, "the sums are of all");
    }

    // All of them, in pages; each once, and they come to all that is shared.
    let path = format!("{one}/shares");
    let page = keeper.get(&format!("{path}?limit=200")).await?.ok()?;
    assert_eq!(numbers(&page["items"]), (1..=200).collect::<Vec<_>>());
    let all = keeper.all(&path).await?;
    assert_eq!(numbers(&json!(all)), (1..=i64::from(CROWD) + 6).collect::<Vec<_>>());
    let minor = |share: &Value| text(share, "/cash/amount").map(|cash| cash.replace('.', "").parse::<i64>());
    let mut sum = 0;
    for share in &all {
        sum += minor(share)??;
    }
    assert_eq!(sum, 900_000, "nine tenths, to the cent");
    assert_eq!(&all[..100], draft["shares"].as_array().map_or(&[][..], Vec::as_slice));

    // Nobody but its makers sees a draft; then members see their own.
    is(&coop.ada.get(&path).await?, 404);
    is(&coop.host.stranger().await?.get(&path).await?, 404);
    keeper.post(&format!("{one}:open"), &json!({})).await?.ok()?;
    let own = coop.ada.get(&path).await?.ok()?;
    assert_eq!((numbers(&own["items"]), &own["next_cursor"]), (vec![1], &json!(null)));
    let seen = coop.ada.get(&one).await?.ok()?;
    assert_eq!((numbers(&seen["shares"]), &seen["more_shares"]), (vec![1], &json!(false)));
    assert_eq!(seen["groups"], groups);
    let listed = coop.ada.all(&coop.at("/distributions")).await?;
    assert_eq!(numbers(&listed[0]["shares"]), [1]);
    coop.host.app.finish().await
}
