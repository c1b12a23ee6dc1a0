//! Updates: hosts and teams write for everybody about campaigns, challenges and milestones, and nothing that they wrote is edited.

use crate::desks::{browser, filled, open, refused, send_twice};
use crate::scene::challenges::Host;
use anyhow::{Context as _, ensure};
use api::demo::cast::{organisation, usd};
use api::demo::client::{Client, text};
use ledger::id::object_in;
use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tests::Stage;
use tests::browser::form_of;

type Outcome = anyhow::Result<()>;

/// A campaign with a milestone in a book that everybody reads.
struct Ground {
    stage: Stage,
    campaign: String,
    milestone: String,
}

impl Ground {
    async fn set() -> anyhow::Result<Ground> {
        let stage = Stage::set().await?;
        let campaign = text(&stage.campaign().await?, "/id")?.to_owned();
        let planned = json!({
            "campaign": campaign, "team": stage.cast.team, "name": "Sawmill", "amount": usd("20.00"), "gate": {},
        });
        let milestone = stage.cast.treasurer.post("/v1/milestones", &planned).await?.ok()?;
        let milestone = text(&milestone, "/id")?.to_owned();
        let ground = Ground { stage, campaign, milestone };
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

    fn about_campaign(&self, title: &str, body: &str) -> Value {
        json!({"about": self.campaign, "title": title, "body": body})
    }

    fn about_milestone(&self, title: &str) -> Value {
        json!({"about": self.milestone, "title": title, "body": "It runs."})
    }
}

async fn write(by: &Client, new: &Value) -> anyhow::Result<Value> {
    by.post("/v1/updates", new).await?.ok()
}

/// The texts of a feed, which must be XML; and how many entries it has.
fn feed(xml: &str) -> anyhow::Result<(String, usize)> {
    let (mut reader, mut told, mut entries) = (Reader::from_str(xml), String::new(), 0);
    loop {
        match reader.read_event()? {
            Event::Start(tag) if tag.name().as_ref() == "entry" => entries += 1,
            Event::Text(text) => told.push_str(&text),
            Event::GeneralRef(of) => {
                let named = of.resolve_char_ref()?;
                told.push(named.with_context(|| format!("a character that has a number, and not {of:?}"))?);
            }
            Event::Eof => return Ok((told, entries)),
            Event::Start(_)
            | Event::End(_)
            | Event::Empty(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

#[tokio::test]
async fn hosts_write_about_all_and_a_team_about_its_milestone_and_nobody_else_about_anything() -> Outcome {
    let ground = Ground::set().await?;
    let cast = &ground.stage.cast;
    let challenges = Host::open(cast).await?;
    let challenge = text(&challenges.make("drill", 30, false).await?, "/id")?.to_owned();
    let about_challenge = json!({"about": challenge, "title": "Judges are found", "body": "Three."});
    let about_campaign = ground.about_campaign("The frame is welded", "It holds.");
    let of_host = write(&cast.treasurer, &about_campaign).await?;
    ensure!(of_host["organisation"] == json!(cast.host) && of_host["about"] == json!(ground.campaign));
    write(&cast.treasurer, &about_challenge).await?;
    let of_host = write(&cast.treasurer, &ground.about_milestone("Money is there")).await?;
    let of_team = write(&cast.claimant, &ground.about_milestone("We begin")).await?;
    ensure!(of_team["organisation"] == json!(cast.team), "{of_team}");
    ensure!(!of_team.to_string().contains("psn_"), "no person is named: {of_team}");

    organisation(&cast.stranger, "Another team", "project_team").await?;
    let about_milestone = ground.about_milestone("I was here");
    for (who, by) in [("a member of another team", &cast.stranger), ("a reviewer", &cast.reviewers[0])] {
        for new in [&about_campaign, &about_milestone] {
            let answer = by.post("/v1/updates", new).await?;
            ensure!(answer.status == 403, "{who}: {answer:?}");
        }
    }
    let answer = cast.claimant.post("/v1/updates", &about_campaign).await?;
    ensure!(answer.status == 403, "a team writes about its milestone alone: {answer:?}");
    ensure!(cast.partner.post("/v1/updates", &about_campaign).await?.status == 403);
    ensure!(ground.stage.app.nobody()?.post("/v1/updates", &about_campaign).await?.status == 401);
    // The host withdraws what the team wrote; the team does not withdraw what the host wrote.
    let why = json!({"reason": "As agreed"});
    let path = |it: &Value| anyhow::Ok(format!("/v1/updates/{}:withdraw", text(it, "/id")?));
    ensure!(cast.claimant.post(&path(&of_host)?, &why).await?.status == 403);
    cast.treasurer.post(&path(&of_team)?, &why).await?.ok()?;
    ground.stage.app.finish().await
}

#[tokio::test]
async fn an_update_is_published_once_withdrawn_once_and_told_of_by_one_event_each() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    let new = ground.about_campaign("The frame is welded", "It holds.");
    let first = cast.treasurer.post_keyed("/v1/updates", &new, "one").await?;
    let again = cast.treasurer.post_keyed("/v1/updates", &new, "one").await?;
    ensure!(first.status == 201 && again.replayed && again.body == first.body, "{again:?}");
    ensure!(app.count("SELECT count(*) FROM update_note").await? == 1);
    let id = text(&first.body, "/id")?.to_owned();
    let (shown, nobody) = (format!("/v1/updates/{id}"), app.nobody()?);
    ensure!(nobody.get(&shown).await?.ok()? == first.body);

    let path = format!("{shown}:withdraw");
    let withdrawn = cast.treasurer.post(&path, &json!({"reason": "The figure was wrong"})).await?.ok()?;
    ensure!(withdrawn["title"].is_null() && withdrawn["body"].is_null(), "{withdrawn}");
    ensure!(withdrawn["reason"] == "The figure was wrong" && withdrawn["withdrawn_at"].is_string(), "{withdrawn}");
    ensure!(nobody.get(&shown).await?.ok()? == withdrawn);
    let answer = cast.treasurer.post(&path, &json!({"reason": "Once more"})).await?;
    ensure!(answer.body["type"].as_str().is_some_and(|of| of.ends_with("/update-withdrawn")), "{answer:?}");
    let page = format!("/campaigns/{}", ground.campaign);
    for place in [page.clone(), format!("{page}.json"), format!("{page}/updates"), format!("{page}/updates.atom")] {
        let html = nobody.download(&place).await?;
        ensure!(html.contains("The figure was wrong") && !html.contains("welded"), "{place}: {html}");
    }
    let list = format!("/v1/events?book={}&object={id}", cast.book);
    let events = cast.treasurer.all(&list).await?;
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap_or_default()).collect();
    ensure!(kinds == ["update.published", "update.withdrawn"], "{events:?}");
    ensure!(events[0]["facts"] == json!({"campaign": ground.campaign}), "{events:?}");
    ground.stage.app.finish().await
}

#[tokio::test]
async fn what_somebody_hostile_writes_is_text_on_the_page_and_in_the_feed() -> Outcome {
    let ground = Ground::set().await?;
    let cast = &ground.stage.cast;
    let title = "<script>alert(1)</script> & \"so on\" 🛠";
    let body = format!("]]><b>bold</b> {{{{ 7 * 7 }}}} &amp;\nשלום\n\n\u{fffe}{}", "é".repeat(9_000));
    write(&cast.treasurer, &ground.about_campaign(title, &body)).await?;
    write(&cast.claimant, &ground.about_milestone("Of the milestone")).await?;
    let nobody = ground.stage.app.nobody()?;
    let page = format!("/campaigns/{}", ground.campaign);
    for place in [page.clone(), format!("{page}/updates")] {
        let html = nobody.download(&place).await?;
        ensure!(html.contains("&#60;script&#62;alert(1)") && !html.contains("<script"), "{html}");
        ensure!(html.contains("{{ 7 * 7 }} &#38;amp;\nשלום</p>") && !html.contains("<b>"), "{html}");
        ensure!(html.contains("Of the milestone") && html.contains(&ground.milestone), "{html}");
        ensure!(html.contains(&format!("type=\"application/atom+xml\" href=\"{page}/updates.atom\"")), "{html}");
    }
    let (told, entries) = feed(&nobody.download(&format!("{page}/updates.atom")).await?)?;
    ensure!(entries == 2 && told.contains(title) && told.contains("]]><b>bold</b>"), "{entries}: {told}");
    ensure!(!told.contains('\u{fffe}'), "XML has no such character");
    let twin: Value = serde_json::from_str(&nobody.download(&format!("{page}.json")).await?)?;
    ensure!(twin["updates"]["items"][1]["title"] == json!(title), "{twin}");

    for (field, wrong) in [
        ("title", ""),
        ("title", " "),
        ("title", "a\u{202e}b"),
        ("title", "two\nlines"),
        ("body", "a\u{0007}b"),
        ("body", "a\u{202e}b"),
        ("body", "\u{200b}"),
        ("title", &"t".repeat(201)),
        ("body", &"b".repeat(10_001)),
    ] {
        let mut new = ground.about_campaign("A title", "A text");
        new[field] = json!(wrong);
        let answer = cast.treasurer.post("/v1/updates", &new).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == format!("/{field}"), "{answer:?}");
    }
    for about in [json!(null), json!([ground.campaign]), json!(cast.book), json!("cmp_")] {
        let answer = cast.treasurer.post("/v1/updates", &json!({"about": about, "title": "x", "body": "y"})).await?;
        ensure!(answer.status == 422, "{answer:?}");
    }
    // Whoever has the feed is not sent it again.
    let http = tests::http().build()?;
    let address = format!("{}{page}/updates.atom", cast.base());
    let tag = http.get(&address).send().await?.headers()[header::ETAG].clone();
    ensure!(http.get(&address).header(header::IF_NONE_MATCH, tag).send().await?.status() == 304);
    ground.stage.app.finish().await
}

#[tokio::test]
async fn outsiders_see_no_update_of_a_private_book() -> Outcome {
    let ground = Ground::set().await?;
    let cast = &ground.stage.cast;
    let written = write(&cast.treasurer, &ground.about_campaign("Inside", "Among us.")).await?;
    ground.show("private").await?;
    let page = format!("/campaigns/{}", ground.campaign);
    let one = format!("/v1/updates/{}", text(&written, "/id")?);
    let list = format!("/v1/updates?about={}", ground.campaign);
    for outsider in [&cast.stranger, &ground.stage.app.nobody()?] {
        ensure!(outsider.get(&one).await?.status == 404 && outsider.get(&list).await?.status == 404);
        let places = [format!("{page}/updates.atom"), format!("{page}/updates.json"), format!("{page}/updates.csv")];
        for place in places {
            ensure!(outsider.get(&place).await?.status == 404, "{place}");
        }
    }
    let new = ground.about_campaign("I was here", "I was.");
    ensure!(cast.stranger.post("/v1/updates", &new).await?.status == 404);
    let why = json!({"reason": "I was here"});
    ensure!(cast.stranger.post(&format!("{one}:withdraw"), &why).await?.status == 404);
    ensure!(cast.treasurer.get(&one).await?.ok()?["title"] == "Inside");
    ground.stage.app.finish().await
}

#[tokio::test]
async fn the_role_of_the_service_edits_no_update_deletes_none_and_writes_none_about_another_book() -> Outcome {
    let ground = Ground::set().await?;
    let cast = &ground.stage.cast;
    let written = write(&cast.treasurer, &ground.about_campaign("Once", "For good.")).await?;
    let id = text(&written, "/id")?;
    cast.treasurer.post(&format!("/v1/updates/{id}:withdraw"), &json!({"reason": "Why not"})).await?.ok()?;
    write(&cast.treasurer, &ground.about_campaign("Twice", "For good.")).await?;
    let challenges = Host::open(cast).await?;
    let (_, other, _) = object_in(&challenges.book).context("a book")?;
    let (_, _, campaign) = object_in(&ground.campaign).context("a campaign")?;
    let client = ground.stage.app.connection().await?;
    let columns = "id, campaign, milestone, organisation, written_by, written_at, book_id, title, body";
    let copied = |id: &str, campaign: &str, book: &str| {
        format!(
            "INSERT INTO update_note ({columns})
             SELECT {id}, {campaign}, milestone, organisation, written_by, written_at, {book}, title, body
               FROM update_note WHERE title = 'Twice'"
        )
    };
    for wrong in [
        "UPDATE update_note SET title = 'Other'".to_owned(),
        "UPDATE update_note SET body = 'Other'".to_owned(),
        "UPDATE update_note SET written_at = now()".to_owned(),
        "UPDATE update_note SET reason = 'Other' WHERE withdrawn_at IS NOT NULL".to_owned(),
        "UPDATE update_note SET reason = NULL, withdrawn_at = NULL, withdrawn_by = NULL".to_owned(),
        "DELETE FROM update_note".to_owned(),
        "TRUNCATE update_note".to_owned(),
        copied("gen_random_uuid()", &format!("'{campaign}'::uuid"), &other.to_string()),
        copied("gen_random_uuid()", "NULL", "book_id"),
        copied("id", "campaign", "book_id"),
    ] {
        ensure!(client.batch_execute(&wrong).await.is_err(), "{wrong}");
    }
    drop(client);
    ensure!(ground.stage.app.count("SELECT count(*) FROM update_note").await? == 2);
    ground.stage.app.finish().await
}

#[tokio::test]
async fn twenty_updates_about_one_thing_are_a_day_and_pages_of_them_stay_when_one_more_comes() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    for number in 1..=19 {
        write(&cast.treasurer, &ground.about_campaign(&format!("Number {number}"), "A text.")).await?;
    }
    let nobody = app.nobody()?;
    let list = format!("/v1/updates?about={}&limit=10", ground.campaign);
    let titles = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().into_iter().flatten();
        items.map(|it| it["title"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let first = nobody.get(&list).await?.ok()?;
    ensure!(titles(&first).first().is_some_and(|title| title == "Number 19") && titles(&first).len() == 10);
    write(&cast.treasurer, &ground.about_campaign("Number 20", "A text.")).await?;
    let second = nobody.get(&format!("{list}&cursor={}", text(&first, "/next_cursor")?)).await?.ok()?;
    let expected: Vec<_> = (1..=9).rev().map(|number| format!("Number {number}")).collect();
    ensure!(titles(&second) == expected && second["next_cursor"].is_null(), "{second}");
    let answer = cast.treasurer.post("/v1/updates", &ground.about_campaign("Number 21", "A text.")).await?;
    ensure!(answer.body["type"].as_str().is_some_and(|of| of.ends_with("/too-many-updates")), "{answer:?}");
    // Another thing has its own day.
    write(&cast.treasurer, &ground.about_milestone("Number 21")).await?;
    // The page of the campaign has the newest, and leads to all.
    let page = format!("/campaigns/{}", ground.campaign);
    let html = nobody.download(&page).await?;
    ensure!(html.contains("Number 17<") && !html.contains("Number 16<") && html.contains("All updates"), "{html}");
    let html = nobody.download(&format!("{page}/updates")).await?;
    ensure!(html.contains("Number 2<") && !html.contains("Number 1<") && html.contains("Older ones"), "{html}");
    ground.stage.app.finish().await
}

#[tokio::test]
async fn who_writes_does_it_on_a_desk_once_and_withdraws_it_there() -> Outcome {
    let ground = Ground::set().await?;
    let (app, cast) = (&ground.stage.app, &ground.stage.cast);
    let desk = format!("/desk/updates/{}", ground.milestone);
    let mut team = browser(cast, &cast.claimant).await?;
    let html = open(&mut team, &format!("/milestones/{}", ground.milestone)).await?;
    ensure!(html.contains(&format!("href=\"{desk}\"")), "{html}");
    ensure!(!app.nobody()?.download(&format!("/milestones/{}", ground.milestone)).await?.contains("/desk/updates"));
    let html = open(&mut team, &desk).await?;
    let form = form_of(&html, &desk)?;
    let long = "t".repeat(201);
    let html = refused(
        team.fill(&desk, &filled(&form, &[("title", &long), ("body", "It <b>runs</b>.")])).await?,
        "id=\"title-error\"",
    )?;
    ensure!(html.contains(&long) && html.contains("It &#60;b&#62;runs"), "what was typed is kept: {html}");
    let typed = [("title", "It runs"), ("body", "Since today.\r\n\r\nCome and see.")];
    ensure!(send_twice(&mut team, &html, &desk, &typed).await? == desk);
    ensure!(app.count("SELECT count(*) FROM update_note").await? == 1);
    let html = app.nobody()?.download(&format!("/milestones/{}", ground.milestone)).await?;
    ensure!(html.contains("Since today.</p>") && html.contains(">Come and see.</p>"), "{html}");
    let html = open(&mut team, &desk).await?;
    let action = html.split("action=\"").filter_map(|rest| rest.split('"').next());
    let action = action.filter(|action| action.ends_with("/withdraw"));
    let withdraw = action.last().context("a form")?.to_owned();
    let html = refused(
        team.fill(&withdraw, &filled(&form_of(&html, &withdraw)?, &[("reason", " ")])).await?,
        "id=\"reason-error\"",
    )?;
    ensure!(send_twice(&mut team, &html, &withdraw, &[("reason", "It does not run")]).await? == desk);
    let html = open(&mut team, &desk).await?;
    ensure!(html.contains("It does not run") && !html.contains("It runs"), "{html}");
    for (other, status) in [(&cast.stranger, 403), (&cast.reviewers[0], 403)] {
        ensure!(browser(cast, other).await?.get(&desk).await?.0 == status);
    }
    ground.stage.app.finish().await
}
