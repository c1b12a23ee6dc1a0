//! What waits for somebody, mailed once a day.

use anyhow::ensure;
use api::demo::client::{mails, text};
use jiff::ToSpan;
use jiff::civil::time;
use ledger::calendar;
use ledger::desk::operations::daily;
use ledger::id::BookId;
use ledger::service::job::{Job, NewJob};
use ledger::service::store::jobs;
use reqwest::Method;
use serde_json::json;
use tests::Stage;
use tests::browser::readable;

type Outcome = anyhow::Result<()>;

/// Has everybody told now, as the worker does at its time of the day, and waits until they are.
async fn tell(stage: &Stage, again: &str) -> Outcome {
    let mut client = stage.app.connection().await?;
    let tx = client.transaction().await?;
    let wall = calendar::now();
    let job = Job::TellTasks { day: daily::day_of(wall), after: None };
    jobs::enqueue(&tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe: again.into(), job }).await?;
    tx.commit().await?;
    stage.app.work_until_idle().await
}

#[tokio::test]
async fn what_waits_is_mailed_once_a_day_in_the_language_of_its_reader_until_they_turn_it_off() -> Outcome {
    let stage = Stage::set().await?;
    let (app, cast) = (&stage.app, &stage.cast);
    let (asker, owner) = (&cast.stranger, &cast.claimant);
    let in_german = json!({"language": "de"});
    let seen = owner.get("/v1/me").await?.etag.unwrap_or_default();
    owner.send(Method::PATCH, "/v1/me", Some(&in_german), &[("If-Match", &seen)]).await?.ok()?;
    let requests = format!("/v1/organisations/{}/join-requests", cast.team);
    let asked = asker.post(&requests, &json!({"note": "I weld"})).await?.ok()?;
    // A line that nobody knows waits for the treasurer, in a book of the sandbox.
    let line = json!({"reference": "L-1", "direction": "debit", "amount": {"amount": "1.00", "currency": "USD"}, "value_date": daily::day_of(calendar::now()).to_string()});
    cast.treasurer.post(&format!("/v1/books/{}/bank-statements", cast.book), &json!({"lines": [line]})).await?.ok()?;
    let waits = cast.treasurer.get("/v1/me/waiting").await?.ok()?;
    ensure!(waits["items"][0]["kind"] == "match_bank_line", "{waits}");

    for again in ["first", "once more"] {
        tell(&stage, again).await?;
        let told = mails(cast.mail(), "tasks", owner.email()?)?;
        ensure!(told.len() == 1, "{again}: {told:?}");
        let mail = readable(&told[0])?;
        ensure!(
            mail.contains("Etwas wartet auf Sie")
                && mail.contains("Jemandem antworten")
                && mail.contains("/unsubscribe/"),
            "{mail}"
        );
        ensure!(mail.contains(&format!("{}/me", cast.base())), "{mail}");
        for other in [&cast.treasurer, asker] {
            ensure!(
                mails(cast.mail(), "tasks", other.email()?)?.is_empty(),
                "nothing but a sandbox waits for {:?}",
                other.email()
            );
        }
    }

    // Who wants no mails about deadlines gets this one neither; and when nothing waits, there is none.
    let decline = format!("/v1/join-requests/{}:decline", text(&asked, "/id")?);
    owner.post(&decline, &json!({"reason": "The workshop is full"})).await?.ok()?;
    let mut client = app.connection().await?;
    let (person, wall) = (text(&owner.get("/v1/me").await?.body, "/id")?.parse()?, calendar::now());
    ensure!(daily::told(&client, person, daily::day_of(wall), wall).await?.is_none(), "nothing waits");
    asker.post(&requests, &json!({"note": "I weld better"})).await?.ok()?;
    let told = daily::told(&client, person, daily::day_of(wall), wall).await?;
    ensure!(told.is_some_and(|(_, tasks)| tasks.len() == 1));
    let yesterday = daily::day_of(wall).checked_sub(1.day())?;
    ensure!(daily::told(&client, person, yesterday, wall).await?.is_none(), "that day is over");
    let wishes = json!({"decisions": true, "deadlines": false, "money": true, "news": true});
    owner.send(Method::PUT, "/v1/me/mail-preferences", Some(&wishes), &[("If-Match", "\"v1\"")]).await?.ok()?;
    let tx = client.transaction().await?;
    let job = Job::SendTasks { person, day: daily::day_of(wall) };
    jobs::enqueue(&tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe: "unwanted".into(), job }).await?;
    tx.commit().await?;
    app.work_until_idle().await?;
    ensure!(mails(cast.mail(), "tasks", owner.email()?)?.len() == 1);

    // The worker calls at its time of the day, as often as it likes: once a day.
    let calls = async || {
        app.count("SELECT count(*) FROM job WHERE kind = 'tell_tasks' AND due_at > now() + interval '1 day'").await
    };
    for at in [time(6, 0, 0, 0), time(6, 0, 0, 0), time(7, 0, 0, 0)] {
        let tx = client.transaction().await?;
        daily::call(&tx, at, wall.saturating_add(72.hours())?).await?;
        tx.commit().await?;
        ensure!(calls().await? == 1);
    }
    stage.app.finish().await
}
