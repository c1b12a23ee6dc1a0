//! How allocation rules are made, over HTTP: once members decide, keepers do no more, and members give it back by a vote only.

use super::bank::why;
use super::{Coop, Outcome, is, rule};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

impl Coop {
    async fn made(&self, by: &Client, needs: Option<(&str, &str)>, proposal: &Value) -> anyhow::Result<Answer> {
        let body = json!({
            "by_vote": needs.is_some(), "quorum_percent": needs.map(|it| it.0), "threshold": needs.map(|it| it.1),
            "proposal": proposal["id"],
        });
        by.post(&self.at("/rule-making"), &body).await
    }

    /// Puts something to the vote; Ada and Bea say yes to it.
    async fn voted(&self, other: &Value, day: &str) -> anyhow::Result<Value> {
        let mut body =
            json!({"title": "Rules", "text": "So.", "last_day": day, "quorum": 2, "threshold": "two_thirds"});
        for (field, value) in other.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        let asked = self.host.treasurer.post(&self.at("/proposals"), &body).await?.ok()?;
        for member in [&self.ada, &self.bea] {
            member
                .post(&format!("/v1/proposals/{}:vote", text(&asked, "/id")?), &json!({"choice": "yes"}))
                .await?
                .ok()?;
        }
        Ok(asked)
    }
}

#[tokio::test]
async fn rules_that_members_make_by_vote_are_published_by_nobody_else_and_given_back_by_a_vote() -> Outcome {
    let coop = Coop::open().await?;
    let (keeper, none) = (&coop.host.treasurer, Value::Null);
    for (body, at) in [
        (json!({"by_vote": true, "threshold": "majority"}), "/quorum_percent"),
        (json!({"by_vote": true, "quorum_percent": "50"}), "/threshold"),
        (json!({"by_vote": true, "quorum_percent": "0", "threshold": "majority"}), "/quorum_percent"),
        (json!({"by_vote": true, "quorum_percent": "100.01", "threshold": "majority"}), "/quorum_percent"),
        (json!({"by_vote": true, "quorum_percent": "50", "threshold": "most"}), "/threshold"),
        (json!({"by_vote": false, "quorum_percent": "50"}), "/quorum_percent"),
        (json!({"by_vote": false}), "/by_vote"),
    ] {
        assert_eq!(why(&keeper.post(&coop.at("/rule-making"), &body).await?), format!("422 invalid{at}"), "{body}");
    }
    let early = coop.voted(&none, "2028-01-02").await?;
    is(&coop.made(&coop.ada, Some(("33.34", "majority")), &none).await?, 403);
    let set = coop.made(keeper, Some(("33.34", "majority")), &none).await?.ok()?;
    assert_eq!((&set["by_vote"], &set["quorum_percent"]), (&json!(true), &json!("33.34")));
    assert_eq!(coop.made(keeper, Some(("33.34", "majority")), &none).await?.ok()?, set, "said twice is said once");

    // Keepers publish nothing any more; a vote on a rule needs what was said, a vote on something else what is asked for.
    assert_eq!(why(&keeper.post(&coop.at("/allocation-rules"), &rule()).await?), "409 rule-by-vote");
    let of_rule = |quorum: i32, threshold: &str| {
        let mut rule = rule();
        rule["effective_from"] = json!("2028-02-01");
        json!({"title": "A rule", "text": "So.", "last_day": "2028-01-10", "quorum": quorum, "threshold": threshold, "rule": rule})
    };
    assert_eq!(
        why(&keeper.post(&coop.at("/proposals"), &of_rule(2, "majority")).await?),
        "422 invalid/quorum",
        "3 of 6"
    );
    coop.made(keeper, Some(("50", "two_thirds")), &none).await?.ok()?;
    assert_eq!(why(&keeper.post(&coop.at("/proposals"), &of_rule(3, "majority")).await?), "422 invalid/threshold");
    for less in [None, Some(("49.99", "two_thirds")), Some(("50", "majority"))] {
        assert_eq!(why(&coop.made(keeper, less, &none).await?), "409 rule-by-vote");
    }
    let voted = coop.voted(&of_rule(2, "two_thirds"), "2028-01-10").await;
    assert!(voted.is_err(), "two are not half of six");
    let loose = coop.voted(&json!({"quorum": 2}), "2028-01-10").await?;
    let strict = coop.voted(&json!({"quorum": 3}), "2028-01-10").await?;
    let cem = coop.host.app.sign_in("cem@press.example").await?;
    cem.post(&format!("/v1/proposals/{}:vote", text(&strict, "/id")?), &json!({"choice": "yes"})).await?.ok()?;
    assert_eq!(why(&coop.made(keeper, None, &strict).await?), "409 proposal-not-passed", "it is open");
    coop.host.app.advance(keeper, &coop.host.book, "2028-01-11T12:00:00Z").await?;
    for not_enough in [&early, &loose] {
        assert_eq!(why(&coop.made(keeper, None, not_enough).await?), "409 proposal-not-passed");
    }
    let back = coop.made(keeper, None, &strict).await?.ok()?;
    assert_eq!((&back["by_vote"], &back["version"], &back["proposal"]), (&json!(false), &json!(3), &strict["id"]));
    let mut again = rule();
    again["effective_from"] = json!("2028-02-01");
    keeper.post(&coop.at("/allocation-rules"), &again).await?.ok()?;
    let all = coop.ada.all(&coop.at("/rule-making")).await?;
    assert_eq!((all.len(), &all[0]), (3, &back));
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_rule_that_members_accept_is_published_and_sql_in_the_services_role_makes_none_without_them() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    coop.made(keeper, Some(("50", "majority")), &Value::Null).await?.ok()?;
    let service = coop.host.app.connection().await?;
    let made = |version: i32, quorum: &str, threshold: &str, proposal: &str| {
        format!(
            "INSERT INTO rule_making (book_id, version, quorum, threshold, proposal_id, set_by, set_at)
             SELECT book_id, {version}, {quorum}, {threshold}, {proposal}, set_by, now() FROM rule_making WHERE version = 1"
        )
    };
    for (statement, state) in [
        (made(1, "6000", "'majority'", "NULL"), "23514"),
        (made(3, "6000", "'majority'", "NULL"), "23514"),
        (made(2, "NULL", "NULL", "NULL"), "23514"),
        (made(2, "4999", "'two_thirds'", "NULL"), "23514"),
        (made(2, "5000", "NULL", "NULL"), "23514"),
        ("UPDATE rule_making SET quorum = 1".to_owned(), "42501"),
        ("DELETE FROM rule_making".to_owned(), "42501"),
        (
            "INSERT INTO allocation_rule (id, published_by, published_at, book_id, version, effective_from, window_days, digest, rule)
             SELECT gen_random_uuid(), published_by, published_at, book_id, version + 1, effective_from, window_days, digest, rule
               FROM allocation_rule"
                .to_owned(),
            "23514",
        ),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
    }
    let mut later = rule();
    later["effective_from"] = json!("2028-02-01");
    let asked = coop.voted(&json!({"quorum": 3, "threshold": "majority", "rule": later}), "2028-01-10").await?;
    let cem = coop.host.app.sign_in("cem@press.example").await?;
    cem.post(&format!("/v1/proposals/{}:vote", text(&asked, "/id")?), &json!({"choice": "yes"})).await?.ok()?;
    coop.host.app.advance(keeper, &coop.host.book, "2028-01-11T12:00:00Z").await?;
    let ended = keeper.get(&format!("/v1/proposals/{}", text(&asked, "/id")?)).await?.ok()?;
    assert_eq!((&ended["state"], &ended["refused"]), (&json!("passed"), &Value::Null), "{ended}");
    assert_eq!(keeper.all(&coop.at("/allocation-rules")).await?.len(), 2);
    coop.host.app.finish().await
}
