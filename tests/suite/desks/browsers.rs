//! People at a real Chromium, without scripts and with them: each does what waits for them in no more clicks than was promised.

use super::claims::{ARCHIVE, milestone};
use crate::book_pages::publish;
use crate::chromium::{Chromium, READERS};
use crate::cooperatives::Coop;
use crate::shares::Open;
use anyhow::{Context as _, ensure};
use api::demo::cast::{Cast, join, person};
use api::demo::client::{Client, mails, text};
use fantoccini::Locator;
use jiff::civil::{Date, date};
use serde_json::json;
use std::path::Path;
use tests::browser::sign_in_mail;
use tests::{Stage, day, monthly};

type Outcome = anyhow::Result<()>;

/// Everything is done by a browser that runs no scripts, and again by one that does.
const BOTH: [bool; 2] = [false, true];

/// Somebody at a browser, who counts what they press.
struct Hand {
    browser: Chromium,
    base: String,
    clicks: usize,
}

impl Hand {
    /// One who has not signed in.
    async fn nobody(base: &str, with_scripts: bool) -> anyhow::Result<Hand> {
        let browser = Chromium::open(READERS[0], with_scripts).await?;
        Ok(Hand { browser, base: base.to_owned(), clicks: 0 })
    }

    /// One who has signed in by the link of a mail, and stands before what waits for them: that is the first click.
    async fn of(cast: &Cast, client: &Client, with_scripts: bool) -> anyhow::Result<Hand> {
        Hand::signed_in(cast.mail(), client, with_scripts).await
    }

    /// The same where the mails are in a folder.
    async fn signed_in(folder: &Path, client: &Client, with_scripts: bool) -> anyhow::Result<Hand> {
        let mut hand = Hand::nobody(client.base(), with_scripts).await?;
        let email = client.email()?;
        let seen = mails(folder, "sign-in", email)?;
        hand.open("/sign-in").await?;
        hand.fill("email", email).await?;
        hand.press("main button").await?;
        let mail = sign_in_mail(folder, &seen, email).await?;
        let link = mail.split_whitespace().find(|word| word.contains("/sign-in/")).context("a link")?;
        hand.browser.page.goto(link).await?;
        hand.press("main button").await?;
        ensure!(hand.browser.page.current_url().await?.path() == "/me");
        hand.clicks = 1;
        Ok(hand)
    }

    /// Types an address, or follows a link of a mail.
    async fn open(&mut self, path: &str) -> Outcome {
        self.clicks += 1;
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        Ok(self.browser.page.goto(&format!("{}{path}", self.base)).await?)
    }

    async fn find(&self, css: &str) -> anyhow::Result<fantoccini::elements::Element> {
        let page = &self.browser.page;
        match page.find(Locator::Css(css)).await {
            Ok(found) => Ok(found),
            Err(error) => anyhow::bail!("{css} on {}: {error}\n{}", page.current_url().await?, self.reads().await?),
        }
    }

    /// Presses a link that stands on the page.
    async fn follow(&mut self, href: &str) -> Outcome {
        self.press(&format!("a[href='{href}']")).await
    }

    /// Presses what leads to another page.
    async fn press(&mut self, css: &str) -> Outcome {
        self.clicks += 1;
        self.find(css).await?;
        self.browser.press(css).await
    }

    /// Presses what shows more of the same page.
    async fn unfold(&mut self, css: &str) -> Outcome {
        self.clicks += 1;
        Ok(self.find(css).await?.click().await?)
    }

    /// Writes into a field in the place of what stands there; a file's is the file's path.
    async fn fill(&self, name: &str, text: &str) -> Outcome {
        let field = self.find(&format!("[name='{name}']")).await?;
        if field.attr("type").await?.as_deref() != Some("file") {
            field.clear().await?;
        }
        Ok(field.send_keys(text).await?)
    }

    /// Types a day as this browser's fields take it: month, day, year.
    async fn fill_day(&self, name: &str, day: Date) -> Outcome {
        self.fill(name, &day.strftime("%m%d%Y").to_string()).await
    }

    /// Chooses one of a list.
    async fn choose(&self, name: &str, value: &str) -> Outcome {
        Ok(self.find(&format!("[name='{name}'] option[value='{value}']")).await?.click().await?)
    }

    /// Ticks a box: filling a form in is no click.
    async fn tick(&self, name: &str) -> Outcome {
        Ok(self.find(&format!("input[type='checkbox'][name='{name}']")).await?.click().await?)
    }

    /// What stands on the page.
    async fn reads(&self) -> anyhow::Result<String> {
        Ok(self.browser.page.find(Locator::Css("main")).await?.text().await?)
    }

    async fn sees(&self, says: &str) -> Outcome {
        let shown = self.reads().await?;
        ensure!(shown.contains(says), "{says} on {}: {shown}", self.browser.page.current_url().await?);
        Ok(())
    }

    /// Goes, after no more clicks than were promised.
    async fn done_in(self, clicks: usize) -> Outcome {
        ensure!(self.clicks <= clicks, "{} clicks, and {clicks} were promised", self.clicks);
        self.browser.close().await
    }
}

/// A donor finds the receipt by its code, and gives what is left to another campaign by the link of the mail.
#[tokio::test]
async fn b1_a_donor_finds_a_receipt_and_redirects_what_is_left() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let campaign = stage.campaign().await?;
    let other = stage.cast.campaign("open-loom", "Open loom", "1000.00").await?;
    for donor in ["bertha", "bruno"] {
        stage.pledge(&campaign, &monthly(&campaign, donor, "30.00", day(1, 31), 12, "sandbox_ok")?).await?;
    }
    stage.cast.advance(day(2, 3)).await?;
    let outbox = stage.cast.partner.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    let receipts: Vec<_> = outbox.iter().filter(|mail| mail["kind"] == "receipt").collect();
    ensure!(receipts.len() == BOTH.len(), "{outbox:?}");
    for (mail, with_scripts) in receipts.into_iter().zip(BOTH) {
        let words = || text(mail, "/text").map(str::split_whitespace);
        let receipt = words()?.find(|word| word.contains("/receipts/")).context("a receipt's link")?;
        let gifts = words()?.find(|word| word.contains("/donors/")).context("a donor's link")?;
        let mut donor = Hand::nobody(stage.app.base_url(), with_scripts).await?;
        donor.open("/").await?;
        donor.fill("code", receipt.rsplit('/').next().unwrap_or_default()).await?;
        donor.press("form[action='/receipts'] button").await?;
        donor.sees("30.00 USD").await?;
        donor.open(gifts).await?;
        donor.sees("30.00 USD held for Open product development").await?;
        donor.unfold("details:has([value='redirect']) summary").await?;
        donor.choose("campaign", text(&other, "/id")?).await?;
        donor.tick("move_settled").await?;
        donor.press("form:has([value='redirect']) button").await?;
        donor.sees("30.00 USD from Open product development to Open loom").await?;
        donor.done_in(5).await?;
    }
    stage.app.finish().await
}

/// A team claims, of which each of two reviewers approves in three clicks; what is released stands on the page for everybody.
async fn claimed_and_released(stage: &Stage, id: &str, file: &Path, after: Date, with_scripts: bool) -> Outcome {
    let cast = &stage.cast;
    let mut team = Hand::of(cast, &cast.claimant, with_scripts).await?;
    team.clicks = 0;
    team.follow("/desk/milestones").await?;
    team.follow(&format!("/desk/milestones/{id}/claim")).await?;
    for (name, typed) in [
        ("amount", "2000.00"),
        ("note", "The saw runs"),
        ("upload-0", file.to_str().context("a path")?),
        ("title-1", "Licence"),
        ("link-1", "https://designs.example/licence"),
        ("sha256-1", &"a".repeat(64)),
        ("licence-1", "CERN-OHL-S-2.0"),
    ] {
        team.fill(name, typed).await?;
    }
    for (name, kind) in [("kind-0", "design_files"), ("kind-1", "licence")] {
        team.choose(name, kind).await?;
    }
    team.press("form[enctype] button").await?;
    team.sees("saw.zip").await?;
    team.press("form[action$='/submit'] button").await?;
    team.sees("It waits for its reviewers").await?;
    let desk = team.browser.page.current_url().await?.path().to_owned();
    team.done_in(4).await?;
    for reviewer in &cast.reviewers {
        let mut reviewer = Hand::of(cast, reviewer, with_scripts).await?;
        reviewer.follow(&desk).await?;
        reviewer.tick("tie").await?;
        reviewer.press("button[value='approve']").await?;
        reviewer.sees("You approved 2,000.00 USD").await?;
        reviewer.done_in(3).await?;
    }
    cast.advance(after).await?;
    let mut anybody = Hand::nobody(cast.base(), with_scripts).await?;
    anybody.open(&format!("/milestones/{id}")).await?;
    let title = anybody.browser.page.title().await?;
    ensure!(title.contains("2,000.00 USD of 5,000.00 USD released"), "{title}");
    anybody.done_in(1).await
}

#[tokio::test]
async fn b2_a_team_claims_with_a_file_two_reviewers_approve_and_everybody_sees_the_release() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("saw.zip");
    std::fs::write(&file, ARCHIVE)?;
    publish(&stage).await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "b2", "10000.00", day(1, 1)).await?;
    for (after, with_scripts) in [day(1, 14), day(1, 28)].into_iter().zip(BOTH) {
        let milestone = milestone(&stage, &campaign).await?;
        claimed_and_released(&stage, text(&milestone, "/id")?, &file, after, with_scripts).await?;
    }
    ensure!(stage.balance("liabilities:payable:team:").await? == "4000.00");
    stage.app.finish().await
}

/// What a keeper of a cooperative does for a year: a sale, and all of it divided.
async fn sold_and_divided(coop: &Coop, year: i16, with_scripts: bool) -> Outcome {
    let (folder, desk) = (coop.host.app.mail_dir(), format!("/desk/cooperatives/{}", coop.host.book));
    let mut keeper = Hand::signed_in(&folder, &coop.host.treasurer, with_scripts).await?;
    keeper.clicks = 0;
    keeper.follow(&format!("{desk}/proceeds")).await?;
    for (name, typed) in [("label", "presses"), ("party", "bank"), ("amount", "12000.00")] {
        keeper.fill(name, typed).await?;
    }
    keeper.fill_day("occurred_on", date(year, 6, 1)).await?;
    keeper.press("main form button").await?;
    keeper.sees("adds 12,000.00 USD to the sales of presses on 1 June").await?;
    keeper.press("main form button").await?;
    keeper.sees("Done.").await?;
    ensure!(keeper.clicks == 3, "one more than to save at once: the entry is read first");
    keeper.open("/me").await?;
    keeper.clicks = 0;
    keeper.follow(&format!("{desk}/distributions")).await?;
    keeper.fill_day("from", date(year, 1, 1)).await?;
    keeper.fill_day("to", date(year, 12, 31)).await?;
    keeper.press("main form button").await?;
    keeper.sees("12,000.00 USD of 1 January").await?;
    keeper.press("form:has([name='digest']) button").await?;
    keeper.press("form[action$='/open'] button").await?;
    keeper.sees("Members may object until").await?;
    let distribution = keeper.browser.page.current_url().await?.path().to_owned();
    keeper.done_in(5).await?;
    let mut approver = Hand::signed_in(&folder, &coop.approver, with_scripts).await?;
    approver.follow(&distribution).await?;
    approver.press("form[action$='/approve'] button").await?;
    approver.sees("It is approved").await?;
    approver.done_in(3).await
}

/// A member writes a day down, and another one attests it.
async fn worked_and_attested(coop: &Coop, with_scripts: bool) -> Outcome {
    let (folder, hours) = (coop.host.app.mail_dir(), format!("/desk/cooperatives/{}/hours", coop.host.book));
    let mut ada = Hand::signed_in(&folder, &coop.ada, with_scripts).await?;
    ada.clicks = 0;
    ada.follow(&hours).await?;
    ada.fill("hours-0", "7.5").await?;
    ada.press(&format!("form[action='{hours}'] button")).await?;
    ada.sees("7.50 hours").await?;
    ada.done_in(2).await?;
    let mut bea = Hand::signed_in(&folder, &coop.bea, with_scripts).await?;
    bea.clicks = 0;
    bea.press(&format!("p a[href='{hours}']")).await?;
    bea.sees("7.50 hours of member 1").await?;
    bea.browser.page.find(Locator::Css("input[name^='attest-']")).await?.click().await?;
    bea.press("form[action$='/attestations'] button").await?;
    bea.sees("You have attested them").await?;
    bea.done_in(2).await
}

/// A member votes: two clicks from what waits for it.
async fn voted(coop: &Coop, with_scripts: bool) -> Outcome {
    let asked = json!({
        "title": "A press", "text": "We buy it.", "last_day": "2028-03-01", "quorum": 1, "threshold": "majority",
    });
    let asked = coop.host.treasurer.post(&coop.at("/proposals"), &asked).await?.ok()?;
    let mut ada = Hand::signed_in(&coop.host.app.mail_dir(), &coop.ada, with_scripts).await?;
    ada.clicks = 0;
    ada.follow(&format!("/desk/proposals/{}", text(&asked, "/id")?)).await?;
    ada.press("button[value='no']").await?;
    ada.sees("You have voted no.").await?;
    ada.done_in(2).await
}

#[tokio::test]
async fn b3_a_treasurer_records_and_divides_another_approves_and_members_work_and_read_their_share() -> Outcome {
    let coop = Coop::open().await?;
    for (year, with_scripts) in [2026, 2027].into_iter().zip(BOTH) {
        coop.work(year).await?;
        worked_and_attested(&coop, with_scripts).await?;
        voted(&coop, with_scripts).await?;
        sold_and_divided(&coop, year, with_scripts).await?;
        let until = if with_scripts { "2028-01-17T12:00:00Z" } else { "2028-01-09T12:00:00Z" };
        coop.host.app.advance(&coop.host.treasurer, &coop.host.book, until).await?;
        let mut ada = Hand::signed_in(&coop.host.app.mail_dir(), &coop.ada, with_scripts).await?;
        ada.clicks = 0;
        ada.follow(&format!("/desk/cooperatives/{}/me", coop.host.book)).await?;
        ada.sees(&format!("1 January {year} to 31 December {year}")).await?;
        ada.done_in(1).await?;
    }
    coop.host.app.finish().await
}

#[tokio::test]
async fn b4_a_judge_scores_an_entry_in_three_clicks() -> Outcome {
    let challenge = Open::set("return_to_sponsors").await?;
    let (cast, path) = (&challenge.stage.cast, &challenge.path);
    let entry = json!({"team": cast.team, "rules_sha256": challenge.sha256});
    cast.claimant.post(&format!("{path}/entries"), &entry).await?.ok()?;
    let work = challenge.draft(&cast.claimant, &cast.team, json!([])).await?;
    let id = text(&work, "/id")?;
    cast.claimant.post(&format!("/v1/submissions/{id}:submit"), &json!({})).await?.ok()?;
    let mut judges = Vec::new();
    for email in ["joan@panel.example", "jack@panel.example"] {
        let judge = join(&cast.operator, &cast.host, email, "judge").await?;
        cast.treasurer.post(&format!("{path}/judges"), &json!({"person": person(&judge).await?})).await?.ok()?;
        judges.push(judge);
    }
    challenge.days_pass(21).await?;
    for (judge, with_scripts) in judges.iter().zip(BOTH) {
        let mut judge = Hand::of(cast, judge, with_scripts).await?;
        judge.follow(&format!("/desk/submissions/{id}/scores")).await?;
        judge.tick("tie").await?;
        judge.fill("points-0", "94").await?;
        judge.fill("comment", "As measured").await?;
        judge.press("form[action$='/scores'] button").await?;
        judge.sees("You gave 94 on").await?;
        judge.done_in(3).await?;
    }
    ensure!(challenge.stage.app.count("SELECT count(*) FROM scorecard").await? == 2);
    challenge.stage.app.finish().await
}

#[tokio::test]
async fn b5_an_operator_tries_a_job_again_in_two_clicks() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "b5", "1000.00", day(1, 1)).await?;
    stage.app.work_until_idle().await?;
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let bury = "UPDATE job SET finished_at = NULL, dead_at = now(), last_error = 'the bank is away' WHERE (book_id, id) =
                (SELECT book_id, id FROM job WHERE book_id > 0 AND finished_at IS NOT NULL ORDER BY due_at DESC LIMIT 1)";
    let dead = "SELECT count(*) FROM job WHERE dead_at IS NOT NULL AND finished_at IS NULL";
    for with_scripts in BOTH {
        ensure!(owner.execute(bury, &[]).await? == 1 && stage.app.count(dead).await? == 1);
        let mut operator = Hand::of(&stage.cast, &stage.cast.operator, with_scripts).await?;
        operator.clicks = 0;
        operator.follow("/desk/operator").await?;
        operator.sees("the bank is away").await?;
        operator.press("form[action$='/requeue'] button").await?;
        operator.sees("is due again").await?;
        ensure!(stage.app.count(dead).await? == 0);
        operator.done_in(2).await?;
    }
    stage.app.finish().await
}
