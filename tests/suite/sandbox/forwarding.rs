//! `commonpurse listen` and `commonpurse trigger`, as processes of their own.

use super::{Outcome, SCOPES, credential, soon};
use anyhow::{Context as _, ensure};
use api::demo::client::Client;
use api::stack::programs_beside_this_one;
use ledger::partners::rules::signing::Secret;
use ledger::service::event::EventKind;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use tests::{Receiver, Script, Stage};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A developer with the credentials of a partner.
struct Developer {
    base: String,
    book: String,
    id: String,
    secret: String,
}

impl Developer {
    fn command(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
        command
            .args(arguments)
            .env("COMMONPURSE_URL", &self.base)
            .env("COMMONPURSE_BOOK", &self.book)
            .env("COMMONPURSE_CLIENT_ID", &self.id)
            .env("COMMONPURSE_CLIENT_SECRET", &self.secret)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    /// What a command says when it ends well, or what it says when it does not.
    async fn run(&self, arguments: &[&str]) -> anyhow::Result<Result<String, String>> {
        let output = self.command(arguments)?.output().await?;
        let (said, why) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
        ensure!(!format!("{said}{why}").contains(&self.secret), "a secret is printed");
        Ok(if output.status.success() { Ok(said) } else { Err(why) })
    }

    /// Fires an event; answers its id.
    async fn trigger(&self, kind: &str) -> anyhow::Result<String> {
        let said = self.run(&["trigger", kind]).await?.map_err(anyhow::Error::msg)?;
        Ok(said.split(' ').nth(2).context("an id")?.to_owned())
    }

    async fn listen(&self, more: &[&str], secret: Option<&Secret>) -> anyhow::Result<Listening> {
        let mut command = self.command(&[&["listen"], more].concat())?;
        if let Some(secret) = secret {
            command.env("COMMONPURSE_FORWARD_SECRET", secret.reveal());
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (stdout, heard) = (child.stdout.take().context("a pipe")?, Arc::clone(&lines));
        tokio::spawn(async move {
            let mut said = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = said.next_line().await {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let listening = Listening { child, lines };
        listening.says("listening to ").await?;
        Ok(listening)
    }
}

/// `commonpurse listen`, as it runs.
struct Listening {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Listening {
    fn said(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first line that has a text in it, once it is there.
    async fn says(&self, part: &str) -> anyhow::Result<String> {
        let found = || self.said().into_iter().find(|line| line.contains(part));
        soon(part, async || Ok(found().is_some())).await.with_context(|| format!("{:?}", self.said()))?;
        found().context("it was there")
    }

    /// Ends as by Ctrl-C; answers the cursor to go on from.
    async fn interrupt(mut self) -> anyhow::Result<String> {
        let id = self.child.id().context("it runs")?;
        kill(Pid::from_raw(i32::try_from(id)?), Signal::SIGINT)?;
        let status = self.child.wait().await?;
        ensure!(status.success(), "{status}");
        let last = self.says("go on with --since ").await?;
        Ok(last.trim_start_matches("go on with --since ").to_owned())
    }
}

fn ids(receiver: &Receiver, path: &str) -> anyhow::Result<Vec<String>> {
    receiver.at(path).iter().map(|message| message.header("webhook-id").map(str::to_owned)).collect()
}

#[tokio::test]
async fn sbx_listen_forwards_what_a_partner_is_told_in_order_signed_and_loses_none_of_it() -> Outcome {
    let mut stage = Stage::set().await?;
    let (id, secret) = credential(&stage, &stage.cast.platform, "sandbox", SCOPES).await?;
    let it = Developer { base: stage.app.base_url().to_owned(), book: stage.cast.book.clone(), id, secret };
    let mut receiver = Receiver::open(Script::round(&[Script::TAKEN])).await?;
    mistakes_are_told_at_once(&it).await?;
    the_book_is_that_of_the_campaigns_which_the_partner_sees(&stage, &it).await?;

    // What was there before is none of it; what comes is signed with the secret that is printed at the start.
    let to = receiver.url("/events");
    let listening = it.listen(&["--forward-to", &to, "--events", "charge.captured,charge.declined"], None).await?;
    let signed = listening.says("signed with ").await?;
    let secret: Secret = signed.trim_start_matches("signed with ").parse()?;
    it.trigger("pledge.active").await?;
    let mut sent = vec![it.trigger("charge.captured").await?];
    soon("the first one came", async || Ok(receiver.at("/events").len() == 1)).await?;
    let message = &receiver.at("/events")[0];
    ensure!(message.is_signed(&secret)? && message.header("content-type")? == "application/json");
    let partner = Client::partner(&it.base, &it.id, &it.secret)?;
    let listed = partner.all(&format!("/v1/events?book={}", it.book)).await?;
    ensure!(listed.last() == Some(&message.json()?), "as the list has it");
    listening.says(&format!("charge.captured {} (test): 204", sent[0])).await?;

    // Nobody is there for a while, and then the service is not.
    receiver.go_away().await;
    sent.push(it.trigger("charge.declined").await?);
    listening.says(&format!("charge.declined {} (test): not reached; again", sent[1])).await?;
    sent.push(it.trigger("charge.captured").await?);
    stage.app.stack().kill_api()?;
    receiver.come_back().await?;
    listening.says("no answer").await?;
    stage.app.stack().restart_api()?;
    sent.push(it.trigger("charge.captured").await?);
    soon("all came", async || Ok(receiver.at("/events").len() == 4)).await?;
    ensure!(ids(&receiver, "/events")? == sent, "in their order, each once");
    listening.says(&format!("{} (test): 204", sent[3])).await?;

    // It is ended, and goes on where it was; killed, it comes again from there on.
    let cursor = listening.interrupt().await?;
    let (one, two) = (it.trigger("charge.captured").await?, it.trigger("charge.captured").await?);
    let more = receiver.url("/more");
    let mut again = it.listen(&["--forward-to", &more, "--since", &cursor], Some(&secret)).await?;
    again.says(&format!("{two} (test): 204")).await?;
    ensure!(again.said().iter().all(|line| !line.contains("whsec_")), "a secret that was given is not printed");
    ensure!(ids(&receiver, "/more")? == [one.clone(), two.clone()], "what came meanwhile, and nothing else");
    ensure!(receiver.at("/more").iter().all(|message| message.is_signed(&secret).unwrap_or(false)));
    again.child.kill().await?;
    let third = receiver.url("/third");
    let third_time = it.listen(&["--forward-to", &third, "--since", &cursor], Some(&secret)).await?;
    third_time.says(&format!("{two} (test): 204")).await?;
    ensure!(ids(&receiver, "/third")? == [one, two]);
    it_ends_in_the_middle_of_a_page(&it, third_time, &mut receiver, &secret).await?;
    stage.app.finish().await
}

/// Ended between two events that were read together, it goes on with the second.
async fn it_ends_in_the_middle_of_a_page(
    it: &Developer,
    before: Listening,
    receiver: &mut Receiver,
    secret: &Secret,
) -> Outcome {
    let cursor = before.interrupt().await?;
    let (one, two) = (it.trigger("pledge.active").await?, it.trigger("pledge.paused").await?);
    receiver.go_away().await;
    let nowhere = receiver.url("/fourth");
    let waits =
        it.listen(&["--forward-to", &nowhere, "--since", &cursor, "--events", "pledge.paused"], Some(secret)).await?;
    waits.says(&format!("{two} (test): not reached")).await?;
    let cursor = waits.interrupt().await?;
    receiver.come_back().await?;
    let goes_on = it.listen(&["--forward-to", &nowhere, "--since", &cursor], Some(secret)).await?;
    goes_on.says(&format!("{two} (test): 204")).await?;
    ensure!(ids(receiver, "/fourth")? == [two], "{one} was passed over before");
    goes_on.interrupt().await?;
    Ok(())
}

async fn mistakes_are_told_at_once(it: &Developer) -> Outcome {
    let listed = it.run(&["trigger", "--list"]).await?.map_err(anyhow::Error::msg)?;
    for kind in super::told() {
        ensure!(
            listed.lines().any(|line| line.starts_with(&format!("{kind} ")) && line.contains(kind.meaning)),
            "{kind}"
        );
    }
    let charge: EventKind = "charge.captured".parse()?;
    ensure!(listed.contains(charge.meaning), "{listed}");
    let why = async |arguments: &[&str]| it.run(arguments).await?.err().context("it ends badly");
    ensure!(why(&["trigger", "charge.lost"]).await?.contains("trigger --list"));
    ensure!(why(&["trigger", "charge.captured", "--object", "chg_1"]).await?.contains("/object"));
    ensure!(why(&["trigger", "charge.captured", "--url", "http://purse.example"]).await?.contains("https://"));
    let to = "http://127.0.0.1:9/";
    ensure!(why(&["listen", "--forward-to", to, "--since", "!"]).await?.contains("/cursor"));
    ensure!(why(&["listen", "--forward-to", to, "--events", "charge.lost"]).await?.contains("charge.lost"));
    let wrong = Developer { secret: "not-the-secret".into(), ..it.again() };
    ensure!(wrong.run(&["trigger", "charge.captured"]).await?.is_err_and(|why| why.contains("gives no token")));
    for command in ["listen", "trigger"] {
        let help = it.run(&[command, "--help"]).await?.map_err(anyhow::Error::msg)?;
        ensure!(help.contains("COMMONPURSE_CLIENT_SECRET") && help.contains("--book"), "{help}");
    }
    Ok(())
}

impl Developer {
    fn again(&self) -> Developer {
        let Developer { base, book, id, secret } = self;
        Developer { base: base.clone(), book: book.clone(), id: id.clone(), secret: secret.clone() }
    }
}

/// The book of a fired event is found where the partner sees campaigns of one alone.
async fn the_book_is_that_of_the_campaigns_which_the_partner_sees(stage: &Stage, it: &Developer) -> Outcome {
    let asked = async || -> anyhow::Result<std::process::Output> {
        Ok(it.command(&["trigger", "charge.captured"])?.env_remove("COMMONPURSE_BOOK").output().await?)
    };
    let unknown = asked().await?;
    ensure!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("--book"), "{unknown:?}");
    stage.campaign().await?;
    let fired = asked().await?;
    ensure!(fired.status.success(), "{fired:?}");
    Ok(())
}
