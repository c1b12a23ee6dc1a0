//! Calls: a host asks teams to apply for a piece of work, and who is accepted gets the milestone.

use crate::desks::{browser, filled, open, refused, send_twice};
use crate::outbox::windows;
use anyhow::{Context as _, ensure};
use api::demo::cast::{give_role, organisation, person, usd};
use api::demo::client::{Answer, Client, mails, text};
use reqwest::Method;
use serde_json::{Value, json};
use tests::Stage;
use tests::browser::{form_of, readable};

type Outcome = anyhow::Result<()>;

/// A campaign in a book that everybody reads, and a second team, of the stranger.
struct Ground {
    stage: Stage,
    campaign: String,
    other: String,
}

impl Ground {
    async fn set() -> anyhow::Result<Ground> {
        let stage = Stage::set().await?;
        let campaign = text(&stage.campaign().await?, "/id")?.to_owned();
        let other = organisation(&stage.cast.stranger, "Other Builders", "project_team").await?;
        let ground = Ground { stage, campaign, other };
        ground.show("public").await?;
        Ok(ground)
    }

    async fn show(&self, visibility: &str) -> Outcome {
        let cast = &self.stage.cast;
        let path = format!("/v1/books/{}", cast.book);
        let seen = cast.operator.get(&path).await?.etag.unwrap_or_default();
        let change = json!({"visibility": visibility});
        cast.operator.send(Method::PATCH, &path, Some(&change), &[("If-Match", &seen)]).await?.ok().map(|_| ())
    }

    /// A call of 100.00 USD on which teams apply for so many days more.
    async fn new_call(&self, days: i8) -> anyhow::Result<Value> {
        let until = self.stage.cast.today().await?.checked_add(jiff::Span::new().days(days))?;
        Ok(json!({
            "campaign": self.campaign, "name": "Sawmill", "description": "It saws.", "amount": usd("100.00"),
            "policy": {"reviewers_needed": 1, "review_days": 10}, "gate": {"licence": true},
            "applications_until": until.to_string(),
        }))
    }

    async fn call(&self) -> anyhow::Result<String> {
        let new = self.new_call(5).await?;
        id(&self.stage.cast.treasurer.post("/v1/milestone-calls", &new).await?.ok()?)
    }

    /// What the team of the cast writes.
    async fn apply(&self, call: &str) -> anyhow::Result<String> {
        let cast = &self.stage.cast;
        id(&apply(&cast.claimant, call, &cast.team).await?.ok()?)
    }

    /// What the other team writes.
    async fn apply_other(&self, call: &str) -> anyhow::Result<String> {
        id(&apply(&self.stage.cast.stranger, call, &self.other).await?.ok()?)
    }
}

fn id(of: &Value) -> anyhow::Result<String> {
    Ok(text(of, "/id")?.to_owned())
}

async fn apply(by: &Client, call: &str, team: &str) -> anyhow::Result<Answer> {
    let new = json!({"team": team, "text": "We weld it in March."});
    by.post(&format!("/v1/milestone-calls/{call}/applications"), &new).await
}

fn step(application: &str, step: &str) -> String {
    format!("/v1/milestone-applications/{application}:{step}")
}

fn is(answer: &Answer, code: &str) -> bool {
    answer.status == 409 && answer.body["type"] == json!(format!("/problems/{code}"))
}

/// The kinds of the events of an object, in their order.
async fn events(ground: &Ground, object: &str) -> anyhow::Result<Vec<String>> {
    let cast = &ground.stage.cast;
    let found = cast.treasurer.all(&format!("/v1/events?book={}&object={object}", cast.book)).await?;
    found.iter().map(|event| Ok(text(event, "/kind")?.to_owned())).collect()
}

#[tokio::test]
async fn the_team_that_is_accepted_after_the_last_day_gets_the_milestone_and_the_others_are_declined() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    let new = ground.new_call(5).await?;
    let first = cast.treasurer.post_keyed("/v1/milestone-calls", &new, "one").await?;
    let again = cast.treasurer.post_keyed("/v1/milestone-calls", &new, "one").await?;
    ensure!(first.status == 201 && again.replayed && again.body == first.body, "{first:?}");
    let call = id(&first.body)?;
    let path = format!("/v1/milestone-calls/{call}");
    let nobody = app.nobody()?;
    let shown = nobody.get(&path).await?.ok()?;
    ensure!(shown["state"] == "open" && shown["policy"]["review_days"] == 10 && shown["gate"]["licence"] == true);
    ensure!(shown["applications"].is_null() && !shown.to_string().contains("psn_"), "{shown}");
    let (ours, theirs) = (ground.apply(&call).await?, ground.apply_other(&call).await?);
    ensure!(is(&apply(&cast.claimant, &call, &cast.team).await?, "application-open"));
    ensure!(nobody.get(&path).await?.ok()?["applications"].is_null(), "how many there are is told after the last day");
    let early = cast.treasurer.post(&step(&ours, "accept"), &json!({})).await?;
    ensure!(is(&early, "call-takes-applications"), "{early:?}");

    cast.days_pass(6).await?;
    ensure!(nobody.get(&path).await?.ok()?["applications"] == 2);
    let late = organisation(&cast.stranger, "Late Builders", "project_team").await?;
    ensure!(is(&apply(&cast.stranger, &call, &late).await?, "call-closed"));
    let accepted = cast.treasurer.post_keyed(&step(&ours, "accept"), &json!({}), "two").await?;
    let again = cast.treasurer.post_keyed(&step(&ours, "accept"), &json!({}), "two").await?;
    ensure!(again.replayed && again.body == accepted.body, "{again:?}");
    let accepted = accepted.ok()?;
    let milestone = text(&accepted, "/milestone")?;
    let of = nobody.get(&format!("/v1/milestones/{milestone}")).await?.ok()?;
    ensure!(of["team"] == json!(cast.team) && of["amount"] == usd("100.00") && of["state"] == "planned", "{of}");
    ensure!(of["name"] == "Sawmill" && of["gate"]["licence"] == true && of["policy"]["review_days"] == 10, "{of}");
    ensure!(app.count("SELECT count(*) FROM milestone").await? == 1);
    let shown = nobody.get(&path).await?.ok()?;
    ensure!(shown["state"] == "filled" && shown["milestone"] == milestone, "{shown}");
    let other = cast.stranger.get(&format!("/v1/milestone-applications/{theirs}")).await?.ok()?;
    ensure!(other["state"] == "declined" && other["reason"] == "Another team was accepted.", "{other}");
    ensure!(is(&cast.treasurer.post(&step(&theirs, "accept"), &json!({})).await?, "call-over"));
    ensure!(events(&ground, &call).await? == ["milestone_call.opened", "milestone_call.filled"]);
    ensure!(events(&ground, &ours).await? == ["milestone_application.submitted", "milestone_application.accepted"]);
    let of_all = nobody.all(&format!("/v1/events?book={}", cast.book)).await?;
    ensure!(of_all.iter().any(|event| event["kind"] == "milestone_call.filled"));
    ensure!(of_all.iter().all(|event| !event.to_string().contains("milestone_application")), "{of_all:?}");
    ground.stage.app.finish().await
}

#[tokio::test]
async fn keepers_decide_readers_of_the_host_and_the_team_read_and_for_all_others_there_is_nothing() -> Outcome {
    let ground = Ground::set().await?;
    let cast = &ground.stage.cast;
    let new = ground.new_call(5).await?;
    for (who, status) in [(&cast.reviewers[0], 403), (&cast.stranger, 404), (&cast.partner, 403)] {
        let answer = who.post("/v1/milestone-calls", &new).await?;
        ensure!(answer.status == status, "{answer:?}");
    }
    for (field, wrong) in [
        ("applications_until", json!(cast.today().await?.to_string())),
        ("applications_until", json!("2060-01-01")),
        ("amount", json!({"amount": "100.00", "currency": "EUR"})),
        ("name", json!("a\u{202e}b")),
    ] {
        let mut new = new.clone();
        new[field] = wrong;
        let answer = cast.treasurer.post("/v1/milestone-calls", &new).await?;
        ensure!(answer.status == 422, "{field}: {answer:?}");
    }
    let mut lenient = new.clone();
    lenient["policy"] = json!({"reviewers_needed": 21});
    ensure!(is(&cast.treasurer.post("/v1/milestone-calls", &lenient).await?, "policy-out-of-bounds"));
    let call = ground.call().await?;
    let list = format!("/v1/milestone-calls/{call}/applications");
    for (by, status) in [(&cast.stranger, 404), (&cast.partner, 403), (&ground.stage.app.nobody()?, 401)] {
        ensure!(by.get(&list).await?.status == status, "nobody has applied");
    }
    // A team has a member, and is a project team.
    ensure!(apply(&cast.stranger, &call, &cast.team).await?.status == 403);
    let sponsor = organisation(&cast.stranger, "Press Makers", "sponsor").await?;
    let answer = apply(&cast.stranger, &call, &sponsor).await?;
    ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == "/team", "{answer:?}");
    let ours = ground.apply(&call).await?;
    let one = format!("/v1/milestone-applications/{ours}");
    for reader in [&cast.treasurer, &cast.reviewers[0], &cast.claimant] {
        ensure!(reader.get(&one).await?.ok()?["text"] == "We weld it in March.");
        ensure!(reader.all(&list).await?.len() == 1);
    }
    ensure!(cast.stranger.get(&one).await?.status == 404 && cast.stranger.get(&list).await?.status == 404);
    let why = json!({"reason": "It is dear"});
    for (who, status) in [(&cast.reviewers[0], 403), (&cast.stranger, 404), (&cast.claimant, 403)] {
        ensure!(who.post(&step(&ours, "decline"), &why).await?.status == status);
        ensure!(who.post(&step(&ours, "accept"), &json!({})).await?.status == status);
        ensure!(who.post(&format!("/v1/milestone-calls/{call}:withdraw"), &why).await?.status == status);
    }
    ensure!(cast.treasurer.post(&step(&ours, "withdraw"), &json!({})).await?.status == 403);
    ensure!(cast.stranger.post(&step(&ours, "withdraw"), &json!({})).await?.status == 404);

    // Clara reviews for the host, and her team applies: she reads her own, and nothing of the others.
    let theirs = ground.apply_other(&call).await?;
    let all = cast.claimant.all(&list).await?;
    ensure!(all.len() == 1 && all[0]["id"] == json!(ours), "{all:?}");
    ensure!(cast.claimant.get(&format!("/v1/milestone-applications/{theirs}")).await?.status == 404);
    // A tie of who would decide keeps them from deciding about any of them.
    let tie = json!({"book": cast.book, "organisation": ground.other, "reason": "A cousin is on the team"});
    cast.treasurer.post("/v1/ties", &tie).await?.ok()?;
    ensure!(is(&cast.treasurer.post(&step(&ours, "decline"), &why).await?, "declared-tie"));
    ensure!(cast.treasurer.get(&one).await?.status == 404);
    cast.stranger.post(&step(&theirs, "withdraw"), &json!({})).await?.ok()?;
    let declined = cast.treasurer.post(&step(&ours, "decline"), &why).await?.ok()?;
    ensure!(declined["state"] == "declined" && declined["reason"] == "It is dear", "{declined}");
    ensure!(is(&cast.claimant.post(&step(&ours, "withdraw"), &json!({})).await?, "application-ended"));

    // A team applies three times, and no more.
    for _ in 0..2 {
        let again = ground.apply(&call).await?;
        cast.claimant.post(&step(&again, "withdraw"), &json!({})).await?.ok()?;
    }
    ensure!(is(&apply(&cast.claimant, &call, &cast.team).await?, "too-many-applications"));
    // Of a book that outsiders do not read, they see no call either.
    ground.show("private").await?;
    ensure!(cast.stranger.get(&format!("/v1/milestone-calls/{call}")).await?.status == 404);
    ensure!(cast.stranger.get(&format!("/v1/milestone-calls?campaign={}", ground.campaign)).await?.status == 404);
    ensure!(apply(&cast.stranger, &call, &ground.other).await?.status == 404);
    ground.stage.app.finish().await
}

#[tokio::test]
async fn teams_hear_what_became_of_their_applications_and_what_nobody_decides_lapses_when_it_is_due() -> Outcome {
    const NAME: &str = "teams_hear_what_became_of_their_applications_and_what_nobody_decides_lapses_when_it_is_due";
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    let (treasurer, clara) = (cast.treasurer.email()?, cast.claimant.email()?);
    let [lapsing, given_up, filled] = [ground.call().await?, ground.call().await?, ground.call().await?];
    let application = ground.apply(&lapsing).await?;
    ground.apply(&given_up).await?;
    let accepted = ground.apply(&filled).await?;
    app.work_until_idle().await?;
    let told = mails(cast.mail(), "application", treasurer)?;
    ensure!(told.len() == 3, "the owner of the host hears of each: {told:?}");
    let links: Vec<String> = told.iter().map(|mail| readable(mail)).collect::<anyhow::Result<_>>()?;
    ensure!(links.iter().any(|mail| mail.contains(&format!("/desk/calls/{lapsing}"))), "{links:?}");
    windows::each_is_told_with_its_day(app, Some(NAME)).await?;
    let waiting = cast.treasurer.all("/v1/me/waiting").await?;
    ensure!(waiting.iter().filter(|task| task["kind"] == "decide_call").count() == 3, "{waiting:?}");

    let why = json!({"reason": "The money went to the roof"});
    let withdrawn = cast.treasurer.post(&format!("/v1/milestone-calls/{given_up}:withdraw"), &why).await?.ok()?;
    ensure!(withdrawn["state"] == "withdrawn" && withdrawn["reason"] == "The money went to the roof", "{withdrawn}");
    cast.days_pass(6).await?;
    cast.treasurer.post(&step(&accepted, "accept"), &json!({})).await?.ok()?;
    app.work_until_idle().await?;
    let of_team =
        |told: &[std::path::PathBuf]| told.iter().map(|mail| readable(mail)).collect::<anyhow::Result<String>>();
    let said = of_team(&mails(cast.mail(), "application", clara)?)?;
    ensure!(
        said.contains("The money went to the roof") && said.contains("milestone of 100.00 USD is planned"),
        "{said}"
    );

    // Thirty days after the last day it lapses, as of that moment, however late the clock is there.
    let due = cast.treasurer.get(&format!("/v1/milestone-calls/{lapsing}")).await?.ok()?["decide_until"].clone();
    cast.days_pass(40).await?;
    app.work_until_idle().await?;
    let lapsed = cast.treasurer.get(&format!("/v1/milestone-calls/{lapsing}")).await?.ok()?;
    ensure!(lapsed["state"] == "lapsed" && lapsed["ended_at"] == due, "{lapsed}");
    let of = cast.claimant.get(&format!("/v1/milestone-applications/{application}")).await?.ok()?;
    ensure!(of["state"] == "lapsed" && of["ended_at"] == due, "{of}");
    ensure!(is(&cast.treasurer.post(&step(&application, "accept"), &json!({})).await?, "call-over"));
    ensure!(events(&ground, &lapsing).await? == ["milestone_call.opened", "milestone_call.lapsed"]);
    let told = mails(cast.mail(), "application", clara)?;
    ensure!(told.len() == 3 && of_team(&told)?.contains("has lapsed"), "{told:?}");
    let waiting = cast.treasurer.all("/v1/me/waiting").await?;
    ensure!(waiting.iter().all(|task| task["kind"] != "decide_call"), "{waiting:?}");
    ground.stage.app.finish().await
}

#[tokio::test]
async fn of_two_acceptances_at_the_same_time_one_wins_and_there_is_one_milestone() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    for round in 1..=4 {
        let call = ground.call().await?;
        let (ours, theirs) = (ground.apply(&call).await?, ground.apply_other(&call).await?);
        cast.days_pass(6).await?;
        let (paths, body) = ([step(&ours, "accept"), step(&theirs, "accept")], json!({}));
        let (one, other) =
            tokio::try_join!(cast.treasurer.post(&paths[0], &body), cast.treasurer.post(&paths[1], &body))?;
        let (won, lost) = if one.status == 200 { (&one, &other) } else { (&other, &one) };
        ensure!(won.status == 200 && is(lost, "call-over"), "{one:?} {other:?}");
        ensure!(app.count("SELECT count(*) FROM milestone").await? == round);
        ensure!(app.count("SELECT count(*) FROM milestone_application WHERE state = 'accepted'").await? == round);
    }
    ground.stage.app.finish().await
}

#[tokio::test]
async fn a_host_calls_and_accepts_and_a_team_applies_by_pages() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    let mut host = browser(cast, &cast.treasurer).await?;
    let form = format!("/desk/books/{}/calls", cast.book);
    ensure!(open(&mut host, &format!("/desk/books/{}", cast.book)).await?.contains(&form));
    let html = open(&mut host, &form).await?;
    let hostile = "<script>alert(1)</script> & \"so on\"";
    let until = cast.today().await?.checked_add(jiff::Span::new().days(5))?.to_string();
    let of = ground.campaign.as_str();
    let typed = [("campaign", of), ("name", hostile), ("amount", "50.00"), ("applications_until", until.as_str())];
    let there = form_of(&html, &form)?;
    let early = [("campaign", of), ("name", hostile), ("amount", "50.00"), ("applications_until", "no day")];
    refused(host.fill(&form, &filled(&there, &early)).await?, "id=\"applications_until-error\"")?;
    let shown = host.fill(&form, &filled(&there, &typed)).await?;
    ensure!(shown.status == 200 && shown.html.contains("Not done yet."), "{shown:?}");
    ensure!(shown.html.contains("for 50.00 USD of"), "{}", shown.html);
    let made = send_twice(&mut host, &shown.html, &form, &typed).await?;
    ensure!(made.ends_with("?made=call") && app.count("SELECT count(*) FROM milestone_call").await? == 1);
    let calls = cast.treasurer.all(&format!("/v1/milestone-calls?campaign={}", ground.campaign)).await?;
    let call = id(&calls[0])?;
    let (page, desk) = (format!("/calls/{call}"), format!("/desk/calls/{call}"));

    // Everybody sees it, and a team applies from there.
    let nobody = app.nobody()?;
    let campaign = nobody.download(&format!("/campaigns/{}", ground.campaign)).await?;
    ensure!(campaign.contains(&page) && campaign.contains(&format!("href=\"{desk}/apply\"")), "{campaign}");
    ensure!(!campaign.contains("<script") && campaign.contains("&#60;script&#62;alert(1)"), "{campaign}");
    let html = nobody.download(&page).await?;
    ensure!(html.contains("Teams apply until") && html.contains("50.00 USD") && !html.contains("<script"), "{html}");
    let twin: Value = serde_json::from_str(&nobody.download(&format!("{page}.json")).await?)?;
    ensure!(twin["name"] == hostile && twin["applications"].is_null(), "{twin}");
    let mut clara = browser(cast, &cast.claimant).await?;
    ensure!(open(&mut clara, "/me").await?.contains(&format!("href=\"{page}\"")), "who can apply is shown what for");
    let apply = format!("{desk}/apply");
    let html = open(&mut clara, &apply).await?;
    ensure!(html.contains("Your team applies for a milestone of 50.00 USD"), "{html}");
    let there = form_of(&html, &apply)?;
    let silent = filled(&there, &[("team", &cast.team), ("text", " ")]);
    let html = refused(clara.fill(&apply, &silent).await?, "id=\"text-error\"")?;
    let said = [("team", cast.team.as_str()), ("text", "We <b>weld</b> it")];
    ensure!(send_twice(&mut clara, &html, &apply, &said).await? == apply);
    ensure!(app.count("SELECT count(*) FROM milestone_application").await? == 1, "sent twice, applied once");
    let html = open(&mut clara, &apply).await?;
    ensure!(html.contains("waits since") && html.contains("We &#60;b&#62;weld"), "{html}");
    let action = |html: &str| -> anyhow::Result<String> {
        let at = html.split("action=\"/desk/applications/").nth(1).context("a form of an application")?;
        Ok(at.split('/').next().unwrap_or_default().to_owned())
    };
    let first = action(&html)?;
    let back = send_twice(&mut clara, &html, &format!("/desk/applications/{first}/withdraw"), &[]).await?;
    ensure!(back == apply && open(&mut clara, &apply).await?.contains("taken back on"));
    let html = open(&mut clara, &apply).await?;
    send_twice(&mut clara, &html, &apply, &said).await?;
    let mut stranger = browser(cast, &cast.stranger).await?;
    let html = open(&mut stranger, &apply).await?;
    ensure!(!html.contains("weld"), "{html}");
    send_twice(&mut stranger, &html, &apply, &[("team", &ground.other), ("text", "We saw it")]).await?;
    ensure!(stranger.get(&desk).await?.0 == 404 && clara.get(&desk).await?.0 == 200);
    ensure!(!open(&mut clara, &desk).await?.contains("We saw it"), "who applies reads nothing of the others");
    let mut rita = browser(cast, &cast.reviewers[0]).await?;
    let html = open(&mut rita, &desk).await?;
    ensure!(html.contains("We saw it") && !html.contains("<form method=\"post\" action=\"/desk/a"), "{html}");

    // The host reads them, and accepts one when the last day is over.
    ensure!(open(&mut host, "/me").await?.contains(&format!("href=\"{desk}\"")));
    let html = open(&mut host, &desk).await?;
    ensure!(html.contains("We &#60;b&#62;weld") && html.contains("A team can be accepted once"), "{html}");
    cast.days_pass(6).await?;
    ensure!(nobody.download(&page).await?.contains("No team can apply any more"));
    let html = open(&mut host, &desk).await?;
    ensure!(html.contains("Accepting plans a milestone of 50.00 USD for Open Machine Builders"), "{html}");
    let applications = cast.treasurer.all(&format!("/v1/milestone-calls/{call}/applications")).await?;
    let of = |team: &str| {
        let found = applications.iter().find(|it| it["team"] == team && it["state"] == "submitted");
        id(found.context("an application")?)
    };
    let (ours, theirs) = (of(&cast.team)?, of(&ground.other)?);
    let decline = format!("/desk/applications/{theirs}/decline");
    let there = form_of(&html, &decline)?;
    let silent = filled(&there, &[]);
    let html = refused(host.fill(&decline, &silent).await?, &format!("id=\"reason-{theirs}-error\""))?;
    ensure!(rita.fill(&decline, &silent).await?.status == 403);
    let reason = format!("reason-{theirs}");
    ensure!(send_twice(&mut host, &html, &decline, &[(&reason, "It is <i>dear")]).await? == desk);
    let html = open(&mut host, &desk).await?;
    ensure!(send_twice(&mut host, &html, &format!("/desk/applications/{ours}/accept"), &[]).await? == desk);
    ensure!(app.count("SELECT count(*) FROM milestone WHERE name LIKE '<script>%'").await? == 1);
    let html = open(&mut stranger, &apply).await?;
    ensure!(html.contains("It is &#60;i&#62;dear") && !html.contains("<i>"), "{html}");
    ensure!(open(&mut clara, &apply).await?.contains("accepted on"));
    let html = nobody.download(&page).await?;
    ensure!(html.contains("A team was accepted.") && html.contains("href=\"/milestones/mls_"), "{html}");

    // Another one is given up.
    let call = ground.call().await?;
    let desk = format!("/desk/calls/{call}");
    let html = open(&mut host, &desk).await?;
    let give_up = format!("{desk}/withdraw");
    let html = refused(host.fill(&give_up, &filled(&form_of(&html, &give_up)?, &[])).await?, "id=\"reason-error\"")?;
    ensure!(send_twice(&mut host, &html, &give_up, &[("reason", "No money is left")]).await? == desk);
    ensure!(nobody.download(&format!("/calls/{call}")).await?.contains("No money is left"));
    ground.stage.app.finish().await
}

#[tokio::test]
async fn the_role_of_the_service_edits_no_call_and_no_application_and_ends_each_as_the_other_does() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    let call = ground.call().await?;
    ground.apply(&call).await?;
    ground.apply_other(&call).await?;
    let milestone = json!({
        "campaign": ground.campaign, "team": cast.team, "name": "Another", "amount": usd("20.00"), "gate": {},
    });
    cast.treasurer.post("/v1/milestones", &milestone).await?.ok()?;
    let sponsor = organisation(&cast.stranger, "Press Makers", "sponsor").await?;
    let sponsor = sponsor.parse::<ledger::id::OrganisationId>()?.0;
    let member = person(&cast.claimant).await?.parse::<ledger::id::PersonId>()?.0;
    give_role(&cast.stranger, &ground.other, &cast.operator, "member").await?;
    let client = app.connection().await?;
    let ended = "ended_by = made_by, ended_at = closes_at, version = version + 1";
    let decided = "ended_by = (SELECT made_by FROM milestone_call LIMIT 1), version = version + 1, \
                   ended_at = (SELECT closes_at FROM milestone_call LIMIT 1)";
    let columns = "book_id, call, applied_by, submitted_at, text";
    for wrong in [
        "UPDATE milestone_call SET name = 'Other'".to_owned(),
        "UPDATE milestone_call SET amount = 1".to_owned(),
        "UPDATE milestone_call SET closes_at = closes_at + interval '1 day'".to_owned(),
        "DELETE FROM milestone_call".to_owned(),
        // It ends while applications wait for it, or with another milestone than that of an accepted team.
        format!("UPDATE milestone_call SET state = 'withdrawn', reason = 'x', {ended}"),
        "UPDATE milestone_call SET state = 'lapsed', ended_at = decide_until, version = version + 1".to_owned(),
        format!("UPDATE milestone_call SET state = 'filled', milestone = (SELECT id FROM milestone), {ended}"),
        "UPDATE milestone_application SET text = 'Other'".to_owned(),
        "UPDATE milestone_application SET team = applied_by".to_owned(),
        "DELETE FROM milestone_application".to_owned(),
        "TRUNCATE milestone_application".to_owned(),
        // Two are accepted, one before the last day is over, or by the team itself.
        format!("UPDATE milestone_application SET state = 'accepted', {decided}"),
        "UPDATE milestone_application SET state = 'accepted', ended_at = submitted_at, version = version + 1,
                ended_by = (SELECT made_by FROM milestone_call LIMIT 1) WHERE team IN (SELECT team FROM milestone)"
            .to_owned(),
        format!(
            "UPDATE milestone_application SET state = 'declined', reason = 'x', ended_by = '{member}', \
                    ended_at = submitted_at, version = version + 1 WHERE team IN (SELECT team FROM milestone)"
        ),
        "UPDATE milestone_application SET state = 'lapsed', ended_at = submitted_at, version = version + 1".to_owned(),
        // Another one of the same team, one of no project team, and one that comes too late.
        format!(
            "INSERT INTO milestone_application (id, team, {columns})
             SELECT gen_random_uuid(), team, {columns} FROM milestone_application LIMIT 1"
        ),
        format!(
            "INSERT INTO milestone_application (id, team, {columns})
             SELECT gen_random_uuid(), '{sponsor}', {columns} FROM milestone_application LIMIT 1"
        ),
        "INSERT INTO milestone_application (id, book_id, call, team, applied_by, submitted_at, text)
         SELECT gen_random_uuid(), a.book_id, a.call, a.team, a.applied_by, c.closes_at, a.text
           FROM milestone_application a JOIN milestone_call c ON c.id = a.call LIMIT 1"
            .to_owned(),
    ] {
        ensure!(client.batch_execute(&wrong).await.is_err(), "{wrong}");
    }
    // One team is accepted, and the other declined: the milestone must still be that of the call.
    let accept = format!(
        "UPDATE milestone_application SET state = 'accepted', {decided} WHERE team IN (SELECT team FROM milestone);
         UPDATE milestone_application SET state = 'declined', reason = 'x', {decided} WHERE state = 'submitted';"
    );
    for wrong in [
        format!("UPDATE milestone_call SET state = 'filled', milestone = (SELECT id FROM milestone), {ended}"),
        format!("UPDATE milestone_call SET state = 'withdrawn', reason = 'x', {ended}"),
    ] {
        let said = client.batch_execute(&format!("BEGIN; {accept} {wrong}; COMMIT")).await;
        ensure!(said.is_err(), "{wrong}");
        client.batch_execute("ROLLBACK").await?;
    }
    drop(client);
    ensure!(app.count("SELECT count(*) FROM milestone_application WHERE state = 'submitted'").await? == 2);
    ground.stage.app.finish().await
}
