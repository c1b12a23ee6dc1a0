//! Pledges in by file: each line once, however often its file comes, and each with its own verdict.

use anyhow::{Context as _, ensure};
use api::demo::cast::{organisation, usd};
use api::demo::client::text;
use api::stack::programs_beside_this_one;
use serde_json::{Value, json};
use std::process::Stdio;
use tests::Stage;
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// An export of a crowdfunding platform with the lines that are given.
fn export(campaign: &Value, lines: &str) -> Value {
    json!({
        "adapter": "crowdfunding", "rail": "sandbox", "token": "sandbox_ok", "privacy": "public",
        "terms_sha256": campaign["terms_sha256"],
        "csv": format!("\u{feff}Pledge ID,Backer ID,Backer Name,Email,Pledge Amount\r\n{lines}"),
    })
}

fn counts(told: &Value) -> [i64; 4] {
    ["created", "already_there", "refused", "unreadable"].map(|word| told[word].as_i64().unwrap_or(-1))
}

#[tokio::test]
async fn p15_9_an_export_is_imported_line_by_line_and_each_line_once() -> Outcome {
    let stage = Stage::set().await?;
    let (partner, campaign) = (&stage.cast.partner, stage.campaign().await?);
    let path = format!("/v1/campaigns/{}/pledge-imports", text(&campaign, "/id")?);
    let lines = "b-1,fan-1,\"Ada\u{e9}, L.\",ada@donors.example,\"$1,234.56\"\r\nb-2,fan-2,=1+1,,20.00\r\n\
                 b-3,fan-3,,no address,5.00\r\nb-4,fan-4,,,five\r\nb-5\r\n\u{202e}b-6,fan-6,,,5.00\r\n";
    let tried = partner.post(&format!("{path}?dry_run=true"), &export(&campaign, lines)).await?.ok()?;
    ensure!(counts(&tried) == [2, 0, 2, 2] && tried["dry_run"] == true, "{tried:#}");
    ensure!(stage.app.count("SELECT count(*) FROM pledge").await? == 0, "it was only tried");
    let told = partner.post(&path, &export(&campaign, lines)).await?.ok()?;
    ensure!(counts(&told) == [2, 0, 2, 2], "{told:#}");
    let item = |place: usize| &told["items"][place];
    ensure!(item(2)["verdict"] == "refused" && item(2)["column"] == "Email" && item(2)["line"] == 4, "{told:#}");
    ensure!(item(3)["verdict"] == "unreadable" && item(3)["column"] == "Pledge Amount", "{told:#}");
    ensure!(item(4)["verdict"] == "unreadable" && item(5)["column"] == "Pledge ID", "{told:#}");
    ensure!(item(5)["problem"]["errors"][0]["pointer"] == "/reference", "{told:#}");
    let pledge = partner.get(&format!("/v1/pledges/{}", text(item(0), "/pledge")?)).await?.ok()?;
    ensure!(pledge["amount"] == usd("1234.56") && pledge["reference"] == "b-1", "{pledge}");
    ensure!(
        stage.app.count("SELECT count(*) FROM pledge").await? == 2
            && stage.app.count("SELECT count(*) FROM donor").await? == 2
    );

    // The same file again, a longer one tomorrow, with a line mended and one that says something else now.
    let again = partner.post(&path, &export(&campaign, lines)).await?.ok()?;
    ensure!(counts(&again) == [0, 2, 2, 2] && again["items"][0]["pledge"] == item(0)["pledge"], "{again:#}");
    let longer = lines.replace("no address", "").replace("b-2,fan-2,=1+1,,20.00", "b-2,fan-2,=1+1,,21.00")
        + "b-7,fan-7,,,7.00\r\nb-7,fan-7,,,7.00\r\nb-7,fan-7,,,8.00\r\n";
    let longer = partner.post(&path, &export(&campaign, &longer)).await?.ok()?;
    ensure!(counts(&longer) == [2, 2, 3, 2], "{longer:#}");
    ensure!(longer["items"][1]["problem"]["type"] == "/problems/reference-taken", "{longer:#}");
    ensure!(stage.app.count("SELECT count(*) FROM pledge").await? == 4);
    whole(&stage, &campaign, &path).await?;
    stage.app.finish().await
}

/// What is refused whole, what a map of one's own reads, and who may.
async fn whole(stage: &Stage, campaign: &Value, path: &str) -> Outcome {
    let partner = &stage.cast.partner;
    let with = |field: &str, value: Value| {
        let mut body = export(campaign, "");
        body[field] = value;
        body
    };
    for (body, pointer) in [
        (with("csv", json!("Order,Total\n")), "/csv"),
        (with("csv", json!("")), "/csv"),
        (with("columns", json!({"email": "Mail"})), "/csv"),
        (with("adapter", json!("newspaper")), "/adapter"),
        (with("adapter", Value::Null), "/csv"),
        (export(campaign, &"b,,,,1\n".repeat(1_001)), "/csv"),
    ] {
        let refused = partner.post(path, &body).await?;
        ensure!(refused.status == 422 && refused.body["errors"][0]["pointer"] == pointer, "{refused:?}");
    }
    let none = partner.post(path, &export(campaign, "")).await?.ok()?;
    ensure!(counts(&none) == [0; 4], "a table of nothing: {none}");
    let mut own =
        with("csv", json!("Nr;Betrag;Rhythmus;Raten\n\"p\n1\";1;;\np-2;1.000,50 USD;monthly;24\np-3;1 €;;\n"));
    own["adapter"] = Value::Null;
    own["columns"] = json!({"reference": "Nr", "amount": "Betrag", "interval": "Rhythmus", "payments": "Raten"});
    (own["delimiter"], own["decimal"]) = (json!("semicolon"), json!("comma"));
    let told = partner.post(path, &own).await?.ok()?;
    ensure!(counts(&told) == [1, 0, 1, 1] && told["items"][1]["line"] == 4, "{told:#}");
    let pledge = partner.get(&format!("/v1/pledges/{}", text(&told, "/items/1/pledge")?)).await?.ok()?;
    ensure!(pledge["schedule"]["payments"] == 24 && pledge["amount"] == usd("1000.50"), "{pledge}");
    Ok(())
}

/// Somebody of the host brings the export of a partner for it: the same lines are the same pledges, whoever sends them, and who it was is kept.
#[tokio::test]
async fn p15_9_the_host_imports_for_a_partner_that_it_has_admitted_and_nobody_else_does() -> Outcome {
    let stage = Stage::set().await?;
    let (cast, campaign) = (&stage.cast, stage.campaign().await?);
    let path = format!("/v1/campaigns/{}/pledge-imports", text(&campaign, "/id")?);
    let lines = "h-1,fan-1,Ada,,20.00\r\nh-2,fan-2,,,5.00\r\n";
    let of = |partner: &str, lines: &str| {
        let mut body = export(&campaign, lines);
        body["partner"] = json!(partner);
        body
    };
    let told = cast.treasurer.post(&path, &of(&cast.platform, lines)).await?.ok()?;
    ensure!(counts(&told) == [2, 0, 0, 0], "{told:#}");
    let pledge = cast.partner.get(&format!("/v1/pledges/{}", text(&told, "/items/0/pledge")?)).await?.ok()?;
    ensure!(
        pledge["reference"] == "h-1" && pledge["donor"]["reference"] == "fan-1",
        "it is the partner's own: {pledge}"
    );
    let by_person = "SELECT count(*) FROM activity WHERE action = 'placed' AND actor_kind = 'person'";
    ensure!(stage.app.count(by_person).await? == 2, "who placed them is kept");
    // The partner sends the same file, and somebody of the host a longer one.
    let again = cast.partner.post(&path, &of(&cast.platform, lines)).await?.ok()?;
    ensure!(counts(&again) == [0, 2, 0, 0] && again["items"][0]["pledge"] == told["items"][0]["pledge"], "{again:#}");
    let more = format!("{lines}h-3,fan-3,,,7.00\r\nh-2,fan-2,,,6.00\r\n");
    let more = cast.treasurer.post(&path, &of(&cast.platform, &more)).await?.ok()?;
    ensure!(counts(&more) == [1, 2, 1, 0], "{more:#}");
    ensure!(more["items"][3]["problem"]["type"] == "/problems/reference-taken", "{more:#}");
    let tried =
        cast.treasurer.post(&format!("{path}?dry_run=true"), &of(&cast.platform, "h-9,f,,,1.00\r\n")).await?.ok()?;
    ensure!(counts(&tried) == [1, 0, 0, 0] && stage.app.count("SELECT count(*) FROM pledge").await? == 3, "{tried:#}");

    let other = organisation(&cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let none = export(&campaign, lines);
    for (who, body, status, pointer) in [
        (&cast.treasurer, none.clone(), 422, json!("/partner")),
        (&cast.treasurer, of(&other, lines), 422, json!("/partner")),
        (&cast.treasurer, of("org_1", lines), 422, json!("/partner")),
        (&cast.partner, of(&other, lines), 422, json!("/partner")),
        (&cast.reviewers[0], of(&cast.platform, lines), 403, json!(null)),
        (&cast.stranger, of(&cast.platform, lines), 404, json!(null)),
    ] {
        let refused = who.post(&path, &body).await?;
        ensure!(refused.status == status && refused.body["errors"][0]["pointer"] == pointer, "{refused:?}");
    }
    // Once it is not admitted any more, nobody brings anything for it.
    let withdraw = format!("/v1/books/{}/partners/{}", cast.book, cast.platform);
    cast.treasurer.send(reqwest::Method::DELETE, &withdraw, None, &[]).await?.ok()?;
    let late = cast.treasurer.post(&path, &of(&cast.platform, "h-4,fan-4,,,7.00\r\n")).await?;
    ensure!(late.status == 422 && late.body["errors"][0]["pointer"] == "/partner", "{late:?}");
    stage.app.finish().await
}

/// What the command says, and whether it ended well. No secret is in it.
async fn command(stage: &Stage, arguments: &[&str], env: &[(&str, &str)]) -> anyhow::Result<(bool, String)> {
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    command.arg("import").args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    for name in ["COMMONPURSE_CLIENT_ID", "COMMONPURSE_CLIENT_SECRET", "COMMONPURSE_TOKEN", "COMMONPURSE_BOOK"] {
        command.env_remove(name);
    }
    command.env("COMMONPURSE_URL", stage.app.base_url());
    let output = command.envs(env.iter().copied()).output().await?;
    let said = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
    ensure!(env.iter().all(|(name, value)| name.ends_with("_ID") || !said.contains(value)), "a secret is printed");
    Ok((output.status.success(), said))
}

#[tokio::test]
async fn p15_9_a_file_is_imported_by_a_command_which_prints_the_lines_that_were_not_taken() -> Outcome {
    let stage = Stage::set().await?;
    let (cast, campaign) = (&stage.cast, stage.campaign().await?);
    let (id, terms) = (text(&campaign, "/id")?, text(&campaign, "/terms_sha256")?);
    let place = tempfile::tempdir()?;
    let (file, map) = (place.path().join("pledges.csv"), place.path().join("map.json"));
    let (file_name, map_name) = (file.to_string_lossy().into_owned(), map.to_string_lossy().into_owned());
    std::fs::write(&file, "\u{feff}Nr;Betrag;Wer\r\nk-1;20,00;fan-1\r\nk-2;zwanzig;fan-2\r\nk-3;1.000,50;fan-3\r\n")?;
    let columns = json!({"reference": "Nr", "amount": "Betrag", "donor": "Wer"});
    std::fs::write(&map, json!({"columns": columns, "delimiter": "semicolon", "decimal": "comma"}).to_string())?;
    let asked = json!({"name": "files", "mode": "sandbox", "scopes": ["pledges:write", "pledges:read"]});
    let made = cast.operator.post(&format!("/v1/partners/{}/credentials", cast.platform), &asked).await?.ok()?;
    let credential =
        [("COMMONPURSE_CLIENT_ID", text(&made, "/id")?), ("COMMONPURSE_CLIENT_SECRET", text(&made, "/secret")?)];
    let pledges = ["--pledges", &file_name, "--campaign", id, "--map", &map_name];
    let with = |more: &[&'static str]| [&pledges[..], more].concat();

    // Nothing is guessed: to what the donors have agreed is said.
    let (is_well, said) = command(&stage, &pledges, &credential).await?;
    ensure!(!is_well && said.contains("--agreed") && said.contains(terms), "{said}");
    let agreed = [&pledges[..], &["--agreed", terms]].concat();
    let (is_well, said) = command(&stage, &[&agreed[..], &["--dry-run"]].concat(), &credential).await?;
    ensure!(!is_well && said.contains("2 pledges would be made") && said.contains("1 of 3 lines"), "{said}");
    ensure!(said.contains("line 3, at Betrag: unreadable: no amount as the map says"), "{said}");
    ensure!(stage.app.count("SELECT count(*) FROM pledge").await? == 0, "it was only tried");
    // The line is mended, and the file sent again by somebody of the host, and by the partner.
    std::fs::write(&file, std::fs::read_to_string(&file)?.replace("zwanzig", "20"))?;
    let token = cast.treasurer.access_token().await?.context("a token")?;
    let host = [("COMMONPURSE_TOKEN", token.as_str())];
    let book = [&agreed[..], &["--partner", &cast.platform, "--book", &cast.book]].concat();
    let (is_well, said) = command(&stage, &book, &host).await?;
    ensure!(is_well && said.contains("3 pledges made, 0 there already"), "{said}");
    let (is_well, said) = command(&stage, &agreed, &credential).await?;
    ensure!(is_well && said.contains("0 pledges made, 3 there already"), "{said}");
    ensure!(stage.app.count("SELECT count(*) FROM pledge WHERE rail = 'partner'").await? == 3);

    let other = api::demo::cast::sandbox_book(&cast.operator, &cast.host, "Other (sandbox)").await?;
    for (arguments, env, why) in [
        (agreed.clone(), &[][..], "COMMONPURSE_TOKEN"),
        ([&agreed[..], &["--book", other.as_str()]].concat(), &credential[..], "is not of"),
        ([&agreed[..], &["--adapter", "newspaper"]].concat(), &credential[..], "/adapter"),
        ([&agreed[..], &["--url", "http://purse.example"]].concat(), &credential[..], "https://"),
        (with(&["--entries", "none.csv"]), &credential[..], "cannot be used with"),
        (vec!["--pledges", "none.csv"], &credential[..], "--campaign"),
        (vec!["--pledges", "none.csv", "--campaign", id], &credential[..], "none.csv"),
    ] {
        let (is_well, said) = command(&stage, &arguments, env).await?;
        ensure!(!is_well && said.contains(why), "{arguments:?}: {said}");
    }
    stage.app.finish().await
}
