//! What a dissolved cooperative leaves, over HTTP: all that is indivisible to its successor, by a vote, and nothing of it to members.

use super::bank::{usd, why};
use super::{Coop, Outcome, is};
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

impl Coop {
    /// A question that the members have answered by the end of a day of January 2028.
    async fn decided(&self, choice: &str, until: i8) -> anyhow::Result<Value> {
        let question = json!({
            "title": "The end", "text": "The cooperative is dissolved.", "last_day": format!("2028-01-{until:02}"), "quorum": 2,
            "threshold": "two_thirds",
        });
        let asked = self.host.treasurer.post(&self.at("/proposals"), &question).await?.ok()?;
        let vote = format!("/v1/proposals/{}:vote", text(&asked, "/id")?);
        for member in [&self.ada, &self.bea] {
            member.post(&vote, &json!({"choice": choice})).await?.ok()?;
        }
        Ok(asked)
    }

    async fn pass_on(&self, proposal: &Value) -> anyhow::Result<Answer> {
        let new = json!({"successor": "union", "proposal": proposal["id"], "memo": "By article 40"});
        self.host.treasurer.post(&self.at("/successions"), &new).await
    }
}

#[tokio::test]
async fn k7_the_reserve_goes_to_the_successor_and_not_to_members_when_all_others_have_theirs() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let balances = [
        ("assets:cash:bank", "15000.00"),
        ("equity:reserve", "12000.00"),
        ("equity:development", "2500.00"),
        ("equity:fund:education", "500.00"),
    ];
    let all: Vec<_> = balances.iter().map(|(code, amount)| json!({"account": code, "amount": usd(amount)})).collect();
    is(&keeper.post(&coop.at("/openings"), &json!({"on": "2026-12-31", "balances": all})).await?, 201);
    let (no, yes) = (coop.decided("no", 10).await?, coop.decided("yes", 12).await?);
    assert_eq!(why(&coop.pass_on(&yes).await?), "409 proposal-not-passed", "nobody has counted yet");
    coop.host.app.advance(keeper, &coop.host.book, "2028-01-13T12:00:00Z").await?;
    assert_eq!(why(&coop.pass_on(&no).await?), "409 proposal-not-passed", "it failed");
    let unknown =
        json!({"id": text(&yes, "/id")?.chars().map(|it| if it == '7' { '2' } else { it }).collect::<String>()});
    if unknown["id"] != yes["id"] {
        assert_eq!(why(&coop.pass_on(&unknown).await?), "422 invalid/proposal");
    }
    is(&coop.ada.post(&coop.at("/successions"), &json!({"successor": "union", "proposal": yes["id"]})).await?, 403);

    // First whoever is owed something, then members' capital, then what was earned: nothing of that is the successor's.
    let cost = coop.record("cost", "10.00", "2028-01-02").await?.ok()?;
    assert_eq!(why(&coop.pass_on(&yes).await?), "409 debts-stand");
    let back = format!("/v1/proceeds/{}:reverse", text(&cost, "/id")?);
    keeper.post(&back, &json!({"reason": "It was none"})).await?.ok()?;
    let line = coop.line("credit", usd("100.00"), "capital").await?;
    coop.book(&line, "capital_paid_in", text(&coop.members[2], "/id")?).await?.ok()?;
    assert_eq!(why(&coop.pass_on(&yes).await?), "409 capital-stands");
    keeper.post(&format!("{line}:unbook"), &json!({"reason": "It was another's"})).await?.ok()?;
    let sale = coop.record("sale", "10.00", "2028-01-02").await?.ok()?;
    assert_eq!(why(&coop.pass_on(&yes).await?), "409 result-open");
    let back = format!("/v1/proceeds/{}:reverse", text(&sale, "/id")?);
    keeper.post(&back, &json!({"reason": "It was none"})).await?.ok()?;

    let reckoned = keeper.get(&coop.at("/dissolution")).await?.ok()?;
    assert_eq!((&reckoned["successor"], &reckoned["capital_paid"]), (&usd("15000.00"), &usd("0.00")));
    let left = coop.pass_on(&yes).await?.ok()?;
    assert_eq!((&left["amount"], &left["successor"]), (&usd("15000.00"), &json!("union")));
    let entry = keeper.get(&coop.host.at(&format!("/journal-entries/{}", left["entry"]))).await?.ok()?;
    let lines: Vec<_> = entry["lines"].as_array().into_iter().flatten().map(|it| &it["kind"]).collect();
    assert_eq!(lines, ["assets_passed_on"; 3], "{entry}");
    for (code, amount) in [
        ("equity:reserve", "0.00"),
        ("equity:development", "0.00"),
        ("equity:fund:education", "0.00"),
        ("liabilities:payable:lender:union", "15000.00"),
        ("liabilities:payable:member:1", "0.00"),
    ] {
        assert_eq!(coop.on(code).await?, amount, "{code}");
    }
    assert_eq!(why(&coop.pass_on(&yes).await?), "409 debts-stand", "what is left is owed now");
    assert_eq!(coop.ada.all(&coop.at("/successions")).await?, std::slice::from_ref(&left));

    // It was left too early: it comes back as a whole, and once.
    let reverse = format!("/v1/successions/{}:reverse", text(&left, "/id")?);
    let reason = json!({"reason": "A debt was forgotten"});
    is(&coop.ada.post(&reverse, &reason).await?, 403);
    let reversed = keeper.post(&reverse, &reason).await?.ok()?;
    assert_eq!(reversed["reversal"]["reason"], reason["reason"]);
    assert_eq!(
        (coop.on("equity:reserve").await?, coop.on("equity:fund:education").await?),
        ("12000.00".into(), "500.00".into())
    );
    assert_eq!(why(&keeper.post(&reverse, &reason).await?), "409 already-reversed");
    coop.pass_on(&yes).await?.ok()?;
    coop.host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_leaves_no_reserve_to_anybody_without_a_vote_or_before_others() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let balances = [("assets:cash:bank", "5.00"), ("equity:reserve", "5.00")];
    let all: Vec<_> = balances.iter().map(|(code, amount)| json!({"account": code, "amount": usd(amount)})).collect();
    is(&keeper.post(&coop.at("/openings"), &json!({"on": "2026-12-31", "balances": all})).await?, 201);
    let yes = coop.decided("yes", 12).await?;
    coop.host.app.advance(keeper, &coop.host.book, "2028-01-13T12:00:00Z").await?;
    coop.pass_on(&yes).await?.ok()?;
    let service = coop.host.app.connection().await?;
    let row = |fields: &str| {
        format!(
            "INSERT INTO succession (book_id, id, proposal_id, passed_by, amount, entry_number, passed_at, passed_on, successor, memo)
             SELECT book_id, gen_random_uuid(), {fields}, passed_at, passed_on, successor, memo FROM succession"
        )
    };
    for (statement, state) in [
        // One that moves nothing, and what is written.
        (row("proposal_id, passed_by, amount, 1"), "23514"),
        (row("gen_random_uuid(), passed_by, amount, entry_number"), "23503"),
        ("UPDATE succession SET successor = 'me'".to_owned(), "42501"),
        ("DELETE FROM succession".to_owned(), "42501"),
        ("UPDATE succession SET reversal_reason = 'x'".to_owned(), "23001"),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
    }
    coop.host.app.finish().await
}
