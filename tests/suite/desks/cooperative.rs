//! Cooperatives on the desks of their keepers and members: sales and costs, what a period divides, hours, objections and statements.

use super::{filled, open, refused, send_twice};
use crate::cooperatives::Coop;
use crate::host::Host;
use crate::payees::Coop as Owing;
use crate::scene::payouts::account;
use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use serde_json::json;
use tests::browser::{Browser, Shown, form_of};

type Outcome = anyhow::Result<()>;

const PROCEEDS: &str = "SELECT count(*) FROM proceeds";
const DISTRIBUTIONS: &str = "SELECT count(*) FROM distribution";

async fn browser(coop: &Coop, client: &Client) -> anyhow::Result<Browser> {
    browser_at(&coop.host, client).await
}

async fn browser_at(host: &Host, client: &Client) -> anyhow::Result<Browser> {
    Browser::of(host.app.base_url(), &host.app.mail_dir(), client.email()?).await
}

fn desk(coop: &Coop) -> String {
    format!("/desk/cooperatives/{}", coop.host.book)
}

/// A page that was shown, and nothing was done.
fn shown(it: Shown, says: &str) -> anyhow::Result<String> {
    ensure!(it.status == 200 && it.html.contains(says), "{says}: {it:?}");
    Ok(it.html)
}

/// What somebody types of a sale.
fn sale(amount: &str) -> [(&str, &str); 4] {
    [("kind", "sale"), ("label", "presses"), ("party", "bank"), ("amount", amount)]
}

#[tokio::test]
async fn d20_a_sale_is_recorded_once_by_who_has_read_its_entry_and_the_next_form_knows_the_product() -> Outcome {
    let coop = Coop::open().await?;
    let (desk, mut keeper) = (desk(&coop), browser(&coop, &coop.host.treasurer).await?);
    let action = format!("{desk}/proceeds");
    let me = open(&mut keeper, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">The cooperative Press Makers")), "{me}");
    ensure!(me.contains(&format!("href=\"{action}\">record a sale or a cost")), "{me}");
    keeper.clicks = 0;
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    for (by, status) in [(&coop.host.stranger().await?, 404), (&coop.ada, 403), (&coop.approver, 403)] {
        let mut other = browser(&coop, by).await?;
        for path in [&action, &format!("{action}/table"), &format!("{desk}/distributions")] {
            ensure!(other.get(path).await?.0 == status, "{path}: {status}");
        }
        ensure!(other.fill(&action, &filled(&there, &sale("120.00"))).await?.status == status);
    }
    ensure!(keeper.fill_from("cross-site", &action, &filled(&there, &sale("120.00"))).await?.status == 403);
    keeper.clicks -= 1;

    let look = keeper.fill(&action, &filled(&there, &sale("120.00"))).await?;
    let html =
        shown(look, "adds 120.00 USD to the sales of presses on 1 January 2028, and to the money that bank holds")?;
    ensure!(html.contains("<td>assets:cash:bank</td>"), "{html}");
    ensure!(coop.host.app.count(PROCEEDS).await? == 0, "a look writes nothing");
    let leads_to = send_twice(&mut keeper, &html, &action, &sale("120.00")).await?;
    ensure!(keeper.clicks == 3 && leads_to.starts_with(&format!("{action}?entry=")), "{leads_to} {}", keeper.clicks);
    ensure!(coop.host.app.count(PROCEEDS).await? == 1);

    let html = open(&mut keeper, &leads_to).await?;
    ensure!(html.contains("value=\"presses\"") && html.contains("value=\"bank\"") && html.contains("Done."), "{html}");
    let there = form_of(&html, &action)?;
    let html = shown(keeper.fill(&action, &filled(&there, &sale("7.00"))).await?, "adds 7.00 USD")?;
    let there = form_of(&html, &action)?;
    let html = shown(keeper.fill(&action, &filled(&there, &sale("8.00"))).await?, "Not done yet.")?;
    ensure!(html.contains("adds 8.00 USD") && coop.host.app.count(PROCEEDS).await? == 1, "{html}");
    for (name, typed) in [("amount", "five"), ("label", "A <b>press</b>"), ("occurred_on", "2028-01-02")] {
        let there = form_of(&html, &action)?;
        let form: Vec<_> = sale("8.00").into_iter().filter(|(of, _)| *of != name).chain([(name, typed)]).collect();
        let html = refused(keeper.fill(&action, &filled(&there, &form)).await?, &format!("id=\"{name}-error\""))?;
        ensure!(html.contains(&format!("value=\"{}\"", typed.replace('<', "&#60;").replace('>', "&#62;"))), "{html}");
    }
    let html = open(&mut keeper, &desk).await?;
    ensure!(html.contains("120.00 USD so far"), "{html}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn d21_lines_of_a_table_are_shown_one_by_one_and_recorded_together_or_not_at_all() -> Outcome {
    let coop = Coop::open().await?;
    let mut keeper = browser(&coop, &coop.host.treasurer).await?;
    let action = format!("{}/proceeds/table", desk(&coop));
    let laid_out = [("delimiter", "semicolon"), ("decimal", "comma"), ("days", "dotted")];
    let typed = |lines: &'static str| laid_out.into_iter().chain([("lines", lines)]).collect::<Vec<_>>();
    let wrong = "kind;label;party;amount;occurred_on;reference\n\
                 sale;presses;bank;1.200,50;01.06.2027;R-1\n\
                 gift;presses;bank;5,00;01.06.2027;R-2\n\
                 cost;<i>steel</i>;mill;5,00;01.06.2027;R-3\n\
                 cost;steel;mill;5.00;01.06.2027;R-4\n\
                 cost;steel;mill;5,00;31.06.2027;R-5\n\
                 cost;steel;mill;5,00;01.06.2029;R-6";
    let right = "kind;label;party;amount;occurred_on;reference\n\
                 sale;presses;bank;1.200,50;01.06.2027;R-1\n\
                 cost;steel;mill;300,00;02.06.2027;R-2\n\
                 cost;ink;mill;0,50;03.06.2027;R-3";
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    refused(keeper.fill(&action, &filled(&there, &typed("kind;label\nsale;presses"))).await?, "id=\"lines-error\"")?;
    let html = refused(
        keeper.fill(&action, &filled(&there, &typed(wrong))).await?,
        "Nothing is recorded while a line is wrong",
    )?;
    for says in ["kind: ", "label: ", "amount: no amount", "occurred_on: no day", "occurred_on: what has not happened"]
    {
        ensure!(html.contains(&format!("<span class=\"error\">{says}")), "{says}: {html}");
    }
    ensure!(html.contains("&#60;i&#62;steel") && !html.contains("<i>steel"), "{html}");
    ensure!(html.matches("class=\"error\"").count() == 5 && coop.host.app.count(PROCEEDS).await? == 0, "{html}");

    let there = form_of(&html, &action)?;
    let look = keeper.fill(&action, &filled(&there, &typed(right))).await?;
    let html = shown(look, "Recording 3 lines adds 1,200.50 USD of sales and 300.50 USD of costs")?;
    ensure!(html.contains("assets:cash:bank to ") && coop.host.app.count(PROCEEDS).await? == 0, "{html}");
    let leads_to = send_twice(&mut keeper, &html, &action, &typed(right)).await?;
    ensure!(coop.host.app.count(PROCEEDS).await? == 3);
    let html = open(&mut keeper, &leads_to).await?;
    ensure!(html.contains("All lines are recorded") && html.contains("900.00 USD so far"), "{html}");
    // The same paste once more: each line is known by its number.
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    let html = shown(keeper.fill(&action, &filled(&there, &typed(right))).await?, "was recorded before")?;
    send_twice(&mut keeper, &html, &action, &typed(right)).await?;
    ensure!(coop.host.app.count(PROCEEDS).await? == 3);

    // What else is known of a line has columns of its own.
    let more = "kind;label;party;amount;occurred_on;on_credit;product;units;place;counterparty;non_member\n\
                sale;presses;cafe;80,00;04.06.2027;yes;Press;1,5;Lyon;Cafe Sol;x\n\
                sale;presses;bank;20,00;04.06.2027;no;;;;;";
    let broken =
        "kind;label;party;amount;units;non_member\nsale;presses;bank;1,00;few;no\nsale;presses;bank;1,00;2;perhaps";
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    let html = refused(keeper.fill(&action, &filled(&there, &typed(broken))).await?, "Nothing is recorded while")?;
    ensure!(html.contains("units: a number such as") && html.contains("“perhaps” is neither yes nor no"), "{html}");
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    let html = shown(keeper.fill(&action, &filled(&there, &typed(more))).await?, "Recording 2 lines adds 100.00 USD")?;
    ensure!(html.contains("assets:receivable:customer:cafe to "), "{html}");
    send_twice(&mut keeper, &html, &action, &typed(more)).await?;
    let listed = coop.host.treasurer.all(&coop.at("/proceeds")).await?;
    let sold = listed.iter().find(|it| it["on_credit"] == true).context("the sale on credit")?;
    let said = ["product", "units", "place", "counterparty", "non_member"].map(|field| sold[field].clone());
    ensure!(said == [json!("Press"), json!("1.50"), json!("Lyon"), json!("Cafe Sol"), json!(true)], "{sold}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn balances_of_a_book_that_was_kept_elsewhere_are_pasted_looked_at_and_written_once() -> Outcome {
    let coop = Coop::open().await?;
    let mut keeper = browser(&coop, &coop.host.treasurer).await?;
    let action = format!("{}/opening", desk(&coop));
    let typed = |lines: &'static str| {
        vec![("delimiter", "semicolon"), ("decimal", "comma"), ("on", "2027-12-31"), ("balances", lines)]
    };
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    for (wrong, says) in [
        ("account;amount", "id=\"balances-error\""),
        ("account\nassets:cash:bank", "id=\"balances-error\""),
        ("account;amount\nassets:cash:bank;1.00", "Line 2: “1.00” is no amount"),
        ("account;amount\nassets:<i>cash</i>:bank;1,00", "no account that a cooperative opens"),
        ("account;amount\nassets:cash:bank;1.000,00\nequity:reserve;999,00", "1.00 USD are missing among the others"),
    ] {
        let html = keeper.fill(&action, &filled(&there, &typed(wrong))).await?;
        let html = refused(html, says)?;
        ensure!(!html.contains("<i>cash"), "{html}");
    }
    let right = "account;amount\nassets:cash:bank;1.000,00\nliabilities:costs:steel;200,50\nequity:reserve;799,50";
    let html = shown(keeper.fill(&action, &filled(&there, &typed(right))).await?, "writes one entry of 3 lines")?;
    ensure!(html.contains("1,000.00 USD of assets") && html.contains("<td>liabilities:costs:steel</td>"), "{html}");
    // What is told apart in the table is told apart in the sentence: a loss is no asset.
    let with_loss =
        "account;amount\nassets:cash:bank;1.000,00\nexpenses:loss-brought-forward;25,00\nequity:reserve;1.025,00";
    let html_of_loss =
        shown(keeper.fill(&action, &filled(&there, &typed(with_loss))).await?, "writes one entry of 3 lines")?;
    ensure!(html_of_loss.contains("1,000.00 USD of assets and a loss of 25.00 USD"), "{html_of_loss}");
    ensure!(coop.host.app.count("SELECT count(*) FROM opening").await? == 0, "a look writes nothing");
    let leads_to = send_twice(&mut keeper, &html, &action, &typed(right)).await?;
    ensure!(coop.host.app.count("SELECT count(*) FROM opening").await? == 1);
    let html = open(&mut keeper, &leads_to).await?;
    ensure!(
        html.contains("with 1,000.00 USD on either side")
            && !html.contains("<form method=\"post\" action=\"/desk/cooperatives"),
        "{html}"
    );
    coop.host.app.finish().await
}

#[tokio::test]
async fn d22_a_period_is_divided_as_it_was_read_with_its_warnings_and_a_loss_is_carried_on() -> Outcome {
    let coop = Coop::open().await?;
    let (desk, mut keeper) = (desk(&coop), browser(&coop, &coop.host.treasurer).await?);
    let (action, close) = (format!("{desk}/distributions"), format!("{desk}/results"));
    coop.record("cost", "100.00", "2026-06-01").await?.ok()?;
    let year = |year: &'static str| match year {
        "2026" => [("from", "2026-01-01"), ("to", "2026-12-31")],
        _ => [("from", "2027-01-01"), ("to", "2027-12-31")],
    };
    // Nothing but a cost: there is nothing to divide, and the next period bears it.
    let html = open(&mut keeper, &action).await?;
    ensure!(html.contains("value=\"2026-06-01\"") && html.contains("value=\"2027-06-01\""), "{html}");
    let there = form_of(&html, &action)?;
    let html = refused(keeper.fill(&action, &filled(&there, &year("2026"))).await?, "There is nothing to divide")?;
    ensure!(html.contains("the next result bears the loss of 100.00 USD"), "{html}");
    ensure!(send_twice(&mut keeper, &html, &close, &year("2026")).await? == format!("{desk}?done=result"));
    ensure!(coop.host.app.count("SELECT count(*) FROM period_result").await? == 1);
    ensure!(open(&mut keeper, &desk).await?.contains("Losses of earlier periods"));

    coop.record("sale", "10100.00", "2027-06-01").await?.ok()?;
    let hours = json!({"from": "2027-01-01", "to": "2027-12-31", "hours": "100", "note": "Presses"});
    let recorded = coop.ada.post(&coop.at("/contributions"), &hours).await?.ok()?;
    keeper.clicks = 0;
    let html = open(&mut keeper, &action).await?;
    ensure!(html.contains("value=\"2027-01-01\"") && html.contains("value=\"2027-12-31\""), "{html}");
    let there = form_of(&html, &action)?;
    refused(keeper.fill(&action, &filled(&there, &year("2027"))).await?, "workers have no attested hours")?;
    coop.bea.post(&format!("/v1/contributions/{}:attest", text(&recorded, "/id")?), &json!({})).await?.ok()?;
    coop.bea.post(&coop.at("/contributions"), &hours).await?.ok()?;
    keeper.clicks -= 1;
    let html = shown(keeper.fill(&action, &filled(&there, &year("2027"))).await?, "Draft 10,000.00 USD")?;
    for says in [
        "100.00 hours of the period wait to be attested",
        "Member 2 of workers has no attested hours in the period",
        "Losses of earlier periods are borne first: 100.00 USD",
        "To workers, 4 members",
        "7,200.00",
    ] {
        ensure!(html.contains(says), "{says}: {html}");
    }
    ensure!(coop.host.app.count(DISTRIBUTIONS).await? == 0, "a look writes nothing");
    // A sale that comes in between changes what was read.
    let digest =
        html.split_once("name=\"digest\" value=\"").context("a digest")?.1.split('"').next().unwrap_or_default();
    coop.record("sale", "1.00", "2027-07-01").await?.ok()?;
    let there = form_of(&html, &action)?;
    let unread: Vec<_> = year("2027").into_iter().chain([("digest", digest)]).collect();
    let html =
        refused(keeper.fill(&action, &filled(&there, &unread)).await?, "It has changed since this page was shown")?;
    ensure!(html.contains("Draft 10,001.00 USD") && coop.host.app.count(DISTRIBUTIONS).await? == 0, "{html}");
    keeper.clicks -= 1;
    let digest =
        html.split_once("name=\"digest\" value=\"").context("a digest")?.1.split('"').next().unwrap_or_default();
    let read: Vec<_> = year("2027").into_iter().chain([("digest", digest)]).collect();
    let drafted = send_twice(&mut keeper, &html, &action, &read).await?;
    ensure!(drafted.starts_with("/desk/distributions/dst_") && coop.host.app.count(DISTRIBUTIONS).await? == 1);
    let html = open(&mut keeper, &drafted).await?;
    send_twice(&mut keeper, &html, &format!("{drafted}/open"), &[]).await?;
    ensure!(keeper.clicks <= 5, "{}", keeper.clicks);
    coop.host.app.finish().await
}

#[tokio::test]
async fn d23_members_record_a_week_attest_that_of_others_object_and_read_what_they_got() -> Outcome {
    let coop = Coop::open().await?;
    let (desk, mut ada, mut bea) = (desk(&coop), browser(&coop, &coop.ada).await?, browser(&coop, &coop.bea).await?);
    let (grid, attestations) = (format!("{desk}/hours"), format!("{desk}/attestations"));
    coop.record("sale", "1000.00", "2027-12-20").await?.ok()?;
    let html = open(&mut ada, "/me").await?;
    ensure!(html.contains(&format!("href=\"{desk}/me\">what you got")) && html.contains(&grid), "{html}");
    let html = open(&mut ada, &format!("{grid}?week=2027-12-15")).await?;
    ensure!(html.contains("Monday, 13 December 2027") && !html.contains("Who worked"), "{html}");
    let week = [("hours-0", "8"), ("hours-4", "7.25"), ("note", "<b>Presses</b>")];
    let there = form_of(&html, &grid)?;
    let many = filled(&there, &[("hours-0", "25"), ("note", "Presses")]);
    let html = refused(ada.fill(&grid, &many).await?, "id=\"hours-0-error\"")?;
    ensure!(html.contains("value=\"25\"") && html.contains("Monday, 13 December 2027"), "{html}");
    ada.clicks = 1;
    let leads_to = send_twice(&mut ada, &html, &grid, &week).await?;
    ensure!(ada.clicks == 2 && coop.host.app.count("SELECT count(*) FROM contribution").await? == 1, "{leads_to}");
    let html = open(&mut ada, &leads_to).await?;
    ensure!(html.contains("15.25 hours") && html.contains("&#60;b&#62;Presses"), "{html}");
    ensure!(
        html.contains("Nothing waits for you to attest it") && form_of(&html, &attestations).is_err(),
        "not one's own"
    );

    let me = open(&mut bea, "/me").await?;
    ensure!(me.contains(&format!("href=\"{grid}\">Attest hours")), "{me}");
    bea.clicks = 0;
    let html = open(&mut bea, &grid).await?;
    ensure!(html.contains("15.25 hours of member 1, 13 December 2027 to 17 December 2027"), "{html}");
    let id = html.split_once("name=\"attest-").context("a box")?.1.split('"').next().unwrap_or_default();
    let ticked = format!("attest-{id}");
    let there = form_of(&html, &attestations)?;
    refused(bea.fill(&attestations, &filled(&there, &[])).await?, "tick what you attest")?;
    for (by, status) in [(&coop.host.stranger().await?, 404), (&coop.host.treasurer, 403)] {
        let mut other = browser(&coop, by).await?;
        ensure!(other.fill(&attestations, &filled(&there, &[(&ticked, "yes")])).await?.status == status);
    }
    refused(ada.fill(&attestations, &filled(&there, &[(&ticked, "yes")])).await?, "class=\"wrong\"")?;
    bea.clicks = 1;
    send_twice(&mut bea, &html, &attestations, &[(&ticked, "yes")]).await?;
    ensure!(bea.clicks == 2);
    let attested = "SELECT count(*) FROM contribution WHERE attested_at IS NOT NULL";
    ensure!(coop.host.app.count(attested).await? == 1);

    let period = json!({"from": "2027-12-01", "to": "2027-12-31"});
    let draft = coop.host.treasurer.post(&coop.at("/distributions"), &period).await?.ok()?;
    let one = text(&draft, "/id")?;
    let (page, object) = (format!("/desk/distributions/{one}"), format!("/desk/distributions/{one}/object"));
    ensure!(ada.get(&page).await?.0 == 404, "a draft is for its makers");
    coop.host.treasurer.post(&format!("/v1/distributions/{one}:open"), &json!({})).await?.ok()?;
    let share = open(&mut ada, &format!("{desk}/me")).await?;
    ensure!(share.contains("Your share as member 1 is 720.00 USD") && share.contains(&page), "{share}");
    let html = open(&mut ada, &page).await?;
    ensure!(html.contains("Objecting keeps 900.00 USD") || html.contains("Objecting keeps 1,000.00 USD"), "{html}");
    let there = form_of(&html, &object)?;
    refused(ada.fill(&object, &filled(&there, &[("reason", "")])).await?, "id=\"reason-error\"")?;
    ensure!(
        browser(&coop, &coop.approver).await?.fill(&object, &filled(&there, &[("reason", "No")])).await?.status == 403
    );
    let html = open(&mut ada, &page).await?;
    send_twice(&mut ada, &html, &object, &[("reason", "My <i>hours</i> are missing")]).await?;
    ensure!(coop.host.app.count("SELECT count(*) FROM distribution_objection").await? == 1);
    let html = open(&mut ada, &page).await?;
    ensure!(html.contains("My &#60;i&#62;hours") && form_of(&html, &object).is_err(), "once a member: {html}");
    let answer = json!({"digest": draft["digest"], "answer": "They count in the next one"});
    coop.approver.post(&format!("/v1/distributions/{one}:approve"), &answer).await?.ok()?;
    coop.host.app.advance(&coop.host.treasurer, &coop.host.book, "2028-01-20T12:00:00Z").await?;
    ada.clicks = 0;
    let share = open(&mut ada, &format!("{desk}/me")).await?;
    ensure!(ada.clicks == 1 && share.contains("720.00 USD from Press Makers in all"), "{share}");
    ensure!(share.contains("15.25") && share.contains("All that stands"), "{share}");
    let others = open(&mut bea, &format!("{desk}/me")).await?;
    ensure!(others.contains("0.00 USD from Press Makers in all") && !others.contains("720.00"), "{others}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn d24_what_is_owed_is_paid_out_by_a_run_that_was_read_another_approves_and_a_file_takes_to_the_bank() -> Outcome
{
    let coop = Owing::open().await?;
    let host = &coop.host;
    for member in [&coop.ada, &coop.bea] {
        member.post("/v1/me/bank-accounts", &account(&host.book, "USD", "000123456789")).await?.ok()?;
    }
    let own = account(&host.book, "USD", "000555556789");
    host.treasurer.post(&format!("/v1/organisations/{}/bank-accounts", host.organisation), &own).await?.ok()?;
    let (action, runs) = (format!("/desk/books/{}/payout-runs", host.book), "SELECT count(*) FROM payout_run");
    let mut keeper = browser_at(host, &host.treasurer).await?;
    ensure!(open(&mut keeper, "/me").await?.contains(&format!("href=\"{action}\">pay out")));
    keeper.clicks = 0;
    let html = open(&mut keeper, &action).await?;
    ensure!(html.contains("id=\"member\" name=\"member\" value=\"yes\" checked"), "{html}");
    let there = form_of(&html, &action)?;
    let typed = [("member", "yes"), ("cash", "bank"), ("memo", "Surplus of 2027")];
    for (by, status) in [(&host.stranger().await?, 404), (&coop.ada, 403), (&coop.approver, 403)] {
        let mut other = browser_at(host, by).await?;
        ensure!(other.get(&action).await?.0 == status);
        ensure!(other.fill(&action, &filled(&there, &typed)).await?.status == status);
    }
    refused(keeper.fill(&action, &filled(&there, &[])).await?, "tick what it pays")?;
    let till = [("member", "yes"), ("cash", "till")];
    let html = refused(keeper.fill(&action, &filled(&there, &till)).await?, "id=\"cash-error\"")?;
    ensure!(html.contains("value=\"till\""), "{html}");
    keeper.clicks = 1;
    let there = form_of(&html, &action)?;
    let html = shown(keeper.fill(&action, &filled(&there, &typed)).await?, "makes 2 payouts of 100.01 USD in all")?;
    ensure!(html.contains("liabilities:payable:member:1</th><td class=\"amount\">50.01"), "{html}");
    ensure!(host.app.count(runs).await? == 0, "a look writes nothing");
    let run = send_twice(&mut keeper, &html, &action, &typed).await?;
    ensure!(keeper.clicks == 3 && host.app.count(runs).await? == 1, "{run}");
    host.app.work_until_idle().await?;
    let html = open(&mut keeper, &run).await?;
    ensure!(form_of(&html, &format!("{run}/approve")).is_err() && html.contains("2 payouts requested"), "{html}");
    let give_up = format!("{run}/cancel");
    refused(keeper.fill(&give_up, &filled(&form_of(&html, &give_up)?, &[])).await?, "id=\"reason-error\"")?;

    let mut approver = browser_at(host, &coop.approver).await?;
    let html = open(&mut approver, &run).await?;
    ensure!(html.contains("50.01 USD to") && form_of(&html, &give_up).is_err(), "{html}");
    let approve = format!("{run}/approve");
    ensure!(browser_at(host, &coop.ada).await?.get(&run).await?.0 == 403);
    ensure!(send_twice(&mut approver, &html, &approve, &[]).await? == run && approver.clicks == 2);
    host.app.work_until_idle().await?;

    keeper.clicks = 0;
    let html = open(&mut keeper, &run).await?;
    send_twice(&mut keeper, &html, &format!("{run}/send"), &[("format", "pain001")]).await?;
    host.app.work_until_idle().await?;
    let html = open(&mut keeper, &run).await?;
    let file = html.split_once("href=\"/desk/payout-files/").context("a file")?.1.split('"').next().unwrap_or_default();
    let file = format!("/desk/payout-files/{file}");
    keeper.clicks -= 1;
    let (status, order) = keeper.get(&file).await?;
    ensure!(status == 200 && order.matches("<EndToEndId>").count() == 2 && keeper.clicks == 3, "{order}");
    ensure!(approver.get(&file).await?.0 == 403, "who approves hands nothing to a bank");
    // Nothing is left that nobody pays.
    let html = open(&mut keeper, &action).await?;
    refused(keeper.fill(&action, &filled(&form_of(&html, &action)?, &typed)).await?, "nothing is owed")?;
    coop.host.app.finish().await
}

/// Where the first link of a page leads that begins so.
fn link(html: &str, begins: &str) -> anyhow::Result<String> {
    let at = html.split_once(&format!("href=\"{begins}")).with_context(|| format!("{begins}: {html}"))?.1;
    Ok(format!("{begins}{}", at.split('"').next().unwrap_or_default()))
}

#[tokio::test]
async fn d25_a_sale_that_was_recorded_wrongly_is_taken_back_once_by_a_keeper_who_says_why() -> Outcome {
    let coop = Coop::open().await?;
    let (desk, mut keeper) = (desk(&coop), browser(&coop, &coop.host.treasurer).await?);
    coop.record("sale", "120.00", "2027-12-20").await?.ok()?;
    let page = link(&open(&mut keeper, &format!("{desk}/proceeds")).await?, "/desk/proceeds/prc_")?;
    let reverse = format!("{page}/reverse");
    let html = open(&mut keeper, &page).await?;
    ensure!(html.contains("takes 120.00 USD out of the sales of presses by the mirror of entry"), "{html}");
    let there = form_of(&html, &reverse)?;
    for (by, status) in [(&coop.host.stranger().await?, 404), (&coop.ada, 403), (&coop.approver, 403)] {
        let mut other = browser(&coop, by).await?;
        ensure!(other.get(&page).await?.0 == status);
        for reason in ["No", ""] {
            ensure!(other.fill(&reverse, &filled(&there, &[("reason", reason)])).await?.status == status);
        }
    }
    let silent = keeper.fill(&reverse, &filled(&there, &[("reason", " ")])).await?;
    let html = refused(silent, "id=\"reason-error\"")?;
    let late = form_of(&html, &reverse)?;
    ensure!(send_twice(&mut keeper, &html, &reverse, &[("reason", "Recorded <b>twice")]).await? == page);
    let taken_back = "SELECT count(*) FROM proceeds WHERE reversed_at IS NOT NULL";
    ensure!(coop.host.app.count(taken_back).await? == 1);
    let html = open(&mut keeper, &page).await?;
    ensure!(html.contains("It was taken back on") && html.contains("Recorded &#60;b&#62;twice"), "{html}");
    ensure!(form_of(&html, &reverse).is_err() && open(&mut keeper, &desk).await?.contains("0.00 USD so far"));
    refused(keeper.fill(&reverse, &filled(&late, &[("reason", "Once more")])).await?, "was taken back")?;
    coop.host.app.finish().await
}

#[tokio::test]
async fn d26_hours_are_taken_back_by_whom_they_concern_and_what_is_ticked_is_attested_together_or_not_at_all() -> Outcome
{
    let coop = Coop::open().await?;
    let desk = desk(&coop);
    let (grid, attestations) = (format!("{desk}/hours"), format!("{desk}/attestations"));
    let (mut ada, mut bea) = (browser(&coop, &coop.ada).await?, browser(&coop, &coop.bea).await?);
    for hours in ["8", "9"] {
        let new = json!({"from": "2027-12-20", "to": "2027-12-20", "hours": hours, "note": "Presses"});
        coop.ada.post(&coop.at("/contributions"), &new).await?.ok()?;
    }
    let both = open(&mut bea, &grid).await?;
    let boxes: Vec<String> = both
        .split("name=\"attest-")
        .skip(1)
        .map(|at| format!("attest-{}", at.split('"').next().unwrap_or_default()))
        .collect();
    ensure!(boxes.len() == 2, "{both}");
    let page = link(&open(&mut ada, &grid).await?, "/desk/contributions/ctb_")?;
    let reverse = format!("{page}/reverse");
    let html = open(&mut ada, &page).await?;
    ensure!(html.contains("Taking them back makes 9.00 hours of member 1 count for nothing."), "{html}");
    let there = form_of(&html, &reverse)?;
    // Another member reads them, and has no button; a stranger reads nothing.
    ensure!(form_of(&open(&mut bea, &page).await?, &reverse).is_err());
    ensure!(bea.fill(&reverse, &filled(&there, &[("reason", "No")])).await?.status == 403);
    ensure!(browser(&coop, &coop.host.stranger().await?).await?.get(&page).await?.0 == 404);
    refused(ada.fill(&reverse, &filled(&there, &[("reason", "")])).await?, "id=\"reason-error\"")?;
    ensure!(send_twice(&mut ada, &html, &reverse, &[("reason", "It were eight")]).await? == page);
    ensure!(open(&mut ada, &page).await?.contains("It were eight"));
    // Bea's page still has both: one of them stands no more, and so none is attested.
    let there = form_of(&both, &attestations)?;
    let ticked: Vec<_> = boxes.iter().map(|name| (name.as_str(), "yes")).collect();
    refused(bea.fill(&attestations, &filled(&there, &ticked)).await?, "taken back")?;
    let attested = "SELECT count(*) FROM contribution WHERE attested_at IS NOT NULL";
    ensure!(coop.host.app.count(attested).await? == 0, "all or none");
    let html = open(&mut bea, &grid).await?;
    let left = boxes.iter().find(|name| html.contains(*name)).context("the hours that stand")?;
    send_twice(&mut bea, &html, &attestations, &[(left, "yes")]).await?;
    ensure!(coop.host.app.count(attested).await? == 1);
    // A keeper takes back what others wrote down, and reads that it is attested.
    let mut keeper = browser(&coop, &coop.host.treasurer).await?;
    ensure!(open(&mut keeper, &grid).await?.contains("8.00 hours of member 1"));
    let html = open(&mut keeper, &format!("/desk/contributions/{}", left.trim_start_matches("attest-"))).await?;
    ensure!(html.contains("count for nothing, although they are attested."), "{html}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn d27_a_distribution_that_is_not_posted_is_withdrawn_by_a_keeper_and_its_period_is_drafted_anew() -> Outcome {
    let coop = Coop::open().await?;
    coop.record("sale", "1000.00", "2027-12-20").await?.ok()?;
    let hours = json!({"from": "2027-12-01", "to": "2027-12-31", "hours": "10", "note": "Presses"});
    let recorded = coop.ada.post(&coop.at("/contributions"), &hours).await?.ok()?;
    coop.bea.post(&format!("/v1/contributions/{}:attest", text(&recorded, "/id")?), &json!({})).await?.ok()?;
    let period = json!({"from": "2027-12-01", "to": "2027-12-31"});
    let draft = coop.host.treasurer.post(&coop.at("/distributions"), &period).await?.ok()?;
    let one = text(&draft, "/id")?;
    coop.host.treasurer.post(&format!("/v1/distributions/{one}:open"), &json!({})).await?.ok()?;
    let (page, withdraw) = (format!("/desk/distributions/{one}"), format!("/desk/distributions/{one}/withdraw"));
    let mut keeper = browser(&coop, &coop.host.treasurer).await?;
    let html = open(&mut keeper, &page).await?;
    ensure!(html.contains("Withdrawing gives up how 1,000.00 USD would be divided: nothing of it is posted"), "{html}");
    let there = form_of(&html, &withdraw)?;
    for (by, status) in [(&coop.host.stranger().await?, 404), (&coop.ada, 403), (&coop.approver, 403)] {
        let refused = browser(&coop, by).await?.fill(&withdraw, &filled(&there, &[("why", "No")])).await?;
        ensure!(refused.status == status, "{refused:?}");
    }
    ensure!(form_of(&open(&mut browser(&coop, &coop.ada).await?, &page).await?, &withdraw).is_err());
    let html = refused(keeper.fill(&withdraw, &filled(&there, &[("why", "")])).await?, "id=\"why-error\"")?;
    ensure!(send_twice(&mut keeper, &html, &withdraw, &[("why", "A sale is missing")]).await? == page);
    let html = open(&mut keeper, &page).await?;
    ensure!(html.contains("It was withdrawn: A sale is missing") && form_of(&html, &withdraw).is_err(), "{html}");
    coop.host.treasurer.post(&coop.at("/distributions"), &period).await?.ok()?;
    ensure!(coop.host.app.count(DISTRIBUTIONS).await? == 2);
    coop.host.app.finish().await
}
