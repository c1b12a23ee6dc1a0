//! Federations over HTTP: a cooperative is of one by the word of both, and the federation reads what all of them come to.

use super::bank::{usd, why};
use super::{Coop, Outcome, is};
use crate::desks::filled;
use api::demo::cast::{join, organisation, sandbox_book};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use tests::browser::{Browser, form_of};

/// Press Makers, who have 500.00, and a federation with a treasurer of its own.
struct Two {
    press: Coop,
    federation: String,
    keeper: Client,
}

impl Two {
    async fn set() -> anyhow::Result<Two> {
        let press = Coop::open().await?;
        let had = json!({"on": "2026-12-31", "balances": [
            {"account": "assets:cash:bank", "amount": usd("500.00")}, {"account": "equity:reserve", "amount": usd("500.00")},
        ]});
        is(&press.host.treasurer.post(&press.at("/openings"), &had).await?, 201);
        let operator = &press.host.operator;
        let union = organisation(operator, "Union of makers", "cooperative").await?;
        let keeper = join(operator, &union, "union@federation.example", "treasurer").await?;
        let federation = sandbox_book(&keeper, &union, "Union").await?;
        Ok(Two { press, federation, keeper })
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/cooperatives/{}{rest}", self.federation)
    }

    async fn invited(&self) -> anyhow::Result<Value> {
        self.keeper.post(&self.at("/affiliations"), &json!({"member": self.press.host.book})).await?.ok()
    }

    async fn together(&self, query: &str) -> anyhow::Result<Value> {
        self.keeper.get(&self.at(&format!("/consolidation{query}"))).await?.ok()
    }
}

#[tokio::test]
async fn a_cooperative_is_of_a_federation_by_its_own_word_and_the_federation_reads_the_sum_and_no_account_of_it()
-> Outcome {
    let two = Two::set().await?;
    let (press, keeper) = (&two.press, &two.keeper);
    let own = format!("/v1/books/{}/accounts", press.host.book);
    for wrong in [&two.federation, &format!("bok_{}", "a".repeat(32))] {
        let refused = keeper.post(&two.at("/affiliations"), &json!({"member": wrong})).await?;
        assert_eq!(why(&refused), "422 invalid/member", "{}", refused.body);
    }
    let invited = two.invited().await?;
    assert_eq!((&invited["state"], &invited["name"]), (&json!("invited"), &Value::Null), "who it is, it says itself");
    // The cooperative finds it: in its own list, and in what waits for those who answer.
    let listed = press.host.treasurer.all(&press.at("/affiliations")).await?;
    assert_eq!((listed.len(), &listed[0]["id"], &listed[0]["federation_name"]), (1, &invited["id"], &json!("Union")));
    let waits = async |by: &Client| -> anyhow::Result<Vec<Value>> {
        let all = by.all("/v1/me/waiting").await?;
        Ok(all.into_iter().filter(|it| it["kind"] == "answer_affiliation").collect())
    };
    let task = waits(&press.approver).await?;
    assert_eq!((task.len(), &task[0]["object"], &task[0]["title"]), (1, &invited["id"], &json!("Union")));
    assert!(waits(keeper).await?.is_empty() && waits(&press.ada).await?.is_empty(), "it waits for nobody else");
    let again = keeper.post(&two.at("/affiliations"), &json!({"member": press.host.book})).await?;
    assert_eq!(why(&again), "409 already-affiliated");
    assert_eq!(two.together("").await?["assets"], usd("0.00"), "who is only asked is none of it");

    // Only owners and approvers of the cooperative accept: neither the federation, nor its treasurer, nor anybody else.
    let one = format!("/v1/affiliations/{}", text(&invited, "/id")?);
    let accept = format!("{one}:accept");
    is(&keeper.post(&accept, &json!({})).await?, 403);
    is(&press.host.treasurer.post(&accept, &json!({})).await?, 403);
    is(&press.host.stranger().await?.post(&accept, &json!({})).await?, 404);
    is(&press.host.stranger().await?.get(&one).await?, 404);
    assert_eq!(press.ada.get(&one).await?.ok()?["state"], "invited", "members see what their cooperative is asked");
    let member = press.approver.post(&accept, &json!({})).await?.ok()?;
    let joined = text(&member, "/joined_on")?.to_owned();
    assert_eq!(member["name"], "Press Makers");
    assert!(waits(&press.approver).await?.is_empty(), "it is answered");
    assert_eq!(why(&press.approver.post(&accept, &json!({})).await?), "409 affiliation-state");

    let whole = two.together("").await?;
    assert_eq!((&whole["assets"], &whole["equity"]), (&usd("500.00"), &usd("500.00")));
    assert_eq!(whole["books"].as_array().map(Vec::len), Some(2));
    is(&keeper.get(&own).await?, 404);
    let named = format!("?with={}", press.host.book);
    is(&keeper.get(&two.at(&format!("/consolidation{named}"))).await?, 404);
    let before = two.together("?as_of=2026-01-01").await?;
    assert_eq!(before["books"].as_array().map(Vec::len), Some(1), "it was none of it then");

    // Either ends it, for a reason that both read; the day before counts as before.
    let end = format!("{one}:end");
    is(&press.ada.post(&end, &json!({"reason": "No"})).await?, 403);
    assert_eq!(why(&keeper.post(&end, &json!({"reason": ""})).await?), "422 invalid/reason");
    let left = press.approver.post(&end, &json!({"reason": "Another union"})).await?.ok()?;
    assert_eq!((&left["state"], &left["left_on"]), (&json!("left"), &json!(joined)));
    assert_eq!(why(&keeper.post(&end, &json!({"reason": "Again"})).await?), "409 affiliation-state");
    assert_eq!(two.together("").await?["books"].as_array().map(Vec::len), Some(1));
    // Its last day is one of its days, and it is counted once there if it comes back on that day.
    let of_day = format!("?as_of={joined}");
    assert_eq!(two.together(&of_day).await?["books"].as_array().map(Vec::len), Some(2));
    let back = two.invited().await?;
    let back = format!("/v1/affiliations/{}", text(&back, "/id")?);
    press.approver.post(&format!("{back}:accept"), &json!({})).await?.ok()?;
    for day in ["", &of_day] {
        assert_eq!(two.together(day).await?["books"].as_array().map(Vec::len), Some(2), "{day}");
    }
    keeper.post(&format!("{back}:end"), &json!({"reason": "Once more"})).await?.ok()?;

    // It may come back; an invitation is declined by the one and taken back by the other.
    let declined = two.invited().await?;
    let declined = format!("/v1/affiliations/{}:decline", text(&declined, "/id")?);
    is(&keeper.post(&declined, &json!({"reason": "No"})).await?, 403);
    assert_eq!(press.approver.post(&declined, &json!({"reason": "Not now"})).await?.ok()?["state"], "declined");
    let taken = two.invited().await?;
    let end = format!("/v1/affiliations/{}:end", text(&taken, "/id")?);
    assert_eq!(why(&press.approver.post(&end, &json!({"reason": "No"})).await?), "409 affiliation-state");
    assert_eq!(keeper.post(&end, &json!({"reason": "Too early"})).await?.ok()?["state"], "withdrawn");
    let states: Vec<Value> = keeper.all(&two.at("/affiliations")).await?.iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, ["left", "left", "declined", "withdrawn"]);
    two.press.host.app.finish().await
}

#[tokio::test]
async fn an_invitation_that_nobody_answers_lapses_after_thirty_days_by_the_federations_clock_and_keeps_no_place()
-> Outcome {
    let two = Two::set().await?;
    let invited = two.invited().await?;
    let one = format!("/v1/affiliations/{}", text(&invited, "/id")?);
    two.press.host.app.leap_clock(&two.federation, text(&invited, "/until")?).await?;
    for (by, what) in [(&two.press.approver, "accept"), (&two.press.approver, "decline"), (&two.keeper, "end")] {
        let body = if what == "accept" { json!({}) } else { json!({"reason": "Too late"}) };
        let refused = by.post(&format!("{one}:{what}"), &body).await?;
        assert_eq!(why(&refused), "409 affiliation-state", "{what}");
    }
    two.press.host.app.work_until_idle().await?;
    assert_eq!(two.keeper.get(&one).await?.ok()?["state"], "lapsed");
    let again = two.invited().await?;
    assert_eq!(again["state"], "invited", "it may be asked again");
    two.press.host.app.finish().await
}

#[tokio::test]
async fn owners_and_approvers_answer_a_federation_on_their_desk_and_nobody_else_sees_it() -> Outcome {
    let two = Two::set().await?;
    let (press, invited) = (&two.press, two.invited().await?);
    let page = format!("/desk/affiliations/{}", text(&invited, "/id")?);
    let browser =
        async |by: &Client| Browser::of(press.host.app.base_url(), &press.host.app.mail_dir(), by.email()?).await;
    let mut approver = browser(&press.approver).await?;
    let (_, me) = approver.get("/me").await?;
    assert!(me.contains(&format!("href=\"{page}\"")) && me.contains("Union"), "{me}");
    let (_, html) = approver.get(&page).await?;
    assert!(html.contains("Union asks Press Makers to be of it") && html.contains("can be answered until"), "{html}");
    for (by, status) in [(&press.host.stranger().await?, 404), (&press.ada, 403), (&two.keeper, 403)] {
        let mut other = browser(by).await?;
        assert_eq!(other.get(&page).await?.0, status);
        let form = form_of(&html, &format!("{page}/accept"))?;
        assert_eq!(other.fill(&format!("{page}/accept"), &filled(&form, &[])).await?.status, status);
    }
    let decline = format!("{page}/decline");
    let refused = approver.fill(&decline, &filled(&form_of(&html, &decline)?, &[])).await?;
    assert!(refused.status == 422 && refused.html.contains("id=\"reason-error\""), "{refused:?}");
    let accept = form_of(&refused.html, &format!("{page}/accept"))?;
    let done = approver.fill(&format!("{page}/accept"), &filled(&accept, &[])).await?;
    assert_eq!(done.status, 303, "{done:?}");
    let (_, html) = approver.get(&page).await?;
    assert!(html.contains("It is, since") && !html.contains("/accept\""), "{html}");
    let end = format!("{page}/end");
    let form = form_of(&html, &end)?;
    let done = approver.fill(&end, &filled(&form, &[("reason", "Another union")])).await?;
    assert_eq!(done.status, 303, "{done:?}");
    let (_, html) = approver.get(&page).await?;
    assert!(html.contains("It was, until") && html.contains("Another union") && !html.contains("/end\""), "{html}");
    two.press.host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_makes_nobody_of_a_federation_who_was_not_asked_and_changes_nothing_that_was_said()
-> Outcome {
    let two = Two::set().await?;
    let invited = two.invited().await?;
    let service = two.press.host.app.connection().await?;
    for (statement, code) in [
        // No other world, and no book that is not there.
        (
            "INSERT INTO affiliation (id, invited_by, invited_at, until, book_id, of_book) SELECT gen_random_uuid(), invited_by, now(), now() + interval '1 day', book_id, of_book + 1000 FROM affiliation",
            "23514",
        ),
        (
            "INSERT INTO affiliation (id, invited_by, invited_at, until, book_id, of_book, state) SELECT gen_random_uuid(), invited_by, now(), now() + interval '1 day', book_id, of_book + 1, 'member' FROM affiliation",
            "42501",
        ),
        (
            "INSERT INTO affiliation (id, invited_by, invited_at, until, book_id, of_book) SELECT gen_random_uuid(), invited_by, now(), now() + interval '1 day', book_id, of_book FROM affiliation",
            "23505",
        ),
        (
            "UPDATE affiliation SET state = 'left', joined_on = '2027-01-01', left_on = '2027-01-02', answered_by = invited_by, answered_at = now(), ended_by = invited_by, ended_at = now(), version = 2",
            "23001",
        ),
        ("UPDATE affiliation SET state = 'member', joined_on = '2027-01-01', version = 2", "23514"),
        (
            "UPDATE affiliation SET state = 'member', joined_on = '2027-01-01', answered_by = invited_by, answered_at = now()",
            "23001",
        ),
        ("UPDATE affiliation SET of_book = book_id + 7", "42501"),
        ("DELETE FROM affiliation", "42501"),
    ] {
        let refused = service.batch_execute(statement).await.expect_err(statement);
        assert_eq!(refused.code().map(|code| code.code()), Some(code), "{statement}: {refused:?}");
    }
    let one = format!("/v1/affiliations/{}:accept", text(&invited, "/id")?);
    two.press.approver.post(&one, &json!({})).await?.ok()?;
    for statement in [
        "UPDATE affiliation SET joined_on = '2020-01-01', version = version + 1",
        "UPDATE affiliation SET state = 'left', joined_on = '2020-01-01', left_on = '2028-01-01', ended_by = invited_by, ended_at = now(), version = version + 1",
    ] {
        let refused = service.batch_execute(statement).await.expect_err(statement);
        assert_eq!(refused.code().map(|code| code.code()), Some("23001"), "{statement}: {refused:?}");
    }
    two.press.host.app.finish().await
}
